package dev.golive.camera

/**
 * The device's cameras behind the seam: Camera2 on Android, a stand-in in tests. Its methods are called by
 * one thread; what it tells may come from any.
 */
public interface CameraDevices {
    /**
     * The cameras that are there now, the preferred one of each facing first.
     *
     * @throws Exception what the system says.
     */
    public fun lenses(): List<Lens>

    /**
     * Begins to open a camera, and returns. Pictures come by themselves once it is open. Whatever goes
     * wrong is told to [listener].
     */
    public fun open(lens: Lens, setup: CameraSetup, listener: CameraListener)
}

/** A camera that is open. */
public interface OpenCamera {
    /** Lights the torch, or no longer. Called only where the lens has one. */
    public fun setTorch(isOn: Boolean)

    /** Magnifies so much; within [Lens.zoom]. */
    public fun setZoom(ratio: Float)

    /** Closes it: when this returns, another camera can be opened. */
    public fun close()
}

/** Hears of one attempt to open a camera, until that camera is closed. */
public interface CameraListener {
    /** It is open, and [camera] is the listener's to close. */
    public fun onOpened(camera: OpenCamera)

    /**
     * It has delivered a picture, which is the newest of the stage from now on.
     *
     * @param timeUs when it was exposed, by [Lens.clock].
     */
    public fun onPicture(timeUs: Long)

    /** Somebody else took it. */
    public fun onDisconnected()

    /** It could not be opened, or failed; [reason] is what the system says. */
    public fun onFailed(reason: String)
}

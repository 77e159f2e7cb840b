package dev.golive.testing

import dev.golive.camera.CameraDevices
import dev.golive.camera.CameraListener
import dev.golive.camera.CameraSetup
import dev.golive.camera.Facing
import dev.golive.camera.Lens
import dev.golive.camera.OpenCamera
import dev.golive.camera.PictureSize
import dev.golive.camera.Turn

/**
 * A phone's cameras, of which one can be open at a time: a test takes them away, gives them back and has
 * them deliver.
 */
public class FakeCameras(
    /** The lenses that are there; may change meanwhile. */
    public var lenses: List<Lens> = listOf(BACK, FRONT),
) : CameraDevices {
    /** The lens that is open; nothing if none is. */
    public val openLens: Lens? get() = open?.lens

    /** How it was asked to deliver; nothing if none is open. */
    public val openSetup: CameraSetup? get() = open?.setup

    /** Whether the torch of the camera that is open is lit. */
    public val isTorchOn: Boolean get() = open?.isTorchOn ?: false

    /** How much the camera that is open magnifies. */
    public val zoom: Float get() = open?.zoom ?: 1f

    /** How often a camera was asked for. */
    public var attempts: Int = 0
        private set

    private var isTaken = false
    private var open: FakeCamera? = null

    override fun lenses(): List<Lens> = lenses

    override fun open(lens: Lens, setup: CameraSetup, listener: CameraListener) {
        attempts += 1
        if (isTaken) return listener.onFailed("another app has the camera")
        if (open != null) return listener.onFailed("a camera is open already")
        val camera = FakeCamera(lens, setup, listener)
        open = camera
        listener.onOpened(camera)
    }

    /** The camera that is open delivers a picture, exposed at [timeUs] of its clock. */
    public fun deliver(timeUs: Long) {
        open?.listener?.onPicture(timeUs)
    }

    /** Another app takes the camera, and keeps it. */
    public fun take() {
        isTaken = true
        open?.listener?.onDisconnected()
    }

    /** The other app is done with it. */
    public fun giveBack() {
        isTaken = false
    }

    /** The camera that is open fails. */
    public fun fail(reason: String) {
        open?.listener?.onFailed(reason)
    }

    private inner class FakeCamera(
        val lens: Lens,
        val setup: CameraSetup,
        val listener: CameraListener,
    ) : OpenCamera {
        var isTorchOn = false
            private set
        var zoom = 1f
            private set

        override fun setTorch(isOn: Boolean) {
            isTorchOn = isOn
        }

        override fun setZoom(ratio: Float) {
            zoom = ratio
        }

        override fun close() {
            if (open === this) open = null
        }
    }

    public companion object {
        /** A lens as many phones have at the back. */
        public val BACK: Lens = Lens(
            id = "0",
            facing = Facing.BACK,
            sensorTurn = Turn.QUARTER,
            sizes = listOf(PictureSize(1920, 1080), PictureSize(1280, 720)),
            rates = listOf(15..30, 30..30),
            hasTorch = true,
            zoom = 1f..8f,
        )

        /** A lens as many phones have at the front. */
        public val FRONT: Lens =
            BACK.copy(id = "1", facing = Facing.FRONT, sensorTurn = Turn.THREE_QUARTERS, hasTorch = false, zoom = 1f..2f)
    }
}

package dev.golive.android

import android.annotation.SuppressLint
import android.content.Context
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.params.OutputConfiguration
import android.hardware.camera2.params.SessionConfiguration
import android.os.Handler
import dev.golive.camera.CameraDevices
import dev.golive.camera.CameraListener
import dev.golive.camera.CameraSetup
import dev.golive.camera.Lens
import dev.golive.camera.OpenCamera

/**
 * The phone's cameras by Camera2, which deliver to [stage]. The permission `CAMERA` has to be there.
 *
 * @param handler of the thread that uses it.
 */
public class Camera2Devices(context: Context, private val stage: GlStage, private val handler: Handler) : CameraDevices {
    private val manager = context.getSystemService(Context.CAMERA_SERVICE) as CameraManager

    override fun lenses(): List<Lens> = manager.lenses()

    @SuppressLint("MissingPermission") // Whoever goes on air is asked before.
    override fun open(lens: Lens, setup: CameraSetup, listener: CameraListener) {
        val characteristics = manager.getCameraCharacteristics(lens.id)
        val feed = stage.openFeed(setup.size, listener::onPicture) { listener.onFailed("the picture's surface was lost") }
        try {
            manager.openCamera(lens.id, Opening(stage, feed, characteristics, setup, listener, handler), handler)
        } catch (failure: Exception) {
            stage.closeFeed(feed)
            throw failure
        }
    }

    /** Calls [action] whenever a camera is free, until what is returned is closed. */
    internal fun onCameraFree(action: () -> Unit): AutoCloseable {
        val callback = object : CameraManager.AvailabilityCallback() {
            override fun onCameraAvailable(cameraId: String) = action()
        }
        manager.registerAvailabilityCallback(callback, handler)
        return AutoCloseable { manager.unregisterAvailabilityCallback(callback) }
    }
}

/** One camera, from the wish to open it to its end. All of it happens on the handler's thread. */
private class Opening(
    private val stage: GlStage,
    private val feed: CameraFeed,
    private val characteristics: CameraCharacteristics,
    private val setup: CameraSetup,
    private val listener: CameraListener,
    private val handler: Handler,
) : CameraDevice.StateCallback(), OpenCamera {
    private var device: CameraDevice? = null
    private var session: CameraCaptureSession? = null
    private var isTorchOn = false
    private var zoom = 1f

    override fun onOpened(camera: CameraDevice) {
        device = camera
        // Before there is a session: whoever does not want it any more closes it.
        listener.onOpened(this)
        if (device == null) return
        try {
            val output = OutputConfiguration(feed.surface)
            val type = SessionConfiguration.SESSION_REGULAR
            val configuration = SessionConfiguration(type, listOf(output), { handler.post(it) }, Session())
            // What cannot change without a pause is known from the beginning.
            configuration.sessionParameters = camera.request().build()
            camera.createCaptureSession(configuration)
        } catch (failure: Exception) {
            listener.onFailed(failure.reason)
        }
    }

    override fun onDisconnected(camera: CameraDevice) {
        end(camera)
        listener.onDisconnected()
    }

    override fun onError(camera: CameraDevice, error: Int) {
        end(camera)
        listener.onFailed(
            when (error) {
                ERROR_CAMERA_IN_USE -> "another app uses the camera"
                ERROR_MAX_CAMERAS_IN_USE -> "other cameras are in use"
                ERROR_CAMERA_DISABLED -> "the device's owner does not allow the camera"
                ERROR_CAMERA_SERVICE -> "the system's camera service failed"
                else -> "the camera failed (error $error)"
            },
        )
    }

    override fun setTorch(isOn: Boolean) {
        if (isOn == isTorchOn) return
        isTorchOn = isOn
        repeat()
    }

    override fun setZoom(ratio: Float) {
        if (ratio == zoom) return
        zoom = ratio
        repeat()
    }

    // Closing waits until the hardware is free for another one.
    override fun close() {
        device?.let(::end)
    }

    private fun end(camera: CameraDevice) {
        device = null
        session = null
        camera.close()
        stage.closeFeed(feed)
    }

    private fun CameraDevice.request() = recordRequest(characteristics, feed.surface, setup, isTorchOn, zoom)

    /** Has the camera take pictures in this way from now on. */
    private fun repeat() {
        val camera = device ?: return
        val session = session ?: return
        try {
            session.setRepeatingRequest(camera.request().build(), null, handler)
        } catch (failure: Exception) {
            listener.onFailed(failure.reason)
        }
    }

    private inner class Session : CameraCaptureSession.StateCallback() {
        override fun onConfigured(configured: CameraCaptureSession) {
            if (device == null) return
            session = configured
            repeat()
        }

        override fun onConfigureFailed(failed: CameraCaptureSession) {
            if (device != null) listener.onFailed("the camera does not take the size ${setup.size}")
        }
    }
}

private val Exception.reason: String get() = message ?: javaClass.simpleName

package dev.golive.android

import android.graphics.SurfaceTexture
import android.opengl.GLES11Ext
import android.opengl.GLES20
import android.os.Handler
import android.view.Surface
import dev.golive.camera.PictureSize

/**
 * Where one camera delivers its pictures, for as long as it is open. Made on any thread; its pictures are
 * taken on the drawing thread.
 *
 * @param size what the camera delivers, lying as its sensor does.
 */
internal class CameraFeed(
    size: PictureSize,
    handler: Handler,
    onAvailable: (CameraFeed) -> Unit,
    /** Told of each picture that was taken, with its time in microseconds. */
    val onPicture: (timeUs: Long) -> Unit,
    /** Told when no more can be taken. */
    val onBroken: () -> Unit,
) {
    private val pictures = SurfaceTexture(false).apply {
        setDefaultBufferSize(size.widthPixels, size.heightPixels)
        setOnFrameAvailableListener({ onAvailable(this@CameraFeed) }, handler)
    }

    /** What the camera is given. */
    val surface = Surface(pictures)

    /** OpenGL's name for the newest picture; zero before there is one. */
    var texture = 0
        private set

    /** Where the upright picture lies in the texture. */
    val sampling: FloatArray = identity()

    /** Takes the newest picture; answers with its time in microseconds. */
    fun take(): Long {
        if (texture == 0) {
            texture = newTexture(GLES11Ext.GL_TEXTURE_EXTERNAL_OES)
            pictures.attachToGLContext(texture)
        }
        pictures.updateTexImage()
        pictures.getTransformMatrix(sampling)
        return pictures.timestamp / 1_000
    }

    /** Lets go of its pictures, the newest one included. */
    fun release() {
        surface.release()
        pictures.release()
        if (texture != 0) GLES20.glDeleteTextures(1, intArrayOf(texture), 0)
        texture = 0
    }
}

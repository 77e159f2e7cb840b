package dev.golive.android

import android.opengl.EGL14
import android.opengl.EGLConfig
import android.opengl.EGLContext
import android.opengl.EGLDisplay
import android.opengl.EGLExt
import android.opengl.EGLSurface
import android.view.Surface

/** EGL failed; [isContextLost] says that everything of this context is gone. */
internal class EglFailure(what: String, code: Int) : Exception("$what failed (EGL error 0x${code.toString(16)})") {
    val isContextLost: Boolean = code == EGL14.EGL_CONTEXT_LOST
}

/**
 * A context of OpenGL ES 2.0 that draws into surfaces of codecs and of windows. All of it belongs to the
 * thread that made it.
 */
internal class Egl : AutoCloseable {
    private val display: EGLDisplay = EGL14.eglGetDisplay(EGL14.EGL_DEFAULT_DISPLAY)
    private val config: EGLConfig
    private val context: EGLContext
    private val nowhere: EGLSurface

    init {
        val version = IntArray(2)
        check(EGL14.eglInitialize(display, version, 0, version, 1)) { "eglInitialize" }
        config = choose(EGL_RECORDABLE_ANDROID, 1) ?: choose(EGL14.EGL_NONE, 0) ?: throw failed("eglChooseConfig")
        val attributes = intArrayOf(EGL14.EGL_CONTEXT_CLIENT_VERSION, 2, EGL14.EGL_NONE)
        context = EGL14.eglCreateContext(display, config, EGL14.EGL_NO_CONTEXT, attributes, 0)
        if (context == EGL14.EGL_NO_CONTEXT) throw failed("eglCreateContext")
        val pixel = intArrayOf(EGL14.EGL_WIDTH, 1, EGL14.EGL_HEIGHT, 1, EGL14.EGL_NONE)
        nowhere = EGL14.eglCreatePbufferSurface(display, config, pixel, 0)
        useNowhere()
    }

    /** What draws into this window, which has one such at a time. */
    fun surface(window: Surface): EGLSurface {
        val surface = try {
            EGL14.eglCreateWindowSurface(display, config, window, intArrayOf(EGL14.EGL_NONE), 0)
        } catch (_: IllegalArgumentException) {
            // It was released.
            null
        }
        if (surface == null || surface == EGL14.EGL_NO_SURFACE) throw failed("eglCreateWindowSurface")
        return surface
    }

    /** Draws there from now on. */
    fun use(surface: EGLSurface) {
        if (!EGL14.eglMakeCurrent(display, surface, surface, context)) throw failed("eglMakeCurrent")
    }

    /** Draws nowhere, but may work with textures. */
    fun useNowhere(): Unit = use(nowhere)

    /** Never waits for the screen with what is drawn into the current surface. */
    fun dontWaitForScreen() {
        EGL14.eglSwapInterval(display, 0)
    }

    /** Hands over what was drawn, for this moment if one is said, in nanoseconds. */
    fun handOver(surface: EGLSurface, timeNs: Long?) {
        if (timeNs != null) EGLExt.eglPresentationTimeANDROID(display, surface, timeNs)
        if (!EGL14.eglSwapBuffers(display, surface)) throw failed("eglSwapBuffers")
    }

    fun release(surface: EGLSurface) {
        // What is current goes only when it no longer is.
        EGL14.eglMakeCurrent(display, nowhere, nowhere, context)
        EGL14.eglDestroySurface(display, surface)
    }

    override fun close() {
        EGL14.eglMakeCurrent(display, EGL14.EGL_NO_SURFACE, EGL14.EGL_NO_SURFACE, EGL14.EGL_NO_CONTEXT)
        EGL14.eglDestroySurface(display, nowhere)
        EGL14.eglDestroyContext(display, context)
        // The display is the whole process's and counts its users.
        EGL14.eglReleaseThread()
        EGL14.eglTerminate(display)
    }

    private fun choose(key: Int, value: Int): EGLConfig? {
        val attributes = intArrayOf(
            EGL14.EGL_RED_SIZE, 8, EGL14.EGL_GREEN_SIZE, 8, EGL14.EGL_BLUE_SIZE, 8, EGL14.EGL_ALPHA_SIZE, 8,
            EGL14.EGL_RENDERABLE_TYPE, EGL14.EGL_OPENGL_ES2_BIT,
            EGL14.EGL_SURFACE_TYPE, EGL14.EGL_WINDOW_BIT or EGL14.EGL_PBUFFER_BIT,
            key, value, EGL14.EGL_NONE,
        )
        val configs = arrayOfNulls<EGLConfig>(1)
        val count = IntArray(1)
        val found = EGL14.eglChooseConfig(display, attributes, 0, configs, 0, 1, count, 0)
        return if (found && count[0] > 0) configs[0] else null
    }

    private fun failed(what: String) = EglFailure(what, EGL14.eglGetError())

    private companion object {
        /** EGL_ANDROID_recordable: its pictures can go to an encoder. */
        const val EGL_RECORDABLE_ANDROID = 0x3142
    }
}

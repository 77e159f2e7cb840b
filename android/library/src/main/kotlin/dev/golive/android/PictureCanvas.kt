package dev.golive.android

import android.opengl.EGLSurface
import android.view.Surface
import dev.golive.ShownPicture
import dev.golive.camera.CameraView
import dev.golive.camera.Facing
import dev.golive.camera.Incoming
import dev.golive.camera.PictureSize
import dev.golive.camera.Scaling
import dev.golive.camera.Turn

/** Where something is drawn, and in which size. */
internal class Outlet(val window: Surface, val size: PictureSize) {
    var surface: EGLSurface? = null
    var isBroken = false
}

/**
 * Draws the camera, its last picture or the slate into a codec's surface and into that of the preview. All
 * of it belongs to the drawing thread, and ends with the OpenGL context: another one is made then.
 */
internal class PictureCanvas(private val slate: Slate) : AutoCloseable {
    private val egl = Egl()
    private val painter = PicturePainter()
    private var slatePicture: KeptPicture? = null
    private var kept: KeptPicture? = null
    private var keptView: CameraView? = null
    private var keptDisplayTurn = Turn.NONE

    /** Takes the newest picture of a feed. */
    fun take(feed: CameraFeed): Long {
        egl.useNowhere()
        return feed.take()
    }

    /** Keeps a copy of what [feed] shows just now. */
    fun keep(feed: CameraFeed, view: CameraView, displayTurn: Turn) {
        if (feed.texture == 0) return
        egl.useNowhere()
        val size = view.incoming.size
        val copy = KeptPicture.painted(size) { painter.paintCamera(feed.texture, identity(), feed.sampling, size) } ?: return
        kept?.close()
        kept = copy
        keptView = view
        keptDisplayTurn = displayTurn
    }

    /** Lets go of a feed and of its pictures. */
    fun release(feed: CameraFeed) {
        egl.useNowhere()
        feed.release()
    }

    /** Draws for viewers. */
    fun drawForCodec(target: Outlet, shown: ShownPicture, feed: CameraFeed?, view: CameraView?, timeUs: Long) =
        draw(target, timeUs * 1_000) { size ->
            paint(shown, feed, view?.framing(size)?.matrix(), keptView?.framing(size)?.matrix(), size)
        }

    /** Draws for the person, the way their screen is turned. */
    fun drawForPreview(target: Outlet, shown: ShownPicture, feed: CameraFeed?, view: CameraView?, turn: Turn, isMirrored: Boolean) =
        draw(target, null) { size ->
            val now = view?.onScreen(turn, isMirrored)?.framing(size)?.matrix()
            val then = keptView?.onScreen(keptDisplayTurn, isMirrored)?.framing(size)?.matrix()
            paint(shown, feed, now, then, size)
        }

    /** Draws into this no longer. */
    fun forget(target: Outlet) {
        target.surface?.let(egl::release)
        target.surface = null
    }

    override fun close() {
        kept?.close()
        slatePicture?.close()
        painter.close()
        egl.close()
    }

    private fun draw(target: Outlet, timeNs: Long?, paint: (PictureSize) -> Unit) {
        if (target.isBroken) return
        try {
            val surface = target.surface ?: egl.surface(target.window).also { target.surface = it }
            egl.use(surface)
            // A screen's pace is not the codec's.
            if (timeNs == null) egl.dontWaitForScreen()
            paint(target.size)
            egl.handOver(surface, timeNs)
        } catch (failure: EglFailure) {
            if (failure.isContextLost) throw failure
            // The window is gone, or the codec. Whoever comes next brings a surface of its own; this one is tried once more.
            val isSecond = target.surface == null
            forget(target)
            target.isBroken = isSecond
        }
    }

    private fun paint(shown: ShownPicture, feed: CameraFeed?, now: FloatArray?, then: FloatArray?, size: PictureSize) {
        val kept = kept
        when {
            shown == ShownPicture.CAMERA && feed != null && feed.texture != 0 && now != null ->
                painter.paintCamera(feed.texture, now, feed.sampling, size)
            shown != ShownPicture.SLATE && shown != ShownPicture.NOTHING && kept != null && then != null ->
                painter.paint(kept.texture, then, kept.sampling, size)
            else -> paintSlate(size)
        }
    }

    private fun paintSlate(size: PictureSize) {
        painter.fill(slate.color)
        val bitmap = slate.bitmap ?: return
        val picture = slatePicture ?: KeptPicture.of(bitmap).also { slatePicture = it }
        val whole = CameraView(Incoming(picture.size, Turn.NONE, false, Facing.EXTERNAL), Turn.NONE, Scaling.FIT)
        painter.paint(picture.texture, whole.framing(size).matrix(), picture.sampling, size)
    }

    private fun CameraView.onScreen(turn: Turn, isMirrored: Boolean): CameraView =
        copy(deviceTurn = turn, isMirrored = isMirrored && incoming.facing == Facing.FRONT)
}

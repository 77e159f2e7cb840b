package dev.golive.android

import android.os.Handler
import android.os.HandlerThread
import android.view.Surface
import dev.golive.ShownPicture
import dev.golive.camera.CameraView
import dev.golive.camera.PictureSize
import dev.golive.camera.PictureStage
import dev.golive.camera.Turn
import dev.golive.codec.Codec
import dev.golive.codec.CodecFormat
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger

/**
 * Draws pictures with OpenGL, on a thread of its own: the camera's newest one, turned, scaled and mirrored for
 * the codec and apart from that for the preview; a copy of the last one; or the slate. A preview or a codec
 * that goes away while it is drawn for stops nothing, and an OpenGL context that is lost is made anew. It draws for
 * codecs that are [SurfaceCodec]s, and for no others.
 *
 * @param slate what is shown where there is no camera.
 * @param isPreviewMirrored whether the preview of a front camera is a mirror.
 */
public class GlStage(private val slate: Slate = Slate(), private val isPreviewMirrored: Boolean = true) :
    PictureStage, AutoCloseable {
    private val thread = HandlerThread("golive-picture").apply { start() }
    private val handler = Handler(thread.looper)
    private val draws = AtomicInteger()

    // The drawing thread's own.
    private val feeds = mutableSetOf<CameraFeed>()
    private var canvas: PictureCanvas? = null
    private var newest: CameraFeed? = null
    private var shown = ShownPicture.SLATE
    private var view: CameraView? = null
    private var isKept = false
    private var codec: Pair<Codec, Outlet>? = null
    private var preview: Outlet? = null
    private var displayTurn = Turn.NONE
    private var isClosed = false

    // A codec that is being released gets no more pictures, even those that are on their way.
    @Volatile private var current: Codec? = null

    override fun setOutput(codec: Codec, format: CodecFormat) {
        val surface = (codec as? SurfaceCodec)?.inputSurface ?: return
        current = codec
        val isTaken = post {
            dropCodec()
            this.codec = codec to Outlet(surface, PictureSize(format.widthPixels, format.heightPixels))
        }
        // A codec that comes when it is closed is not kept.
        if (!isTaken) current = null
    }

    override fun clearOutput(codec: Codec) {
        if (current === codec) current = null
        post { if (this.codec?.first === codec) dropCodec() }
    }

    override fun setView(view: CameraView) {
        post { this.view = view }
    }

    override fun show(picture: ShownPicture) {
        post {
            if (picture == ShownPicture.CAMERA) isKept = false else keepNewest()
            shown = picture
            if (picture != ShownPicture.CAMERA) drawPreview()
        }
    }

    override fun draw(codecTimeUs: Long?) {
        // Nobody misses what a busy thread would draw later.
        if (draws.incrementAndGet() > MOST_DRAWS) {
            draws.decrementAndGet()
            return
        }
        handler.post {
            draws.decrementAndGet()
            if (isClosed) return@post
            if (codecTimeUs != null) drawCodec(codecTimeUs)
            drawPreview()
        }
    }

    /**
     * Draws for the person, too. A surface that is destroyed has to be taken back by [clearPreview] before.
     *
     * @param displayTurn how far the device is turned clockwise, as the screen shows things.
     */
    internal fun setPreview(window: Surface, size: PictureSize, displayTurn: Turn) {
        post {
            dropPreview()
            preview = Outlet(window, size)
            this.displayTurn = displayTurn
            drawPreview()
        }
    }

    /** Draws for the person no longer; returns when nothing is drawn there, at the latest after half a second. */
    internal fun clearPreview(window: Surface) {
        val isDone = CountDownLatch(1)
        val isPosted = handler.post {
            if (!isClosed && preview?.window === window) dropPreview()
            isDone.countDown()
        }
        // A codec that keeps this thread waiting is no reason to keep the app's.
        if (isPosted) isDone.await(PATIENCE_MS, TimeUnit.MILLISECONDS)
    }

    /** Where a camera delivers. Its pictures are told on the drawing thread. */
    internal fun openFeed(size: PictureSize, onPicture: (timeUs: Long) -> Unit, onBroken: () -> Unit): CameraFeed {
        val feed = CameraFeed(size, handler, ::take, onPicture, onBroken)
        val isPosted = handler.post { if (isClosed) feed.release() else feeds += feed }
        if (!isPosted) feed.release()
        return feed
    }

    /** Nothing comes from there any more. What it showed last is kept as long as it is shown. */
    internal fun closeFeed(feed: CameraFeed) {
        post {
            if (newest === feed) {
                keepNewest()
                newest = null
            }
            if (feeds.remove(feed)) drawing { release(feed) }
        }
    }

    /** Ends it. Cameras and codecs have let go of it before. */
    override fun close() {
        post {
            if (canvas != null) {
                dropCodec()
                dropPreview()
            }
            feeds.toList().forEach { feed -> if (canvas == null) feed.release() else drawing { release(feed) } }
            feeds.clear()
            newest = null
            codec = null
            preview = null
            current = null
            canvas?.close()
            canvas = null
            isClosed = true
            thread.quitSafely()
        }
    }

    /** What is carried out on the drawing thread; not once it is closed. */
    private fun post(action: () -> Unit): Boolean = handler.post { if (isClosed) current = null else action() }

    private fun take(feed: CameraFeed) {
        if (feed !in feeds) return
        val timeUs = drawing { take(feed) } ?: return
        newest = feed
        feed.onPicture(timeUs)
    }

    /** A copy of the camera's newest picture, once, and before anything takes that away. */
    private fun keepNewest() {
        val feed = newest ?: return
        val view = view ?: return
        if (isKept || shown != ShownPicture.CAMERA) return
        drawing { keep(feed, view, displayTurn) }
        isKept = true
    }

    private fun drawCodec(timeUs: Long) {
        val (codec, target) = codec ?: return
        if (current === codec) drawing { drawForCodec(target, shown, newest, view, timeUs) }
    }

    private fun drawPreview() {
        val target = preview ?: return
        drawing { drawForPreview(target, shown, newest, view, displayTurn, isPreviewMirrored) }
    }

    private fun dropCodec() {
        codec?.second?.let { target -> drawing { forget(target) } }
        codec = null
    }

    private fun dropPreview() {
        preview?.let { target -> drawing { forget(target) } }
        preview = null
    }

    /** Does what needs OpenGL. Where that fails altogether, everything is made anew, cameras' feeds included. */
    private fun <T> drawing(action: PictureCanvas.() -> T): T? =
        try {
            val canvas = canvas ?: PictureCanvas(slate).also { canvas = it }
            canvas.action()
        } catch (_: Exception) {
            startAnew()
            null
        }

    private fun startAnew() {
        val old = canvas
        canvas = null
        isKept = false
        newest = null
        codec?.second?.surface = null
        preview?.surface = null
        val broken = feeds.toList()
        feeds.clear()
        broken.forEach { feed ->
            feed.release()
            feed.onBroken()
        }
        try {
            old?.close()
        } catch (_: Exception) {
            // It is lost.
        }
    }

    private companion object {
        const val MOST_DRAWS = 3
        const val PATIENCE_MS = 500L
    }
}

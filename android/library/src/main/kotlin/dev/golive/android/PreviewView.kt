package dev.golive.android

import android.content.Context
import android.hardware.display.DisplayManager
import android.os.Handler
import android.os.Looper
import android.util.AttributeSet
import android.view.SurfaceHolder
import android.view.SurfaceView
import dev.golive.camera.PictureSize
import dev.golive.camera.Turn
import dev.golive.camera.onScreen

/**
 * Shows the person what viewers see: the camera (a front one as in a mirror), the last picture, the slate. It
 * takes the largest place within its bounds that has the broadcast's shape. Given to [Studio.preview].
 */
public class PreviewView @JvmOverloads constructor(context: Context, attributes: AttributeSet? = null) :
    SurfaceView(context, attributes), SurfaceHolder.Callback {
    private val displays = context.getSystemService(Context.DISPLAY_SERVICE) as DisplayManager
    private val turns = object : DisplayManager.DisplayListener {
        override fun onDisplayAdded(displayId: Int) = Unit

        override fun onDisplayRemoved(displayId: Int) = Unit

        // Half a turn changes no size, so nothing else tells of it. Of all else that changes there is nothing to do.
        override fun onDisplayChanged(displayId: Int) {
            val display = display ?: return
            if (displayId != display.displayId || display.deviceTurn == displayTurn) return
            requestLayout()
            show()
        }
    }
    private var stage: GlStage? = null
    private var onSeen: (Boolean) -> Unit = {}
    private var size: PictureSize? = null
    private var shape = PictureSize(9, 16)
    private var heldTurn = Turn.NONE

    /** As it was shown last. */
    private var displayTurn = Turn.NONE

    init {
        holder.addCallback(this)
    }

    /**
     * Shows what this stage draws from now on, and tells whether it can be seen. On the main thread.
     */
    internal fun attach(stage: GlStage, onSeen: (Boolean) -> Unit) {
        detach()
        this.stage = stage
        this.onSeen = onSeen
        show()
    }

    /** Shows nothing more. On the main thread. */
    internal fun detach() {
        stage?.clearPreview(holder.surface)
        stage = null
        onSeen = {}
    }

    /** Takes this shape, which lies as the device is held. On the main thread. */
    internal fun take(shape: PictureSize, heldTurn: Turn) {
        if (shape == this.shape && heldTurn == this.heldTurn) return
        this.shape = shape
        this.heldTurn = heldTurn
        requestLayout()
    }

    override fun surfaceCreated(holder: SurfaceHolder): Unit = Unit

    override fun surfaceChanged(holder: SurfaceHolder, format: Int, width: Int, height: Int) {
        size = PictureSize(width, height)
        show()
    }

    override fun surfaceDestroyed(holder: SurfaceHolder) {
        size = null
        stage?.clearPreview(holder.surface)
        onSeen(false)
    }

    override fun onAttachedToWindow() {
        super.onAttachedToWindow()
        displays.registerDisplayListener(turns, Handler(Looper.getMainLooper()))
    }

    override fun onDetachedFromWindow() {
        displays.unregisterDisplayListener(turns)
        super.onDetachedFromWindow()
    }

    override fun onMeasure(widthMeasureSpec: Int, heightMeasureSpec: Int) {
        val width = getDefaultSize(suggestedMinimumWidth, widthMeasureSpec)
        val height = getDefaultSize(suggestedMinimumHeight, heightMeasureSpec)
        // Gravity says how the picture lies; the screen may be locked to another way.
        val shape = shape.onScreen(heldTurn, display.deviceTurn)
        val byWidth = width * shape.heightPixels / shape.widthPixels
        if (byWidth <= height) setMeasuredDimension(width, byWidth)
        else setMeasuredDimension(height * shape.widthPixels / shape.heightPixels, height)
    }

    private fun show() {
        displayTurn = display.deviceTurn
        val size = size ?: return
        stage?.setPreview(holder.surface, size, displayTurn)
        onSeen(true)
    }
}

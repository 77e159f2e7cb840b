package dev.golive.android

import android.content.Context
import android.hardware.display.DisplayManager
import android.view.Display
import android.view.OrientationEventListener
import android.view.Surface
import dev.golive.camera.OrientationSense
import dev.golive.camera.Turn

/**
 * How the device is held, by its own sense of gravity: also where the screen's content is locked to one way.
 *
 * @param onTurned is told on the main thread, first of all where it stands.
 */
internal class DeviceOrientation(context: Context, private val onTurned: (Turn) -> Unit) {
    private val display = (context.getSystemService(Context.DISPLAY_SERVICE) as DisplayManager).getDisplay(Display.DEFAULT_DISPLAY)
    private val sense = OrientationSense(display.deviceTurn)
    private val listener = object : OrientationEventListener(context.applicationContext) {
        override fun onOrientationChanged(orientation: Int) {
            if (sense.sense(orientation)) onTurned(sense.turn)
        }
    }

    /** Whether the device's natural way is the upright one. */
    val isNaturallyUpright: Boolean = display?.mode?.let { it.physicalHeight >= it.physicalWidth } ?: true

    /** Follows it from now on. */
    fun follow() {
        onTurned(sense.turn)
        if (listener.canDetectOrientation()) listener.enable()
    }

    /** Follows it no longer. */
    fun rest(): Unit = listener.disable()
}

/** How far the device is turned clockwise, as the display shows things: those are turned the other way. */
internal val Display?.deviceTurn: Turn
    get() = when (this?.rotation) {
        Surface.ROTATION_90 -> Turn.THREE_QUARTERS
        Surface.ROTATION_180 -> Turn.HALF
        Surface.ROTATION_270 -> Turn.QUARTER
        else -> Turn.NONE
    }

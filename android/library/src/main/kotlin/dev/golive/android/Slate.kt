package dev.golive.android

import android.graphics.Bitmap
import android.graphics.Color

/**
 * What viewers see when there is no camera to show.
 *
 * @param bitmap shown whole, with [color] beside it. It is the caller's again when this returns.
 * @param color 0xAARRGGBB; fills the picture, if there is no bitmap.
 */
public class Slate(bitmap: Bitmap? = null, public val color: Int = Color.BLACK) {
    // OpenGL takes no bitmap that lies in the graphics memory.
    internal val bitmap: Bitmap? = bitmap?.copy(Bitmap.Config.ARGB_8888, false)
}

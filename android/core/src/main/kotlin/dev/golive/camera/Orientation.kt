package dev.golive.camera

import kotlin.math.abs

/** What becomes of the shape of the encoded picture when the device is turned while it is live. */
public enum class Shape {
    /**
     * It stays as the device was held when the broadcast began; the picture turns within it and stays
     * upright, with bars beside it if need be. Viewers' players and recordings keep to one size.
     */
    KEPT,

    /** It turns with the device: another codec takes over each time, and every part of the way to the viewer has to cope. */
    TURNS,
}

/**
 * How the picture lies.
 *
 * @param lockedTo how the device counts as being held, whatever way it is; follows the device, if
 *   nothing is said. An app whose own screen is locked to one way says that here.
 * @param shape whether the encoded shape may change while live.
 * @param scaling how the camera's picture fills the encoded one.
 * @param isBroadcastMirrored whether viewers see a front camera's picture as in a mirror: writing is then
 *   the wrong way round for them.
 * @param isPreviewMirrored whether the person sees themselves as in a mirror.
 */
public data class OrientationRules(
    val lockedTo: Turn? = null,
    val shape: Shape = Shape.KEPT,
    val scaling: Scaling = Scaling.FILL_OR_FIT,
    val isBroadcastMirrored: Boolean = false,
    val isPreviewMirrored: Boolean = true,
)

/** The size of that many pixels for a device that is held so: wide for one that lies on its side. */
public fun PictureSize.shapedFor(deviceTurn: Turn, isNaturallyUpright: Boolean = true): PictureSize {
    val isWide = deviceTurn.isSideways == isNaturallyUpright
    val long = maxOf(widthPixels, heightPixels)
    val short = minOf(widthPixels, heightPixels)
    return if (isWide) PictureSize(long, short) else PictureSize(short, long)
}

/**
 * The size in which a screen shows an upright picture of this size: the picture lies as the device is held,
 * and the screen's content as the screen is turned. Where that does not turn with the device, they differ.
 */
public fun PictureSize.onScreen(heldTurn: Turn, displayTurn: Turn): PictureSize = turned(heldTurn - displayTurn)

/**
 * Makes degrees from a sensor into a way of holding the device. A device that is held askew counts as
 * before, and so does one that lies flat.
 */
public class OrientationSense(first: Turn = Turn.NONE) {
    /** How it is held. */
    public var turn: Turn = first
        private set

    /** The device is turned so many degrees clockwise, or lies flat if that is negative; answers whether [turn] changed. */
    public fun sense(degrees: Int): Boolean {
        if (degrees < 0) return false
        val nearest = Turn.ofDegrees(degrees)
        val off = Math.floorMod(degrees - nearest.degrees + 180, 360) - 180
        if (nearest == turn || abs(off) > CERTAIN_DEGREES) return false
        turn = nearest
        return true
    }

    private companion object {
        const val CERTAIN_DEGREES = 30
    }
}

package dev.golive.camera

/** How a picture fills an area of another shape. */
public enum class Scaling {
    /** All of the area is covered; what is beyond it is cut off. */
    FILL,

    /** All of the picture is seen; bars fill the rest. */
    FIT,

    /** Covers the area where that cuts off no more than half of the picture, and shows all of it otherwise. */
    FILL_OR_FIT,
}

/**
 * A picture as it comes, before anything is done about it.
 *
 * @param size its size as it comes.
 * @param naturalTurn the turn that makes it upright while the device is held its natural way.
 * @param isMirrored whether it is mirrored once it is turned so.
 * @param facing which way its lens looks: the picture of one that faces the person turns the other way
 *   when the device is turned.
 */
public data class Incoming(
    val size: PictureSize,
    val naturalTurn: Turn,
    val isMirrored: Boolean,
    val facing: Facing,
) {
    public companion object {
        /** Read from the sensor as it is. */
        public fun raw(lens: Lens, size: PictureSize): Incoming = Incoming(size, lens.sensorTurn, false, lens.facing)

        /**
         * Read through a SurfaceTexture, whose matrix has made it upright for the natural way and has
         * mirrored that of a front camera.
         */
        public fun throughSurfaceTexture(lens: Lens, size: PictureSize): Incoming =
            Incoming(size.turned(lens.sensorTurn), Turn.NONE, lens.facing == Facing.FRONT, lens.facing)
    }
}

/**
 * A picture, and the way in which it is to be seen.
 *
 * @param deviceTurn how far the device is turned clockwise from its natural way.
 * @param isMirrored whether it is to be seen as in a mirror.
 */
public data class CameraView(
    val incoming: Incoming,
    val deviceTurn: Turn,
    val scaling: Scaling = Scaling.FILL_OR_FIT,
    val isMirrored: Boolean = false,
) {
    /** The turn that makes the picture, turned for the natural way, upright as the device is held. */
    private val heldTurn: Turn
        get() = when (incoming.facing) {
            Facing.BACK -> deviceTurn
            Facing.FRONT -> -deviceTurn
            Facing.EXTERNAL -> Turn.NONE
        }

    /** Its size when it is upright. */
    public val uprightSize: PictureSize get() = incoming.size.turned(incoming.naturalTurn + heldTurn)

    /** Where each point of an [output] of this size is found in the incoming picture. */
    public fun framing(output: PictureSize): Framing {
        val upright = uprightSize
        val wide = output.widthPixels.toFloat() / upright.widthPixels.coerceAtLeast(1)
        val high = output.heightPixels.toFloat() / upright.heightPixels.coerceAtLeast(1)
        val fill = maxOf(wide, high)
        val fit = minOf(wide, high)
        val scale = when (scaling) {
            Scaling.FILL -> fill
            Scaling.FIT -> fit
            Scaling.FILL_OR_FIT -> if (fit * 2 >= fill) fill else fit
        }
        // From the output back to what comes: each step is undone, the last one first.
        return Framing.scaled(wide / scale, high / scale)
            .then(Framing.mirrored(isMirrored))
            .then(Framing.turnedBack(heldTurn))
            .then(Framing.mirrored(incoming.isMirrored))
            .then(Framing.turnedBack(incoming.naturalTurn))
    }
}

/**
 * Says for each point of the output where in the incoming picture its colour is found. Both are squares
 * from 0 to 1 with their origin at the lower left, as OpenGL has its textures. What falls outside of the
 * picture is a bar.
 */
public class Framing private constructor(
    private val sx: Float,
    private val sy: Float,
    private val tx: Float,
    private val ty: Float,
) {
    // About the middle: s = sx * x + sy * y, t = tx * x + ty * y.

    /** A 4x4 matrix for a texture coordinate (x, y, 0, 1), column after column, as OpenGL takes it. */
    public fun matrix(): FloatArray = floatArrayOf(
        sx, tx, 0f, 0f,
        sy, ty, 0f, 0f,
        0f, 0f, 1f, 0f,
        0.5f - (sx + sy) / 2, 0.5f - (tx + ty) / 2, 0f, 1f,
    )

    /** Where the point ([x], [y]) of the output is found. */
    public fun find(x: Float, y: Float): Pair<Float, Float> =
        (sx * (x - 0.5f) + sy * (y - 0.5f) + 0.5f) to (tx * (x - 0.5f) + ty * (y - 0.5f) + 0.5f)

    internal fun then(next: Framing): Framing = Framing(
        next.sx * sx + next.sy * tx,
        next.sx * sy + next.sy * ty,
        next.tx * sx + next.ty * tx,
        next.tx * sy + next.ty * ty,
    )

    internal companion object {
        fun scaled(x: Float, y: Float) = Framing(x, 0f, 0f, y)

        fun mirrored(isMirrored: Boolean) = Framing(if (isMirrored) -1f else 1f, 0f, 0f, 1f)

        /** What was turned clockwise is found anticlockwise of where it is seen. */
        fun turnedBack(turn: Turn) = when (turn) {
            Turn.NONE -> Framing(1f, 0f, 0f, 1f)
            Turn.QUARTER -> Framing(0f, -1f, 1f, 0f)
            Turn.HALF -> Framing(-1f, 0f, 0f, -1f)
            Turn.THREE_QUARTERS -> Framing(0f, 1f, -1f, 0f)
        }
    }
}

package dev.golive.camera

/** A turn clockwise, in quarters. */
public enum class Turn {
    NONE,
    QUARTER,
    HALF,
    THREE_QUARTERS;

    /** 0, 90, 180 or 270. */
    public val degrees: Int get() = ordinal * 90

    /** Whether width and height change places. */
    public val isSideways: Boolean get() = this == QUARTER || this == THREE_QUARTERS

    public operator fun plus(other: Turn): Turn = entries[(ordinal + other.ordinal) % 4]

    public operator fun minus(other: Turn): Turn = this + -other

    public operator fun unaryMinus(): Turn = entries[(4 - ordinal) % 4]

    public companion object {
        /** The quarter that is nearest to so many degrees, negative ones included. */
        public fun ofDegrees(degrees: Int): Turn = entries[Math.floorMod(Math.floorDiv(degrees + 45, 90), 4)]
    }
}

/** Width and height of a picture. */
public data class PictureSize(val widthPixels: Int, val heightPixels: Int) {
    /** The same after a turn. */
    public fun turned(turn: Turn): PictureSize = if (turn.isSideways) PictureSize(heightPixels, widthPixels) else this

    override fun toString(): String = "${widthPixels}x$heightPixels"
}

/** Which way a lens looks. */
public enum class Facing {
    /** At the person who holds the device. */
    FRONT,

    /** Away from them. */
    BACK,

    /** A camera that is plugged in: it does not turn with the device. */
    EXTERNAL,
}

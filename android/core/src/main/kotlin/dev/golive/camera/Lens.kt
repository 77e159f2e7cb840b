package dev.golive.camera

import dev.golive.codec.Clock
import kotlin.math.abs

/** A camera as the device describes it. */
public data class Lens(
    /** The system's name for it. */
    val id: String,
    val facing: Facing,
    /** How far its picture is turned clockwise to be upright while the device is held its natural way. */
    val sensorTurn: Turn,
    /** The sizes in which it delivers pictures, lying as the sensor does. */
    val sizes: List<PictureSize>,
    /** The ranges of pictures a second that it keeps to. */
    val rates: List<IntRange>,
    val hasTorch: Boolean = false,
    /** Its least and its greatest magnification; 1 is none. */
    val zoom: ClosedFloatingPointRange<Float> = 1f..1f,
    /** Which clock stamps its pictures. */
    val clock: Clock = Clock.MONOTONIC,
)

/** What is asked of a camera when it is opened. */
public data class CameraSetup(val size: PictureSize, val rate: IntRange) {
    /** Whether it delivers larger pictures, or more of them, than the other. */
    internal fun isBeyond(other: CameraSetup): Boolean = size.area > other.size.area || rate.last > other.rate.last
}

/**
 * What to ask of this lens so that pictures of [wanted] come [framesPerSecond] times a second, whichever
 * way the device is held.
 *
 * The size: the smallest that need not be enlarged, of the wanted shape if there is one among those; else
 * the largest. The rate: a range that reaches the wanted rate and goes least beyond it; among those the
 * one that goes lowest, so that pictures stay bright in the dark, but not below a third of what is wanted.
 */
public fun Lens.setup(wanted: PictureSize, framesPerSecond: Int): CameraSetup =
    CameraSetup(chooseSize(sizes, wanted), chooseRate(rates, framesPerSecond))

private fun chooseSize(sizes: List<PictureSize>, wanted: PictureSize): PictureSize {
    val long = wanted.long
    val short = wanted.short
    val enough = sizes.filter { it.long >= long && it.short >= short }
    // Shapes differ by rounding to multiples of 16.
    val sameShape = enough.filter { abs(it.long * short - it.short * long) * 100 <= it.long * short * 3 }
    return sameShape.minByOrNull { it.area }
        ?: enough.minByOrNull { it.area }
        ?: sizes.maxByOrNull { it.area }
        ?: wanted
}

private fun chooseRate(rates: List<IntRange>, wanted: Int): IntRange {
    val best = rates.minWithOrNull(
        compareBy<IntRange>(
            { if (it.last >= wanted) 0 else wanted - it.last },
            { it.last },
            { if (it.first * 3 >= wanted) 0 else 1 },
            { it.first },
        ),
    )
    return best ?: wanted..wanted
}

private val PictureSize.long: Long get() = maxOf(widthPixels, heightPixels).toLong()
private val PictureSize.short: Long get() = minOf(widthPixels, heightPixels).toLong()
private val PictureSize.area: Long get() = long * short

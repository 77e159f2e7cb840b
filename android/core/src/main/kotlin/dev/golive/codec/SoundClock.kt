package dev.golive.codec

import kotlin.math.abs
import kotlin.math.roundToInt

/**
 * Places sound on the media timeline by counting samples, which is even, and holds the count to when
 * the samples were recorded, which is true: a sample clock that runs fast or slow is followed without
 * anybody hearing it, a gap is filled with silence, and sound that was recorded twice is left out.
 */
public class SoundClock(private val sampleRateHz: Int) {
    private var nextUs: Double? = null

    /** What is to be done with samples. */
    public data class Placement(
        /** So many samples of silence come before them. */
        val silence: Int,
        /** Whether they are left out. */
        val isLeftOut: Boolean,
        /** Where the silence, or else they, begin, in microseconds. */
        val timeUs: Long,
    )

    /** Places [samples] of each channel, the first of which was recorded at [recordedUs]. */
    public fun place(samples: Int, recordedUs: Long): Placement {
        val expected = nextUs ?: recordedUs.toDouble()
        val off = recordedUs - expected
        if (off < -GAP_US) {
            // Time that is there already. Far back it is another timeline, and nothing to go by.
            return Placement(0, isLeftOut = true, expected.toLong())
        }
        val silence = if (off > GAP_US) (minOf(off, LONGEST_GAP_US) * sampleRateHz / 1e6).roundToInt() else 0
        // Beyond the longest gap the timeline leaps; silence for minutes would come in one burst.
        val leap = maxOf(0.0, off - LONGEST_GAP_US)
        val begin = expected + leap
        val nudge = if (abs(off) > GAP_US) 0.0 else (off / SMOOTHING).coerceIn(-MOST_NUDGE_US, MOST_NUDGE_US)
        nextUs = begin + (silence + samples) * 1e6 / sampleRateHz + nudge
        return Placement(silence, isLeftOut = false, begin.toLong())
    }

    private companion object {
        /** Reads are up to a buffer early or late. */
        const val GAP_US = 60_000.0
        const val LONGEST_GAP_US = 1_000_000.0
        const val SMOOTHING = 64.0

        /** With each frame of 21 ms: a hundredth of it, more than any clock is off. */
        const val MOST_NUDGE_US = 200.0
    }
}

package dev.golive.phone

/**
 * When samples were recorded: by what the system says of one of them, and where it says nothing, or
 * nonsense, by counting them from when they were handed over. [dev.golive.codec.SoundClock] evens out what
 * is left. Used by one thread.
 *
 * @param sampleRateHz samples of each channel a second.
 */
public class RecordingClock(private val sampleRateHz: Int) {
    private var read = 0L
    private var countedUs: Double? = null

    /** That the sample [position], of each channel and counted from the first, was recorded at [timeUs]. */
    public data class Mark(val position: Long, val timeUs: Long)

    /**
     * When the first of [samples] that were just read was recorded, in microseconds.
     *
     * @param nowUs now, after they were read, on the clock of the answer.
     * @param mark what the system says, if it says anything.
     */
    public fun recorded(samples: Int, nowUs: Long, mark: Mark?): Long {
        val latest = nowUs - lasts(samples.toLong())
        val counted = count(samples, latest)
        val marked = mark?.let { it.timeUs + lasts(read - it.position) }
        read += samples
        // Samples come when they are recorded, and within a buffer after that.
        return (marked?.takeIf { it in latest - LONGEST_BUFFER_US..latest + ROUNDING_US } ?: counted).toLong()
    }

    /** Samples are never read before they were recorded, so the least of what reads say is the truth. */
    private fun count(samples: Int, latest: Double): Double {
        val expected = countedUs ?: latest
        val late = latest - expected
        val begin = when {
            late < 0 -> latest
            late > GAP_US -> latest
            else -> expected + minOf(late, CREEP_US)
        }
        countedUs = begin + lasts(samples.toLong())
        return begin
    }

    private fun lasts(samples: Long): Double = samples * 1e6 / sampleRateHz

    private companion object {
        const val LONGEST_BUFFER_US = 1_000_000.0
        const val ROUNDING_US = 2_000.0

        /** A read that comes later than this comes after samples that were lost. */
        const val GAP_US = 250_000.0

        /** For each read of 21 ms: a sample clock that is slower than this is broken. */
        const val CREEP_US = 10.0
    }
}

package dev.golive.phone

/**
 * When what an encoder of AAC hands over is to be heard. An encoder looks ahead: the first sample that went
 * in comes out of a decoder so many samples later ([delaySamples]), while the system's encoders stamp
 * what they make with the time of what went in. Without this, sound would be late by that much, for
 * viewers, all the time.
 *
 * What goes in comes as whole frames, and what comes out is one frame for each, in order. Used by one thread.
 *
 * @param sampleRateHz samples of each channel a second.
 */
public class SoundTimes(private val sampleRateHz: Int) {
    /** What the encoder says its delay is; where it says nothing, what is usual. */
    public var delaySamples: Int = USUAL_DELAY_SAMPLES
    private val given = ArrayDeque<Long>()
    private var lastUs: Long? = null

    /** Whether so much went in since anything came out that nothing will: over a second of it. */
    public val isStuck: Boolean get() = given.size > MOST

    /** A frame that begins at [timeUs] goes in. */
    public fun goesIn(timeUs: Long) {
        given.addLast(timeUs)
    }

    /** A frame comes out: when it is to be heard. Later than every one before. */
    public fun comesOut(): Long {
        val frameUs = FRAME * 1_000_000L / sampleRateHz
        // What comes out without something that went in is what was left inside.
        val begin = given.removeFirstOrNull()?.let { it - delaySamples * 1_000_000L / sampleRateHz }
        val due = begin ?: ((lastUs ?: 0) + frameUs)
        return maxOf(due, lastUs?.let { it + 1 } ?: due).also { lastUs = it }
    }

    public companion object {
        /**
         * Of AAC-LC in Android's own encoder, and so of nearly every phone: the transform's 1,024 and 576
         * of looking ahead.
         */
        public const val USUAL_DELAY_SAMPLES: Int = 1_600

        private const val FRAME = 1_024
        private const val MOST = 64
    }
}

package dev.golive.codec

/**
 * Brings the clocks of a phone to one: pictures and sound are stamped by whichever clock their device
 * has, and the broadcast counts from its epoch on the clock that goes on during sleep.
 */
public class Timeline(private val epochUs: Long, private val clocks: Clocks) {
    private var newestUs = Long.MIN_VALUE

    /** Where a moment of [clock] lies on the media timeline. */
    public fun of(timeUs: Long, clock: Clock): Long =
        when (clock) {
            Clock.BOOT -> timeUs - epochUs
            // The two differ by the time that the device slept, which does not change while it captures.
            Clock.MONOTONIC -> timeUs + (clocks.bootUs() - clocks.monotonicUs()) - epochUs
        }

    /**
     * The same, and later than everything before: a decoder takes a step back for a new stream. A
     * picture that a camera stamped no later than the one before comes a microsecond after it.
     */
    public fun rising(timeUs: Long, clock: Clock): Long {
        val time = maxOf(of(timeUs, clock), newestUs + 1)
        newestUs = time
        return time
    }
}

/** Which clock stamped something. */
public enum class Clock {
    /** `SystemClock.elapsedRealtimeNanos`: cameras whose timestamp source is `REALTIME`. */
    BOOT,

    /** `System.nanoTime`: other cameras, MediaCodec's input surfaces, and audio timestamps. */
    MONOTONIC,
}

/** The device's clocks now. */
public interface Clocks {
    /** `SystemClock.elapsedRealtimeNanos`, in microseconds. */
    public fun bootUs(): Long

    /** `System.nanoTime`, in microseconds. */
    public fun monotonicUs(): Long
}

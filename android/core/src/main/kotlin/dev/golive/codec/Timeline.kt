package dev.golive.codec

import kotlin.math.abs

/**
 * Brings the clocks of a phone to one: pictures and sound are stamped by whichever clock their device
 * has, and the broadcast counts from its epoch on the clock that goes on during sleep.
 */
public class Timeline(private val epochUs: Long, private val clocks: Clocks) {
    private var newestUs: Long? = null
    private var apartUs = measured()

    /** Where a moment of [clock] lies on the media timeline. */
    public fun of(timeUs: Long, clock: Clock): Long =
        when (clock) {
            Clock.BOOT -> timeUs - epochUs
            Clock.MONOTONIC -> timeUs + apart() - epochUs
        }

    /** The same moment on [Clock.MONOTONIC]. */
    public fun monotonic(timeUs: Long, clock: Clock): Long =
        when (clock) {
            Clock.BOOT -> timeUs - apart()
            Clock.MONOTONIC -> timeUs
        }

    /**
     * The two clocks differ by the time that the device slept. Whoever reads both may be interrupted
     * between: a small change is that, a large one another nap.
     */
    private fun apart(): Long {
        val now = measured()
        if (abs(now - apartUs) > NAP_US) apartUs = now
        return apartUs
    }

    /** By the tightest of a few looks. */
    private fun measured(): Long =
        (1..LOOKS).map {
            val before = clocks.monotonicUs()
            val boot = clocks.bootUs()
            val after = clocks.monotonicUs()
            after - before to boot - (before + after) / 2
        }.minBy { it.first }.second

    /**
     * The same, and later than everything before: a decoder takes a step back for a new stream. A
     * picture that a camera stamped no later than the one before comes a tick of the container's 90 kHz
     * after it.
     */
    public fun rising(timeUs: Long, clock: Clock): Long {
        val least = newestUs?.let { it + TICK_US } ?: Long.MIN_VALUE
        return maxOf(of(timeUs, clock), least).also { newestUs = it }
    }

    private companion object {
        const val TICK_US = 12L
        const val NAP_US = 20_000L
        const val LOOKS = 3
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

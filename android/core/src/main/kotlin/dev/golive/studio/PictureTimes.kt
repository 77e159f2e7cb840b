package dev.golive.studio

import dev.golive.codec.Clock
import dev.golive.codec.Clocks
import dev.golive.codec.Timeline

/**
 * Gives pictures their times: the camera's own, and for what stands in its place times that go on in the
 * same rhythm, as late as the camera's are, so that a picture of the camera which comes afterwards is later
 * and sound stays in step.
 */
internal class PictureTimes(private val clocks: Clocks) {
    private val timeline = Timeline(0, clocks)
    private var newestUs: Long? = null
    private var behindUs = 0L

    /** When somebody first wanted one. */
    private var firstUs: Long? = null

    /** When a picture that follows the newest at no distance would be handed on, on the monotonic clock. */
    val expectedUs: Long
        get() = newestUs?.let { it + behindUs } ?: firstUs ?: clocks.monotonicUs().also { firstUs = it }

    /** The time of a camera's picture on the monotonic clock; null if it is no later than one before. */
    fun ofCamera(timeUs: Long, clock: Clock, isShown: Boolean): Long? {
        val nowUs = clocks.monotonicUs()
        val atUs = placed(timeUs, clock, nowUs)
        behindUs = nowUs - atUs
        if (!isShown || newestUs.let { it != null && atUs <= it }) return null
        newestUs = atUs
        return atUs
    }

    /** The time of a picture that is shown again. */
    fun ofStill(intervalUs: Long): Long {
        val nowUs = clocks.monotonicUs() - behindUs
        val next = newestUs?.let { it + intervalUs } ?: nowUs
        // After a pause there is nothing to catch up with.
        val atUs = if (nowUs - next > intervalUs) nowUs else next
        newestUs = atUs
        return atUs
    }

    /** Some cameras say one clock and use the other. */
    private fun placed(timeUs: Long, clock: Clock, nowUs: Long): Long {
        val other = if (clock == Clock.BOOT) Clock.MONOTONIC else Clock.BOOT
        val likely = listOf(clock, other).map { timeline.monotonic(timeUs, it) }
        return likely.firstOrNull { nowUs - it in -EARLY_US..LATE_US }?.let { minOf(it, nowUs) } ?: nowUs
    }

    private companion object {
        const val EARLY_US = 50_000L
        const val LATE_US = 1_000_000L
    }
}

package dev.golive.codec

import kotlin.math.abs
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class SoundClockTest {
    private val clock = SoundClock(48_000)

    @Test
    fun `a clock that runs fast by a ten thousandth is followed for an hour`() {
        var worst = 0L
        var last = -1L
        for (number in 0 until 3_600 * 48_000 / 1_024) {
            // Read up to 15 ms late, as buffers are.
            val truth = (number * 1_024 * 1e6 / 48_000 * 1.0001).toLong()
            val placed = clock.place(1_024, truth + number * 7 % 4 * 5_000L)
            assertEquals(0, placed.silence)
            assertTrue(placed.timeUs > last, "it never steps back")
            last = placed.timeUs
            worst = maxOf(worst, abs(placed.timeUs - truth))
        }
        assertTrue(worst < 40_000, "off by $worst us at worst, of 360,000 that the clock is")
    }

    @Test
    fun `a gap is filled with silence`() {
        clock.place(1_024, 0)
        val placed = clock.place(1_024, 521_333)
        assertEquals(24_000, placed.silence, "half a second")
        assertEquals(21_333, placed.timeUs, "right behind what was there")
    }

    @Test
    fun `after minutes without any sound the timeline leaps`() {
        clock.place(1_024, 0)
        val placed = clock.place(1_024, 180_021_333)
        assertEquals(48_000, placed.silence)
        assertEquals(179_021_333, placed.timeUs)
    }

    @Test
    fun `what is there already is left out`() {
        repeat(20) { clock.place(1_024, it * 21_333L) }
        assertTrue(clock.place(1_024, 100_000).isLeftOut)
        assertTrue(!clock.place(1_024, 20 * 21_333L).isLeftOut)
    }
}

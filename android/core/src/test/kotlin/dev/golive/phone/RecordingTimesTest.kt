package dev.golive.phone

import kotlin.math.abs
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class RecordingTimesTest {
    private val clock = RecordingClock(48_000)
    private var position = 0L

    @Test
    fun `what the system says of a sample says it of all`() {
        // The hardware is 30 ms ahead of what was read, and says so.
        for (frame in 0 until 100) {
            val recordedUs = 1_000_000 + frame * FRAME_US
            val ahead = RecordingClock.Mark(position + 1_440, recordedUs.toLong() + 30_000)
            assertClose(recordedUs, read(readAtUs = recordedUs + FRAME_US + 35_000, ahead))
        }
    }

    @Test
    fun `without a word samples are counted, however late a busy phone reads them`() {
        for (frame in 0 until 1_000) {
            val recordedUs = 1_000_000 + frame * FRAME_US
            // Every read is a little late, and some are by a buffer.
            val lateUs = if (frame % 10 == 3) 80_000 else (frame * 7_919 % 5_000)
            val told = read(readAtUs = recordedUs + FRAME_US + lateUs, null)
            if (frame > 0) assertClose(recordedUs, told, withinUs = 5_000)
        }
    }

    @Test
    fun `a sample clock that is slow is followed`() {
        // 50 millionths, for ten minutes: it would be 30 ms off.
        var told = 0L
        var recordedUs = 0.0
        for (frame in 0 until 28_125) {
            recordedUs = 1_000_000 + frame * FRAME_US * 1.000_05
            told = read(readAtUs = recordedUs + FRAME_US * 1.000_05, null)
        }
        assertClose(recordedUs, told, withinUs = 2_000)
    }

    @Test
    fun `samples that were lost leave a gap, and what the system cannot mean is not believed`() {
        read(readAtUs = 1_000_000.0, null)
        val later = 5_000_000.0
        val nonsense = listOf(null, RecordingClock.Mark(0, 0), RecordingClock.Mark(position, 99_000_000))
        for ((frame, mark) in nonsense.withIndex()) {
            val recordedUs = later + frame * FRAME_US
            assertClose(recordedUs, read(readAtUs = recordedUs + FRAME_US, mark))
        }
    }

    @Test
    fun `what an encoder makes is to be heard when it was said, not when it came out`() {
        val times = SoundTimes(48_000)
        times.delaySamples = 2_048
        val heard = (0 until 50).map { frame ->
            times.goesIn(1_000_000 + (frame * FRAME_US).toLong())
            // The first two are kept back.
            if (frame >= 2) times.comesOut() else null
        }
        // A decoder puts out the first sample 2,048 samples after the beginning of the first frame.
        assertClose(1_000_000 - 2_048 / 0.048, heard.filterNotNull().first())
        val steps = heard.filterNotNull().zipWithNext { one, next -> next - one }
        assertTrue(steps.all { it in 21_332..21_335 }, "$steps")
    }

    @Test
    fun `sound that leaps leaps, and what an encoder makes from nothing follows what came before`() {
        val times = SoundTimes(48_000)
        times.goesIn(1_000_000)
        times.goesIn(3_000_000)
        val first = times.comesOut()
        assertEquals(2_000_000, times.comesOut() - first)
        assertEquals(21_333, times.comesOut() - first - 2_000_000)
    }

    @Test
    fun `an encoder that takes sound and makes nothing is found out`() {
        val times = SoundTimes(48_000)
        repeat(3) { times.goesIn(it * 21_333L) }
        assertTrue(!times.isStuck, "encoders keep some back")
        repeat(80) { times.goesIn(it * 21_333L) }
        assertTrue(times.isStuck)
    }

    private fun read(readAtUs: Double, mark: RecordingClock.Mark?): Long =
        clock.recorded(1_024, readAtUs.toLong(), mark).also { position += 1_024 }

    private fun assertClose(expected: Double, actual: Long, withinUs: Int = 5) =
        assertTrue(abs(expected - actual) <= withinUs, "$actual instead of $expected")

    private companion object {
        const val FRAME_US = 1_024 / 0.048
    }
}

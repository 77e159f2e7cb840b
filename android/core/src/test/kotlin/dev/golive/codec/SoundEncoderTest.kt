package dev.golive.codec

import dev.golive.HeardSound
import java.nio.ByteBuffer
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class SoundEncoderTest {
    private val clocks = FakeClocks()
    private val sink = FakeSink(clocks)
    private val microphones = Microphones()
    private val codecs = mutableListOf<String>()
    private var refuses = false
    private val encoder = SoundEncoder(microphones, { _, _, bitrate -> Aac(bitrate) }, clocks)
    private val timeline = Timeline(sink.epochUs().toLong(), clocks)

    init {
        encoder.setBitrate(128_000)
    }

    @Test
    fun `frames follow one another on one timeline, whatever is heard`() {
        pass(millis = 500)
        encoder.hear(HeardSound.MUTED)
        pass(millis = 500)
        encoder.hear(HeardSound.RELEASED)
        pass(millis = 500)
        assertEquals(0, microphones.open, "others have the microphone")
        encoder.hear(HeardSound.MICROPHONE)
        pass(millis = 500)
        val steps = sink.sounds.zipWithNext { one, next -> next.timeUs - one.timeUs }
        assertTrue(steps.all { it in 20_000..23_000 }, "$steps")
        val levels = sink.sounds.groupBy({ (it.timeUs / 500_000).toInt() }, { it.level })
        // The frame at a change belongs to either.
        assertTrue(levels.getValue(0).drop(1).dropLast(2).all { it == LOUD })
        assertTrue(levels.getValue(1).drop(2).dropLast(2).all { it == 0 })
        assertTrue(levels.getValue(2).drop(2).dropLast(2).all { it == 0 })
        assertTrue(levels.getValue(3).drop(3).all { it == LOUD }, "${levels[3]}")
        assertEquals(emptyList(), sink.devices)
    }

    @Test
    fun `a microphone that is gone is told once, looked for once a second, and told when it is back`() {
        pass(millis = 200)
        microphones.isThere = false
        pass(millis = 3_500)
        assertEquals(listOf("lost microphone: unplugged"), sink.devices)
        assertTrue(microphones.tried in 4..6, "${microphones.tried}")
        microphones.isThere = true
        pass(millis = 1_500)
        assertEquals("back microphone", sink.devices.last())
        assertEquals(LOUD, sink.sounds.last().level)
        val steps = sink.sounds.zipWithNext { one, next -> next.timeUs - one.timeUs }
        assertTrue(steps.all { it in 20_000..23_000 }, "silence in its place: $steps")
    }

    @Test
    fun `another bitrate is another codec between two frames, and one that fails is replaced`() {
        pass(millis = 200)
        encoder.setBitrate(48_000)
        pass(millis = 200)
        assertEquals(listOf("128000", "128000 released", "48000"), codecs)
        refuses = true
        pass(millis = 50)
        refuses = false
        pass(millis = 700)
        assertEquals("48000", codecs.last())
        assertEquals(setOf("no more"), sink.failures.toSet())
        assertEquals(LOUD, sink.sounds.last().level)
    }

    @Test
    fun `a codec that fails with every frame is made anew and told of twice a second, and sound comes back`() {
        pass(millis = 200)
        refuses = true
        pass(millis = 3_000)
        assertTrue(sink.failures.size in 5..7, "${sink.failures.size}")
        assertTrue(codecs.count { it == "128000" } in 5..7, "$codecs")
        refuses = false
        val heard = sink.sounds.size
        pass(millis = 1_000)
        assertTrue(sink.sounds.size > heard + 20)
    }

    /** Time passes: while there is a microphone by its buffers, else by the clock. */
    private fun pass(millis: Int) {
        val end = clocks.nowUs + millis * 1_000L
        while (clocks.nowUs < end) {
            val wait = encoder.step(sink, timeline)
            clocks.nowUs += wait
        }
    }

    private inner class Microphones : MicrophoneFactory {
        var isThere = true
        var open = 0
        var tried = 0

        override fun open(sampleRateHz: Int, channels: Int): Microphone {
            tried += 1
            if (!isThere) error("unplugged")
            open += 1
            return object : Microphone {
                private var isOpen = true

                override fun read(into: ShortArray): Long {
                    if (!isThere || !isOpen) error("unplugged")
                    into.fill(LOUD.toShort())
                    val begun = clocks.nowUs
                    clocks.nowUs += into.size * 1_000_000L / 48_000
                    return begun
                }

                override fun close() {
                    if (isOpen) open -= 1
                    isOpen = false
                }
            }
        }
    }

    private inner class Aac(private val bitrate: Int) : SoundCodec {
        init {
            codecs += "$bitrate"
        }

        override fun encode(pcm: ShortArray, timeUs: Long, deliver: (ByteBuffer, Long) -> Unit) {
            if (refuses) error("no more")
            deliver(direct(pcm[pcm.size / 2].toInt()), timeUs)
        }

        override fun release() {
            codecs += "$bitrate released"
        }
    }

    private companion object {
        const val LOUD = 99
    }
}

package dev.golive.codec

import dev.golive.VideoCodec
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFails
import kotlin.test.assertTrue

class VideoEncoderTest {
    private val clocks = FakeClocks()
    private val sink = FakeSink(clocks)
    private val codecs = FakeCodecs()

    private fun encoder(codecs: FakeCodecs = this.codecs, quirks: Quirks = Quirks()): VideoEncoder =
        VideoEncoder(codecs, clocks, keyframeIntervalMs = 2_000, quirks = quirks)

    @Test
    fun `every key frame carries the parameter sets that the codec told once`() {
        encoder().start(sink, target())
        val codec = codecs.made.single()
        codec.listener.onParameterSets(direct(0, 0, 0, 1, 0x67, 9, 0, 0, 0, 1, 0x68, 8))
        codec.deliver(0, true, 0, 0, 0, 1, 0x65, 1)
        codec.deliver(33_333, false, 0, 0, 0, 1, 0x41, 2)
        codec.deliver(66_666, true, 0, 0, 0, 1, 0x67, 9, 0, 0, 1, 0x65, 3)
        codec.deliver(100_000, true, 0, 0, 0, 1, 0x09, 0x10, 0, 0, 0, 1, 0x65, 1)
        val types = sink.pictures.map { picture ->
            picture.data.windowed(4).filter { it.take(3) == listOf<Byte>(0, 0, 1) }.map { it[3].toInt() and 0x1f }
        }
        val expected = listOf(listOf(7, 8, 5), listOf(1), listOf(7, 5), listOf(9, 7, 8, 5))
        assertEquals(expected, types, "its own are not doubled, and a delimiter stays in front")
        assertEquals(listOf(true, false, true, true), sink.pictures.map { it.isKey })
    }

    @Test
    fun `with H265 the video's own parameter set comes first, behind the delimiter`() {
        val encoder = VideoEncoder(codecs, clocks, keyframeIntervalMs = 2_000, codec = VideoCodec.H265)
        encoder.start(sink, target())
        val codec = codecs.made.single()
        codec.listener.onParameterSets(direct(0, 0, 0, 1, 0x40, 1, 0, 0, 0, 1, 0x42, 1, 0, 0, 0, 1, 0x44, 1))
        codec.deliver(0, true, 0, 0, 0, 1, 0x46, 1, 0, 0, 0, 1, 0x26, 1, 7)
        codec.deliver(33_333, true, 0, 0, 0, 1, 0x40, 1, 0, 0, 0, 1, 0x26, 1, 7)
        val types = sink.pictures.map { picture ->
            picture.data.windowed(4).filter { it.take(3) == listOf<Byte>(0, 0, 1) }.map { it[3].toInt() shr 1 }
        }
        assertEquals(listOf(listOf(35, 32, 33, 34, 19), listOf(32, 19)), types, "its own are not doubled")
    }

    @Test
    fun `a picture is what lies between position and limit of the codec's buffer`() {
        encoder().start(sink, target())
        val buffer = direct(7, 7, 0, 0, 0, 1, 0x41, 2, 7)
        codecs.made.single().listener.onPicture(buffer.position(2).limit(8), 0, false)
        assertEquals(listOf<Byte>(0, 0, 0, 1, 0x41, 2), sink.pictures.single().data)
    }

    @Test
    fun `a codec that takes only multiples of a size gets the next smaller one, and so does who draws for it`() {
        codecs.grain = 32
        val drawn = mutableListOf<String>()
        val encoder = VideoEncoder(
            codecs,
            clocks,
            keyframeIntervalMs = 2_000,
            onInput = { _, format -> drawn += "${format.widthPixels}x${format.heightPixels}" },
        )
        encoder.start(sink, target(width = 1920u, height = 1080u))
        encoder.setTarget(target(bitrate = 500_000u, width = 1920u, height = 1080u))
        assertEquals(listOf("start 1920x1056 2000000", "bitrate 500000"), codecs.made.single().told)
        encoder.setTarget(target(width = 16u, height = 16u))
        assertEquals(listOf("1920x1056", "16x16"), drawn, "never nothing")
    }

    @Test
    fun `bitrate and key frames are commands, and the same target is none`() {
        val encoder = encoder()
        encoder.start(sink, target())
        encoder.setTarget(target())
        encoder.setTarget(target(bitrate = 900_000u))
        encoder.requestKeyframe()
        encoder.setTarget(target(bitrate = 900_000u, rate = 15u))
        assertEquals(listOf("start 1280x720 2000000", "bitrate 900000", "sync"), codecs.made.single().told)
    }

    @Test
    fun `another size is another codec on the same timeline`() {
        val encoder = encoder()
        encoder.start(sink, target())
        codecs.made[0].deliver(1_000_000, true, 1)
        encoder.setTarget(target(width = 640u, height = 360u))
        val (old, new) = codecs.made
        assertEquals("release", old.told.last())
        assertEquals(listOf("start 640x360 2000000"), new.told)
        old.deliver(1_033_333, false, 2)
        // A camera that stamps two pictures alike makes no step back.
        new.deliver(1_000_000, true, 3)
        new.deliver(1_066_666, false, 4)
        assertEquals(listOf(1, 3, 4), sink.pictures.map { it.data.single().toInt() }, "late ones of the old are left out")
        val times = sink.pictures.map { it.timeUs }
        assertEquals(listOf(1_000_000L, 1_000_012L, 1_066_666L), times)
    }

    @Test
    fun `a codec that refuses is reported, and replaced with a picture half a second later`() {
        val encoder = encoder()
        codecs.refuses = setOf("bitrate")
        encoder.start(sink, target())
        encoder.setTarget(target(bitrate = 500_000u))
        assertEquals(listOf("no bitrate 500000"), sink.failures)
        assertEquals("release", codecs.made.single().told.last())
        clocks.nowUs = 100_000
        assertTrue(!encoder.takes(clocks.nowUs, Clock.MONOTONIC), "too soon")
        clocks.nowUs = 600_000
        assertTrue(encoder.takes(clocks.nowUs, Clock.MONOTONIC))
        assertEquals(listOf("start 1280x720 500000"), codecs.made[1].told, "with what was asked last")
    }

    @Test
    fun `a codec that fails by itself is replaced, however long that takes`() {
        val encoder = encoder()
        encoder.start(sink, target())
        codecs.made[0].listener.onError("reclaimed by the system")
        eventually { sink.failures == listOf("reclaimed by the system") }
        codecs.refuses = setOf("start")
        for (tenths in 6..30) {
            clocks.nowUs = tenths * 100_000L
            encoder.takes(clocks.nowUs, Clock.MONOTONIC)
        }
        assertEquals(1 + 5, codecs.made.size, "tried twice a second")
        codecs.refuses = emptySet()
        clocks.nowUs = 4_000_000
        assertTrue(encoder.takes(clocks.nowUs, Clock.MONOTONIC))
    }

    @Test
    fun `one that cannot even begin says why`() {
        codecs.refuses = setOf("start")
        val failure = assertFails { encoder().start(sink, target()) }
        assertEquals("no start 1280x720 2000000", failure.message)
        assertEquals("release", codecs.made.single().told.last())
    }

    @Test
    fun `fewer pictures a second are chosen evenly, and told as left out`() {
        val encoder = encoder()
        encoder.start(sink, target(rate = 15u))
        val taken = (0 until 300).filter { number ->
            val jitter = (number * 7 % 5 - 2) * 1_500L
            encoder.takes(1_000_000 + number * 33_333L + jitter, Clock.MONOTONIC)
        }
        assertTrue(taken.size in 149..151, "${taken.size}")
        assertTrue(taken.zipWithNext().all { (one, next) -> next - one in 1..3 })
        assertEquals(300UL to (300 - taken.size).toULong(), sink.captured)
    }

    @Test
    fun `an odd codec gets its remedy`() {
        val odd = FakeCodecs("c2.odd.avc")
        val remedies = setOf(Remedy.ALIGN_TO_16, Remedy.RESTART_FOR_BITRATE, Remedy.RESTART_FOR_KEYFRAME)
        val encoder = encoder(odd, Quirks(listOf(Quirk("odd", remedies = remedies))))
        encoder.start(sink, target(width = 1000u, height = 562u))
        encoder.setTarget(target(bitrate = 900_000u, width = 1000u, height = 562u))
        encoder.requestKeyframe()
        val told = odd.made.map { it.told.first() }
        assertEquals(listOf("start 992x560 2000000", "start 992x560 900000", "start 992x560 900000"), told)
    }

    @Test
    fun `both clocks of a phone come to one timeline`() {
        val timeline = Timeline(epochUs = clocks.bootUs(), clocks)
        clocks.nowUs = 2_000_000
        assertEquals(2_000_000, timeline.of(clocks.bootUs(), Clock.BOOT))
        assertEquals(2_000_000, timeline.of(clocks.monotonicUs(), Clock.MONOTONIC))
    }
}

private fun eventually(condition: () -> Boolean) {
    repeat(200) {
        if (condition()) return
        Thread.sleep(10)
    }
    assertTrue(condition())
}

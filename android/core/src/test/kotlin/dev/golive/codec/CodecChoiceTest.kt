package dev.golive.codec

import dev.golive.VideoCodec
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals

class CodecChoiceTest {
    private val avc = CodecAbility("c2.hard.avc", VideoCodec.H264, true, true, true, true)
    private val hevc = avc.copy(name = "c2.hard.hevc", codec = VideoCodec.H265)
    private val good = TrialResult(240.0, 1.0)

    @Test
    fun `H265 is chosen where hardware was seen to be fast and obedient`() {
        val choice = choose(listOf(avc, hevc)) { good }
        assertEquals(VideoCodec.H265 to "c2.hard.hevc", choice.codec to choice.name)
        assertEquals(VideoCodec.H265, choose(listOf(avc, hevc.copy(isCovered = null))) { good }.codec)
        assertEquals(VideoCodec.H265, choose(listOf(avc, hevc)) { null }.codec, "its maker vouches for it")
    }

    @Test
    fun `in any doubt it is H264, and the reason says why`() {
        val doubts = mapOf(
            "not asked for" to choose(listOf(avc, hevc), mayUseH265 = false) { good },
            "no hardware" to choose(listOf(avc, hevc.copy(isHardware = false))) { good },
            "does not take" to choose(listOf(avc, hevc.copy(takesBitrate = false))) { good },
            "not said to be fast" to choose(listOf(avc, hevc.copy(isCovered = false))) { good },
            "nobody knows" to choose(listOf(avc, hevc.copy(isCovered = null))) { null },
            "40 pictures a second" to choose(listOf(avc, hevc)) { good.copy(framesPerSecond = 40.0) },
            "210 % of the bitrate" to choose(listOf(avc, hevc)) { good.copy(bitrateShare = 2.1) },
        )
        for ((why, choice) in doubts) {
            assertEquals(VideoCodec.H264 to "c2.hard.avc", choice.codec to choice.name)
            assertContains(choice.reason, why)
        }
    }

    @Test
    fun `of H264 hardware that takes the format comes first, and software is better than nothing`() {
        val soft = avc.copy(name = "c2.soft.avc", isHardware = false)
        val small = avc.copy(name = "c2.small.avc", takesFormat = false)
        assertEquals("c2.hard.avc", choose(listOf(soft, small, avc)).name)
        assertEquals("c2.small.avc", choose(listOf(soft, small)).name)
        assertEquals("c2.soft.avc", choose(listOf(soft)).name)
        assertEquals(null, choose(emptyList()).name)
    }

    @Test
    fun `a trial sees speed and obedience, and is remembered`() {
        val store = Store()
        var tried = 0
        val trial = trial(store)
        val factory = CodecFactory { tried += 1; TriedCodec(clocks) { it / 8 / 30 } }
        val seen = trial.result("c2.hard.hevc", factory, FORMAT)
        assertEquals(TrialResult(100.0, 1.0), seen?.rounded())
        assertEquals(seen, trial.result("c2.hard.hevc", factory, FORMAT))
        assertEquals(1, tried)
    }

    @Test
    fun `one that ignores its bitrate is seen to, and one that throws is no result`() {
        val deaf = CodecFactory { TriedCodec(clocks) { FORMAT.bitsPerSecond / 8 / 30 } }
        assertEquals(2.0, trial(Store()).result("deaf", deaf, FORMAT)?.rounded()?.bitrateShare)
        val store = Store()
        assertEquals(null, trial(store).result("broken", { error("none left") }, FORMAT))
        val failing = CodecFactory { TriedCodec(clocks) { error("reclaimed") } }
        assertEquals(null, trial(store).result("failing", failing, FORMAT))
        assertEquals(emptyMap(), store.kept, "it may do better the next time")
    }

    private val clocks = FakeClocks()

    private fun choose(
        abilities: List<CodecAbility>,
        mayUseH265: Boolean = true,
        trial: (CodecAbility) -> TrialResult? = { null },
    ) = chooseCodec(abilities, 30, mayUseH265, trial)

    private fun trial(store: Store) = CodecTrial(
        { codec, _ ->
            object : TrialPictures {
                override fun draw(number: Int, timeUs: Long) = (codec as TriedCodec).draw(timeUs)

                override fun close() = Unit
            }
        },
        clocks,
        store,
    )

    private fun TrialResult.rounded() = TrialResult(Math.round(framesPerSecond).toDouble(), Math.round(bitrateShare * 10) / 10.0)

    private class Store : TrialStore {
        val kept = mutableMapOf<String, TrialResult>()

        override fun read(key: String) = kept[key]

        override fun write(key: String, result: TrialResult) {
            kept[key] = result
        }
    }

    /** Takes ten milliseconds for each picture. */
    private class TriedCodec(private val clocks: FakeClocks, private val bytes: (Int) -> Int) : Codec {
        override val name = "c2.hard.hevc"
        private var bitrate = 0
        private lateinit var listener: Codec.Listener

        override fun start(format: CodecFormat, listener: Codec.Listener) {
            bitrate = format.bitsPerSecond
            this.listener = listener
        }

        fun draw(timeUs: Long) {
            clocks.nowUs += 10_000
            listener.onPicture(direct(*IntArray(bytes(bitrate))), timeUs, isKey = timeUs == 0L)
        }

        override fun setBitrate(bitsPerSecond: Int) {
            bitrate = bitsPerSecond
        }

        override fun requestSyncFrame() = Unit

        override fun release() = Unit
    }

    private companion object {
        val FORMAT = CodecFormat(1280, 720, 30, 2_400_000, 2_000, VideoCodec.H265)
    }
}

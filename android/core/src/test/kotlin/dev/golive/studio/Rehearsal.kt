package dev.golive.studio

import dev.golive.Change
import dev.golive.Event
import dev.golive.Health
import dev.golive.InterruptionRules
import dev.golive.LiveBroadcast
import dev.golive.ShownPicture
import dev.golive.Summary
import dev.golive.androidInterruptions
import dev.golive.camera.CameraDirector
import dev.golive.camera.CameraView
import dev.golive.camera.FakeAlarms
import dev.golive.camera.FakeCameras
import dev.golive.camera.OrientationRules
import dev.golive.camera.PictureSize
import dev.golive.camera.PictureStage
import dev.golive.camera.Turn
import dev.golive.codec.Codec
import dev.golive.codec.CodecFormat
import dev.golive.codec.FakeClocks
import dev.golive.codec.FakeCodec
import dev.golive.codec.FakeCodecs
import dev.golive.codec.FakeSink
import dev.golive.codec.Microphone
import dev.golive.codec.SoundCodec
import dev.golive.codec.SoundEncoder
import dev.golive.codec.direct
import dev.golive.codec.target
import java.nio.ByteBuffer
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow
import kotlin.test.assertTrue

/** A whole production on a phone in virtual time, but for the sound, whose thread follows that time. */
internal class Rehearsal(
    rules: InterruptionRules = androidInterruptions(),
    orientation: OrientationRules = OrientationRules(),
    held: Turn = Turn.NONE,
    isCameraTaken: Boolean = false,
    hasPreview: Boolean = false,
) : AutoCloseable {
    val clocks = FakeClocks()
    val sink = FakeSink(clocks)
    val cameras = FakeCameras().also { it.isTaken = isCameraTaken }
    val codecs = FakeCodecs()
    val stage = FakeStage()
    val microphones = FakeMicrophones()
    val asked = mutableListOf<Change>()
    var isCancelled = false
    private val alarms = FakeAlarms(clocks)
    private val pictures = Pictures(stage, clocks, alarms.make(), orientation).also { it.turnTo(held) }
    val director = CameraDirector(cameras, { it.run() }, alarms.make(), clocks, pictures)
    private val produced = mutableListOf<Production>()
    val production = produce(rules, orientation, hasPreview)
    val interruptions = production.interruptions
    val broadcast: LiveBroadcast
    private var frame = 0L
    @Volatile private var isOver = false

    val shown: ShownPicture get() = pictures.shown.value

    init {
        // A preview was there before.
        director.open(PictureSize(640, 360), 30)
        production.begin(sink, target())
        broadcast = production.live(Broadcast())
    }

    private fun produce(rules: InterruptionRules, orientation: OrientationRules, hasPreview: Boolean) = Production(
        Equipment(
            codecs,
            stage,
            pictures,
            director,
            SoundEncoder(microphones, { _, _, _ -> Aac() }, clocks),
            clocks,
            { it.run() },
            alarms.make(),
        ),
        target(),
        rules = rules,
        orientation = orientation,
        keepsCamera = { hasPreview },
    ).also { produced += it }

    /** Another broadcast with the same camera, before the one so far has ended. */
    fun beginNext(): Production =
        produce(androidInterruptions(), OrientationRules(), hasPreview = false).also { it.begin(sink, target()) }

    /** The camera takes thirty pictures a second, each of which comes 40 ms after it was exposed. */
    fun pass(millis: Int) {
        val endUs = clocks.nowUs + millis * 1_000L
        while (true) {
            val nextUs = frame * 1_000_000 / 30
            if (nextUs > endUs) break
            frame += 1
            if (nextUs < clocks.nowUs) continue
            alarms.passUntil(nextUs)
            cameras.deliver(clocks.nowUs - LATENCY_US)
        }
        alarms.passUntil(endUs)
    }

    fun pass(millis: Int, meanwhile: () -> Unit) {
        meanwhile()
        pass(millis)
    }

    fun turn(turn: Turn) = pictures.turnTo(turn)

    /** Pictures that reached the broadcast since then; they are steady, and none steps back. */
    fun steadySince(sinceUs: Long, mostApartMs: Int = 70) {
        val times = sink.pictures.map { it.timeUs }
        assertTrue(times.zipWithNext().all { (one, next) -> next > one }, "a step back")
        val since = times.filter { it >= sinceUs - LATENCY_US }
        val apart = (listOf(sinceUs - LATENCY_US) + since + listOf(clocks.nowUs - LATENCY_US)).zipWithNext { one, next -> next - one }
        assertTrue(apart.all { it <= mostApartMs * 1_000 }, "${apart.map { it / 1_000 }}")
        val expected = (clocks.nowUs - sinceUs) / 33_333
        assertTrue(since.size in expected - 3..expected + 3, "${since.size} pictures, not about $expected")
    }

    /** What the sound was of late, waited for a little as its thread follows. */
    fun hears(isLoud: Boolean): Boolean {
        repeat(200) {
            val before = sink.sounds.size
            pass(25)
            val waitedUntil = System.nanoTime() + 1_000_000_000
            while (sink.sounds.size == before && System.nanoTime() < waitedUntil) Thread.sleep(1)
            val latest = sink.sounds.drop(before)
            if (latest.isNotEmpty() && latest.all { (it.level == LOUD) == isLoud }) return true
        }
        return false
    }

    override fun close() {
        // Time stands still from now on, and a microphone would wait for it.
        isOver = true
        produced.forEach {
            it.stop()
            it.close()
        }
    }

    /** A screen that hands what is drawn to the codec, which makes a picture of it at once. */
    inner class FakeStage : PictureStage {
        val views = mutableListOf<CameraView>()
        val shows = mutableListOf<ShownPicture>()

        /** What the codec was given, one after the other. */
        val drawn = mutableListOf<ShownPicture>()
        var codecDelivers = true
        private var output: FakeCodec? = null

        override fun setOutput(codec: Codec, format: CodecFormat) {
            output = codec as FakeCodec
        }

        override fun clearOutput(codec: Codec) {
            if (output === codec) output = null
        }

        override fun setView(view: CameraView) {
            views += view
        }

        override fun show(picture: ShownPicture) {
            shows += picture
        }

        override fun draw(codecTimeUs: Long?) {
            val codec = output ?: return
            drawn += shows.lastOrNull() ?: ShownPicture.SLATE
            if (codecTimeUs != null && codecDelivers) codec.deliver(codecTimeUs, isKey = false, 1)
        }
    }

    inner class FakeMicrophones : dev.golive.codec.MicrophoneFactory {
        @Volatile var isThere = true
        @Volatile var open = 0

        override fun open(sampleRateHz: Int, channels: Int): Microphone {
            if (!isThere) error("unplugged")
            return FakeMicrophone().also { synchronized(this) { open += 1 } }
        }

        private inner class FakeMicrophone : Microphone {
            private var atUs = clocks.nowUs
            @Volatile private var isOpen = true

            override fun read(into: ShortArray): Long {
                val begunUs = atUs
                atUs += into.size * 1_000_000L / 48_000
                while (isOpen && isThere && !isOver && clocks.nowUs < atUs) Thread.sleep(1)
                if (!isOpen || !isThere) error("unplugged")
                into.fill(LOUD.toShort())
                return begunUs
            }

            override fun close() = synchronized(this@FakeMicrophones) {
                if (isOpen) open -= 1
                isOpen = false
            }
        }
    }

    private class Aac : SoundCodec {
        override fun encode(pcm: ShortArray, timeUs: Long, deliver: (ByteBuffer, Long) -> Unit) =
            deliver(direct(pcm[pcm.size / 2].toInt()), timeUs)

        override fun release() = Unit
    }

    private inner class Broadcast : LiveBroadcast {
        override val health: StateFlow<Health> get() = error("not looked at")
        override val events: Flow<Event> get() = error("not looked at")

        override suspend fun start() = Unit

        override suspend fun stop(): Summary = error("not stopped so")

        override fun cancel() {
            isCancelled = true
        }

        override fun set(change: Change) {
            asked += change
        }
    }

    private companion object {
        const val LATENCY_US = 40_000L
        const val LOUD = 99
    }
}

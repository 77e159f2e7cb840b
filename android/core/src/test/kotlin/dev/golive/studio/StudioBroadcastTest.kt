package dev.golive.studio

import dev.golive.Change
import dev.golive.EncoderTarget
import dev.golive.EventKind
import dev.golive.InterruptionCause
import dev.golive.LiveBroadcast
import dev.golive.Peer
import dev.golive.Picture
import dev.golive.Program
import dev.golive.ShownPicture
import dev.golive.camera.BACK
import dev.golive.camera.CameraDevices
import dev.golive.camera.CameraDirector
import dev.golive.camera.CameraListener
import dev.golive.camera.CameraSetup
import dev.golive.camera.CameraView
import dev.golive.camera.FRONT
import dev.golive.camera.Lens
import dev.golive.camera.OpenCamera
import dev.golive.camera.PictureStage
import dev.golive.codec.Codec
import dev.golive.codec.CodecFormat
import dev.golive.codec.DrawnCodec
import dev.golive.codec.SystemAlarm
import dev.golive.codec.linuxClocks
import dev.golive.config
import dev.golive.decode
import dev.golive.film
import dev.golive.freePort
import dev.golive.inScratch
import dev.golive.onAir
import dev.golive.probe
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.Executors
import java.util.concurrent.ScheduledFuture
import java.util.concurrent.TimeUnit
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

/** Real H.264 through all that runs on a phone but its devices, in real time and into ffmpeg. */
class StudioBroadcastTest {
    @Test
    fun `a change of cameras and a call leave a broadcast that is decoded without a fault`() = inScratch { folder ->
        val set = Set(film(folder))
        val file = set.broadcast(folder) {
            delay(2.seconds)
            set.director.switchFacing()
            withTimeout(5.seconds) { set.shown.first { it == ShownPicture.LAST_FRAME } }
            withTimeout(5.seconds) { set.shown.first { it == ShownPicture.CAMERA } }
            delay(1.seconds)
            set.production.interruptions.began(InterruptionCause.CALL)
            withTimeout(5.seconds) { set.shown.first { it == ShownPicture.SLATE } }
            set.production.interruptions.ended(InterruptionCause.CALL)
            withTimeout(5.seconds) { set.shown.first { it == ShownPicture.CAMERA } }
            delay(1.seconds)
        }
        assertEquals(1, set.codecs.size)
        assertEquals(listOf(BACK.id, FRONT.id), set.opened)
        // 2 s, a change, 1 s, a call of 2 s and 1 s until it counts as over, 1 s: nothing is missing.
        val pictures = probe(file).getValue("h264")
        assertTrue(pictures > 180, "$pictures")
        assertEquals("", decode(file))
    }

    @Test
    fun `a codec that ignores its bitrate is noticed and made anew`(): Unit = inScratch { folder ->
        val set = Set(film(folder))
        set.broadcast(folder) { broadcast ->
            delay(2.seconds)
            broadcast.set(Change.VideoBitrate(60_000u))
            val fault = withTimeout(15.seconds) { broadcast.fault() }
            assertTrue(fault.fault.contains("kb/s"), fault.fault)
            withTimeout(20.seconds) { while (set.codecs.size < 2) delay(100) }
        }
    }

    @Test
    fun `a codec that keeps the drawing waiting is noticed and made anew, and pictures go on`() = inScratch { folder ->
        val set = Set(film(folder), blocksAfter = 45)
        val file = set.broadcast(folder) { broadcast ->
            withTimeout(20.seconds) { while (set.codecs.size < 2) delay(50) }
            assertTrue(broadcast.fault().fault.contains("no picture"))
            delay(2.seconds)
        }
        assertEquals("", decode(file))
        assertTrue(probe(file).getValue("h264") > 90)
    }

    private suspend fun LiveBroadcast.fault(): EventKind.EncoderFault =
        events.map { it.kind }.first { it is EventKind.EncoderFault } as EventKind.EncoderFault
}

/** A phone in real time: two cameras, and codecs that play a film picture by picture as they are drawn for. */
private class Set(private val film: List<Picture>, private val blocksAfter: Int = Int.MAX_VALUE) {
    val codecs: MutableList<DrawnCodec> = CopyOnWriteArrayList()
    val opened: MutableList<String> = CopyOnWriteArrayList()
    private val clocks = linuxClocks
    private val control = Executors.newSingleThreadScheduledExecutor()
    private val drawing = Executors.newSingleThreadScheduledExecutor()
    private val stage = ThreadStage()
    private val pictures = Pictures(stage, clocks, SystemAlarm(control, clocks))
    val director = CameraDirector(TwoCameras(), control, SystemAlarm(control, clocks), clocks, pictures)
    val shown = pictures.shown
    val production = Production(
        Equipment(
            { DrawnCodec(film, if (codecs.isEmpty()) blocksAfter else Int.MAX_VALUE).also { codecs += it } },
            stage,
            pictures,
            director,
            sound = null,
            clocks,
            control,
            SystemAlarm(control, clocks),
        ),
        EncoderTarget(600_000u, 30u, 320u, 180u, 0u),
    )

    /** Broadcasts into ffmpeg; answers with what it received. */
    fun broadcast(folder: Path, block: suspend (LiveBroadcast) -> Unit): Path {
        val (port, file) = freePort() to folder.resolve("received.ts")
        try {
            Peer.ffmpeg(folder, port, file).use { ffmpeg ->
                runBlocking {
                    onAir(config(port), production, Program(video = true)) { block(production.live(it)) }
                }
                ffmpeg.finish()
            }
        } finally {
            production.close()
            control.shutdownNow()
            drawing.shutdownNow()
        }
        return file
    }

    /** Draws on a thread of its own, as OpenGL does, and waits there for a codec that does not take it. */
    private inner class ThreadStage : PictureStage {
        @Volatile private var output: DrawnCodec? = null

        override fun setOutput(codec: Codec, format: CodecFormat) {
            output = codec as DrawnCodec
        }

        override fun clearOutput(codec: Codec) {
            if (output === codec) output = null
        }

        override fun setView(view: CameraView) = Unit

        override fun show(picture: ShownPicture) = Unit

        override fun draw(codecTimeUs: Long?) {
            val timeUs = codecTimeUs ?: return
            drawing.execute { output?.draw(timeUs) }
        }
    }

    private inner class TwoCameras : CameraDevices {
        override fun lenses(): List<Lens> = listOf(BACK, FRONT)

        override fun open(lens: Lens, setup: CameraSetup, listener: CameraListener) {
            opened += lens.id
            // Phones take their time.
            control.schedule({ listener.onOpened(Camera(listener)) }, 300, TimeUnit.MILLISECONDS)
        }
    }

    private inner class Camera(listener: CameraListener) : OpenCamera {
        private val pictures: ScheduledFuture<*> = drawing.scheduleAtFixedRate(
            { listener.onPicture(clocks.monotonicUs() - 20_000) },
            0,
            33_333,
            TimeUnit.MICROSECONDS,
        )

        override fun setTorch(isOn: Boolean) = Unit

        override fun setZoom(ratio: Float) = Unit

        override fun close() {
            pictures.cancel(false)
        }
    }
}

package dev.golive.codec

import dev.golive.Broadcast
import dev.golive.Change
import dev.golive.EventKind
import dev.golive.Peer
import dev.golive.Program
import dev.golive.config
import dev.golive.decode
import dev.golive.film
import dev.golive.freePort
import dev.golive.inScratch
import dev.golive.onAir
import dev.golive.probe
import java.nio.file.Path
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

/** A stand-in for MediaCodec through the whole path. */
class CodecBroadcastTest {
    @Test
    fun `commands reach the codec, and what it makes is decoded without a fault`() = inScratch { folder ->
        val camera = FilmCamera(film(folder))
        val file = broadcast(folder, camera) { broadcast ->
            delay(2.seconds)
            // One was asked for when it went live.
            val before = camera.codecs.single().told.count { it == "sync" }
            broadcast.set(Change.Keyframe)
            withTimeout(1.seconds) {
                while (camera.codecs.single().told.count { it == "sync" } == before) delay(10)
            }
            broadcast.set(Change.VideoBitrate(500_000u))
            delay(2.seconds)
        }
        val told = camera.codecs.single().told
        assertTrue(told.containsAll(listOf("start 600000", "bitrate 500000", "release")), "$told")
        assertTrue(probe(file).getValue("h264") > 90)
        assertEquals("", decode(file))
    }

    @Test
    fun `one that ignores its bitrate is noticed, and made anew`(): Unit = inScratch { folder ->
        val camera = FilmCamera(film(folder))
        broadcast(folder, camera) { broadcast ->
            delay(2.seconds)
            broadcast.set(Change.VideoBitrate(60_000u))
            val fault = withTimeout(15.seconds) { broadcast.fault() }
            assertTrue(fault.fault.contains("kb/s"), fault.fault)
            withTimeout(20.seconds) { while (camera.codecs.size < 2) delay(100) }
        }
    }

    @Test
    fun `one that stops delivering is made anew, and the picture goes on`() = inScratch { folder ->
        val camera = FilmCamera(film(folder), FilmCodec.Temper.STANDS_STILL)
        val file = broadcast(folder, camera) { broadcast ->
            withTimeout(15.seconds) { while (camera.codecs.size < 2) delay(50) }
            assertTrue(broadcast.fault().fault.contains("no picture"))
            delay(2.seconds)
        }
        assertEquals("", decode(file))
        assertTrue(probe(file).getValue("h264") > 90, "45 of the first, and two seconds of the second")
    }

    @Test
    fun `one that the system takes away is replaced within a second`() = inScratch { folder ->
        val camera = FilmCamera(film(folder), FilmCodec.Temper.FAILS)
        val file = broadcast(folder, camera) { broadcast ->
            val failed = withTimeout(10.seconds) {
                broadcast.events.map { it.kind }.first { it is EventKind.CodecFailed }
            }
            assertEquals("reclaimed", (failed as EventKind.CodecFailed).reason)
            withTimeout(1.seconds) { while (camera.codecs.size < 2) delay(20) }
            delay(1.seconds)
        }
        assertEquals("", decode(file))
    }

    private suspend fun Broadcast.fault(): EventKind.EncoderFault =
        events.map { it.kind }.first { it is EventKind.EncoderFault } as EventKind.EncoderFault

    /** Broadcasts into ffmpeg; answers with what it received. */
    private fun broadcast(folder: Path, camera: FilmCamera, block: suspend (Broadcast) -> Unit): Path {
        val (port, file) = freePort() to folder.resolve("received.ts")
        Peer.ffmpeg(folder, port, file).use { ffmpeg ->
            runBlocking {
                onAir(config(port), camera, Program(video = true)) { broadcast -> block(broadcast) }
            }
            ffmpeg.finish()
        }
        return file
    }
}

package dev.golive

import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

class EncoderTest {
    @Test
    fun `what an app's own encoder produces is decoded without a fault`() = inScratch { folder ->
        val (port, file) = freePort() to folder.resolve("received.ts")
        val encoder = FilmEncoder(film(folder))
        Peer.ffmpeg(folder, port, file).use { ffmpeg ->
            runBlocking {
                onAir(config(port), encoder, Program(video = true)) { broadcast ->
                    delay(3.seconds)
                    // Some were asked for when it went live.
                    val before = encoder.told.count { it == "keyframe" }
                    broadcast.set(Change.Keyframe)
                    withTimeout(1.seconds) {
                        while (encoder.told.count { it == "keyframe" } == before) delay(10)
                    }
                    broadcast.set(Change.VideoBitrate(400_000u))
                    broadcast.set(Change.Muted(true))
                    delay(1.seconds)
                    assertTrue(broadcast.health.value.videoFrames > 90UL)
                }
            }
            ffmpeg.finish()
        }
        assertEquals("start", encoder.told.first())
        assertEquals("stop", encoder.told.last(), "it is stopped before onAir returns")
        assertTrue(encoder.told.containsAll(listOf("target 400000", "muted true")), "${encoder.told}")
        assertEquals(1, encoder.threads.size, "one thread of the broadcast's own: ${encoder.threads}")
        assertTrue(probe(file).getValue("h264") > 90)
        assertEquals("", decode(file))
    }

    @Test
    fun `what it produces may be H265`() = inScratch { folder ->
        val (port, file) = freePort() to folder.resolve("received.ts")
        Peer.ffmpeg(folder, port, file).use { ffmpeg ->
            runBlocking {
                onAir(config(port), FilmEncoder(h265Film(folder)), Program(videoCodec = VideoCodec.H265)) { broadcast ->
                    delay(1.seconds)
                    broadcast.set(Change.Keyframe)
                    delay(1.seconds)
                }
            }
            ffmpeg.finish()
        }
        assertTrue(probe(file).getValue("hevc") > 40)
        assertEquals("", decode(file))
    }

    @Test
    fun `an encoder that throws and takes its time keeps nobody waiting`() = inScratch { folder ->
        val port = freePort()
        val asked = CompletableDeferred<Unit>()
        val encoder = object : FilmEncoder(film(folder)) {
            override fun setMuted(muted: Boolean) {
                asked.complete(Unit)
                Thread.sleep(1_500)
                error("no silence today")
            }
        }
        Peer.ffmpeg(folder, port, folder.resolve("received.ts")).use {
            runBlocking {
                onAir(config(port), encoder, Program(video = true)) { broadcast ->
                    withTimeout(5.seconds) { broadcast.health.first { it.packetsSent > 0UL } }
                    broadcast.set(Change.Muted(true))
                    withTimeout(5.seconds) { asked.await() }
                    val before = broadcast.health.value.sentBytes
                    delay(1.seconds)
                    val sent = broadcast.health.value.sentBytes - before
                    assertTrue(sent > 10_000UL, "only $sent bytes while the app was busy")
                    val failure = withTimeout(5.seconds) {
                        broadcast.events.map { it.kind }.first { it is EventKind.AppFailed }
                    }
                    assertContains((failure as EventKind.AppFailed).reason, "no silence today")
                }
            }
        }
        assertEquals("stop", encoder.told.last())
    }

    @Test
    fun `an encoder that does not start ends the broadcast with its reason`() = inScratch { folder ->
        val port = freePort()
        val encoder = object : FilmEncoder(emptyList()) {
            override fun start(sink: FrameSink, target: EncoderTarget) =
                throw CallbackFailure.Failed("the camera is on fire")
        }
        Peer.ffmpeg(folder, port, folder.resolve("received.ts")).use {
            val failure = assertFailsWith<GoliveException> {
                runBlocking { onAir(config(port), encoder, Program(video = true)) {} }
            }
            assertEquals(ErrorKind.MEDIA, failure.kind)
            assertContains(failure.message, "the camera is on fire")
        }
    }

    @Test
    fun `keys come from the app when they are needed`() = inScratch { folder ->
        val port = freePort()
        val options = "&passphrase=the-right-passphrase&pbkeylen=16"
        val credentials = object : Credentials {
            override suspend fun access(): Access {
                delay(100)
                return Access(passphrase = Secret("the-right-passphrase"))
            }
        }
        Peer.ffmpeg(folder, port, folder.resolve("received.ts"), options).use {
            runBlocking {
                onAir(config(port), credentials = credentials) { broadcast ->
                    val live = broadcast.events.map { it.kind }.first { it is EventKind.Live }
                    assertTrue((live as EventKind.Live).encrypted)
                }
            }
        }
    }

    @Test
    fun `an app that has no keys is told so in its own words`() = runBlocking {
        val credentials = object : Credentials {
            override suspend fun access(): Access = throw CallbackFailure.Failed("signed out")
        }
        val failure = assertFailsWith<GoliveException> {
            onAir(config(freePort()), credentials = credentials) {}
        }
        assertEquals(ErrorKind.REFUSED, failure.kind)
        assertContains(failure.message, "signed out")
    }
}

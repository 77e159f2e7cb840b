package dev.golive

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

class BroadcastTest {
    @Test
    fun `ffmpeg gets what a JVM broadcasts, and health and events tell of it`() = inScratch { folder ->
        val (port, file) = freePort() to folder.resolve("received.ts")
        Peer.ffmpeg(folder, port, file).use { ffmpeg ->
            runBlocking {
                val told = mutableListOf<EventKind>()
                onAir(config(port)) { broadcast ->
                    launch { broadcast.events.collect { told += it.kind } }
                    delay(4.seconds)
                    val health = broadcast.health.value
                    assertEquals(BroadcastState.LIVE, health.state)
                    assertTrue(health.videoFrames > 60UL, "${health.videoFrames} pictures")
                    assertTrue(health.sentBitsPerSecond > 300_000UL, "${health.sentBitsPerSecond} b/s")
                }
                assertTrue(told.any { it is EventKind.Live }, "$told")
            }
            ffmpeg.finish()
        }
        assertEquals("", decode(file))
        val packets = probe(file)
        assertTrue(packets.getValue("h264") > 90, "$packets")
        assertTrue(packets.getValue("aac") > 140, "$packets")
    }

    @Test
    fun `cancelling the coroutine that is on air ends the broadcast`(): Unit = inScratch { folder ->
        val (port, file) = freePort() to folder.resolve("received.ts")
        Peer.ffmpeg(folder, port, file).use { ffmpeg ->
            runBlocking {
                val live = CompletableDeferred<Broadcast>()
                val job = launch {
                    onAir(config(port)) { broadcast ->
                        live.complete(broadcast)
                        delay(1.seconds * 600)
                    }
                }
                val broadcast = live.await()
                delay(1.seconds)
                job.cancel()
                withTimeout(10.seconds) { job.join() }
                assertEquals(BroadcastState.ENDED, broadcast.health.value.state)
            }
            // The ingest was told, or ffmpeg would wait for its time to be up.
            ffmpeg.finish()
        }
    }

    @Test
    fun `cancelling a start that nobody answers returns at once`() = runBlocking {
        val began = System.nanoTime()
        val job = launch { onAir(config(freePort())) { delay(1.seconds * 600) } }
        delay(0.5.seconds)
        job.cancel()
        withTimeout(3.seconds) { job.join() }
        assertTrue(System.nanoTime() - began < 3_000_000_000)
    }

    @Test
    fun `a wrong passphrase is a typed error, and prints nowhere`() = inScratch { folder ->
        val port = freePort()
        val options = "&passphrase=the+right+passphrase&pbkeylen=16".replace("+", "-")
        Peer.ffmpeg(folder, port, folder.resolve("received.ts"), options).use {
            val wrong = Secret("quite another passphrase")
            val destination = destination("srt://127.0.0.1:$port?latency=120", passphrase = wrong)
            val failure =
                assertFailsWith<GoliveException> {
                    runBlocking { onAir(config(port).copy(destination = destination)) {} }
                }
            assertEquals(ErrorKind.REFUSED, failure.kind)
            assertTrue(failure.message.contains("passphrase"), failure.message)
            for (text in listOf("$wrong", "$destination", "${failure.message} ${failure.detail}")) {
                assertFalse(text.contains("quite another"), text)
            }
        }
    }

    @Test
    fun `a destination that makes no sense says what is wrong with it`() {
        val failure = assertFailsWith<GoliveException> { destination("srt://ingest.example") }
        assertEquals(ErrorKind.CONFIGURATION, failure.kind)
        assertTrue(failure.message.contains("port"), failure.message)
    }

    @Test
    fun `collecting and starting where every resumption is at once stands in nobody's way`(): Unit = inScratch { folder ->
        val port = freePort()
        Peer.ffmpeg(folder, port, folder.resolve("received.ts")).use {
            runBlocking(Dispatchers.Unconfined) {
                withTimeout(20.seconds) {
                    Broadcast(config(port)).use { broadcast ->
                        val told = mutableListOf<String>()
                        val collector = launch { broadcast.events.collect { told += it.sentence } }
                        broadcast.start()
                        broadcast.stop()
                        collector.join()
                        assertTrue(told.any { it.startsWith("live") }, "$told")
                        broadcast.close()
                        assertFailsWith<GoliveException> { broadcast.stop() }
                    }
                }
            }
        }
    }

    @Test
    fun `a second start is refused, and the broadcast goes on`(): Unit = inScratch { folder ->
        val port = freePort()
        Peer.ffmpeg(folder, port, folder.resolve("received.ts")).use {
            runBlocking {
                Broadcast(config(port)).use { broadcast ->
                    broadcast.start()
                    val failure = assertFailsWith<GoliveException> { broadcast.start() }
                    assertEquals(ErrorKind.ENDED, failure.kind)
                    delay(1.seconds)
                    assertEquals(BroadcastState.LIVE, broadcast.health.value.state)
                    broadcast.stop()
                }
            }
        }
    }

    @Test
    fun `events end with the broadcast, and can be read again from the beginning`() = inScratch { folder ->
        val port = freePort()
        Peer.ffmpeg(folder, port, folder.resolve("received.ts")).use {
            runBlocking {
                val broadcast = Broadcast(config(port))
                broadcast.use {
                    broadcast.start()
                    broadcast.events.map { it.kind }.first { it is EventKind.Live }
                    val summary = broadcast.stop()
                    assertEquals(Ended.STOPPED, summary.cause)
                    assertEquals(summary, broadcast.stop(), "stopping twice says the same")
                    val kinds = broadcast.events.map { it.kind }.toList()
                    assertTrue(kinds.first() is EventKind.Connecting, "$kinds")
                    assertTrue(kinds.last() is EventKind.Ended, "$kinds")
                }
            }
        }
    }
}

/** A small test picture and a tone. */
internal fun config(port: Int): BroadcastConfig =
    BroadcastConfig(
        destination = destination("srt://127.0.0.1:$port?latency=120"),
        widthPixels = 320u,
        heightPixels = 180u,
        videoBitsPerSecond = 600_000u,
        sources = Sources(video = VideoSource.TestPicture, audio = AudioSource.TestTone),
    )

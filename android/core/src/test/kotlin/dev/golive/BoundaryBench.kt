package dev.golive

import java.nio.ByteBuffer
import kotlin.test.Test
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Tag

/** What it costs to hand an access unit over. Not a test: `cargo xtask bench boundary` runs it. */
@Tag("bench")
class BoundaryBench {
    @Test
    fun `hand access units over`() = inScratch { folder ->
        val port = freePort()
        Peer.ingest(folder, port).use {
            val given = CompletableDeferred<FrameSink>()
            val encoder = object : FilmEncoder(emptyList()) {
                override fun start(sink: FrameSink, target: EncoderTarget) {
                    given.complete(sink)
                }
            }
            runBlocking {
                onAir(config(port), encoder, Program(video = true)) {
                    println("| access unit | median | 99 of 100 |")
                    println("|---|---|---|")
                    for (bytes in listOf(1_000, 10_000, 100_000)) {
                        val (median, most) = measure(given.await(), bytes)
                        println("| $bytes bytes | ${"%.1f".format(median)} us | ${"%.1f".format(most)} us |")
                    }
                }
            }
        }
    }

    private fun measure(sink: FrameSink, bytes: Int): Pair<Double, Double> {
        val data = ByteBuffer.allocateDirect(bytes)
        val times = LongArray(ROUNDS)
        for (round in 0 until WARMING_UP + ROUNDS) {
            val time = sink.nowUs()
            val began = System.nanoTime()
            sink.pushVideo(data.duplicate(), time, time, false)
            if (round >= WARMING_UP) times[round - WARMING_UP] = System.nanoTime() - began
            if (round % 50 == 0) Thread.sleep(1)
        }
        times.sort()
        return times[ROUNDS / 2] / 1e3 to times[ROUNDS * 99 / 100] / 1e3
    }

    private companion object {
        const val WARMING_UP = 5_000
        const val ROUNDS = 20_000
    }
}

package dev.golive

import com.sun.jna.Function
import java.io.File
import kotlin.test.Test
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

class LeakTest {
    @Test
    fun `starting and stopping time and again leaves no thread, no socket and no memory behind`() =
        inScratch { folder ->
            val times = if (System.getenv("GOLIVE_LONG").isNullOrEmpty()) 1_000 else 10_000
            val port = freePort()
            val film = film(folder)
            Peer.ingest(folder, port).use {
                cycle(port, film, WARMING_UP)
                val before = Usage.now()
                cycle(port, film, times)
                val after = Usage.now()
                println("before $times broadcasts: $before, after them: $after")
                // The JVM's own come and go.
                assertTrue(after.threads <= before.threads + 4, "$before, then $after")
                assertTrue(after.files <= before.files + 4, "$before, then $after")
                // Ten broadcasts that come or go weigh so much; a thousand that stay would weigh more.
                assertTrue(after.megabytes <= before.megabytes + 100, "$before, then $after")
            }
        }

    private fun cycle(port: Int, film: List<Picture>, times: Int) = runBlocking(Dispatchers.Default) {
        repeat(times / AT_ONCE) {
            coroutineScope {
                repeat(AT_ONCE) {
                    launch { onAir(config(port), FilmEncoder(film), Program(video = true)) { } }
                }
            }
        }
    }

    private companion object {
        const val WARMING_UP = 100
        const val AT_ONCE = 10
    }
}

/** What this process holds, after the garbage is gone. */
private data class Usage(val threads: Int, val files: Int, val megabytes: Long) {
    companion object {
        fun now(): Usage {
            repeat(3) {
                System.gc()
                Thread.sleep(200)
            }
            // What was freed goes back to the system: only what is held counts.
            Function.getFunction("c", "malloc_trim").invokeInt(arrayOf(0))
            val status = File("/proc/self/status").readLines()
            val resident = status.first { it.startsWith("VmRSS") }.filter(Char::isDigit).toLong() / 1024
            return Usage(File("/proc/self/task").list()!!.size, File("/proc/self/fd").list()!!.size, resident)
        }
    }
}

package dev.golive

import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking

class ReadmeTest {
    @Test
    fun `the program that is run here is the README's`() {
        val readme = File("../../README.md").readText()
        val shown = readme.substringAfter("```kotlin\n").substringBefore("```").trim()
        val run = File("src/test/kotlin/readme/Program.kt").readText()
        assertEquals(shown, run.removePrefix("package readme\n").trim())
    }

    @Test
    fun `the README's program is on air into ffmpeg for its ten seconds`() = inScratch { folder ->
        val (port, file) = freePort() to folder.resolve("received.ts")
        val printed = ByteArrayOutputStream()
        val before = System.out
        Peer.ffmpeg(folder, port, file).use { ffmpeg ->
            System.setOut(PrintStream(printed))
            try {
                runBlocking { readme.main(arrayOf("srt://127.0.0.1:$port")) }
            } finally {
                System.setOut(before)
            }
            ffmpeg.finish()
        }
        assertContains(printed.toString(), "live after")
        val packets = probe(file)
        assertTrue(packets.getValue("h264") > 270, "$packets")
        assertTrue(packets.getValue("aac") > 420, "$packets")
    }
}

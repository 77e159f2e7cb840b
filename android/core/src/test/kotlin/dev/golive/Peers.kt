package dev.golive

import java.io.File
import java.net.DatagramSocket
import java.net.InetAddress
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.test.fail

/** A UDP port that nobody uses. */
internal fun freePort(): Int =
    DatagramSocket(0, InetAddress.getLoopbackAddress()).use { it.localPort }

/** A folder that is gone after the test. */
internal inline fun <T> inScratch(body: (Path) -> T): T {
    val folder = Files.createTempDirectory("golive-test")
    try {
        return body(folder)
    } finally {
        folder.toFile().deleteRecursively()
    }
}

/** A program that was not written here, or the embedded ingest; ended with the test. */
internal class Peer(private val process: Process, private val log: File) : AutoCloseable {
    /** Waits until [text] stands in what it printed. */
    fun await(text: String) {
        repeat(200) {
            if (log.readText().contains(text)) return
            if (!process.isAlive) fail("ended early: ${log.readText()}")
            Thread.sleep(50)
        }
        fail("never said \"$text\": ${log.readText()}")
    }

    /** Waits for its end. */
    fun finish(): String {
        if (!process.waitFor(30, TimeUnit.SECONDS)) fail("goes on and on: ${log.readText()}")
        return log.readText()
    }

    override fun close() {
        process.destroy()
        if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
    }

    companion object {
        fun start(folder: Path, vararg command: String): Peer {
            val log = folder.resolve("${Path.of(command.first()).fileName}.log").toFile()
            val builder = ProcessBuilder(*command).redirectErrorStream(true).redirectOutput(log)
            return Peer(builder.redirectInput(ProcessBuilder.Redirect.from(File("/dev/null"))).start(), log)
        }

        /** ffmpeg, which takes one broadcast at [port] into [file] as it is. */
        fun ffmpeg(folder: Path, port: Int, file: Path, options: String = ""): Peer {
            val url = "srt://127.0.0.1:$port?mode=listener$options"
            val peer =
                start(
                    folder,
                    *"ffmpeg -hide_banner -loglevel info -f mpegts -i".split(' ').toTypedArray(),
                    url,
                    *"-map 0 -c copy -f mpegts".split(' ').toTypedArray(),
                    file.toString(),
                )
            awaitBound(port)
            return peer
        }

        /** The embedded ingest. */
        fun ingest(folder: Path, port: Int): Peer {
            val golive = Path.of(System.getProperty("jna.library.path"), "golive").toString()
            val peer = start(folder, golive, "ingest", "--srt", "127.0.0.1:$port", "--http", "127.0.0.1:0", "--json")
            awaitBound(port)
            return peer
        }

        /** Waits until a program has the port. */
        private fun awaitBound(port: Int) {
            val hexadecimal = "%04X".format(port)
            repeat(200) {
                val sockets = File("/proc/net/udp").readLines()
                if (sockets.any { it.split(' ', ':').contains(hexadecimal) }) return
                Thread.sleep(50)
            }
            fail("nobody listens at $port")
        }
    }
}

/** What ffprobe makes of a file: one line for each stream, its codec and how many packets it has. */
internal fun probe(file: Path): Map<String, Int> {
    val command =
        "ffprobe -v error -count_packets -show_entries stream=codec_name,nb_read_packets -of csv=p=0"
    val process =
        ProcessBuilder(*command.split(' ').toTypedArray(), file.toString())
            .redirectErrorStream(true)
            .start()
    val output = process.inputStream.bufferedReader().readText()
    process.waitFor()
    val streams = output.lines().map { it.trim().split(',') }.filter { it.size >= 2 }
    return streams.associate { (codec, packets) -> codec to (packets.toIntOrNull() ?: 0) }
}

/** Each picture at its own time: two that came close together are no fault of the stream. */
private val AS_IT_IS = listOf("-fps_mode", "passthrough", "-enc_time_base", "-1")

/** What ffmpeg says while it decodes a file. */
internal fun decode(file: Path): String {
    val process =
        ProcessBuilder(listOf("ffmpeg", "-v", "error", "-i", file.toString()) + AS_IT_IS + listOf("-f", "null", "-"))
            .redirectErrorStream(true)
            .start()
    val said = process.inputStream.bufferedReader().readText()
    process.waitFor()
    return said.trim()
}

package dev.golive

import java.io.File
import java.nio.ByteBuffer
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.concurrent.thread

/** An access unit of H.264 in Annex B form, in memory that Rust can see. */
internal class Picture(val data: ByteBuffer, val isKey: Boolean)

/** Two seconds of real H.264, one key frame a second, made by ffmpeg. */
internal fun film(folder: Path): List<Picture> {
    val file = folder.resolve("film.h264")
    val command =
        "ffmpeg -hide_banner -loglevel error -f lavfi -i testsrc2=size=320x180:rate=30 -t 2 " +
            "-c:v libx264 -preset veryfast -tune zerolatency -g 30 -bsf:v h264_metadata=aud=insert -f h264"
    val process =
        ProcessBuilder(*command.split(' ').toTypedArray(), file.toString()).inheritIO().start()
    check(process.waitFor() == 0) { "ffmpeg made no film" }
    return accessUnits(file.toFile().readBytes())
}

/** Cut where a delimiter (NAL unit type 9) begins. */
private fun accessUnits(stream: ByteArray): List<Picture> {
    val begins = stream.indices.filter { at ->
        at + 4 < stream.size && stream[at] == 0.toByte() && stream[at + 1] == 0.toByte() &&
            stream[at + 2] == 0.toByte() && stream[at + 3] == 1.toByte() &&
            (stream[at + 4].toInt() and 0x1f) == 9
    }
    return begins.mapIndexed { number, begin ->
        val end = begins.getOrElse(number + 1) { stream.size }
        val data = ByteBuffer.allocateDirect(end - begin)
        data.put(stream, begin, end - begin)
        data.flip()
        Picture(data, (begin until end - 5).any { at -> isIdr(stream, at) })
    }
}

private fun isIdr(stream: ByteArray, at: Int): Boolean =
    stream[at] == 0.toByte() && stream[at + 1] == 0.toByte() && stream[at + 2] == 1.toByte() &&
        (stream[at + 3].toInt() and 0x1f) == 5

/** Plays a film again and again, and notes what it is told. */
internal open class FilmEncoder(private val film: List<Picture>) : Encoder {
    val told: MutableList<String> = CopyOnWriteArrayList()
    val threads: MutableSet<String> = java.util.concurrent.ConcurrentHashMap.newKeySet()
    @Volatile private var player: Thread? = null
    @Volatile private var wantsKey = false

    override fun start(sink: FrameSink, target: EncoderTarget) {
        note("start")
        player = thread(name = "film") {
            var number = 0
            var shown = 0
            val epoch = sink.nowUs()
            while (!Thread.interrupted()) {
                if (wantsKey) shown = 0
                wantsKey = false
                val picture = film[shown % film.size]
                val time = epoch + number * 1_000_000L / 30
                sink.pushVideo(picture.data.duplicate(), time, time, picture.isKey)
                number += 1
                shown += 1
                try {
                    Thread.sleep(maxOf(0, (epoch + number * 1_000_000L / 30 - sink.nowUs()) / 1_000))
                } catch (_: InterruptedException) {
                    return@thread
                }
            }
        }
    }

    override fun setTarget(target: EncoderTarget) = note("target ${target.videoBitsPerSecond}")

    override fun requestKeyframe() {
        wantsKey = true
        note("keyframe")
    }

    override fun restart() = note("restart")

    override fun setMuted(muted: Boolean) = note("muted $muted")

    override fun stop() {
        note("stop")
        player?.interrupt()
        player?.join()
    }

    protected fun note(what: String) {
        told += what
        // The JVM gives a thread that is not its own another name each time it comes by.
        threads += File("/proc/thread-self/comm").readText().trim() + File("/proc/thread-self").canonicalFile.name
    }
}

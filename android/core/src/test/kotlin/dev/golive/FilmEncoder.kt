package dev.golive

import java.io.File
import java.nio.ByteBuffer
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.concurrent.thread

/** An access unit in Annex B form, in memory that Rust can see. */
internal class Picture(val data: ByteBuffer, val isKey: Boolean)

/** Two seconds of real H.264, one key frame a second, made by ffmpeg. */
internal fun film(folder: Path): List<Picture> {
    val options = "-c:v libx264 -preset veryfast -tune zerolatency -g 30 -bsf:v h264_metadata=aud=insert -f h264"
    // ITU-T H.264, table 7-1: a delimiter, and an IDR.
    return accessUnits(made(folder.resolve("film.h264"), options), delimiter = 9, keys = 5..5) { it and 0x1f }
}

/** The same in H.265. */
internal fun h265Film(folder: Path): List<Picture> {
    val options =
        "-pix_fmt yuv420p -c:v libx265 -preset ultrafast -tune zerolatency " +
            "-x265-params log-level=error:keyint=30:open-gop=0 -bsf:v hevc_metadata=aud=insert -f hevc"
    // ITU-T H.265, table 7-1: a delimiter, and pictures at which decoding can begin.
    return accessUnits(made(folder.resolve("film.h265"), options), delimiter = 35, keys = 16..21) { it shr 1 and 0x3f }
}

private fun made(file: Path, options: String): ByteArray {
    val source = "ffmpeg -hide_banner -loglevel error -f lavfi -i testsrc2=size=320x180:rate=30 -t 2"
    val command = "$source $options".split(' ') + file.toString()
    val process = ProcessBuilder(command).inheritIO().start()
    check(process.waitFor() == 0) { "ffmpeg made no film" }
    return file.toFile().readBytes()
}

/** Cut where a delimiter begins; [type] reads the type of a NAL unit from its first byte. */
private fun accessUnits(stream: ByteArray, delimiter: Int, keys: IntRange, type: (Int) -> Int): List<Picture> {
    val units = (0 until stream.size - 3).filter { at ->
        stream[at] == 0.toByte() && stream[at + 1] == 0.toByte() && stream[at + 2] == 1.toByte()
    }
    fun typeAt(at: Int) = type(stream[at + 3].toInt() and 0xff)
    val begins = units.filter { typeAt(it) == delimiter }
    return begins.mapIndexed { number, begin ->
        val end = begins.getOrElse(number + 1) { stream.size }
        val data = ByteBuffer.allocateDirect(end - begin)
        data.put(stream, begin, end - begin)
        data.flip()
        Picture(data, units.any { it in begin until end && typeAt(it) in keys })
    }
}

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

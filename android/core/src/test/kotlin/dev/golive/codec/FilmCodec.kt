package dev.golive.codec

import dev.golive.Encoder
import dev.golive.EncoderTarget
import dev.golive.FrameSink
import dev.golive.Picture
import java.nio.ByteBuffer
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.concurrent.thread

/**
 * Stands in for MediaCodec: real H.264, its parameter sets told once and apart, delivered from a thread
 * of its own as pictures come. It makes no more of a bitrate than to note it.
 */
internal class FilmCodec(private val film: List<Picture>, private val temper: Temper) : Codec {
    /** What it is made to do wrong. */
    enum class Temper { GOOD, STANDS_STILL, FAILS }

    val told: MutableList<String> = CopyOnWriteArrayList()
    override val name: String = "c2.film.avc"
    @Volatile private var wantsKey = true
    @Volatile private var player: Thread? = null

    override fun start(format: CodecFormat, listener: Codec.Listener) {
        told += "start ${format.bitsPerSecond}"
        val (parameterSets, key) = splitKeyFrame(film.first().data)
        player = thread(name = "film codec") { play(listener, parameterSets, key) }
    }

    override fun setBitrate(bitsPerSecond: Int) {
        told += "bitrate $bitsPerSecond"
    }

    override fun requestSyncFrame() {
        told += "sync"
        wantsKey = true
    }

    override fun release() {
        told += "release"
        player?.interrupt()
    }

    private fun play(listener: Codec.Listener, parameterSets: ByteBuffer, key: ByteBuffer) {
        listener.onParameterSets(parameterSets)
        var number = 0
        try {
            for (round in 1..Int.MAX_VALUE) {
                if (wantsKey || number == film.size) number = 0
                wantsKey = false
                val picture = film[number]
                val data = if (number == 0) key else picture.data
                if (temper == Temper.STANDS_STILL && round > 45) return
                if (temper == Temper.FAILS && round > 45) return listener.onError("reclaimed")
                listener.onPicture(data.duplicate(), System.nanoTime() / 1_000, picture.isKey)
                number += 1
                Thread.sleep(33)
            }
        } catch (_: InterruptedException) {
            // Released.
        }
    }
}

/** The parameter sets before an IDR, and the rest. */
internal fun splitKeyFrame(data: ByteBuffer): Pair<ByteBuffer, ByteBuffer> {
    val zero: Byte = 0
    val one: Byte = 1
    val idr = (0 until data.limit() - 4).first { at ->
        data[at] == zero && data[at + 1] == zero && data[at + 2] == one &&
            (data[at + 3].toInt() and 0x1f).let { it != 9 && it != 7 && it != 8 }
    }
    // The start code may have one zero more.
    val cut = if (data[idr - 1] == zero) idr - 1 else idr
    return data.slice(0, cut) to data.slice(cut, data.limit() - cut)
}

/** A camera of thirty pictures a second before codecs of that kind. */
internal class FilmCamera(private val film: List<Picture>, private vararg val tempers: FilmCodec.Temper) : Encoder {
    val codecs: MutableList<FilmCodec> = CopyOnWriteArrayList()
    private val video = VideoEncoder(
        { FilmCodec(film, tempers.getOrElse(codecs.size) { FilmCodec.Temper.GOOD }).also { codecs += it } },
        linuxClocks,
        keyframeIntervalMs = 1_000,
    )
    @Volatile private var camera: Thread? = null

    override fun start(sink: FrameSink, target: EncoderTarget) {
        video.start(sink, target)
        camera = thread(name = "film camera") {
            try {
                while (true) {
                    video.takes(System.nanoTime() / 1_000, Clock.MONOTONIC)
                    Thread.sleep(33)
                }
            } catch (_: InterruptedException) {
                // Stopped.
            }
        }
    }

    override fun setTarget(target: EncoderTarget) = video.setTarget(target)

    override fun requestKeyframe() = video.requestKeyframe()

    override fun restart() = video.restart()

    override fun setMuted(muted: Boolean) = Unit

    override fun stop() {
        camera?.interrupt()
        camera?.join()
        video.stop()
    }
}

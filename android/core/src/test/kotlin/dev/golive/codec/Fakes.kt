package dev.golive.codec

import dev.golive.EncoderTarget
import dev.golive.FrameSinkInterface
import dev.golive.MediaTrack
import java.nio.ByteBuffer
import java.util.concurrent.CopyOnWriteArrayList

/** Time as a test tells it; the device has slept for a while. */
internal class FakeClocks(@Volatile var nowUs: Long = 0) : Clocks {
    override fun bootUs(): Long = nowUs + SLEPT_US

    override fun monotonicUs(): Long = nowUs

    companion object {
        const val SLEPT_US = 7_000_000L
    }
}

/** Keeps what a broadcast would carry. */
internal class FakeSink(private val clocks: FakeClocks) : FrameSinkInterface {
    data class Picture(val data: List<Byte>, val timeUs: Long, val isKey: Boolean)

    /** A frame of sound: its first sample, and when. */
    data class Sound(val level: Int, val timeUs: Long)

    val pictures = mutableListOf<Picture>()
    // Sound comes from a thread of its own.
    val sounds: MutableList<Sound> = CopyOnWriteArrayList()
    val devices: MutableList<String> = CopyOnWriteArrayList()
    val failures = mutableListOf<String>()
    var captured = 0UL to 0UL
    private val epoch = clocks.bootUs()

    override fun pushVideo(data: ByteBuffer, ptsUs: Long, dtsUs: Long, keyframe: Boolean) {
        // As the other side sees it: from the base on, wherever the position is.
        val view = data.duplicate().clear()
        pictures += Picture(List(data.remaining()) { view.get() }, ptsUs, keyframe)
    }

    override fun pushAudio(data: ByteBuffer, ptsUs: Long) {
        sounds += Sound(data.get(data.position()).toInt(), ptsUs)
    }

    override fun epochUs(): ULong = epoch.toULong()

    override fun nowUs(): Long = clocks.bootUs() - epoch

    override fun noteCaptured(frames: ULong, skipped: ULong) {
        captured = frames to skipped
    }

    override fun noteDropped(frames: ULong) = Unit

    override fun reportLost(device: String, reason: String) {
        devices += "lost $device: $reason"
    }

    override fun reportBack(device: String) {
        devices += "back $device"
    }

    override fun reportCodecFailed(track: MediaTrack, reason: String) {
        failures += reason
    }
}

/** Notes what it is told, and delivers what a test says. */
internal class FakeCodec(override val name: String, private var refuses: Set<String>, private val grain: Int = 1) : Codec {
    val told = mutableListOf<String>()
    lateinit var listener: Codec.Listener

    override fun fit(format: CodecFormat): CodecFormat = format.alignedTo(grain, grain)

    override fun start(format: CodecFormat, listener: Codec.Listener) {
        tell("start ${format.widthPixels}x${format.heightPixels} ${format.bitsPerSecond}")
        this.listener = listener
    }

    override fun setBitrate(bitsPerSecond: Int) = tell("bitrate $bitsPerSecond")

    override fun requestSyncFrame() = tell("sync")

    override fun release() = tell("release")

    fun refuse(what: String) {
        refuses = refuses + what
    }

    fun deliver(timeUs: Long, isKey: Boolean, vararg bytes: Int) =
        listener.onPicture(direct(*bytes), timeUs, isKey)

    private fun tell(what: String) {
        told += what
        if (what.substringBefore(' ') in refuses) error("no $what")
    }
}

/** Makes fake codecs, and keeps them. */
internal class FakeCodecs(private val name: String = "c2.test.avc") : CodecFactory {
    val made = mutableListOf<FakeCodec>()
    var refuses = emptySet<String>()

    /** Its sides have to be multiples of this. */
    var grain = 1

    override fun create(): Codec = FakeCodec(name, refuses, grain).also { made += it }
}

internal fun direct(vararg bytes: Int): ByteBuffer {
    val data = ByteBuffer.allocateDirect(bytes.size)
    bytes.forEach { data.put(it.toByte()) }
    data.flip()
    return data
}

internal fun target(
    bitrate: ULong = 2_000_000u,
    rate: UInt = 30u,
    width: UInt = 1280u,
    height: UInt = 720u,
): EncoderTarget = EncoderTarget(bitrate, rate, width, height, 128_000u)

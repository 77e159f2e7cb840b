package dev.golive.testing

import dev.golive.codec.Codec
import dev.golive.codec.CodecFactory
import dev.golive.codec.CodecFormat
import java.nio.ByteBuffer

/** Makes codecs that note what they are told, and keeps them. */
public class FakeCodecs(private val name: String = "c2.test.avc") : CodecFactory {
    /** Those that were made, the newest last. */
    public val made: MutableList<FakeCodec> = mutableListOf()

    /** What codecs fail at from now on: `start`, `setBitrate`, `requestSyncFrame`. */
    public var failing: Set<String> = emptySet()

    override fun create(): Codec = FakeCodec(name) { it in failing }.also { made += it }
}

/** A codec that notes what it is told, and delivers what a test says. */
public class FakeCodec internal constructor(
    override val name: String,
    private val fails: (String) -> Boolean,
) : Codec {
    /** What it is to make; nothing before it was started. */
    public var format: CodecFormat? = null
        private set

    /** The bitrate that it was told last. */
    public var bitsPerSecond: Int = 0
        private set

    /** How many key frames it was asked for. */
    public var syncFrames: Int = 0
        private set

    /** Whether it was released. */
    public var isReleased: Boolean = false
        private set

    private var listener: Codec.Listener? = null

    override fun start(format: CodecFormat, listener: Codec.Listener) {
        tell("start")
        this.format = format
        this.listener = listener
        bitsPerSecond = format.bitsPerSecond
    }

    override fun setBitrate(bitsPerSecond: Int) {
        tell("setBitrate")
        this.bitsPerSecond = bitsPerSecond
    }

    override fun requestSyncFrame() {
        tell("requestSyncFrame")
        syncFrames += 1
    }

    override fun release() {
        isReleased = true
    }

    /** Delivers SPS and PPS in Annex B form. */
    public fun deliverParameterSets(data: ByteArray) {
        listener?.onParameterSets(direct(data))
    }

    /** Delivers a picture in Annex B form, which was taken at [timeUs] of the monotonic clock. */
    public fun deliver(data: ByteArray, timeUs: Long, isKey: Boolean) {
        listener?.onPicture(direct(data), timeUs, isKey)
    }

    /** Fails, and delivers nothing any more. */
    public fun fail(reason: String) {
        listener?.onError(reason)
    }

    private fun tell(what: String) {
        if (fails(what)) error("the test wants $what to fail")
    }
}

private fun direct(data: ByteArray): ByteBuffer =
    ByteBuffer.allocateDirect(data.size).apply {
        put(data)
        flip()
    }

package dev.golive.codec

import dev.golive.VideoCodec
import java.nio.ByteBuffer

/**
 * SPS and PPS (with H.265 VPS, too), which MediaCodec tells once and a viewer who comes later needs with
 * every key frame.
 */
internal class ParameterSets(private val codec: VideoCodec = VideoCodec.H264) {
    private var kept = ByteArray(0)
    private var joined: ByteBuffer = ByteBuffer.allocateDirect(0)

    /** Keeps what the codec told. */
    fun keep(data: ByteBuffer) {
        val view = data.duplicate()
        kept = ByteArray(view.remaining()).also(view::get)
    }

    /** A key frame with them behind its delimiter, if it has one; [data] itself, if it has its own. */
    fun before(data: ByteBuffer): ByteBuffer {
        val (type, at) = firstUnit(data)
        if (kept.isEmpty() || type == firstOfSets) return data
        val length = kept.size + data.remaining()
        // Key frames come every second or two: the buffer grows to the largest and stays.
        if (joined.capacity() < length) joined = ByteBuffer.allocateDirect(length)
        joined.clear()
        val rest = data.duplicate()
        joined.put(data.duplicate().limit(at)).put(kept).put(rest.position(at))
        joined.flip()
        return joined
    }

    private val firstOfSets get() = if (codec == VideoCodec.H265) VIDEO_PARAMETER_SET else SEQUENCE_PARAMETER_SET
    private val delimiter get() = if (codec == VideoCodec.H265) DELIMITER_H265 else DELIMITER

    /** Of a NAL unit's first byte (ITU-T H.264, 7.3.1; ITU-T H.265, 7.3.1.2). */
    private fun type(header: Byte): Int =
        if (codec == VideoCodec.H265) header.toInt() shr 1 and 0x3f else header.toInt() and 0x1f

    /** Type and begin of its first NAL unit, a delimiter aside (ITU-T H.264, 7.4.1.2.3). */
    private fun firstUnit(data: ByteBuffer): Pair<Int, Int> {
        var at = data.position()
        while (at + 3 < data.limit()) {
            if (data[at] == ZERO && data[at + 1] == ZERO && data[at + 2] == ONE) {
                val type = type(data[at + 3])
                // A start code may have a zero more.
                val begin = if (at > data.position() && data[at - 1] == ZERO) at - 1 else at
                if (type != delimiter) return type to begin
            }
            at += 1
        }
        return 0 to data.position()
    }

    private companion object {
        const val ZERO: Byte = 0
        const val ONE: Byte = 1
        const val SEQUENCE_PARAMETER_SET = 7
        const val DELIMITER = 9
        const val VIDEO_PARAMETER_SET = 32
        const val DELIMITER_H265 = 35
    }
}

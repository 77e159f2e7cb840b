package dev.golive.codec

import java.nio.ByteBuffer

/**
 * SPS and PPS, which MediaCodec tells once and a viewer who comes later needs with every key frame.
 */
internal class ParameterSets {
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
        if (kept.isEmpty() || type == SEQUENCE_PARAMETER_SET) return data
        val length = kept.size + data.remaining()
        // Key frames come every second or two: the buffer grows to the largest and stays.
        if (joined.capacity() < length) joined = ByteBuffer.allocateDirect(length)
        joined.clear()
        val rest = data.duplicate()
        joined.put(data.duplicate().limit(at)).put(kept).put(rest.position(at))
        joined.flip()
        return joined
    }

    /** Type and begin of its first NAL unit, a delimiter aside (ITU-T H.264, 7.4.1.2.3). */
    private fun firstUnit(data: ByteBuffer): Pair<Int, Int> {
        var at = data.position()
        while (at + 3 < data.limit()) {
            if (data[at] == ZERO && data[at + 1] == ZERO && data[at + 2] == ONE) {
                val type = data[at + 3].toInt() and 0x1f
                // A start code may have a zero more.
                val begin = if (at > data.position() && data[at - 1] == ZERO) at - 1 else at
                if (type != DELIMITER) return type to begin
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
    }
}

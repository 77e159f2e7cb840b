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

    /** A key frame that begins with them; [data] itself, if it has its own. */
    fun before(data: ByteBuffer): ByteBuffer {
        if (kept.isEmpty() || startsWithParameterSet(data)) return data
        val length = kept.size + data.remaining()
        // Key frames come every second or two: the buffer grows to the largest and stays.
        if (joined.capacity() < length) joined = ByteBuffer.allocateDirect(length)
        joined.clear()
        joined.put(kept).put(data.duplicate())
        joined.flip()
        return joined
    }

    /** Whether its first NAL unit, a delimiter aside, is an SPS (ITU-T H.264, 7.4.1). */
    private fun startsWithParameterSet(data: ByteBuffer): Boolean {
        var at = data.position()
        while (at + 3 < data.limit()) {
            val begins = data[at] == ZERO && data[at + 1] == ZERO && data[at + 2] == ONE
            if (begins) {
                val type = data[at + 3].toInt() and 0x1f
                if (type != DELIMITER) return type == SEQUENCE_PARAMETER_SET
            }
            at += 1
        }
        return false
    }

    private companion object {
        const val ZERO: Byte = 0
        const val ONE: Byte = 1
        const val SEQUENCE_PARAMETER_SET = 7
        const val DELIMITER = 9
    }
}

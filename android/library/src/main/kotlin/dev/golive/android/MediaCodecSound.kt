package dev.golive.android

import android.media.MediaCodec
import android.media.MediaCodecInfo
import android.media.MediaFormat
import dev.golive.ErrorKind
import dev.golive.GoliveException
import dev.golive.codec.SoundCodec
import dev.golive.codec.SoundCodecFactory
import dev.golive.phone.SoundTimes
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** The device's encoders of AAC-LC, which make raw frames without ADTS headers. */
public object MediaCodecSoundFactory : SoundCodecFactory {
    /** @throws GoliveException with kind `MEDIA` if the device has none that does this. */
    override fun create(sampleRateHz: Int, channels: Int, bitsPerSecond: Int): SoundCodec {
        val format = MediaFormat.createAudioFormat(AAC, sampleRateHz, channels).apply {
            setInteger(MediaFormat.KEY_AAC_PROFILE, MediaCodecInfo.CodecProfileLevel.AACObjectLC)
            setInteger(MediaFormat.KEY_BIT_RATE, bitsPerSecond)
            setInteger(MediaFormat.KEY_MAX_INPUT_SIZE, FRAME_SAMPLES * channels * 2)
            setInteger(MediaFormat.KEY_PRIORITY, 0)
        }
        var codec: MediaCodec? = null
        try {
            codec = MediaCodec.createEncoderByType(AAC)
            codec.configure(format, null, null, MediaCodec.CONFIGURE_FLAG_ENCODE)
            codec.start()
            return MediaCodecSound(codec, sampleRateHz)
        } catch (failure: Exception) {
            codec?.release()
            val message = "this device makes no AAC of $channels channels at $sampleRateHz Hz and $bitsPerSecond b/s"
            throw GoliveException(ErrorKind.MEDIA, message, failure.message, failure)
        }
    }
}

/** Asked and answered in turn, on the one thread that uses it: a frame goes in, and what is ready comes out. */
private class MediaCodecSound(private val codec: MediaCodec, sampleRateHz: Int) : SoundCodec {
    private val info = MediaCodec.BufferInfo()
    private val times = SoundTimes(sampleRateHz)

    override fun encode(pcm: ShortArray, timeUs: Long, deliver: (data: ByteBuffer, timeUs: Long) -> Unit) {
        val index = codec.dequeueInputBuffer(PATIENCE_US)
        val input = if (index >= 0) codec.getInputBuffer(index) else null
        if (input == null || times.isStuck) {
            throw GoliveException(ErrorKind.MEDIA, "the encoder of the sound makes nothing of it any more", null)
        }
        input.clear()
        input.order(ByteOrder.nativeOrder()).asShortBuffer().put(pcm)
        codec.queueInputBuffer(index, 0, pcm.size * 2, timeUs, 0)
        times.goesIn(timeUs)
        deliverWhatIsReady(deliver)
    }

    override fun release(): Unit = codec.release()

    private fun deliverWhatIsReady(deliver: (ByteBuffer, Long) -> Unit) {
        while (true) {
            val index = codec.dequeueOutputBuffer(info, 0)
            when {
                index >= 0 -> {
                    codec.getOutputBuffer(index)?.let { deliver(it, deliver) }
                    codec.releaseOutputBuffer(index, false)
                }
                index == MediaCodec.INFO_OUTPUT_FORMAT_CHANGED -> note(codec.outputFormat)
                else -> return
            }
        }
    }

    private fun deliver(buffer: ByteBuffer, deliver: (ByteBuffer, Long) -> Unit) {
        // Which AAC it is, the broadcast knows.
        if (info.size == 0 || info.flags and MediaCodec.BUFFER_FLAG_CODEC_CONFIG != 0) return
        buffer.position(info.offset).limit(info.offset + info.size)
        deliver(buffer.slice(), times.comesOut())
    }

    /** Comes before the first frame. */
    private fun note(format: MediaFormat) {
        val delay = format.getInteger(MediaFormat.KEY_ENCODER_DELAY, 0)
        if (delay > 0) times.delaySamples = delay
    }

    private companion object {
        /** Longer than a frame lasts, many times. */
        const val PATIENCE_US = 500_000L
    }
}

private const val AAC = MediaFormat.MIMETYPE_AUDIO_AAC

/** Of each channel in a frame of AAC-LC (ISO/IEC 14496-3). */
private const val FRAME_SAMPLES = 1_024

package dev.golive.android

import android.media.MediaCodec
import android.media.MediaCodecInfo
import android.media.MediaCodecList
import android.media.MediaFormat
import android.os.Bundle
import android.os.Handler
import android.os.HandlerThread
import android.view.Surface
import dev.golive.VideoCodec
import dev.golive.codec.Codec
import dev.golive.codec.CodecFactory
import dev.golive.codec.CodecFormat
import java.nio.ByteBuffer

/** A codec whose pictures are drawn: what [GlStage] draws for. */
public interface SurfaceCodec : Codec {
    /** Where they are drawn; there from [start] on. */
    public val inputSurface: Surface?
}

/**
 * A MediaCodec for H.264 or H.265 behind the seam: pictures come through [inputSurface], in constant bitrate
 * where the codec has it, and what it makes goes to the listener from a thread of its own.
 */
public class MediaCodecVideo private constructor(override val name: String) : SurfaceCodec {
    private val codec: MediaCodec = MediaCodec.createByCodecName(name)
    private val thread = HandlerThread("golive-$name")

    @Volatile
    override var inputSurface: Surface? = null
        private set

    override fun fit(format: CodecFormat): CodecFormat {
        val able = codec.codecInfo.getCapabilitiesForType(format.codec.mime).videoCapabilities ?: return format
        return format.alignedTo(able.widthAlignment, able.heightAlignment)
    }

    override fun start(format: CodecFormat, listener: Codec.Listener) {
        thread.start()
        codec.setCallback(Callback(listener), Handler(thread.looper))
        codec.configure(format.toMediaFormat(codec.codecInfo), null, null, MediaCodec.CONFIGURE_FLAG_ENCODE)
        inputSurface = codec.createInputSurface()
        codec.start()
    }

    override fun setBitrate(bitsPerSecond: Int): Unit =
        codec.setParameters(Bundle().apply { putInt(MediaCodec.PARAMETER_KEY_VIDEO_BITRATE, bitsPerSecond) })

    override fun requestSyncFrame(): Unit =
        codec.setParameters(Bundle().apply { putInt(MediaCodec.PARAMETER_KEY_REQUEST_SYNC_FRAME, 0) })

    override fun release() {
        // Never stopped first: that waits for a codec that may not answer. Releasing does all of it.
        codec.release()
        inputSurface?.release()
        inputSurface = null
        thread.quitSafely()
    }

    private class Callback(private val listener: Codec.Listener) : MediaCodec.Callback() {
        // The surface is the input.
        override fun onInputBufferAvailable(codec: MediaCodec, index: Int) = Unit

        override fun onOutputBufferAvailable(codec: MediaCodec, index: Int, info: MediaCodec.BufferInfo) {
            try {
                codec.getOutputBuffer(index)?.let { deliver(it, info) }
                codec.releaseOutputBuffer(index, false)
            } catch (_: IllegalStateException) {
                // It was released while this was on its way.
            }
        }

        override fun onError(codec: MediaCodec, failure: MediaCodec.CodecException) {
            listener.onError(failure.diagnosticInfo)
        }

        // The parameter sets come as a buffer of their own, too.
        override fun onOutputFormatChanged(codec: MediaCodec, format: MediaFormat) = Unit

        private fun deliver(buffer: ByteBuffer, info: MediaCodec.BufferInfo) {
            val data = buffer.duplicate()
            data.position(info.offset).limit(info.offset + info.size)
            val isConfig = info.flags and MediaCodec.BUFFER_FLAG_CODEC_CONFIG != 0
            val isKey = info.flags and MediaCodec.BUFFER_FLAG_KEY_FRAME != 0
            when {
                isConfig -> listener.onParameterSets(data)
                info.size > 0 -> listener.onPicture(data, info.presentationTimeUs, isKey)
            }
        }
    }

    public companion object {
        /** The device's codecs for H.264 in hardware, and its software one where there is none. */
        public val factory: CodecFactory = factory(VideoCodec.H264)

        /**
         * Codecs that make [codec]: those of that [name], or else the first in hardware, or else in software.
         * What it creates throws [IllegalStateException] where the device has none.
         */
        public fun factory(codec: VideoCodec, name: String? = null): CodecFactory = CodecFactory {
            val encoders = encoders(codec)
            val chosen = encoders.firstOrNull { it.name == name }
                ?: encoders.firstOrNull { it.isHardwareAccelerated }
                ?: encoders.firstOrNull()
            MediaCodecVideo(checkNotNull(chosen) { "this device has no encoder for $codec" }.name)
        }
    }
}

/** The device's encoders of that kind, each under its own name only. */
internal fun encoders(codec: VideoCodec): List<MediaCodecInfo> =
    MediaCodecList(MediaCodecList.REGULAR_CODECS).codecInfos.filter { info ->
        info.isEncoder && !info.isAlias && info.supportedTypes.any { it.equals(codec.mime, ignoreCase = true) }
    }

internal val VideoCodec.mime: String
    get() = when (this) {
        VideoCodec.H264 -> MediaFormat.MIMETYPE_VIDEO_AVC
        VideoCodec.H265 -> MediaFormat.MIMETYPE_VIDEO_HEVC
    }

private fun CodecFormat.toMediaFormat(info: MediaCodecInfo): MediaFormat {
    val able = info.getCapabilitiesForType(codec.mime).encoderCapabilities
    val constant = MediaCodecInfo.EncoderCapabilities.BITRATE_MODE_CBR
    return MediaFormat.createVideoFormat(codec.mime, widthPixels, heightPixels).apply {
        setInteger(MediaFormat.KEY_COLOR_FORMAT, MediaCodecInfo.CodecCapabilities.COLOR_FormatSurface)
        setInteger(MediaFormat.KEY_BIT_RATE, bitsPerSecond)
        setInteger(MediaFormat.KEY_FRAME_RATE, framesPerSecond)
        setFloat(MediaFormat.KEY_I_FRAME_INTERVAL, keyframeIntervalMs / 1_000f)
        if (able.isBitrateModeSupported(constant)) setInteger(MediaFormat.KEY_BITRATE_MODE, constant)
        // Nothing is reordered: a picture leaves when it is made.
        setInteger(MediaFormat.KEY_MAX_B_FRAMES, 0)
        setInteger(MediaFormat.KEY_LATENCY, 1)
        setInteger(MediaFormat.KEY_PRIORITY, 0)
        setInteger(MediaFormat.KEY_COLOR_STANDARD, MediaFormat.COLOR_STANDARD_BT709)
        setInteger(MediaFormat.KEY_COLOR_RANGE, MediaFormat.COLOR_RANGE_LIMITED)
        setInteger(MediaFormat.KEY_COLOR_TRANSFER, MediaFormat.COLOR_TRANSFER_SDR_VIDEO)
    }
}

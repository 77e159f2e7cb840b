package dev.golive.codec

import dev.golive.VideoCodec
import java.nio.ByteBuffer

/**
 * What a hardware encoder does, and nothing that decides: the seam behind which MediaCodec stands on
 * Android, and a stand-in in tests. One is configured and started once; another one replaces it.
 *
 * Everything it tells through [Listener] comes from one thread at a time.
 */
public interface Codec {
    /** Its name, as `c2.qti.avc.encoder`. */
    public val name: String

    /** What comes nearest to [format] of what it can take, and no larger: some take only multiples of a size. */
    public fun fit(format: CodecFormat): CodecFormat = format

    /**
     * Takes [format], and begins to deliver to [listener].
     *
     * @throws Exception what the system says.
     */
    public fun start(format: CodecFormat, listener: Listener)

    /**
     * Produces so much from now on (`PARAMETER_KEY_VIDEO_BITRATE`).
     *
     * @throws Exception what the system says.
     */
    public fun setBitrate(bitsPerSecond: Int)

    /**
     * Makes the very next picture a key frame (`PARAMETER_KEY_REQUEST_SYNC_FRAME`).
     *
     * @throws Exception what the system says.
     */
    public fun requestSyncFrame()

    /** Ends it, whatever state it is in. What it is telling just now may still be told. */
    public fun release()

    /** Hears what a codec makes. */
    public interface Listener {
        /**
         * SPS and PPS, for H.265 VPS as well, in Annex B form (`BUFFER_FLAG_CODEC_CONFIG`), before the first picture. [data]
         * is the codec's own again when this returns.
         */
        public fun onParameterSets(data: ByteBuffer)

        /**
         * A picture in Annex B form. [data] is a direct buffer, and the codec's own again when this
         * returns; [timeUs] is what the picture was given at the codec's input, on [Clock.MONOTONIC].
         */
        public fun onPicture(data: ByteBuffer, timeUs: Long, isKey: Boolean)

        /** It failed, and delivers nothing any more. */
        public fun onError(reason: String)
    }
}

/** What a codec is to make. */
public data class CodecFormat(
    val widthPixels: Int,
    val heightPixels: Int,
    val framesPerSecond: Int,
    val bitsPerSecond: Int,
    val keyframeIntervalMs: Int,
    val codec: VideoCodec = VideoCodec.H264,
) {
    /** The same in a size that a codec takes which wants its sides to be multiples of these. */
    public fun alignedTo(widthPixels: Int, heightPixels: Int): CodecFormat =
        copy(widthPixels = this.widthPixels.alignedTo(widthPixels), heightPixels = this.heightPixels.alignedTo(heightPixels))

    /** Never to nothing. */
    private fun Int.alignedTo(grain: Int): Int = (this / grain.coerceAtLeast(1) * grain.coerceAtLeast(1)).takeIf { it > 0 } ?: this
}

/** Makes codecs: one that the device has for the format that is wanted, and another like it each time. */
public fun interface CodecFactory {
    /**
     * A codec that has not been started.
     *
     * @throws Exception what the system says.
     */
    public fun create(): Codec
}

package dev.golive.codec

import java.nio.ByteBuffer

/** A microphone behind the seam: AudioRecord on Android. */
public interface Microphone {
    /**
     * Waits for [into] to be filled: 16 bits a sample, channels interleaved.
     *
     * @return when the first of them was recorded, on [Clock.MONOTONIC], in microseconds.
     * @throws Exception if it is gone.
     */
    public fun read(into: ShortArray): Long

    /** Closes it, so that others have it. A read that waits ends. */
    public fun close()
}

/** Opens the microphone. */
public fun interface MicrophoneFactory {
    /**
     * A microphone of this sample rate.
     *
     * @throws Exception what the system says.
     */
    public fun open(sampleRateHz: Int, channels: Int): Microphone
}

/** An encoder of AAC-LC behind the seam. It is used by one thread. */
public interface SoundCodec {
    /**
     * Encodes one frame of 1,024 samples of each channel, and hands over what is ready.
     *
     * @throws Exception what the system says; it is replaced then.
     */
    public fun encode(pcm: ShortArray, timeUs: Long, deliver: (data: ByteBuffer, timeUs: Long) -> Unit)

    /** Ends it, whatever state it is in. */
    public fun release()
}

/** Makes encoders of AAC-LC. */
public fun interface SoundCodecFactory {
    /**
     * An encoder that is ready.
     *
     * @throws Exception what the system says.
     */
    public fun create(sampleRateHz: Int, channels: Int, bitsPerSecond: Int): SoundCodec
}

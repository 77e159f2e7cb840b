package dev.golive.codec

import dev.golive.FrameSinkInterface
import dev.golive.HeardSound
import dev.golive.MediaTrack
import java.nio.ByteBuffer
import kotlin.concurrent.thread

/**
 * Sound that never stops: the microphone while it is there and wanted, and silence in its place
 * otherwise, on one timeline, so that pictures stay in step. A microphone that is gone is looked for, a
 * codec that fails is replaced.
 *
 * [step] does one frame; [start] has a thread do it.
 */
public class SoundEncoder(
    private val microphones: MicrophoneFactory,
    private val codecs: SoundCodecFactory,
    private val clocks: Clocks,
    private val sampleRateHz: Int = 48_000,
    private val channels: Int = 1,
) {
    private val pcm = ShortArray(FRAME * channels)
    private val silence = ShortArray(FRAME * channels)
    private val clock = SoundClock(sampleRateHz)
    private val frames = FrameCutter(FRAME * channels)
    private var microphone: Microphone? = null
    private var isLost = false
    private var retryAtUs = Long.MIN_VALUE
    private var codec: SoundCodec? = null
    private var codecBitrate = 0
    private var codecRetryAtUs = Long.MIN_VALUE
    private var nextSilenceUs: Long? = null
    private var worker: Thread? = null
    @Volatile private var heard = HeardSound.MICROPHONE
    @Volatile private var bitrate = 0
    @Volatile private var isRunning = false

    /** Begins to produce into [sink], on a thread of its own. */
    public fun start(sink: FrameSinkInterface, bitsPerSecond: Int) {
        bitrate = bitsPerSecond
        isRunning = true
        val timeline = Timeline(sink.epochUs().toLong(), clocks)
        worker = thread(name = "golive-sound") {
            while (isRunning) {
                val waitUs = step(sink, timeline)
                if (waitUs > 0) Thread.sleep(waitUs / 1_000, (waitUs % 1_000).toInt() * 1_000)
            }
            release()
        }
    }

    /** Lets this be heard from the next frame on. */
    public fun hear(sound: HeardSound) {
        heard = sound
        // A read that waits for a microphone that somebody else wants would keep it.
        if (sound == HeardSound.RELEASED) microphone?.close()
    }

    /** Produces so much from the next frame on. */
    public fun setBitrate(bitsPerSecond: Int) {
        bitrate = bitsPerSecond
    }

    /** Ends production, and returns when the devices are released. */
    public fun stop() {
        isRunning = false
        microphone?.close()
        worker?.join()
        worker = null
    }

    /**
     * Takes a frame's worth of sound, or of silence, and encodes what is due; answers how long to wait
     * before the next step, in microseconds.
     */
    internal fun step(sink: FrameSinkInterface, timeline: Timeline): Long {
        val wanted = heard
        if (wanted == HeardSound.RELEASED) close()
        val source = if (wanted == HeardSound.RELEASED) null else open(sink)
        if (source == null) return stepInSilence(sink, timeline)
        nextSilenceUs = null
        val recordedUs = try {
            source.read(pcm)
        } catch (failure: Exception) {
            lose(sink, failure)
            return 0
        }
        if (heard != HeardSound.MICROPHONE) pcm.fill(0)
        encode(sink, pcm, timeline.of(recordedUs, Clock.MONOTONIC))
        return 0
    }

    /** Silence comes as fast as time passes. */
    private fun stepInSilence(sink: FrameSinkInterface, timeline: Timeline): Long {
        val nowUs = clocks.monotonicUs()
        val dueUs = nextSilenceUs ?: nowUs
        if (nowUs < dueUs) return dueUs - nowUs
        encode(sink, silence, timeline.of(dueUs, Clock.MONOTONIC))
        nextSilenceUs = dueUs + FRAME * 1_000_000L / sampleRateHz
        return 0
    }

    private fun open(sink: FrameSinkInterface): Microphone? {
        microphone?.let { return it }
        if (clocks.bootUs() < retryAtUs) return null
        return try {
            microphones.open(sampleRateHz, channels).also {
                microphone = it
                if (isLost) sink.reportBack(MICROPHONE)
                isLost = false
            }
        } catch (failure: Exception) {
            lose(sink, failure)
            null
        }
    }

    /** Told once; looked for once a second. */
    private fun lose(sink: FrameSinkInterface, failure: Exception) {
        close()
        // Whoever closed it knows.
        if (heard == HeardSound.RELEASED || !isRunning && worker != null) return
        retryAtUs = clocks.bootUs() + RETRY_US
        if (!isLost) sink.reportLost(MICROPHONE, failure.message ?: failure.javaClass.simpleName)
        isLost = true
    }

    private fun encode(sink: FrameSinkInterface, samples: ShortArray, timeUs: Long) {
        val placed = clock.place(samples.size / channels, timeUs)
        if (placed.isLeftOut) return
        var at = placed.timeUs.toDouble()
        repeat(placed.silence * channels / silence.size) { at = put(sink, silence, silence.size, at) }
        at = put(sink, silence, placed.silence * channels % silence.size, at)
        put(sink, samples, samples.size, at)
    }

    private fun put(sink: FrameSinkInterface, samples: ShortArray, count: Int, timeUs: Double): Double {
        frames.put(samples, count, timeUs, sampleRateHz * channels) { frame, frameUs ->
            encodeFrame(sink, frame, frameUs)
        }
        return timeUs + count * 1e6 / (sampleRateHz * channels)
    }

    private fun encodeFrame(sink: FrameSinkInterface, frame: ShortArray, timeUs: Long) {
        // A codec that fails with every frame would be made with every frame, and told of as often.
        if (clocks.bootUs() < codecRetryAtUs) return
        try {
            ready().encode(frame, timeUs) { data: ByteBuffer, at -> sink.pushAudio(data, at) }
        } catch (failure: Exception) {
            codec?.release()
            codec = null
            codecRetryAtUs = clocks.bootUs() + CODEC_RETRY_US
            sink.reportCodecFailed(MediaTrack.AUDIO, failure.message ?: failure.javaClass.simpleName)
        }
    }

    /** Phones' encoders of AAC do not change their bitrate: another one takes over between two frames. */
    private fun ready(): SoundCodec {
        val wanted = bitrate
        codec?.takeIf { codecBitrate == wanted }?.let { return it }
        codec?.release()
        codec = null
        return codecs.create(sampleRateHz, channels, wanted).also {
            codec = it
            codecBitrate = wanted
        }
    }

    private fun close() {
        microphone?.close()
        microphone = null
    }

    private fun release() {
        close()
        codec?.release()
        codec = null
    }

    private companion object {
        /** Samples of each channel in a frame of AAC-LC (ISO/IEC 14496-3). */
        const val FRAME = 1_024
        const val RETRY_US = 1_000_000L
        const val CODEC_RETRY_US = 500_000L
        const val MICROPHONE = "microphone"
    }
}

/** Cuts sound that comes in any portions into frames. */
private class FrameCutter(size: Int) {
    private val frame = ShortArray(size)
    private var filled = 0
    private var beginUs = 0.0

    fun put(samples: ShortArray, count: Int, timeUs: Double, rate: Int, deliver: (ShortArray, Long) -> Unit) {
        var taken = 0
        while (taken < count) {
            if (filled == 0) beginUs = timeUs + taken * 1e6 / rate
            val part = minOf(count - taken, frame.size - filled)
            samples.copyInto(frame, filled, taken, taken + part)
            filled += part
            taken += part
            if (filled == frame.size) {
                filled = 0
                deliver(frame, beginUs.toLong())
            }
        }
    }
}

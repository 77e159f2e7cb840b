package dev.golive.codec

import dev.golive.EncoderTarget
import dev.golive.FrameSinkInterface
import dev.golive.MediaTrack
import dev.golive.VideoCodec
import java.nio.ByteBuffer
import kotlin.concurrent.thread

/**
 * Holds a hardware encoder to what the broadcast asks for: bitrate and key frames by command, another
 * size by another codec, a codec that fails replaced, the timeline kept through all of it.
 *
 * Its methods may be called from any thread. A codec that cannot be made is tried again with the next
 * picture, no more than once in [RETRY_US].
 *
 * @param factory makes codecs.
 * @param model the device's model, for [quirks].
 * @param onInput is told of each new codec once it takes pictures: it gives the camera's stage the
 *   surface to draw on, and the size.
 * @param onInputGone is told before a codec is released: nothing may be drawn for it any more. Neither of
 *   the two may wait for a thread that calls this encoder.
 * @param codec what the factory's codecs make.
 */
public class VideoEncoder(
    private val factory: CodecFactory,
    private val clocks: Clocks,
    private val keyframeIntervalMs: Int,
    private val model: String = "",
    private val quirks: Quirks = Quirks(),
    private val onInput: (Codec, CodecFormat) -> Unit = { _, _ -> },
    private val onInputGone: (Codec) -> Unit = {},
    private val codec: VideoCodec = VideoCodec.H264,
) {
    private val lock = Any()
    private val pacer = FramePacer()
    private var output: Output? = null
    private var target: EncoderTarget? = null
    private var running: Running? = null
    private var retryAtUs = Long.MIN_VALUE
    private var highestRate = 1
    private var captured = 0UL
    private var skipped = 0UL

    private class Output(val sink: FrameSinkInterface, val timeline: Timeline)

    private class Running(
        val codec: Codec,
        val listener: Listener,
        var format: CodecFormat,
        val remedies: Set<Remedy>,
    )

    /**
     * Begins to produce [target] into [sink].
     *
     * @throws Exception what the system says of a codec that cannot be made.
     */
    public fun start(sink: FrameSinkInterface, target: EncoderTarget): Unit =
        synchronized(lock) {
            output = Output(sink, Timeline(sink.epochUs().toLong(), clocks))
            this.target = target
            replace()
        }

    /** Produces something else from now on. */
    public fun setTarget(target: EncoderTarget): Unit =
        synchronized(lock) {
            this.target = target
            val running = running ?: return
            val wanted = running.codec.fit(format(target, running.remedies))
            val sameShape = wanted.copy(bitsPerSecond = running.format.bitsPerSecond) == running.format
            when {
                wanted == running.format -> Unit
                !sameShape || Remedy.RESTART_FOR_BITRATE in running.remedies -> attempt(::replace)
                else -> attempt {
                    running.codec.setBitrate(wanted.bitsPerSecond)
                    running.format = wanted
                }
            }
        }

    /** Makes the very next picture a key frame. */
    public fun requestKeyframe(): Unit =
        synchronized(lock) {
            val running = running ?: return
            if (Remedy.RESTART_FOR_KEYFRAME in running.remedies) {
                attempt(::replace)
            } else {
                attempt { running.codec.requestSyncFrame() }
            }
        }

    /** Makes the codec anew, with the last target. */
    public fun restart(): Unit = synchronized(lock) { attempt(::replace) }

    /**
     * A picture was captured at this time: whether it is to be drawn for the codec.
     *
     * @param timeUs by [clock].
     */
    public fun takes(timeUs: Long, clock: Clock): Boolean =
        synchronized(lock) {
            val output = output ?: return false
            val target = target ?: return false
            if (running == null && clocks.bootUs() >= retryAtUs) attempt(::replace)
            captured += 1UL
            val takes = running != null &&
                pacer.takes(output.timeline.of(timeUs, clock), target.framesPerSecond.toInt())
            // What is left out on purpose is no sign of a frozen codec; what finds none is.
            if (!takes && running != null) skipped += 1UL
            output.sink.noteCaptured(captured, skipped)
            takes
        }

    /** Ends production. */
    public fun stop(): Unit =
        synchronized(lock) {
            output = null
            release()
        }

    /** Another codec takes over, and begins with a key frame. */
    private fun replace() {
        val target = target ?: return
        val output = output ?: return
        release()
        retryAtUs = clocks.bootUs() + RETRY_US
        val made = factory.create()
        try {
            val remedies = quirks.of(made.name, model)
            val format = made.fit(format(target, remedies))
            val listener = Listener(output)
            running = Running(made, listener, format, remedies)
            made.start(format, listener)
            onInput(made, format)
        } catch (failure: Exception) {
            if (running == null) made.release() else release()
            throw failure
        }
    }

    private fun release() {
        val old = running ?: return
        running = null
        old.listener.end()
        onInputGone(old.codec)
        old.codec.release()
    }

    /** Does what a codec may refuse: one that does is replaced, soon. */
    private fun attempt(action: () -> Unit) {
        try {
            action()
        } catch (failure: Exception) {
            fail(failure.message ?: failure.javaClass.simpleName)
        }
    }

    private fun fail(reason: String) {
        release()
        output?.sink?.reportCodecFailed(MediaTrack.VIDEO, reason)
    }

    private fun format(target: EncoderTarget, remedies: Set<Remedy>): CodecFormat {
        val grain = if (Remedy.ALIGN_TO_16 in remedies) 16 else 2
        val told = Remedy.TELL_REAL_FRAME_RATE in remedies
        highestRate = maxOf(highestRate, target.framesPerSecond.toInt())
        return CodecFormat(
            widthPixels = target.widthPixels.toInt() / grain * grain,
            heightPixels = target.heightPixels.toInt() / grain * grain,
            // Pictures are left out before the codec: a lower rate is no reason for another codec.
            framesPerSecond = if (told) target.framesPerSecond.toInt() else highestRate,
            bitsPerSecond = target.videoBitsPerSecond.toInt(),
            keyframeIntervalMs = keyframeIntervalMs,
            codec = codec,
        )
    }

    /** Hears one codec, until another takes over. It waits for nobody who may wait for the codec. */
    private inner class Listener(private val output: Output) : Codec.Listener {
        private val parameterSets = ParameterSets(codec)
        private var isLive = true

        /** Nothing of this codec comes after what the next one makes. */
        fun end() = synchronized(output) { isLive = false }

        override fun onParameterSets(data: ByteBuffer) =
            synchronized(output) { if (isLive) parameterSets.keep(data) }

        override fun onPicture(data: ByteBuffer, timeUs: Long, isKey: Boolean) =
            synchronized(output) {
                if (!isLive) return
                val time = output.timeline.rising(timeUs, Clock.MONOTONIC)
                val picture = if (isKey) parameterSets.before(data) else data
                // The other side sees a buffer from its base, wherever its position is.
                output.sink.pushVideo(picture.slice(), time, time, isKey)
            }

        override fun onError(reason: String) {
            val live = synchronized(output) { isLive.also { isLive = false } }
            if (!live) return
            // Whoever holds the lock may wait for this very thread to come to rest.
            thread(name = "golive-codec-failed") {
                synchronized(lock) {
                    if (running?.listener === this) fail(reason)
                }
            }
        }
    }

    private companion object {
        const val RETRY_US = 500_000L
    }
}

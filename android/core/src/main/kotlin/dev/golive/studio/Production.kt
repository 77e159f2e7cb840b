package dev.golive.studio

import dev.golive.Encoder
import dev.golive.EncoderTarget
import dev.golive.FrameSink
import dev.golive.FrameSinkInterface
import dev.golive.HeardSound
import dev.golive.InterruptionCause
import dev.golive.InterruptionInput
import dev.golive.InterruptionRules
import dev.golive.Limit
import dev.golive.LiveBroadcast
import dev.golive.ShownPicture
import dev.golive.VideoCodec
import dev.golive.androidInterruptions
import dev.golive.camera.CameraDirector
import dev.golive.camera.OrientationRules
import dev.golive.camera.PictureSize
import dev.golive.camera.PictureStage
import dev.golive.camera.Shape
import dev.golive.codec.Alarm
import dev.golive.codec.Clock
import dev.golive.codec.Clocks
import dev.golive.codec.CodecFactory
import dev.golive.codec.Interruptions
import dev.golive.codec.Quirks
import dev.golive.codec.SoundEncoder
import dev.golive.codec.Stage
import dev.golive.codec.VideoEncoder
import java.util.concurrent.Executor
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.flow.asSharedFlow

/** What an interruption did to the broadcast. */
public data class Notice(
    /** A sentence for a person. */
    val sentence: String,
    /** What it is about, if it is about one cause. */
    val cause: InterruptionCause?,
)

/**
 * What of a device a [Production] works with. Stage, pictures and director may serve the next one, too.
 *
 * @param sound another one each time; none, for pictures alone.
 * @param executor the one that [director] runs on.
 * @param alarm for the interruptions.
 * @param model the device's model, for [quirks].
 */
public class Equipment(
    internal val codecs: CodecFactory,
    internal val stage: PictureStage,
    internal val pictures: Pictures,
    internal val director: CameraDirector,
    internal val sound: SoundEncoder?,
    internal val clocks: Clocks,
    internal val executor: Executor,
    internal val alarm: Alarm,
    internal val model: String = "",
    internal val quirks: Quirks = Quirks(),
)

/**
 * One broadcast's camera, microphone and encoders, composed: an [Encoder] for the broadcast, and what
 * carries out the [interruptions].
 *
 * The size that a broadcast asks for says how many pixels there are; which of its sides is the longer follows
 * from how the device is held when this is made ([Shape.KEPT]).
 *
 * @param asked what the app asks for, as its [dev.golive.BroadcastConfig] says.
 * @param keyframeIntervalMs from one key frame to the next.
 * @param codec what the codecs make.
 * @param keepsCamera whether something else, as a preview, wants the camera when the broadcast has ended.
 */
public class Production(
    private val equipment: Equipment,
    asked: EncoderTarget,
    keyframeIntervalMs: Int = 2_000,
    rules: InterruptionRules = androidInterruptions(),
    private val orientation: OrientationRules = OrientationRules(),
    codec: VideoCodec = VideoCodec.H264,
    private val keepsCamera: () -> Boolean = { false },
) : Encoder, AutoCloseable {
    private val notes = MutableSharedFlow<Notice>(NOTICES, NOTICES, BufferOverflow.DROP_OLDEST)
    private val pictures = equipment.pictures
    private val director = equipment.director
    private val sound = equipment.sound
    private val limits = Limits(asked)
    private val hands = Hands()
    private val video = VideoEncoder(
        equipment.codecs,
        equipment.clocks,
        keyframeIntervalMs,
        equipment.model,
        equipment.quirks,
        onInput = equipment.stage::setOutput,
        onInputGone = equipment.stage::clearOutput,
        codec = codec,
    )
    private val shapeTurn = pictures.turn
    private var target = asked
    private var largest = asked
    private var sink: FrameSinkInterface? = null
    private var isMuted = false
    private var heard = HeardSound.MICROPHONE
    @Volatile private var shown = ShownPicture.CAMERA
    @Volatile private var hiddenSinceUs: Long? = null

    /** The size of the encoded picture at its largest, in the shape that it has now. */
    public val size: PictureSize get() = size(shaped(largest))

    /** Whether it produces, from [start] to [stop]. */
    public val isOnAir: Boolean get() = synchronized(hands) { sink != null }

    /** Hears what the phone says; the rules decide what becomes of it. */
    public val interruptions: Interruptions = Interruptions(rules, equipment.clocks, equipment.alarm, hands)

    /** What interruptions did, from the beginning as far as that is kept. */
    public val notices: SharedFlow<Notice> = notes.asSharedFlow()

    /**
     * The broadcast as an app is given it: what the app changes is what is asked for, and a limit that
     * holds, as of heat, goes on to hold. Called once, when it is live.
     */
    public fun live(broadcast: LiveBroadcast): LiveBroadcast = limits.over(broadcast)

    override fun start(sink: FrameSink, target: EncoderTarget): Unit = begin(sink, target)

    internal fun begin(sink: FrameSinkInterface, target: EncoderTarget) {
        val watched = MicrophoneWatch(sink)
        synchronized(hands) {
            this.sink = sink
            this.target = target
        }
        try {
            video.start(sink, shaped(target))
            pictures.begin(hands, target.framesPerSecond.toInt())
            // What interrupts since before the beginning holds.
            hear {}
            hands.show(shown)
            if (director.state.value.isLost) hands.onCameraLost("it is not there yet")
            sound?.start(watched, target.audioBitsPerSecond.toInt())
        } catch (failure: Exception) {
            stop()
            throw failure
        }
    }

    override fun setTarget(target: EncoderTarget) {
        synchronized(hands) {
            this.target = target
            largest = largest.atLeast(target)
        }
        if (shown == ShownPicture.CAMERA) hands.prepareCamera()
        pictures.setRate(target.framesPerSecond.toInt())
        video.setTarget(shaped(target))
        sound?.setBitrate(target.audioBitsPerSecond.toInt())
    }

    override fun requestKeyframe(): Unit = video.requestKeyframe()

    override fun restart(): Unit = video.restart()

    override fun setMuted(muted: Boolean): Unit = hear { isMuted = muted }

    override fun stop() {
        val wanted = synchronized(hands) {
            sink = null
            largest
        }
        // One that ends late leaves pictures and camera to the next broadcast.
        if (pictures.end(hands)) {
            // An interruption may have given it up, which a preview is not to suffer from.
            if (keepsCamera()) director.open(size(wanted), wanted.framesPerSecond.toInt()) else director.close()
        }
        sound?.stop()
        video.stop()
    }

    /** Nothing that interrupts is heard any more. */
    override fun close(): Unit = interruptions.close()

    /** What a camera has to deliver for both, whichever way they lie. */
    private fun EncoderTarget.atLeast(other: EncoderTarget) = copy(
        framesPerSecond = maxOf(framesPerSecond, other.framesPerSecond),
        widthPixels = listOf(widthPixels, heightPixels, other.widthPixels, other.heightPixels).max(),
        heightPixels = maxOf(minOf(widthPixels, heightPixels), minOf(other.widthPixels, other.heightPixels)),
    )

    private fun size(target: EncoderTarget) = PictureSize(target.widthPixels.toInt(), target.heightPixels.toInt())

    private fun shaped(target: EncoderTarget): EncoderTarget {
        val turn = synchronized(hands) { if (orientation.shape == Shape.TURNS) pictures.turn else shapeTurn }
        val size = pictures.shaped(size(target), turn)
        return target.copy(widthPixels = size.widthPixels.toUInt(), heightPixels = size.heightPixels.toUInt())
    }

    /** The stronger of what the person and what an interruption demands. */
    private fun hear(change: () -> Unit) {
        synchronized(hands) {
            change()
            sound?.hear(if (isMuted && heard == HeardSound.MICROPHONE) HeardSound.MUTED else heard)
        }
    }

    /** What the interruptions command, and what the camera says to them. */
    private inner class Hands : Stage, PictureOutput {
        override fun hear(sound: HeardSound) = hear { heard = sound }

        override fun show(picture: ShownPicture) {
            shown = picture
            hiddenSinceUs = null
            if (synchronized(this) { sink } == null) return
            pictures.show(picture)
            if (picture == ShownPicture.NOTHING) director.rest() else prepareCamera()
        }

        override fun prepareCamera() {
            hiddenSinceUs = null
            val wanted = synchronized(this) { largest.takeIf { sink != null } } ?: return
            director.open(size(wanted), wanted.framesPerSecond.toInt())
        }

        override fun limit(limit: Limit?) = equipment.executor.execute { limits.set(limit) }

        // Making a codec takes its time, and whoever brings the news may be the app's main thread.
        override fun restartEncoder() = equipment.executor.execute { video.restart() }

        override fun requestKeyframe() = equipment.executor.execute { video.requestKeyframe() }

        override fun tell(sentence: String, cause: InterruptionCause?) {
            notes.tryEmit(Notice(sentence, cause))
        }

        override fun stop(cause: InterruptionCause) = limits.stop()

        override fun takes(timeUs: Long): Boolean = video.takes(timeUs, Clock.MONOTONIC)

        override fun onHiddenPicture() = equipment.executor.execute {
            interruptions.handle(InterruptionInput.CameraPicture)
            restIfHiddenForLong()
        }

        override fun onCameraLost(reason: String) {
            synchronized(this) { sink }?.reportLost(CAMERA, reason)
            interruptions.began(InterruptionCause.CAMERA_LOST)
        }

        override fun onCameraBack() {
            synchronized(this) { sink }?.reportBack(CAMERA)
            interruptions.ended(InterruptionCause.CAMERA_LOST)
        }

        override fun onTurned() {
            if (orientation.shape == Shape.TURNS) {
                equipment.executor.execute { video.setTarget(shaped(synchronized(this) { target })) }
            }
        }

        /** One that was looked for while something else hides it has told that it is back. */
        private fun restIfHiddenForLong() {
            if (shown != ShownPicture.NOTHING) return
            val nowUs = equipment.clocks.bootUs()
            val since = hiddenSinceUs ?: nowUs.also { hiddenSinceUs = it }
            if (nowUs - since >= HIDDEN_US) director.rest()
        }
    }

    /** What the sound's encoder says of the microphone is an interruption, too. */
    private inner class MicrophoneWatch(private val sink: FrameSinkInterface) : FrameSinkInterface by sink {
        override fun reportLost(device: String, reason: String) {
            sink.reportLost(device, reason)
            interruptions.began(InterruptionCause.MICROPHONE_LOST, RECORDER)
        }

        override fun reportBack(device: String) {
            sink.reportBack(device)
            interruptions.ended(InterruptionCause.MICROPHONE_LOST, RECORDER)
        }
    }

    private companion object {
        const val NOTICES = 64
        const val CAMERA = "camera"
        const val RECORDER = "the recorder"

        /** An end counts after a second, and then a picture tells. */
        const val HIDDEN_US = 3_000_000L
    }
}

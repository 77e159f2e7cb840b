package dev.golive.android

import android.content.Context
import android.os.Build
import android.os.Handler
import android.os.Looper
import dev.golive.Broadcast
import dev.golive.BroadcastConfig
import dev.golive.BroadcastState
import dev.golive.Change
import dev.golive.Credentials
import dev.golive.EncoderTarget
import dev.golive.ErrorKind
import dev.golive.Event
import dev.golive.GoliveException
import dev.golive.Health
import dev.golive.InterruptionCause
import dev.golive.LiveBroadcast
import dev.golive.Program
import dev.golive.Summary
import dev.golive.VideoCodec
import dev.golive.camera.CameraDirector
import dev.golive.camera.PictureSize
import dev.golive.codec.CodecChoice
import dev.golive.codec.CodecFormat
import dev.golive.codec.SoundEncoder
import dev.golive.studio.Equipment
import dev.golive.studio.Notice
import dev.golive.studio.Pictures
import dev.golive.studio.Production
import java.util.concurrent.Executor
import java.util.concurrent.atomic.AtomicBoolean
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** A broadcast of the phone's own camera and microphone. [Studio] makes it. */
public class StudioBroadcast internal constructor(
    private val context: Context,
    private val options: StudioOptions,
    private val production: Production,
    private val broadcast: Broadcast,
    private val microphones: AudioRecordMicrophones,
    private val networks: PhoneNetworks?,
    private val onClosed: () -> Unit,
) : LiveBroadcast, AutoCloseable {
    private var watch: PhoneWatch? = null
    private var hasService = false
    private var isClosed = false
    private val hasBegun = AtomicBoolean()
    private val main = Handler(Looper.getMainLooper())

    // What waits for the broadcast, one after the other.
    private val aside = CoroutineScope(Dispatchers.IO.limitedParallelism(1))
    @Volatile private var isMuted = false
    @Volatile private var live: LiveBroadcast? = null

    /** What the phone interrupted, and what was done about it. */
    public val notices: SharedFlow<Notice> = production.notices

    override val health: StateFlow<Health> get() = broadcast.health

    override val events: Flow<Event> get() = broadcast.events

    internal val size: PictureSize get() = production.size

    internal val isOnAir: Boolean get() = production.isOnAir

    /** See [LiveBroadcast.start]. One that fails is closed; a second start is refused, and changes nothing. */
    override suspend fun start() {
        if (!hasBegun.compareAndSet(false, true)) {
            throw GoliveException(ErrorKind.ENDED, "the broadcast was started before: make a new one", null)
        }
        try {
            begin()
        } catch (failure: Throwable) {
            // Its encoder lets go of the camera before another broadcast comes.
            withContext(NonCancellable) { stopWhatBegan() }
            close()
            throw failure
        }
    }

    private suspend fun stopWhatBegan() {
        try {
            broadcast.stop()
        } catch (_: GoliveException) {
            // It never began.
        }
    }

    private suspend fun begin() {
        Permissions.require(context, camera = true, microphone = options.hasSound)
        options.notification?.let {
            // Before: who is cancelled may have started it all the same.
            hasService = true
            LiveService.start(context, it)
        }
        watch = PhoneWatch(context, production.interruptions, options.holdsAudioFocus, microphones::sessionId)
        networks?.follow(broadcast)
        broadcast.start()
        live = production.live(broadcast)
        if (isMuted) mute(true)
        // One that ends by itself keeps nothing of the phone's, either.
        aside.launch {
            health.first { it.state == BroadcastState.ENDED }
            main.post(::rest)
        }
    }

    override suspend fun stop(): Summary =
        try {
            broadcast.stop()
        } finally {
            // Also where its caller is cancelled meanwhile. One that never began is still there to be started.
            if (hasBegun.get()) rest()
        }

    override fun cancel(): Unit = broadcast.cancel()

    override fun set(change: Change): Unit = (live ?: broadcast).set(change)

    /** Stops it without waiting for what is queued, and releases it. Calling it again does nothing. */
    override fun close() {
        if (isClosed) return
        isClosed = true
        aside.cancel()
        broadcast.close()
        rest()
        production.close()
        onClosed()
    }

    /** Something interrupts of which the phone does not tell, as a call by the app's own means. */
    public fun began(cause: InterruptionCause): Unit = production.interruptions.began(cause, APP)

    /** It is over. */
    public fun ended(cause: InterruptionCause): Unit = production.interruptions.ended(cause, APP)

    /** Silence in place of the microphone, or no longer; before it is live, from its beginning on. */
    internal fun mute(isMuted: Boolean) {
        this.isMuted = isMuted
        production.setMuted(isMuted)
        val live = live ?: return
        // It waits for the encoder, and this is the app's main thread. What is told is the newest.
        aside.launch {
            try {
                live.set(Change.Muted(this@StudioBroadcast.isMuted))
            } catch (_: GoliveException) {
                // It is over.
            }
        }
    }

    /** Stops what may never have begun. */
    internal suspend fun end() {
        try {
            stop()
        } catch (failure: GoliveException) {
            if (failure.kind != ErrorKind.ENDED) throw failure
        }
    }

    private fun rest(): Unit = synchronized(this) {
        networks?.close()
        watch?.close()
        watch = null
        if (hasService) LiveService.stop(context)
        hasService = false
    }

    private companion object {
        const val APP = "the app"
    }
}

/** Puts a broadcast together from what a studio has. */
internal class StudioEquipment(
    private val context: Context,
    private val options: StudioOptions,
    private val stage: GlStage,
    private val pictures: Pictures,
    private val director: CameraDirector,
    private val executor: Executor,
    private val bell: Handler,
) {
    /** What to encode with. */
    fun choose(config: BroadcastConfig): CodecChoice {
        val size = pictures.shaped(PictureSize(config.widthPixels.toInt(), config.heightPixels.toInt()))
        return chooseCodec(context, config.format(size), options.mayUseH265)
    }

    fun broadcast(
        config: BroadcastConfig,
        credentials: Credentials?,
        choice: CodecChoice,
        networks: PhoneNetworks?,
        keepsCamera: () -> Boolean,
        onClosed: () -> Unit,
    ): StudioBroadcast {
        val microphones = AudioRecordMicrophones(context, options.microphone)
        val equipment = Equipment(
            MediaCodecVideo.factory(choice.codec, choice.name),
            stage,
            pictures,
            director,
            sound(microphones),
            SystemClocks,
            executor,
            HandlerAlarm(bell),
            Build.MODEL,
            options.quirks,
        )
        val production = Production(
            equipment,
            config.asked(),
            config.keyframeIntervalMs.toInt(),
            options.interruptions,
            options.orientation,
            choice.codec,
            keepsCamera,
        )
        val broadcast = try {
            Broadcast(config, production, program(choice.codec), credentials)
        } catch (failure: Exception) {
            production.close()
            throw failure
        }
        return StudioBroadcast(context, options, production, broadcast, microphones, networks, onClosed)
    }

    private fun sound(microphones: AudioRecordMicrophones): SoundEncoder? =
        if (!options.hasSound) null
        else SoundEncoder(microphones, MediaCodecSoundFactory, SystemClocks, options.sampleRateHz, options.channels)

    private fun program(codec: VideoCodec): Program {
        val pictures = Program(videoCodec = codec)
        if (!options.hasSound) return pictures
        return pictures.copy(audioSampleRateHz = options.sampleRateHz.toUInt(), audioChannels = options.channels.toUByte())
    }
}

private fun BroadcastConfig.asked() =
    EncoderTarget(videoBitsPerSecond, framesPerSecond, widthPixels, heightPixels, audioBitsPerSecond)

private fun BroadcastConfig.format(size: PictureSize) = CodecFormat(
    size.widthPixels,
    size.heightPixels,
    framesPerSecond.toInt(),
    videoBitsPerSecond.toInt(),
    keyframeIntervalMs.toInt(),
)

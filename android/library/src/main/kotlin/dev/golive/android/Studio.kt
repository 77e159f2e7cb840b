package dev.golive.android

import android.content.Context
import android.os.Handler
import android.os.HandlerThread
import android.os.Looper
import dev.golive.BroadcastConfig
import dev.golive.BroadcastState
import dev.golive.Credentials
import dev.golive.ErrorKind
import dev.golive.GoliveException
import dev.golive.ShownPicture
import dev.golive.camera.CameraDirector
import dev.golive.camera.CameraState
import dev.golive.camera.Facing
import dev.golive.camera.PictureSize
import dev.golive.studio.Pictures
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelChildren
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.withContext

/**
 * The phone on air: its camera, its microphone and its hardware encoders, with a preview, and with what the
 * phone interrupts taken care of.
 *
 * ```
 * val studio = Studio(this)
 * studio.preview(findViewById(R.id.preview))
 * studio.onAir(BroadcastConfig(destination(url))) { broadcast ->
 *     broadcast.events.collect { status.text = it.sentence }
 * }
 * ```
 *
 * One serves one screen for as long as that is there: broadcasts may follow one another. Its methods are called
 * on the main thread.
 */
public class Studio(context: Context, private val options: StudioOptions = StudioOptions()) : AutoCloseable {
    private val application = context.applicationContext
    private val main = Handler(Looper.getMainLooper())
    private val control = HandlerThread("golive-camera").apply { start() }
    // What is due comes on time, even while a camera takes its time to open.
    private val bell = HandlerThread("golive-clock").apply { start() }
    private val controlHandler = Handler(control.looper)
    private val bellHandler = Handler(bell.looper)
    private val stage = GlStage(options.slate, options.orientation.isPreviewMirrored)
    private val orientation = DeviceOrientation(application) { turn ->
        pictures.turnTo(turn)
        shapePreview()
    }
    private val pictures: Pictures = Pictures(
        stage,
        SystemClocks,
        HandlerAlarm(bellHandler),
        options.orientation,
        orientation.isNaturallyUpright,
    )
    private val cameras = Camera2Devices(application, stage, controlHandler)
    private val director = CameraDirector(
        cameras,
        { controlHandler.post(it) },
        HandlerAlarm(controlHandler),
        SystemClocks,
        pictures,
    )
    private val freed = cameras.onCameraFree(director::onCameraFree)
    private var view: PreviewView? = null
    private var broadcast: StudioBroadcast? = null
    private var isTaken = false
    private var isClosed = false
    @Volatile private var isSeen = false

    init {
        director.use(options.facing)
        orientation.follow()
    }

    /** What viewers see just now, or would see: the camera, its last picture, the slate, or nothing. */
    public val shown: StateFlow<ShownPicture> = pictures.shown

    /** Which lens there is, whether it is open or lost, its torch and its zoom. */
    public val camera: StateFlow<CameraState> = director.state

    /** Whether the torch is lit. Where the lens has none, it stays dark. */
    public var torch: Boolean
        get() = camera.value.isTorchOn
        set(value) = director.setTorch(value)

    /** How much the lens magnifies; what is beyond its [dev.golive.camera.Lens.zoom] becomes its limit. */
    public var zoom: Float
        get() = camera.value.zoom
        set(value) = director.setZoom(value)

    /** Whether silence is sent in place of the microphone; in this broadcast and those that follow. */
    public var isMuted: Boolean = false
        set(value) {
            field = value
            broadcast?.mute(value)
        }

    /** From the front to the back camera, or back; the last picture is held meanwhile. */
    public fun switchCamera(): Unit = director.switchFacing()

    /** Uses a camera that looks this way. */
    public fun useCamera(facing: Facing): Unit = director.use(facing)

    /** Uses the camera of this name, as Camera2 has it. */
    public fun useCamera(id: String): Unit = director.use(id)

    /**
     * Shows there what viewers see, and what they would see before there is a broadcast; nowhere, if nothing is
     * said. The camera is open while the view is visible or a broadcast lasts. A studio that outlives an activity
     * would keep that through its view: nothing is said then in its `onDestroy`.
     *
     * @throws GoliveException of kind `PERMISSION_DENIED`, if the camera is not allowed.
     */
    public fun preview(view: PreviewView?) {
        if (view != null) Permissions.require(application, camera = true, microphone = false)
        this.view?.detach()
        this.view = view
        see(false)
        view?.attach(stage, ::see)
        shapePreview()
    }

    /**
     * Goes on air, runs [block] there, and stops when it ends, fails or is cancelled: what was produced until
     * then is carried, and encoders and microphone are released, before this returns. The camera stays, if a
     * preview shows it. [block] runs in a scope of its own: what it launches ends with it.
     *
     * @param config where to, and what. The size says how many pixels there are, whichever way the phone is held.
     * @param credentials where the keys come from, if they are not in the destination.
     * @throws GoliveException why it cannot go on air; of kind `PERMISSION_DENIED` if the person has to be asked.
     */
    public suspend fun <T> onAir(
        config: BroadcastConfig,
        credentials: Credentials? = null,
        block: suspend CoroutineScope.(StudioBroadcast) -> T,
    ): T = prepare(config, credentials).use { prepared ->
        try {
            prepared.start()
            coroutineScope {
                val result = block(prepared)
                coroutineContext.cancelChildren()
                result
            }
        } finally {
            prepared.end()
        }
    }

    /**
     * A broadcast that is started, stopped and closed by whoever keeps it, as a view model does. [onAir] does all
     * of that. There is one at a time; one that is over, or failed to start, is closed when the next one comes.
     *
     * @throws GoliveException if another one lasts, [config] makes no sense, of kind `UNREACHABLE` if networks
     *   were asked for and there is none, or `ENDED` if the studio is closed meanwhile.
     */
    public suspend fun prepare(config: BroadcastConfig, credentials: Credentials? = null): StudioBroadcast {
        broadcast?.let { if (it.health.value.state == BroadcastState.ENDED) it.close() }
        if (isTaken) {
            throw GoliveException(ErrorKind.CONFIGURATION, "this studio has a broadcast already: stop that first", null)
        }
        isTaken = true
        followOrRest()
        try {
            val equipment =
                StudioEquipment(application, options, stage, pictures, director, { controlHandler.post(it) }, bellHandler)
            // It may try codecs.
            val choice = withContext(Dispatchers.Default) { equipment.choose(config) }
            val networks = options.networks?.let { PhoneNetworks(application, it) }
            val made = try {
                val config = if (networks == null) config else config.copy(networks = networks.begin())
                if (isClosed) throw GoliveException(ErrorKind.ENDED, "the studio was closed", null)
                equipment.broadcast(config, credentials, choice, networks, keepsCamera = { isSeen }, ::forget)
            } catch (failure: Throwable) {
                networks?.close()
                throw failure
            }
            made.mute(isMuted)
            broadcast = made
            shapePreview()
            return made
        } catch (failure: Throwable) {
            isTaken = false
            followOrRest()
            throw failure
        }
    }

    /** Ends all of it, a broadcast that lasts included, and releases every device. */
    override fun close() {
        if (isClosed) return
        isClosed = true
        broadcast?.close()
        preview(null)
        orientation.rest()
        freed.close()
        // A camera that is opening has to find somebody who closes it.
        director.close {
            stage.close()
            control.quitSafely()
        }
        bell.quitSafely()
    }

    private fun forget() {
        broadcast = null
        isTaken = false
        followOrRest()
        shapePreview()
    }

    /** The sense of gravity costs power: it rests while nobody looks and nothing is on air. */
    private fun followOrRest() = if (isSeen || isTaken) orientation.follow() else orientation.rest()

    private fun see(isSeen: Boolean) {
        this.isSeen = isSeen
        followOrRest()
        when {
            // A broadcast knows by itself what it wants of the camera. Where the person is, the system gives it back.
            broadcast?.isOnAir == true -> if (isSeen) director.lookAgain()
            isSeen -> director.open(PREVIEW, PREVIEW_RATE)
            else -> director.close()
        }
    }

    private fun shapePreview() {
        main.post {
            val size = broadcast?.size ?: pictures.shaped(PREVIEW)
            view?.take(size, pictures.turn)
        }
    }

    private companion object {
        /** Enough to see oneself; a broadcast that wants more has the camera opened anew. */
        val PREVIEW = PictureSize(1280, 720)
        const val PREVIEW_RATE = 30
    }
}

package dev.golive.studio

import dev.golive.ShownPicture
import dev.golive.camera.CameraSetup
import dev.golive.camera.CameraView
import dev.golive.camera.CameraWatcher
import dev.golive.camera.Facing
import dev.golive.camera.Incoming
import dev.golive.camera.Lens
import dev.golive.camera.OrientationRules
import dev.golive.camera.PictureSize
import dev.golive.camera.PictureStage
import dev.golive.camera.Turn
import dev.golive.camera.shapedFor
import dev.golive.codec.Alarm
import dev.golive.codec.Clocks
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow

/** Who takes the pictures of a broadcast, and hears of the camera meanwhile. */
internal interface PictureOutput {
    /** Whether the picture of this time, on the monotonic clock, is to be drawn for the codec. */
    fun takes(timeUs: Long): Boolean

    /** The camera delivers, while it is not shown. */
    fun onHiddenPicture()

    fun onCameraLost(reason: String)

    fun onCameraBack()

    fun onTurned()
}

/**
 * Sees to it that pictures go on: those of the camera as they come, and the last one or the slate again and
 * again at the same rate while there are none to show, on one timeline. Without a broadcast it draws the
 * camera for the preview.
 *
 * Its methods may be called from any thread and wait for nobody who draws.
 *
 * @param alarm rings on a thread that does not draw: it goes on when a codec keeps the drawing waiting.
 * @param isNaturallyUpright whether the device's natural way is the upright one, as a phone's is.
 */
public class Pictures(
    private val stage: PictureStage,
    private val clocks: Clocks,
    private val alarm: Alarm,
    private val orientation: OrientationRules = OrientationRules(),
    private val isNaturallyUpright: Boolean = true,
    private val incoming: (Lens, PictureSize) -> Incoming = Incoming.Companion::throughSurfaceTexture,
) : CameraWatcher {
    // Held while a picture is given its time and handed on, and before [state].
    private val drawing = Any()
    private val state = Any()
    private val times = PictureTimes(clocks)
    private val published = MutableStateFlow(ShownPicture.SLATE)
    private var output: PictureOutput? = null
    private var intervalUs = 33_333L
    private var wanted = ShownPicture.CAMERA
    private var isDelivering = false
    private var hasPicture = false
    private var camera: Pair<Lens, PictureSize>? = null
    private var deviceTurn = Turn.NONE
    private var armedForUs: Long? = null

    /** What viewers and the preview see. */
    public val shown: StateFlow<ShownPicture> = published.asStateFlow()

    /** How the device counts as being held. */
    public val turn: Turn get() = synchronized(state) { orientation.lockedTo ?: deviceTurn }

    /** The device is held so from now on. */
    public fun turnTo(turn: Turn) {
        val told = synchronized(state) {
            if (turn == deviceTurn) return
            deviceTurn = turn
            if (orientation.lockedTo != null) return
            view()
            output
        }
        told?.onTurned()
    }

    /** This size, in the shape for a device that is held so. */
    public fun shaped(size: PictureSize, turn: Turn = this.turn): PictureSize =
        size.shapedFor(turn, isNaturallyUpright)

    /** A broadcast takes pictures from now on. */
    internal fun begin(output: PictureOutput, framesPerSecond: Int): Unit =
        synchronized(state) {
            this.output = output
            wanted = ShownPicture.CAMERA
            setRate(framesPerSecond)
            refresh()
        }

    /** It takes no more. Answers with false, and does nothing, if another broadcast took over before. */
    internal fun end(output: PictureOutput): Boolean =
        synchronized(state) {
            if (this.output.let { it != null && it !== output }) return false
            this.output = null
            wanted = ShownPicture.CAMERA
            disarm()
            refresh()
            true
        }

    /** So many a second are wanted. */
    internal fun setRate(framesPerSecond: Int): Unit =
        synchronized(state) { intervalUs = 1_000_000L / framesPerSecond.coerceAtLeast(1) }

    /** Shows this from now on. */
    internal fun show(picture: ShownPicture): Unit =
        synchronized(state) {
            wanted = picture
            refresh()
        }

    override fun onPausing(): Unit = pause()

    override fun onLost(reason: String) {
        pause()
        synchronized(state) { output }?.onCameraLost(reason)
    }

    override fun onBack() {
        synchronized(state) { output }?.onCameraBack()
    }

    override fun onPicture(lens: Lens, setup: CameraSetup, timeUs: Long) {
        val hiddenFrom = synchronized(drawing) {
            val at = synchronized(state) {
                isDelivering = true
                hasPicture = true
                if (camera != lens to setup.size) {
                    camera = lens to setup.size
                    view()
                }
                refresh()
                times.ofCamera(timeUs, lens.clock, isShown = wanted == ShownPicture.CAMERA)
            }
            hand(at, isCamera = true)
        }
        hiddenFrom?.onHiddenPicture()
    }

    /** Hands a picture on; answers with who takes them, if the camera is not what they take. */
    private fun hand(atUs: Long?, isCamera: Boolean): PictureOutput? {
        val (output, isShown) = synchronized(state) { output to (wanted == ShownPicture.CAMERA) }
        if (isCamera && !isShown) return output
        val isTaken = output != null && atUs != null && output.takes(atUs)
        if (isTaken) stage.draw(atUs) else if (isCamera) stage.draw(null)
        return null
    }

    private fun pause(): Unit =
        synchronized(state) {
            isDelivering = false
            refresh()
        }

    /** Nothing came from the camera when something should have. */
    private fun ring() {
        synchronized(drawing) {
            val at = synchronized(state) {
                armedForUs = null
                if (output == null || wanted == ShownPicture.NOTHING) return
                if (clocks.monotonicUs() < dueUs()) return arm()
                if (isShowingCamera()) {
                    isDelivering = false
                    refresh()
                }
                times.ofStill(intervalUs).also { arm() }
            }
            hand(at, isCamera = false)
        }
    }

    private fun isShowingCamera() = wanted == ShownPicture.CAMERA && isDelivering

    /** Tells the stage what is seen now. */
    private fun refresh() {
        val seen = when {
            isShowingCamera() -> ShownPicture.CAMERA
            wanted == ShownPicture.NOTHING || wanted == ShownPicture.SLATE -> wanted
            hasPicture -> ShownPicture.LAST_FRAME
            else -> ShownPicture.SLATE
        }
        if (seen != published.value) {
            stage.show(seen)
            published.value = seen
        }
        arm()
    }

    private fun view() {
        val (lens, size) = camera ?: return
        val turn = orientation.lockedTo ?: deviceTurn
        val isMirrored = orientation.isBroadcastMirrored && lens.facing == Facing.FRONT
        stage.setView(CameraView(incoming(lens, size), turn, orientation.scaling, isMirrored))
    }

    /** When the next still is due: at once where there is no camera, later where one only is slow. */
    private fun dueUs(): Long = times.expectedUs + if (isShowingCamera()) STALL_US else intervalUs

    private fun arm() {
        if (output == null || wanted == ShownPicture.NOTHING) return disarm()
        val dueUs = dueUs()
        // One that rings too early looks again.
        if (armedForUs.let { it != null && it <= dueUs }) return
        armedForUs = dueUs
        val waitUs = dueUs - clocks.monotonicUs()
        alarm.set(clocks.bootUs() + maxOf(0, waitUs), ::ring)
    }

    private fun disarm() {
        armedForUs = null
        alarm.cancel()
    }

    private companion object {
        /** A camera in the dark takes ten pictures a second, and one that focuses pauses. */
        const val STALL_US = 500_000L
    }
}

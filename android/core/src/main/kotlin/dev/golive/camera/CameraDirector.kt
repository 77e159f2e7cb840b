package dev.golive.camera

import dev.golive.codec.Alarm
import dev.golive.codec.Clocks
import java.util.concurrent.Executor
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow

/** What a person can see and do of the camera. */
public data class CameraState(
    /** The lens that is used, or will be. */
    val lens: Lens? = null,
    /** Whether it is open. */
    val isOpen: Boolean = false,
    /** Whether it was taken, failed or is not there. */
    val isLost: Boolean = false,
    /** Whether the torch is lit. */
    val isTorchOn: Boolean = false,
    /** How much it magnifies. */
    val zoom: Float = 1f,
)

/** Hears what becomes of the camera, from the director's thread unless said otherwise. */
public interface CameraWatcher {
    /** Its pictures stop for a moment: another lens takes over, or it is given up. */
    public fun onPausing()

    /**
     * A picture of [lens], in the size of [setup], is the newest of the stage. Comes from whichever thread
     * delivers pictures, and never after [onPausing] or [onLost] for that lens.
     */
    public fun onPicture(lens: Lens, setup: CameraSetup, timeUs: Long)

    /** It is gone, and looked for again. */
    public fun onLost(reason: String)

    /** It delivers again. */
    public fun onBack()
}

/**
 * Holds the camera: opens it, changes between front and back, gives it up and takes it back, looks again
 * for one that was taken, and keeps torch and zoom within what each lens can.
 *
 * Its methods may be called from any thread and return at once; all of it happens on [executor]. No camera
 * stays open that nobody wants, in whatever order opening and closing end.
 *
 * @param executor runs one thing after the other, and never within the caller's locks.
 */
public class CameraDirector(
    private val devices: CameraDevices,
    private val executor: Executor,
    private val alarm: Alarm,
    private val clocks: Clocks,
    private val watcher: CameraWatcher,
) {
    private val published = MutableStateFlow(CameraState())
    private val settings = HashMap<String, Settings>()
    private var size = PictureSize(1280, 720)
    private var framesPerSecond = 30
    private var isWanted = false
    private var lens: Lens? = null
    private var facing = Facing.BACK
    private var isLost = false
    private var failures = 0
    private var lostAtUs = 0L
    private var onReleased: (() -> Unit)? = null
    private val opening = mutableSetOf<Attempt>()

    // Changed by the director's thread alone; held while a picture is told, so that none comes too late.
    private val gate = Any()
    private var current: Attempt? = null

    /** What was chosen for a lens. */
    private class Settings(var isTorchOn: Boolean = false, var zoom: Float = 1f)

    /** How the camera is doing. */
    public val state: StateFlow<CameraState> = published.asStateFlow()

    /**
     * Opens a camera that delivers at least this, once there is one. One that is open stays as it is, if it
     * delivers that much, and is opened anew otherwise.
     */
    public fun open(size: PictureSize, framesPerSecond: Int): Unit = run {
        this.size = size
        this.framesPerSecond = framesPerSecond
        val attempt = current
        if (!isWanted) {
            isWanted = true
            failures = 0
            tryToOpen()
        } else if (attempt != null && attempt.lens.setup(size, framesPerSecond).isBeyond(attempt.setup)) {
            pause()
            tryToOpen()
        }
        // One that is looked for is looked for at its own pace.
    }

    /** Gives the camera up, so that others have it, and looks for none. */
    public fun close(): Unit = run(::end)

    /**
     * Gives the camera up for good. [onReleased] is called on [executor] when none is open, and none is about
     * to be: what opens late needs somebody to close it.
     */
    public fun close(onReleased: () -> Unit): Unit = run {
        end()
        this.onReleased = onReleased
        tellReleased()
    }

    /** Gives up a camera that is there. One that is lost is still looked for, as only that says when it is back. */
    public fun rest(): Unit = run { if (!isLost) end() }

    /** Uses the lens that looks this way, if there is one. */
    public fun use(facing: Facing): Unit = run {
        this.facing = facing
        take(find { it.facing == facing })
    }

    /** Uses the lens of this name, if it is there. */
    public fun use(id: String): Unit = run { take(find { it.id == id }) }

    /** From front to back, or from back to front. */
    public fun switchFacing(): Unit = run {
        val other = if ((lens?.facing ?: facing) == Facing.FRONT) Facing.BACK else Facing.FRONT
        facing = other
        take(find { it.facing == other })
    }

    /** Lights the torch or no longer, where the lens has one. It is kept for the lens. */
    public fun setTorch(isOn: Boolean): Unit = run {
        val lens = lens ?: return@run
        settingsOf(lens).isTorchOn = isOn && lens.hasTorch
        current?.camera?.let(::apply)
        publish()
    }

    /** Magnifies so much, as far as the lens can. It is kept for the lens. */
    public fun setZoom(ratio: Float): Unit = run {
        val lens = lens ?: return@run
        if (ratio.isNaN()) return@run
        settingsOf(lens).zoom = ratio.coerceIn(lens.zoom)
        current?.camera?.let(::apply)
        publish()
    }

    /** The person is back: one that is looked for is tried at once, but for one that was there a moment ago. */
    public fun lookAgain(): Unit = run { if (isWanted && current == null) tryAt(lostAtUs + FIRST_PAUSE_US) }

    /**
     * The system says that a camera is free: one that is looked for is tried at once. It says so of one that
     * failed and was closed, too, so what it says right after a loss changes nothing.
     */
    public fun onCameraFree(): Unit = run {
        val nowUs = clocks.bootUs()
        if (isWanted && current == null && nowUs - lostAtUs > FIRST_PAUSE_US) tryAt(nowUs)
    }

    private fun run(action: () -> Unit): Unit = executor.execute(action)

    private fun end() {
        isWanted = false
        isLost = false
        alarm.cancel()
        pause()
    }

    private fun tellReleased() {
        if (opening.isNotEmpty()) return
        val told = onReleased
        onReleased = null
        told?.invoke()
    }

    private fun become(attempt: Attempt?) = synchronized(gate) { current = attempt }

    private fun take(other: Lens?) {
        if (other == null || other.id == lens?.id) return
        lens = other
        failures = 0
        if (isWanted) {
            pause()
            tryToOpen()
        }
        publish()
    }

    /** The camera that is open, or about to be, is closed. */
    private fun pause() {
        val attempt = current
        become(null)
        if (attempt != null) watcher.onPausing()
        attempt?.camera?.let(::closeQuietly)
        publish()
    }

    private fun tryToOpen() {
        val chosen = lens ?: find { it.facing == facing } ?: find { true }
        lens = chosen
        if (chosen == null) return lose("there is no camera")
        val attempt = Attempt(chosen, chosen.setup(size, framesPerSecond))
        become(attempt)
        watch(attempt)
        opening += attempt
        try {
            devices.open(chosen, attempt.setup, attempt)
        } catch (failure: Exception) {
            opening -= attempt
            if (current === attempt) lose(failure.message ?: failure.javaClass.simpleName)
        }
        publish()
    }

    private fun find(which: (Lens) -> Boolean): Lens? =
        try {
            devices.lenses().firstOrNull(which)
        } catch (_: Exception) {
            // The camera service is down: there is none, and it is looked for again.
            null
        }

    /** A camera that opens, and then delivers nothing, is as good as gone. */
    private fun watch(attempt: Attempt) {
        val seen = attempt.pictures
        alarm.set(clocks.bootUs() + SILENCE_US) {
            run {
                when {
                    current !== attempt -> Unit
                    attempt.pictures == seen -> lose("the camera delivers no pictures")
                    else -> {
                        failures = 0
                        watch(attempt)
                    }
                }
            }
        }
    }

    private fun lose(reason: String) {
        val camera = current?.camera
        become(null)
        camera?.let(::closeQuietly)
        failures += 1
        lostAtUs = clocks.bootUs()
        val isNews = !isLost
        isLost = true
        publish()
        if (failures <= MOST_FAILURES) {
            val pause = minOf(FIRST_PAUSE_US shl minOf(failures - 1, 4), LONGEST_PAUSE_US)
            tryAt(lostAtUs + pause)
        } else {
            alarm.cancel()
        }
        if (isNews) watcher.onLost(reason)
    }

    private fun tryAt(atUs: Long) = alarm.set(maxOf(atUs, clocks.bootUs())) {
        run { if (isWanted && current == null) tryToOpen() }
    }

    private fun apply(camera: OpenCamera) {
        val lens = lens ?: return
        val wanted = settingsOf(lens)
        try {
            if (lens.hasTorch) camera.setTorch(wanted.isTorchOn)
            camera.setZoom(wanted.zoom.coerceIn(lens.zoom))
        } catch (_: Exception) {
            // A camera that fails says so by itself.
        }
    }

    private fun closeQuietly(camera: OpenCamera) {
        try {
            camera.close()
        } catch (_: Exception) {
            // What is gone already is closed.
        }
    }

    private fun settingsOf(lens: Lens) = settings.getOrPut(lens.id) { Settings(zoom = 1f.coerceIn(lens.zoom)) }

    private fun publish() {
        val lens = lens
        val chosen = lens?.let(::settingsOf)
        val isOpen = current?.camera != null
        published.value =
            CameraState(lens, isOpen, isLost, isOpen && chosen?.isTorchOn == true, chosen?.zoom ?: 1f)
    }

    /** One attempt to have a lens, from opening to closing. */
    private inner class Attempt(val lens: Lens, val setup: CameraSetup) : CameraListener {
        var camera: OpenCamera? = null
        @Volatile var pictures = 0L

        override fun onOpened(camera: OpenCamera) = run {
            opening -= this
            if (current !== this) {
                closeQuietly(camera)
                return@run tellReleased()
            }
            this.camera = camera
            apply(camera)
            publish()
        }

        override fun onPicture(timeUs: Long) = synchronized(gate) {
            if (current !== this) return
            if (pictures++ == 0L) run(::arrive)
            watcher.onPicture(lens, setup, timeUs)
        }

        /** One that opens is back when it delivers: another app's end is not always the camera's beginning. */
        private fun arrive() {
            if (current !== this || !isLost) return
            isLost = false
            publish()
            watcher.onBack()
        }

        override fun onDisconnected() = end("another app took the camera")

        override fun onFailed(reason: String) = end(reason)

        private fun end(reason: String) = run {
            opening -= this
            if (current === this) lose(reason)
            tellReleased()
        }
    }

    private companion object {
        /** Slow phones take two seconds to open a camera. */
        const val SILENCE_US = 5_000_000L
        const val FIRST_PAUSE_US = 500_000L
        const val LONGEST_PAUSE_US = 8_000_000L

        /** About ten minutes; after that it is looked for when somebody lets go of one, or asks. */
        const val MOST_FAILURES = 80
    }
}

package dev.golive.camera

import dev.golive.codec.Alarm
import dev.golive.codec.FakeClocks

internal val BACK = Lens(
    "0",
    Facing.BACK,
    Turn.QUARTER,
    listOf(PictureSize(1920, 1080), PictureSize(1280, 720)),
    listOf(15..30, 30..30),
    hasTorch = true,
    zoom = 0.5f..8f,
)

internal val FRONT = BACK.copy(id = "1", facing = Facing.FRONT, sensorTurn = Turn.THREE_QUARTERS, hasTorch = false, zoom = 1f..2f)

/** Alarms in virtual time. */
internal class FakeAlarms(private val clocks: FakeClocks) {
    private val alarms = mutableListOf<FakeAlarm>()

    fun make(): Alarm = FakeAlarm().also { alarms += it }

    /** Passes time until then; rings in order. */
    fun passUntil(endUs: Long) {
        while (true) {
            val next = alarms.filter { it.action != null }.minByOrNull { it.dueUs } ?: break
            if (next.dueUs > endUs) break
            val action = next.action
            next.action = null
            clocks.nowUs = maxOf(clocks.nowUs, next.dueUs)
            action?.invoke()
        }
        clocks.nowUs = maxOf(clocks.nowUs, endUs)
    }

    private class FakeAlarm : Alarm {
        var dueUs = 0L
        var action: (() -> Unit)? = null

        override fun set(atUs: Long, action: () -> Unit) {
            dueUs = atUs - FakeClocks.SLEPT_US
            this.action = action
        }

        override fun cancel() {
            action = null
        }
    }
}

/** Cameras of which one can be open at a time, as on many phones. */
internal class FakeCameras : CameraDevices {
    val told = mutableListOf<String>()
    var isTaken = false
    var isSlow = false
    var delivers = true

    /** Opens, and fails at once. */
    var isBroken = false
    private val opening = mutableListOf<FakeCamera>()
    private var open: FakeCamera? = null

    val openId: String? get() = open?.lens?.id

    override fun lenses(): List<Lens> = listOf(BACK, FRONT)

    override fun open(lens: Lens, setup: CameraSetup, listener: CameraListener) {
        told += "open ${lens.id} ${setup.size}"
        val camera = FakeCamera(lens, listener)
        if (isSlow) opening += camera else finish(camera)
    }

    /** What was slow to open is open now. */
    fun finishOpening() {
        val all = opening.toList()
        opening.clear()
        all.forEach(::finish)
    }

    /** Another app takes it. */
    fun take() {
        isTaken = true
        open?.listener?.onDisconnected()
    }

    /** The camera that is open takes a picture. */
    fun deliver(timeUs: Long) {
        if (delivers) open?.listener?.onPicture(timeUs)
    }

    private fun finish(camera: FakeCamera) {
        if (isTaken) return camera.listener.onFailed("in use")
        check(open == null) { "two cameras at once" }
        open = camera
        camera.listener.onOpened(camera)
        if (isBroken) camera.listener.onFailed("broken")
    }

    private inner class FakeCamera(val lens: Lens, val listener: CameraListener) : OpenCamera {
        override fun setTorch(isOn: Boolean) {
            check(lens.hasTorch)
            told += "torch ${lens.id} $isOn"
        }

        override fun setZoom(ratio: Float) {
            check(ratio in lens.zoom)
            told += "zoom ${lens.id} $ratio"
        }

        override fun close() {
            told += "close ${lens.id}"
            check(open === this) { "closed twice" }
            open = null
        }
    }
}

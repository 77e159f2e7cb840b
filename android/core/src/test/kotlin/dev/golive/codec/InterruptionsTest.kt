package dev.golive.codec

import dev.golive.HeardSound
import dev.golive.InterruptionCause
import dev.golive.InterruptionInput
import dev.golive.InterruptionResponse
import dev.golive.InterruptionPolicy
import dev.golive.InterruptionRules
import dev.golive.InterruptionStep
import dev.golive.Limit
import dev.golive.ShownPicture
import dev.golive.Heat
import dev.golive.androidInterruptions
import dev.golive.iosInterruptions
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

class InterruptionsTest {
    @Test
    fun `a call at minute three closes the microphone at once, and the camera comes back when it is over`() {
        val phone = Phone(androidInterruptions())
        phone.waitUntil(minutes = 3)
        phone.interruptions.began(InterruptionCause.CALL)
        assertEquals(ShownPicture.LAST_FRAME to HeardSound.RELEASED, phone.shown to phone.heard)
        phone.wait(seconds = 3)
        assertEquals(ShownPicture.SLATE, phone.shown)
        phone.wait(seconds = 37)
        phone.interruptions.ended(InterruptionCause.CALL)
        phone.wait(seconds = 2)
        assertEquals(ShownPicture.CAMERA to HeardSound.MICROPHONE, phone.shown to phone.heard)
        assertTrue(phone.keyframes > 0, "the camera comes back with a key frame")
        assertContains(phone.sentences.joinToString(), "call")
    }

    @Test
    fun `a call that nobody ends stops the broadcast, if that is what was declared`() {
        val rules = androidInterruptions()
        val stop = InterruptionStep(60_000u, InterruptionResponse.Stop)
        val slate = InterruptionResponse.Show(ShownPicture.SLATE, HeardSound.RELEASED)
        val phone = Phone(rules.copy(call = InterruptionPolicy(slate, listOf(stop))))
        phone.interruptions.began(InterruptionCause.CALL)
        phone.wait(seconds = 59)
        assertEquals(null, phone.stopped)
        phone.wait(seconds = 2)
        assertEquals(InterruptionCause.CALL, phone.stopped)
    }

    @Test
    fun `in the background of iOS the encoder is gone, and made anew on return`() {
        val phone = Phone(iosInterruptions())
        phone.interruptions.began(InterruptionCause.BACKGROUND)
        assertEquals(ShownPicture.NOTHING to HeardSound.MICROPHONE, phone.shown to phone.heard)
        phone.wait(seconds = 30)
        phone.interruptions.ended(InterruptionCause.BACKGROUND)
        phone.wait(seconds = 2)
        phone.interruptions.handle(InterruptionInput.CameraPicture)
        assertEquals(ShownPicture.CAMERA, phone.shown)
        assertEquals(1, phone.restarts)
    }

    @Test
    fun `a microphone of which two tell is back when both say so`() {
        val phone = Phone(androidInterruptions())
        phone.interruptions.began(InterruptionCause.MICROPHONE_LOST)
        phone.interruptions.began(InterruptionCause.MICROPHONE_LOST, "the recorder")
        assertEquals(HeardSound.MUTED, phone.heard)
        phone.interruptions.ended(InterruptionCause.MICROPHONE_LOST)
        phone.wait(seconds = 5)
        assertEquals(HeardSound.MUTED, phone.heard)
        phone.interruptions.ended(InterruptionCause.MICROPHONE_LOST, "the recorder")
        phone.wait(seconds = 2)
        assertEquals(HeardSound.MICROPHONE, phone.heard)
    }

    @Test
    fun `a hot phone does less, and all again when it has cooled`() {
        val phone = Phone(androidInterruptions())
        phone.interruptions.handle(InterruptionInput.Thermal(Heat.SERIOUS))
        assertTrue(phone.limit!!.bitratePercent < 100u)
        phone.interruptions.handle(InterruptionInput.Thermal(Heat.NOMINAL))
        phone.wait(seconds = 30)
        assertTrue(phone.limit != null, "it may be hot again in a moment")
        phone.wait(seconds = 40)
        assertEquals(null, phone.limit)
    }

    @Test
    fun `a camera that another app takes is not shown before it delivers again`() {
        val phone = Phone(androidInterruptions())
        phone.interruptions.began(InterruptionCause.CAMERA_LOST)
        phone.wait(seconds = 5)
        phone.interruptions.ended(InterruptionCause.CAMERA_LOST)
        phone.wait(seconds = 5)
        assertEquals(ShownPicture.SLATE, phone.shown)
        phone.interruptions.handle(InterruptionInput.CameraPicture)
        assertEquals(ShownPicture.CAMERA, phone.shown)
    }

    @Test
    fun `an app that throws, or brings news while it is told some, misses nothing`() {
        val phone = Phone(androidInterruptions())
        phone.whileHearing = {
            phone.whileHearing = { error("no sound today") }
            phone.interruptions.began(InterruptionCause.CAMERA_LOST)
        }
        phone.interruptions.began(InterruptionCause.CALL)
        assertEquals(ShownPicture.LAST_FRAME to HeardSound.RELEASED, phone.shown to phone.heard)
        phone.interruptions.ended(InterruptionCause.CALL)
        assertFailsWith<IllegalStateException> { phone.wait(seconds = 2) }
        assertEquals(HeardSound.MICROPHONE, phone.heard)
        assertContains(phone.sentences.last(), "call is over")
        phone.interruptions.close()
        phone.interruptions.ended(InterruptionCause.CAMERA_LOST)
        phone.wait(seconds = 60)
        assertEquals(HeardSound.MICROPHONE, phone.heard, "closed is closed")
    }
}

/** A phone in virtual time: what its viewers see and hear. */
private class Phone(rules: InterruptionRules) : Stage {
    var shown = ShownPicture.CAMERA
    var heard = HeardSound.MICROPHONE
    var limit: Limit? = null
    var restarts = 0
    var keyframes = 0
    var stopped: InterruptionCause? = null
    val sentences = mutableListOf<String>()
    private val clocks = FakeClocks()
    private var alarm: Pair<Long, () -> Unit>? = null
    private val alarms = object : Alarm {
        override fun set(atUs: Long, action: () -> Unit) {
            alarm = atUs to action
        }

        override fun cancel() {
            alarm = null
        }
    }
    val interruptions = Interruptions(rules, clocks, alarms, this)
    var whileHearing: () -> Unit = {}

    fun waitUntil(minutes: Int) = passUntil(minutes * 60_000_000L)

    fun wait(seconds: Int) = passUntil(clocks.nowUs + seconds * 1_000_000L)

    private fun passUntil(endUs: Long) {
        while (true) {
            val (at, action) = alarm ?: break
            val due = at - FakeClocks.SLEPT_US
            if (due > endUs) break
            alarm = null
            clocks.nowUs = maxOf(clocks.nowUs, due)
            action()
        }
        clocks.nowUs = endUs
    }

    override fun hear(sound: HeardSound) {
        heard = sound
        whileHearing()
    }

    override fun show(picture: ShownPicture) {
        shown = picture
    }

    override fun limit(limit: Limit?) {
        this.limit = limit
    }

    override fun restartEncoder() {
        restarts += 1
    }

    override fun requestKeyframe() {
        keyframes += 1
    }

    override fun tell(sentence: String, cause: InterruptionCause?) {
        sentences += sentence
    }

    override fun stop(cause: InterruptionCause) {
        stopped = cause
    }
}

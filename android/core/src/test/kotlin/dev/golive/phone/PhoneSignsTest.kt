package dev.golive.phone

import dev.golive.Heat
import dev.golive.InterruptionCause
import dev.golive.InterruptionInput
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

class PhoneSignsTest {
    private val signs = PhoneSigns()

    @Test
    fun `a phone that gets hot and cools tells each level once`() {
        val told = listOf(0, 1, 2, 3, 3, 4, 6, 2, 0).map { (signs.thermalStatus(it) as InterruptionInput.Thermal?)?.level }
        val expected = listOf(null, Heat.FAIR, null, Heat.SERIOUS, null, Heat.CRITICAL, null, Heat.FAIR, Heat.NOMINAL)
        assertEquals(expected, told)
    }

    @Test
    fun `saving power begins and ends`() {
        assertEquals(null, signs.powerSave(false))
        assertEquals(began(InterruptionCause.LOW_POWER), signs.powerSave(true))
        assertEquals(null, signs.powerSave(true))
        assertEquals(ended(InterruptionCause.LOW_POWER), signs.powerSave(false))
    }

    @Test
    fun `a phone that is turned is not in the background, and one whose screen goes off is`() {
        signs.begun(isSeen = true)
        signs.activityStopped(1, isMadeAnew = true)
        assertEquals(null, signs.lookInUs)
        assertEquals(null, signs.activityStarted(2))
        assertTrue(signs.isSeen)
        signs.activityStopped(2, isMadeAnew = false)
        assertEquals(began(InterruptionCause.BACKGROUND), signs.looked(isProcessSeen = false))
        assertFalse(signs.isSeen)
        assertEquals(ended(InterruptionCause.BACKGROUND), signs.activityStarted(2))
    }

    @Test
    fun `going from one screen of the app to another is not the background`() {
        signs.begun(isSeen = true)
        assertEquals(null, signs.activityStarted(2))
        signs.activityStopped(1, isMadeAnew = false)
        assertEquals(null, signs.lookInUs)
        signs.activityStopped(2, isMadeAnew = false)
        assertTrue(signs.lookInUs != null)
        assertEquals(began(InterruptionCause.BACKGROUND), signs.looked(isProcessSeen = false))
        assertEquals(null, signs.lookInUs, "nobody looks any more")
    }

    @Test
    fun `what lay over a screen of which nobody was told leaves the app seen, until that one goes`() {
        signs.begun(isSeen = true)
        signs.activityStarted(2)
        signs.activityStopped(2, isMadeAnew = false)
        assertEquals(null, signs.looked(isProcessSeen = true))
        assertTrue(signs.isSeen)
        assertTrue(signs.lookInUs != null, "the system may be late")
        signs.activityStopped(1, isMadeAnew = false)
        assertEquals(began(InterruptionCause.BACKGROUND), signs.looked(isProcessSeen = false))
    }

    @Test
    fun `who is back before the system is asked was never away`() {
        signs.begun(isSeen = true)
        signs.activityStarted(1)
        signs.activityStopped(1, isMadeAnew = false)
        assertEquals(null, signs.activityStarted(1))
        assertEquals(null, signs.lookInUs)
        assertEquals(null, signs.looked(isProcessSeen = false), "what was seen a moment ago says nothing now")
    }

    @Test
    fun `a headset that is pulled out is no lost microphone while the phone has its own`() {
        assertEquals(null, signs.inputDevices(2))
        assertEquals(null, signs.inputDevices(1))
        assertEquals(began(InterruptionCause.MICROPHONE_LOST), signs.inputDevices(0))
        assertEquals(ended(InterruptionCause.MICROPHONE_LOST), signs.inputDevices(1))
    }

    @Test
    fun `a recorder that is silenced is lost until it is heard again`() {
        assertEquals(began(InterruptionCause.MICROPHONE_LOST), signs.silenced(true))
        assertEquals(null, signs.inputDevices(1))
        assertEquals(ended(InterruptionCause.MICROPHONE_LOST), signs.silenced(false))
    }
}

class AudioFocusTest {
    private val focus = AudioFocus()
    private var nowUs = 0L
    private val quiet = SoundAround(isAppSeen = false, isOnThePhone = false, isOtherSoundOn = false)

    @Test
    fun `a call that rings and is declined is over with the system's word`() {
        assertEquals(null, focus.answered(FocusAnswer.GRANTED))
        assertEquals(began(InterruptionCause.CALL), focus.changed(FocusChange.LOSS_FOR_A_MOMENT))
        assertFalse(isAsked(quiet), "it comes back by itself")
        assertEquals(ended(InterruptionCause.CALL), focus.changed(FocusChange.GAIN))
    }

    @Test
    fun `a message that sounds is no call`() {
        focus.answered(FocusAnswer.GRANTED)
        assertEquals(null, focus.changed(FocusChange.LOSS_MAY_DUCK))
        assertEquals(null, focus.changed(FocusChange.GAIN))
    }

    @Test
    fun `after a film in another app the sound is asked for when that is over`() {
        focus.answered(FocusAnswer.GRANTED)
        assertEquals(began(InterruptionCause.CALL), focus.changed(FocusChange.LOSS))
        assertFalse(isAsked(quiet.copy(isOtherSoundOn = true)))
        assertTrue(isAsked(quiet))
        assertEquals(ended(InterruptionCause.CALL), focus.answered(FocusAnswer.GRANTED))
        assertEquals(null, focus.lookAgainInUs)
    }

    @Test
    fun `whoever comes back to the app has the sound at once, but not in the middle of a call`() {
        focus.answered(FocusAnswer.GRANTED)
        focus.changed(FocusChange.LOSS)
        val back = SoundAround(isAppSeen = true, isOnThePhone = true, isOtherSoundOn = true)
        assertFalse(isAsked(back))
        assertTrue(isAsked(back.copy(isOnThePhone = false)))
    }

    @Test
    fun `a broadcast that begins during a call waits for its end`() {
        assertEquals(began(InterruptionCause.CALL), focus.answered(FocusAnswer.REFUSED))
        assertTrue(isAsked(quiet))
        assertEquals(null, focus.answered(FocusAnswer.DELAYED))
        assertEquals(null, focus.lookAgainInUs)
        assertEquals(ended(InterruptionCause.CALL), focus.changed(FocusChange.GAIN))
    }

    @Test
    fun `who is refused does not ask without a pause`() {
        focus.answered(FocusAnswer.REFUSED)
        assertTrue(isAsked(quiet))
        focus.answered(FocusAnswer.REFUSED)
        assertFalse(isAsked(quiet))
        nowUs += focus.lookAgainInUs ?: error("nobody looks again")
        assertTrue(isAsked(quiet))
    }

    private fun isAsked(around: SoundAround) = focus.isToBeAskedFor(nowUs, around)
}

private fun began(cause: InterruptionCause) = InterruptionInput.Began(cause)

private fun ended(cause: InterruptionCause) = InterruptionInput.Ended(cause)

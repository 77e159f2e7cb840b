package dev.golive.phone

import dev.golive.Heat
import dev.golive.InterruptionCause
import dev.golive.InterruptionInput
import dev.golive.thermalLevelFromAndroid

/**
 * Makes what Android says of a phone into what the rules of interruptions are told. It answers with news
 * only, and nothing where nothing changed. Used by one thread.
 *
 * Audio focus is [AudioFocus]'s.
 */
public class PhoneSigns {
    private val holding = mutableSetOf<InterruptionCause>()
    private val startedActivities = mutableSetOf<Int>()
    private var heat = Heat.NOMINAL
    private var isSilenced = false
    private var inputs: Int? = null
    private var isInDoubt = false

    /** Whether an activity of the app is visible, as far as that was told. */
    public var isSeen: Boolean = true
        private set

    /** `PowerManager.getCurrentThermalStatus`. */
    public fun thermalStatus(status: Int): InterruptionInput? {
        val level = thermalLevelFromAndroid(status)
        if (level == heat) return null
        heat = level
        return InterruptionInput.Thermal(level)
    }

    /** `PowerManager.isPowerSaveMode`. */
    public fun powerSave(isOn: Boolean): InterruptionInput? = hold(InterruptionCause.LOW_POWER, isOn)

    /**
     * Whether the system gives this app's recorder silence (`AudioRecordingConfiguration.isClientSilenced`).
     * A recorder that is closed is not silenced.
     */
    public fun silenced(isSilenced: Boolean): InterruptionInput? {
        this.isSilenced = isSilenced
        return microphone()
    }

    /**
     * So many devices for sound to come in are there (`AudioManager.GET_DEVICES_INPUTS`). Where one goes, as
     * a headset does, the system takes another; only without any is the microphone lost.
     */
    public fun inputDevices(count: Int): InterruptionInput? {
        inputs = count
        return microphone()
    }

    /** Whether the app was in the background when this began to be told. */
    public fun begun(isSeen: Boolean): InterruptionInput? {
        this.isSeen = isSeen
        isInDoubt = false
        return hold(InterruptionCause.BACKGROUND, !isSeen)
    }

    /** An activity became visible. [id] tells it from others, as its identity hash does. */
    public fun activityStarted(id: Int): InterruptionInput? {
        startedActivities += id
        return begun(isSeen = true)
    }

    /**
     * An activity is not visible any more. One that is made anew (`isChangingConfigurations`), as when the
     * phone is turned, is back in a moment. One that was never told to have started is one that had started
     * before, and there may be others of which nobody was told: without a known one it is in doubt whether
     * the app is seen, and [looked] decides.
     */
    public fun activityStopped(id: Int, isMadeAnew: Boolean) {
        startedActivities -= id
        if (!isMadeAnew && startedActivities.isEmpty() && isSeen) isInDoubt = true
    }

    /** When to look whether the process is in use by something that is seen; nothing where that is not needed. */
    public val lookInUs: Long? get() = if (isInDoubt) LOOK_US else null

    /** Whether the process is in use by something that is seen, a moment after an activity stopped. */
    public fun looked(isProcessSeen: Boolean): InterruptionInput? =
        if (isInDoubt && !isProcessSeen) begun(isSeen = false) else null

    private fun microphone(): InterruptionInput? =
        hold(InterruptionCause.MICROPHONE_LOST, isSilenced || inputs == 0)

    private fun hold(cause: InterruptionCause, holds: Boolean): InterruptionInput? =
        when {
            holds && holding.add(cause) -> InterruptionInput.Began(cause)
            !holds && holding.remove(cause) -> InterruptionInput.Ended(cause)
            else -> null
        }

    private companion object {
        /** The system counts a process as unseen shortly after its last activity is. */
        const val LOOK_US = 500_000L
    }
}

package dev.golive.phone

import dev.golive.InterruptionCause
import dev.golive.InterruptionInput

/**
 * Keeps audio focus for a broadcast, and makes of its loss what the rules of interruptions are told: a
 * call, whoever took the sound.
 *
 * What was lost for a moment comes back by itself. What was lost for good has to be asked for again, and
 * asking takes the sound from whoever has it. So that is done as soon as the person sees the app again, and
 * otherwise only while nobody plays anything and nobody is on the phone. Used by one thread.
 */
public class AudioFocus {
    private var state = State.NONE
    private var askedAtUs = Long.MIN_VALUE

    /** What the system answered when focus was asked for. */
    public fun answered(answer: FocusAnswer): InterruptionInput? =
        when (answer) {
            FocusAnswer.GRANTED -> become(State.HELD)
            FocusAnswer.DELAYED -> become(State.AWAY)
            FocusAnswer.REFUSED -> become(State.LOST)
        }

    /** The system gave focus or took it. */
    public fun changed(change: FocusChange): InterruptionInput? =
        when (change) {
            FocusChange.GAIN -> become(State.HELD)
            FocusChange.LOSS_FOR_A_MOMENT -> become(State.AWAY)
            FocusChange.LOSS -> become(State.LOST)
            // A message that sounds over it takes nothing from a broadcast.
            FocusChange.LOSS_MAY_DUCK -> null
        }

    /** When to look whether it may be asked for again; nothing where that is not needed. */
    public val lookAgainInUs: Long?
        get() = if (state == State.LOST) LOOK_US else null

    /** Whether focus is to be asked for now. Answered with yes at most once a second. */
    public fun isToBeAskedFor(nowUs: Long, around: SoundAround): Boolean {
        if (state != State.LOST || around.isOnThePhone) return false
        if (!around.isAppSeen && around.isOtherSoundOn) return false
        if (askedAtUs != Long.MIN_VALUE && nowUs - askedAtUs < AGAIN_US) return false
        askedAtUs = nowUs
        return true
    }

    private fun become(next: State): InterruptionInput? {
        val (was, isNow) = state.isCall to next.isCall
        state = next
        return when {
            isNow && !was -> InterruptionInput.Began(InterruptionCause.CALL)
            was && !isNow -> InterruptionInput.Ended(InterruptionCause.CALL)
            else -> null
        }
    }

    private enum class State(val isCall: Boolean) { NONE(false), HELD(false), AWAY(true), LOST(true) }

    private companion object {
        const val LOOK_US = 2_000_000L
        const val AGAIN_US = 1_000_000L
    }
}

/** `AudioManager.requestAudioFocus`'s answers. */
public enum class FocusAnswer {
    /** `AUDIOFOCUS_REQUEST_GRANTED`. */
    GRANTED,

    /** `AUDIOFOCUS_REQUEST_DELAYED`: it comes by itself when whoever has it is done. */
    DELAYED,

    /** `AUDIOFOCUS_REQUEST_FAILED`. */
    REFUSED,
}

/** What `OnAudioFocusChangeListener` tells. */
public enum class FocusChange {
    /** `AUDIOFOCUS_GAIN`. */
    GAIN,

    /** `AUDIOFOCUS_LOSS`. */
    LOSS,

    /** `AUDIOFOCUS_LOSS_TRANSIENT`. */
    LOSS_FOR_A_MOMENT,

    /** `AUDIOFOCUS_LOSS_TRANSIENT_CAN_DUCK`. */
    LOSS_MAY_DUCK,
}

/** What else sounds on the phone. */
public data class SoundAround(
    /** Whether an activity of this app is visible. */
    val isAppSeen: Boolean,
    /** `AudioManager.getMode` is another than `MODE_NORMAL`: it rings, or somebody talks. */
    val isOnThePhone: Boolean,
    /** `AudioManager.isMusicActive`. */
    val isOtherSoundOn: Boolean,
)

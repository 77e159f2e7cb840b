package dev.golive.codec

import dev.golive.HeardSound
import dev.golive.InterruptionCause
import dev.golive.InterruptionInput
import dev.golive.InterruptionMachine
import dev.golive.InterruptionOutput
import dev.golive.InterruptionRules
import dev.golive.Limit
import dev.golive.ShownPicture

/** What viewers see and hear, in the hands of whoever holds camera, microphone and encoder. */
public interface Stage {
    /** Lets this be heard from now on. */
    public fun hear(sound: HeardSound)

    /** Shows this from now on. With [ShownPicture.NOTHING] nothing is captured, either. */
    public fun show(picture: ShownPicture)

    /**
     * Asks for no more than this, or for all again: by [dev.golive.Broadcast.set] with what
     * [dev.golive.limitedTarget] makes of what the app wants, as an encoder that did less than it is told
     * would be taken for one that does not obey.
     */
    public fun limit(limit: Limit?)

    /**
     * Opens the camera, which is shown once it delivers: what had taken it has ended, and nothing is
     * shown yet.
     */
    public fun prepareCamera(): Unit = Unit

    /** Makes the video encoder anew: the system took it. */
    public fun restartEncoder()

    /** Asks the video encoder for a key frame. */
    public fun requestKeyframe()

    /** Tells the app, in a sentence for a person. */
    public fun tell(sentence: String, cause: InterruptionCause?)

    /** Ends the broadcast. */
    public fun stop(cause: InterruptionCause)
}

/** Calls back when a moment has come. */
public interface Alarm {
    /** Calls [action] once [atUs] has come on the boot clock; an earlier request is forgotten. */
    public fun set(atUs: Long, action: () -> Unit)

    /** Forgets what was requested. */
    public fun cancel()
}

/**
 * Carries out what the rules declare while the phone interrupts a broadcast: hears what the platform
 * says, and tells the [stage] what to do. May be called from any thread; the stage is called with no
 * lock held, in order, by whoever brought the news.
 */
public class Interruptions(
    private val rules: InterruptionRules,
    private val clocks: Clocks,
    private val alarm: Alarm,
    private val stage: Stage,
) : AutoCloseable {
    private val machine = InterruptionMachine(rules, now())
    private val outputs = ArrayDeque<InterruptionOutput>()
    private val tellers = mutableMapOf<InterruptionCause, MutableSet<String>>()
    private var isTelling = false
    private var isClosed = false

    /** One thing that the platform says. */
    public fun handle(input: InterruptionInput): Unit = hear(input, PLATFORM)

    /** A cause begins. Where several tell of it, it holds until each has said that it is over. */
    public fun began(cause: InterruptionCause, teller: String = PLATFORM): Unit =
        hear(InterruptionInput.Began(cause), teller)

    /** A cause ends, as [teller] has it. */
    public fun ended(cause: InterruptionCause, teller: String = PLATFORM): Unit =
        hear(InterruptionInput.Ended(cause), teller)

    private fun hear(input: InterruptionInput, teller: String) {
        decide { if (counts(input, teller)) machine.handle(now(), input) }
        val isBackgroundOver = input == InterruptionInput.Ended(InterruptionCause.BACKGROUND)
        // Its return waits for a picture, which nobody takes while nothing is shown.
        if (isBackgroundOver && rules.backgroundTakesCamera) stage.prepareCamera()
    }

    /** An end counts once nobody says otherwise. */
    private fun counts(input: InterruptionInput, teller: String): Boolean {
        when (input) {
            is InterruptionInput.Began -> tellers.getOrPut(input.cause) { mutableSetOf() } += teller
            is InterruptionInput.Ended -> tellers[input.cause]?.let {
                it -= teller
                return it.isEmpty()
            }
            else -> Unit
        }
        return true
    }

    /** Nothing is decided or told any more. */
    override fun close() {
        synchronized(outputs) {
            if (isClosed) return
            isClosed = true
            outputs.clear()
            machine.close()
        }
        alarm.cancel()
    }

    private fun decide(news: () -> Unit) {
        synchronized(outputs) {
            if (isClosed) return
            news()
            do {
                val output = machine.poll(now())
                outputs += output
            } while (output !is InterruptionOutput.Wake)
            // Whoever is telling goes on with these.
            if (isTelling) return
            isTelling = true
        }
        tell()
    }

    private fun tell() {
        var failure: Exception? = null
        while (true) {
            val next = synchronized(outputs) {
                outputs.removeFirstOrNull().also { if (it == null) isTelling = false }
            } ?: break
            try {
                carryOut(next)
            } catch (thrown: Exception) {
                // What one of them fails at is no reason to leave out the next, which may close a
                // microphone.
                failure = failure ?: thrown
            }
        }
        failure?.let { throw it }
    }

    private fun carryOut(output: InterruptionOutput) {
        when (output) {
            is InterruptionOutput.Sound -> stage.hear(output.sound)
            is InterruptionOutput.Picture -> stage.show(output.picture)
            is InterruptionOutput.Limited -> stage.limit(output.limit)
            is InterruptionOutput.Told -> stage.tell(output.sentence, output.cause)
            is InterruptionOutput.Stop -> stage.stop(output.cause)
            is InterruptionOutput.Wake -> output.atUs?.let { alarm.set(it.toLong()) { decide {} } } ?: alarm.cancel()
            InterruptionOutput.Keyframe -> stage.requestKeyframe()
            InterruptionOutput.RestartEncoder -> stage.restartEncoder()
        }
    }

    private fun now(): ULong = clocks.bootUs().toULong()

    private companion object {
        const val PLATFORM = "the platform"
    }
}

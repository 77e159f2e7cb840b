package dev.golive.sample

import dev.golive.Change
import dev.golive.ErrorKind
import dev.golive.Event
import dev.golive.EventKind
import dev.golive.GoliveException
import dev.golive.LiveBroadcast
import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** What the person sees beside the picture. */
data class LiveScreen(
    val phase: Phase = Phase.OFF_AIR,
    /** One line of how it is doing; empty when it is not on air. */
    val health: String = "",
    /** What happened last. */
    val sentence: String = "",
    val isMuted: Boolean = false,
) {
    /** What the one large button does. */
    val button: String get() = if (phase == Phase.OFF_AIR) "Go live" else "Stop"

    enum class Phase { OFF_AIR, BEGINNING, ON_AIR, ENDING }
}

/**
 * Makes of a broadcast what the person sees, and of what they touch what it does. No class of Android's.
 *
 * @param aside where what waits for the broadcast is done, one after the other: not on the main thread.
 */
class LivePresenter(
    private val scope: CoroutineScope,
    private val aside: CoroutineContext = Dispatchers.IO.limitedParallelism(1),
) {
    private val current = MutableStateFlow(LiveScreen())
    private var broadcast: LiveBroadcast? = null
    private var onAir: Job? = null

    val screen: StateFlow<LiveScreen> = current.asStateFlow()

    /**
     * Puts a broadcast on air, shows it until it is over, and closes it.
     *
     * @param prepare makes it; what it throws is told like everything else.
     */
    fun goLive(prepare: suspend () -> LiveBroadcast) {
        current.value = LiveScreen(LiveScreen.Phase.BEGINNING, isMuted = current.value.isMuted)
        onAir = scope.launch(start = CoroutineStart.UNDISPATCHED) {
            try {
                val prepared = prepare()
                broadcast = prepared
                show(prepared)
            } catch (failure: GoliveException) {
                tell(failure.message)
            } finally {
                (broadcast as? AutoCloseable)?.close()
                broadcast = null
                current.update { it.copy(phase = LiveScreen.Phase.OFF_AIR, health = "") }
            }
        }
    }

    private suspend fun show(broadcast: LiveBroadcast) {
        val line = scope.launch { broadcast.health.collect { health -> show(healthLine(health)) } }
        val events = scope.launch { broadcast.events.collect { tell(it) } }
        try {
            broadcast.start()
            current.update { if (it.phase == LiveScreen.Phase.BEGINNING) it.copy(phase = LiveScreen.Phase.ON_AIR) else it }
            if (current.value.isMuted) mute(broadcast)
            // They end with the broadcast, however that ends.
            events.join()
        } finally {
            events.cancel()
            line.cancel()
        }
    }

    /** Ends the broadcast, once what was produced is carried; one that is only beginning ends at once. */
    fun stop() {
        if (current.value.phase == LiveScreen.Phase.BEGINNING) onAir?.cancel()
        if (current.value.phase != LiveScreen.Phase.ON_AIR) return
        val ending = broadcast ?: return
        current.update { it.copy(phase = LiveScreen.Phase.ENDING) }
        scope.launch {
            try {
                tell(ending.stop().sentence)
            } catch (failure: GoliveException) {
                if (failure.kind != ErrorKind.ENDED) tell(failure.message)
            }
        }
    }

    /** Sends silence in place of the microphone, or no longer. Holds for the next broadcast, too. */
    fun mute(isMuted: Boolean) {
        current.update { it.copy(isMuted = isMuted) }
        val told = broadcast ?: return
        scope.launch { mute(told) }
    }

    private suspend fun mute(broadcast: LiveBroadcast) {
        try {
            // The newest, however many wait.
            withContext(aside) { broadcast.set(Change.Muted(current.value.isMuted)) }
        } catch (failure: GoliveException) {
            // Before it is live it is told once it is, and afterwards nobody listens.
            if (failure.kind != ErrorKind.ENDED) tell(failure.message)
        }
    }

    /** Shows a sentence for a person: what the phone interrupts, or what a device says. */
    fun tell(sentence: String): Unit = current.update { it.copy(sentence = sentence) }

    private fun tell(event: Event) {
        // The line of health shows it, and it may be several a minute.
        if (event.kind !is EventKind.TargetChanged) tell(event.sentence)
    }

    private fun show(line: String) = current.update { it.copy(health = line) }
}

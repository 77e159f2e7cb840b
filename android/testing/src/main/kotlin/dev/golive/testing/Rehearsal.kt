package dev.golive.testing

import dev.golive.BroadcastConfig
import dev.golive.BroadcastState
import dev.golive.Change
import dev.golive.ErrorKind
import dev.golive.Event
import dev.golive.GoliveException
import dev.golive.GoliveFailure
import dev.golive.Health
import dev.golive.InterruptionRules
import dev.golive.LiveBroadcast
import dev.golive.Program
import dev.golive.RehearsalHandle
import dev.golive.RehearsalLook
import dev.golive.Summary
import dev.golive.ToldInterruption
import dev.golive.Viewer
import dev.golive.androidInterruptions
import dev.golive.destination
import dev.golive.toException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.withContext

/**
 * A broadcast in virtual time, for an app's own tests: the real session and the real interruption
 * machine, with a camera, an encoder, a network and an ingest that do what the test says. Nothing
 * sleeps, opens a socket or depends on the machine.
 *
 * ```
 * @Test fun `a call at minute three`() = runTest {
 *     val rehearsal = Rehearsal(this)
 *     rehearsal.at(3.minutes) { call() }
 *     rehearsal.start()
 *     advanceTimeBy(3.minutes + 5.seconds)
 *     assertEquals(ShownPicture.SLATE, rehearsal.viewers.value.picture)
 * }
 * ```
 *
 * Its time is that of [scope]: `advanceTimeBy` and `delay` move it. Whoever reads [health] or [viewers]
 * reads what holds at this very moment; whoever collects them, or [events], is told within a fifth of a
 * second. Moments count from the call of [start].
 *
 * @param scope the test's, as `runTest` has it.
 * @param config what is broadcast; sources, a slate and a file that keeps a copy are taken no notice of.
 *   It is over Wi-Fi; of several networks that it names the others are LTE.
 * @param program what the encoder produces.
 * @param rules what is done about each interruption.
 * @param seed all that is random comes from it.
 * @throws GoliveException for a configuration that makes no sense, and for a destination that calls, which
 *   cannot be rehearsed.
 */
public class Rehearsal(
    private val scope: TestScope,
    config: BroadcastConfig = BroadcastConfig(destination("srt://ingest.example:9000?streamid=rehearsal")),
    program: Program = Program(audioSampleRateHz = 48_000u),
    rules: InterruptionRules = androidInterruptions(),
    seed: Long = 1,
) : LiveBroadcast {
    private val handle = translating { RehearsalHandle(config, program, rules, seed.toULong()) }
    private val currentHealth = MutableStateFlow(handle.health())
    private val currentViewer = MutableStateFlow(handle.viewerAt(0u))
    private val happened = mutableListOf<Event>()
    private val toldSoFar = mutableListOf<ToldInterruption>()

    /** How much there is to read, the end included. */
    private val progress = MutableStateFlow(0)

    /** When it began, on the clock of the test. */
    private var beganMs: Long? = null

    override val health: StateFlow<Health> = InStep(currentHealth, ::catchUp)

    /** What a viewer sees and hears, as the ingest hands it on. */
    public val viewers: StateFlow<Viewer> = InStep(currentViewer, ::catchUp)

    override val events: Flow<Event> = flow {
        var next = 0
        while (true) {
            val event = synchronized(happened) { happened.getOrNull(next) }
            if (event != null) {
                next += 1
                emit(event)
            } else if (isOver()) {
                break
            } else {
                progress.first { it > next }
            }
        }
    }

    /** What an app is told of its interruptions, so far. */
    public val told: List<ToldInterruption>
        get() {
            catchUp()
            return synchronized(happened) { toldSoFar.toList() }
        }

    /** How long ago it began. */
    public val elapsed: Duration
        get() = beganMs?.let { (scope.testScheduler.currentTime - it).milliseconds } ?: Duration.ZERO

    /** Has something happen at a moment since the beginning; at once, if that is past. */
    public fun at(moment: Duration, happenings: Happenings.() -> Unit) {
        Happenings().apply(happenings).said.forEach { handle.at(micros(moment), it) }
    }

    /** Has something happen now; before the beginning, with it. */
    public fun now(happenings: Happenings.() -> Unit) {
        at(elapsed, happenings)
        catchUp()
    }

    /** What a viewer saw and heard at a moment since the beginning, which is no more than an hour ago. */
    public fun viewerAt(moment: Duration): Viewer {
        catchUp()
        return handle.viewerAt(micros(moment))
    }

    override suspend fun start() {
        if (beganMs != null) throw ended("the broadcast was started before: make a new one")
        beganMs = scope.testScheduler.currentTime
        catchUp()
        scope.backgroundScope.launch {
            while (!isOver()) {
                delay(TICK)
                catchUp()
            }
        }
        try {
            while (!translating { handle.hasStarted() }) {
                delay(STEP)
                catchUp()
            }
        } catch (failure: Throwable) {
            cancel()
            throw failure
        }
    }

    override suspend fun stop(): Summary {
        if (beganMs == null) throw ended("the broadcast never began")
        return withContext(NonCancellable) {
            cancel()
            var summary = handle.summary()
            while (summary == null) {
                delay(STEP)
                catchUp()
                summary = handle.summary()
            }
            summary
        }
    }

    override fun cancel() {
        if (beganMs == null) return
        handle.requestStop()
        catchUp()
    }

    override fun set(change: Change) {
        if (beganMs == null) throw ended("the broadcast has not begun: set this in its configuration")
        catchUp()
        translating { handle.set(change) }
        catchUp()
    }

    /** Brings the broadcast to the test's moment. */
    private fun catchUp() {
        if (beganMs == null) return
        val look = synchronized(happened) {
            handle.runUntil(micros(elapsed)).also(::note)
        }
        // Whoever waits for these may go on here and now: not with the lock held.
        currentHealth.value = look.health
        currentViewer.value = look.viewer
        val over = if (look.health.state == BroadcastState.ENDED) 1 else 0
        val there = synchronized(happened) { happened.size }
        progress.update { maxOf(it, there + over) }
    }

    private fun note(look: RehearsalLook) {
        happened += look.events.map { it.event }
        toldSoFar += look.told
    }

    private fun isOver() = currentHealth.value.state == BroadcastState.ENDED

    private companion object {
        /** How often whoever collects is told. */
        val TICK = 200.milliseconds

        /** How closely a beginning and an end are waited for. */
        val STEP = 10.milliseconds
    }
}

/** Nothing before zero. */
private fun micros(moment: Duration): ULong = moment.inWholeMicroseconds.coerceAtLeast(0).toULong()

private fun ended(message: String) = GoliveException(ErrorKind.ENDED, message, null)

private inline fun <T> translating(call: () -> T): T =
    try {
        call()
    } catch (failure: GoliveFailure) {
        throw failure.toException()
    }

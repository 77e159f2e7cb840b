package dev.golive

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelChildren
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/**
 * Goes on air, runs [block] there, and stops when it ends, fails or is cancelled: what was produced
 * until then is carried, and devices are released, before this returns.
 *
 * [block] runs in a scope of its own: what it launches ends with it.
 *
 * @param config where to, and what.
 * @param encoder the app's own capture and encoder; where none is given, what is built in.
 * @param program what [encoder] produces.
 * @param credentials where the keys come from, if they are not in the destination.
 * @throws GoliveException why it cannot go on air.
 */
public suspend fun <T> onAir(
    config: BroadcastConfig,
    encoder: Encoder? = null,
    program: Program = Program(),
    credentials: Credentials? = null,
    block: suspend CoroutineScope.(Broadcast) -> T,
): T =
    Broadcast(config, encoder, program, credentials).use { broadcast ->
        try {
            broadcast.start()
            coroutineScope {
                val result = block(broadcast)
                coroutineContext.cancelChildren()
                result
            }
        } finally {
            broadcast.end()
        }
    }

/**
 * A broadcast: prepared, started once, and stopped. [onAir] does all of that; this is for whoever
 * keeps it longer than a function lasts, as a service does.
 *
 * [close] stops it without waiting for what is queued, and releases it.
 */
public class Broadcast(
    config: BroadcastConfig,
    encoder: Encoder? = null,
    program: Program = Program(),
    credentials: Credentials? = null,
) : AutoCloseable {
    private val handle: BroadcastHandle =
        if (encoder == null) BroadcastHandle(config) else BroadcastHandle.withEncoder(config, encoder, program)
    private val watch = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val currentHealth = MutableStateFlow(handle.health())

    init {
        credentials?.let(handle::setCredentials)
    }

    /** How it is doing; looked at five times a second while it is on air. */
    public val health: StateFlow<Health> = currentHealth.asStateFlow()

    /**
     * What happens, from the beginning as far as that is kept, until it is over. Each collector
     * reads by itself; one that falls far behind misses the oldest.
     */
    public val events: Flow<Event> = flow {
        handle.events().use { events ->
            while (true) {
                emit(events.next() ?: break)
            }
        }
    }

    /**
     * Goes on air: returns once the ingest takes the stream. Cancelling it stops the broadcast.
     *
     * @throws GoliveException why it cannot.
     */
    public suspend fun start() {
        watch.launch {
            while (health.value.state != BroadcastState.ENDED) {
                delay(HEALTH_INTERVAL_MS)
                currentHealth.value = handle.health()
            }
        }
        try {
            translating { handle.start() }
        } catch (cancelled: CancellationException) {
            handle.cancel()
            throw cancelled
        }
        currentHealth.value = handle.health()
    }

    /**
     * Stops: what was produced so far is carried, the ingest is told, devices are released. Calling
     * it again gives the same summary. It goes on to its end even if the caller is cancelled.
     *
     * @throws GoliveException if it never began.
     */
    public suspend fun stop(): Summary =
        withContext(NonCancellable) {
            translating { handle.stop() }.also { currentHealth.value = it.health }
        }

    /** Asks it to stop, and returns at once; ends a [start] that is under way, too. */
    public fun cancel(): Unit = handle.cancel()

    /**
     * Changes something while live.
     *
     * @throws GoliveException if it is not live, or the change makes no sense.
     */
    public fun set(change: Change): Unit = translating { handle.set(change) }

    /** Stops it without waiting for what is queued, and releases it. */
    override fun close() {
        watch.cancel()
        handle.cancel()
        handle.close()
    }

    /** Stops what may never have begun. */
    internal suspend fun end() {
        try {
            stop()
        } catch (failure: GoliveException) {
            if (failure.kind != ErrorKind.ENDED) throw failure
        }
    }

    private companion object {
        const val HEALTH_INTERVAL_MS = 200L
    }
}

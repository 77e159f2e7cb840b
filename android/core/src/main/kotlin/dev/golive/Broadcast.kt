package dev.golive

import java.util.concurrent.atomic.AtomicBoolean
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.cancelChildren
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.update
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
) : LiveBroadcast, AutoCloseable {
    private val handle: BroadcastHandle =
        if (encoder == null) BroadcastHandle(config)
        else BroadcastHandle.withEncoder(config, GuardedEncoder(encoder), program)
    private val isClosed = AtomicBoolean()
    private val currentHealth = MutableStateFlow(handle.health())
    private var watch: Job? = null

    init {
        credentials?.let { handle.setCredentials(GuardedCredentials(it)) }
    }

    override val health: StateFlow<Health> = currentHealth.asStateFlow()

    override val events: Flow<Event> = flow {
        handle.events().use { events ->
            while (true) {
                // Never resumed by whoever tells of the event, who has other things to do.
                emit(withContext(Dispatchers.Default) { events.next() } ?: break)
            }
        }
    }

    override suspend fun start() {
        // A second start is refused, and leaves what the first one began.
        val watching =
            watch() ?: throw GoliveException(ErrorKind.ENDED, "the broadcast was started before: make a new one", null)
        try {
            withContext(Dispatchers.Default) { translating { handle.start() } }
        } catch (failure: Throwable) {
            watching.cancel()
            handle.cancel()
            throw failure
        }
        look()
    }

    override suspend fun stop(): Summary =
        withContext(NonCancellable + Dispatchers.Default) {
            open()
            translating { handle.stop() }.also { publish(it.health) }
        }

    override fun cancel() {
        if (!isClosed.get()) handle.cancel()
    }

    override fun set(change: Change) {
        open()
        try {
            translating { handle.set(change) }
        } catch (gone: IllegalStateException) {
            // It may have been closed just now.
            open()
            throw gone
        }
    }

    /** Stops it without waiting for what is queued, and releases it. Calling it again does nothing. */
    override fun close() {
        if (!isClosed.compareAndSet(false, true)) return
        handle.cancel()
        val watching = synchronized(this) { watch }
        watching?.cancel()
        // A look that is under way still needs it.
        if (watching == null) handle.close() else watching.invokeOnCompletion { handle.close() }
    }

    /** Stops what may never have begun, or was closed meanwhile. */
    internal suspend fun end() {
        if (isClosed.get()) return
        try {
            stop()
        } catch (failure: GoliveException) {
            if (failure.kind != ErrorKind.ENDED) throw failure
        }
    }

    /** Looks how it is doing, until it is over; only once, however often it is started. */
    private fun watch(): Job? =
        synchronized(this) {
            open()
            if (watch != null) return null
            CoroutineScope(Dispatchers.Default).launch {
                while (health.value.state != BroadcastState.ENDED) {
                    delay(HEALTH_INTERVAL_MS)
                    look()
                }
            }.also { watch = it }
        }

    private fun look() {
        if (!isClosed.get()) publish(handle.health())
    }

    /** What is over stays over, whichever look comes last. */
    private fun publish(health: Health): Unit =
        currentHealth.update { if (it.state == BroadcastState.ENDED) it else health }

    private fun open() {
        if (isClosed.get()) throw GoliveException(ErrorKind.ENDED, "the broadcast was closed", null)
    }

    private companion object {
        const val HEALTH_INTERVAL_MS = 200L
    }
}

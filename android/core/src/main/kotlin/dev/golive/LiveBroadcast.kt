package dev.golive

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow

/**
 * A broadcast as the rest of an app sees it: what shows how it is doing and reacts to what happens takes
 * this, and is tested with one that is rehearsed.
 */
public interface LiveBroadcast {
    /** How it is doing; looked at five times a second while it is on air. */
    public val health: StateFlow<Health>

    /**
     * What happens, from the beginning as far as that is kept, until it is over. Each collector
     * reads by itself; one that falls far behind misses the oldest.
     */
    public val events: Flow<Event>

    /**
     * Goes on air: returns once the ingest takes the stream. Cancelling it stops the broadcast.
     *
     * @throws GoliveException why it cannot; of kind `ENDED` if it was started before, which goes on then.
     */
    public suspend fun start()

    /**
     * Stops: what was produced so far is carried, the ingest is told, devices are released. Calling
     * it again gives the same summary. It goes on to its end even if the caller is cancelled. Not to be
     * called by an [Encoder] in one of its methods, whose end it waits for.
     *
     * @throws GoliveException if it never began, or was closed.
     */
    public suspend fun stop(): Summary

    /** Asks it to stop, and returns at once; ends a [start] that is under way, too. */
    public fun cancel()

    /**
     * Changes something while live. Muting returns once the encoder has heard of it: on an app's main thread
     * that may be too long.
     *
     * @throws GoliveException if it is not live, or the change makes no sense.
     */
    public fun set(change: Change)
}

// What the rest of an app takes of a broadcast, so that a rehearsed one can stand in its place.

import GoliveFFI

/// A broadcast as the rest of an app sees it: what shows how it is doing and reacts to what happens
/// takes this, and is tested with one that is rehearsed. ``Broadcast`` is one.
public protocol LiveBroadcast: Sendable {
    /// How it is doing.
    var health: Health { get }

    /// How it is doing: now, and then five times a second as long as that changes, until it is
    /// over.
    var healthUpdates: HealthUpdates { get }

    /// What happens, from the beginning as far as that is kept, until it is over. Each loop reads
    /// by itself.
    var events: Events { get }

    /// Goes on air: returns once the ingest takes the stream. A cancelled task stops the broadcast.
    ///
    /// - Throws: ``GoliveError``, why it cannot; `CancellationError` in a cancelled task.
    func start() async throws

    /// Stops: what was produced so far is carried, the ingest is told, devices are released.
    /// Calling it again gives the same summary.
    ///
    /// - Throws: ``GoliveError`` of the kind `ended` if it never began.
    @discardableResult
    func stop() async throws(GoliveError) -> Summary

    /// Asks it to stop, and returns at once; ends a ``start()`` that is under way, too.
    func cancel()

    /// Changes something while live.
    ///
    /// - Throws: ``GoliveError`` of the kind `ended` if it is not live, `configuration` if the
    ///   change makes no sense.
    func set(_ change: Change) throws(GoliveError)
}

extension Broadcast: LiveBroadcast {}

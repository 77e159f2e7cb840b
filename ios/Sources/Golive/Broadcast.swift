// The handle, and the function that goes on air for as long as another one runs.
//
// The generated layer does not pass a task's cancellation on to the library. Here every call that
// waits does.

import GoliveFFI

/// Goes on air, runs `body` there, and stops when it ends, throws or its task is cancelled: what
/// was produced until then is carried, and devices are released, before this returns.
///
/// A cancelled task stops the broadcast at once, even where `body` takes no notice.
///
/// - Parameters:
///   - config: where to, and what.
///   - encoder: the app's own capture and encoder; where none is given, what is built in.
///   - program: what `encoder` produces.
///   - credentials: where the keys come from, if they are not in the destination.
///   - isolation: the actor that `body` runs on: the caller's.
///   - body: what happens on air.
/// - Returns: what `body` returned.
/// - Throws: ``GoliveError`` when it cannot go on air; what `body` throws; `CancellationError` when
///   the task is cancelled before it is on air.
public func onAir<Value>(
    _ config: BroadcastConfig,
    encoder: (any Encoder)? = nil,
    program: Program = Program(),
    credentials: (any Credentials)? = nil,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Broadcast) async throws -> Value
) async throws -> Value {
    let broadcast = Broadcast(
        config, encoder: encoder, program: program, credentials: credentials)
    let value: Value
    do {
        try await broadcast.start()
        value = try await withTaskCancellationHandler {
            try await body(broadcast)
        } onCancel: {
            broadcast.cancel()
        }
    } catch {
        // Why it came to this is worth more than how the stopping went.
        try? await broadcast.end()
        throw error
    }
    try await broadcast.end()
    return value
}

/// A broadcast: prepared, started once, and stopped.
/// ``onAir(_:encoder:program:credentials:isolation:_:)`` does all of that; this is for whoever
/// keeps it longer than a function lasts.
///
/// Once neither the app nor a loop over its events or health holds it any more, it stops without
/// waiting for what is queued.
public final class Broadcast: Sendable {
    private let handle: BroadcastHandle

    /// Prepares a broadcast. Nothing is opened or sent yet.
    ///
    /// - Parameters:
    ///   - config: where to, and what.
    ///   - encoder: the app's own capture and encoder; where none is given, what is built in.
    ///   - program: what `encoder` produces.
    ///   - credentials: where the keys come from, if they are not in the destination.
    public init(
        _ config: BroadcastConfig,
        encoder: (any Encoder)? = nil,
        program: Program = Program(),
        credentials: (any Credentials)? = nil
    ) {
        if let encoder {
            handle = .withEncoder(config: config, encoder: encoder, program: program)
        } else {
            handle = BroadcastHandle(config: config)
        }
        if let credentials {
            handle.setCredentials(credentials: credentials)
        }
    }

    /// How it is doing, at most 50 ms old.
    public var health: Health { handle.health() }

    /// How it is doing: now, and then five times a second as long as that changes, until it is
    /// over.
    public var healthUpdates: HealthUpdates { HealthUpdates(broadcast: self) }

    /// What happens, from the beginning as far as that is kept, until it is over. Each loop reads
    /// by itself; one that falls far behind misses the oldest.
    public var events: Events { Events(broadcast: self) }

    /// Goes on air: returns once the ingest takes the stream. A cancelled task stops the broadcast
    /// at once.
    ///
    /// - Throws: ``GoliveError``, why it cannot; `CancellationError` in a cancelled task.
    public func start() async throws {
        try await withTaskCancellationHandler {
            do {
                try await handle.start()
            } catch {
                // All that it says then is that it was stopped.
                try Task.checkCancellation()
                throw GoliveError(error)
            }
            try Task.checkCancellation()
        } onCancel: {
            handle.cancel()
        }
    }

    /// Stops: what was produced so far is carried, the ingest is told, devices are released.
    /// Calling it again gives the same summary. It goes on to its end even in a cancelled task.
    ///
    /// - Throws: ``GoliveError`` of the kind `ended` if it never began, `system` if a thread of the
    ///   broadcast failed.
    @discardableResult
    public func stop() async throws(GoliveError) -> Summary {
        do {
            return try await handle.stop()
        } catch {
            throw GoliveError(error)
        }
    }

    /// Asks it to stop, and returns at once; ends a ``start()`` that is under way, too.
    public func cancel() {
        handle.cancel()
    }

    /// Changes something while live.
    ///
    /// - Throws: ``GoliveError`` of the kind `ended` if it is not live, `configuration` if the
    ///   change makes no sense.
    public func set(_ change: Change) throws(GoliveError) {
        try translating { try handle.set(change: change) }
    }

    /// Something that reads the events from the beginning.
    func reader() -> EventReader {
        handle.events()
    }

    /// Stops what may never have begun.
    func end() async throws(GoliveError) {
        do {
            try await stop()
        } catch {
            guard error.kind == .ended else { throw error }
        }
    }
}

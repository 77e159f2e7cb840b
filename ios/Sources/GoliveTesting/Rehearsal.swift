// A broadcast in virtual time, for the tests of apps.

import Foundation
import Golive

/// A broadcast in virtual time, for an app's own tests: the real session and the real interruption
/// machine, with a camera, an encoder, a network and an ingest that do what the test says. Nothing
/// sleeps, opens a socket or depends on the machine.
///
/// ```swift
/// let rehearsal = try Rehearsal()
/// rehearsal.at(.seconds(180), .call)
/// try await rehearsal.start()
/// await rehearsal.advance(to: .seconds(185))
/// #expect(rehearsal.viewer.picture == .slate)
/// ```
///
/// Time passes while ``advance(by:isolation:)`` and ``advance(to:isolation:)`` run, and as long as
/// ``start()`` and ``stop()`` take; at no other time. Moments count from the call of ``start()``.
public final class Rehearsal: LiveBroadcast, @unchecked Sendable {
    private let handle: RehearsalHandle
    private let feed = Feed<Event>()
    private let looks = Feed<Void>()
    private let lock = NSLock()
    // What follows is read and written with the lock held.
    private var began = false
    private var elapsedMicroseconds: UInt64 = 0
    private var toldSoFar: [ToldInterruption] = []

    /// Prepares a rehearsal over Wi-Fi; of several networks that `config` names the others are LTE.
    ///
    /// - Parameters:
    ///   - config: what is broadcast; sources, a slate and a file that keeps a copy are taken no
    ///     notice of.
    ///   - program: what the encoder produces.
    ///   - rules: what is done about each interruption.
    ///   - seed: all that is random comes from it.
    /// - Throws: ``GoliveError`` of the kind `configuration` for what makes no sense, and for a
    ///   destination that calls, which cannot be rehearsed.
    public init(
        _ config: BroadcastConfig? = nil,
        program: Program = Program(audioSampleRateHz: 48_000),
        rules: InterruptionRules = iosInterruptions(),
        seed: UInt64 = 1
    ) throws(GoliveError) {
        let place = "srt://ingest.example:9000?streamid=rehearsal"
        let config =
            if let config { config } else { BroadcastConfig(destination: try Destination(place)) }
        handle = try translating {
            try RehearsalHandle(config: config, program: program, rules: rules, seed: seed)
        }
    }

    /// Has something happen at a moment since the beginning; at once, if that is past. Of what happens
    /// at the same moment, what was told first comes first.
    public func at(_ moment: Duration, _ happenings: Happening...) {
        for happening in happenings {
            handle.at(momentUs: moment.microseconds, happening: happening)
        }
    }

    /// Has something happen now; before the beginning, with it.
    public func now(_ happenings: Happening...) {
        for happening in happenings {
            handle.at(momentUs: elapsedNow, happening: happening)
        }
        if lock.withLock({ began }) {
            run(until: elapsedNow)
        }
    }

    /// How long ago it began.
    public var elapsed: Duration { .microseconds(elapsedNow) }

    /// What a viewer sees and hears now, as the ingest hands it on.
    public var viewer: Viewer { handle.viewerAt(momentUs: elapsedNow) }

    /// What a viewer saw and heard at a moment since the beginning, which is no more than an hour
    /// ago.
    public func viewer(at moment: Duration) -> Viewer {
        handle.viewerAt(momentUs: min(moment.microseconds, elapsedNow))
    }

    /// What an app is told of its interruptions, so far.
    public var told: [ToldInterruption] { lock.withLock { toldSoFar } }

    /// Lets so much time pass, and waits until whoever reads ``events`` and ``healthUpdates`` has
    /// taken what there was to read. Such a loop must not let time pass itself.
    public func advance(
        by duration: Duration, isolation: isolated (any Actor)? = #isolation
    ) async {
        await advance(to: elapsed + duration, isolation: isolation)
    }

    /// Lets time pass until a moment since the beginning; as ``advance(by:isolation:)``.
    public func advance(
        to moment: Duration, isolation: isolated (any Actor)? = #isolation
    ) async {
        // A loop that was just begun on the caller's actor has its turn first.
        await Task.yield()
        while lock.withLock({ began }), elapsedNow < moment.microseconds {
            run(until: min(moment.microseconds, elapsedNow + Self.tick))
            looks.tell([()])
            await feed.settled()
            await looks.settled()
        }
    }

    public var health: Health { handle.health() }

    public var healthUpdates: HealthUpdates {
        HealthUpdates { [self] in
            let looking = looks.reader(fromNow: true)
            return HealthUpdates.Source {
                self.health
            } wait: {
                await withTaskCancellationHandler {
                    _ = await looking.next()
                } onCancel: {
                    looking.end()
                }
            }
        }
    }

    public var events: Events {
        Events { [feed] in
            let reader = feed.reader()
            return Events.Source {
                await reader.next()
            } end: {
                reader.end()
            }
        }
    }

    public func start() async throws {
        let wasBegun = lock.withLock {
            defer { began = true }
            return began
        }
        if wasBegun {
            throw GoliveError(.ended, "the broadcast was started before: make a new one")
        }
        do {
            run(until: 0)
            while try !translating({ try handle.hasStarted() }) {
                try Task.checkCancellation()
                run(until: elapsedNow + Self.step)
                await Task.yield()
            }
        } catch {
            cancel()
            throw error
        }
    }

    @discardableResult
    public func stop() async throws(GoliveError) -> Summary {
        guard lock.withLock({ began }) else {
            throw GoliveError(.ended, "the broadcast never began")
        }
        cancel()
        while true {
            if let summary = handle.summary() {
                return summary
            }
            run(until: elapsedNow + Self.step)
            await Task.yield()
        }
    }

    public func cancel() {
        guard lock.withLock({ began }) else { return }
        handle.requestStop()
        run(until: elapsedNow)
    }

    public func set(_ change: Change) throws(GoliveError) {
        guard lock.withLock({ began }) else {
            let message = "the broadcast has not begun: set this in its configuration"
            throw GoliveError(.ended, message)
        }
        try translating { try handle.set(change: change) }
        run(until: elapsedNow)
    }

    /// How often whoever reads is told; in microseconds.
    private static let tick: UInt64 = 200_000
    /// How closely a beginning and an end are waited for; in microseconds.
    private static let step: UInt64 = 10_000

    private var elapsedNow: UInt64 { lock.withLock { elapsedMicroseconds } }

    private func run(until moment: UInt64) {
        let look = lock.withLock {
            let look = handle.runUntil(momentUs: moment)
            elapsedMicroseconds = max(elapsedMicroseconds, moment)
            toldSoFar += look.told
            // In the order in which it happened, whoever runs.
            feed.tell(look.events.map(\.event))
            return look
        }
        if look.health.state == .ended {
            feed.end()
            looks.end()
        }
    }
}

extension Duration {
    /// Nothing before zero.
    fileprivate var microseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(seconds) * 1_000_000 + UInt64(attoseconds / 1_000_000_000_000)
    }
}

// What stands in for a phone, its time and a broadcast, so that a call of ten minutes takes none.

import Foundation
import Golive

/// Time that passes when the test says so. Whoever waits is woken in order, and has done what it
/// does before the next moment comes.
actor VirtualTime: Timekeeper {
    private nonisolated let state = State()

    private final class State: @unchecked Sendable {
        let lock = NSLock()
        var now = Duration.zero
        var alarms: [Int: (moment: Duration, action: @Sendable () async -> Void)] = [:]
        var count = 0
    }

    private struct Waiting: Alarm {
        let state: State
        let number: Int

        func cancel() {
            state.lock.withLock { state.alarms[number] = nil }
        }
    }

    nonisolated func now() -> Duration {
        state.lock.withLock { state.now }
    }

    nonisolated func wake(
        at moment: Duration, _ action: @escaping @Sendable () async -> Void
    ) -> any Alarm {
        state.lock.withLock {
            state.count += 1
            state.alarms[state.count] = (moment, action)
            return Waiting(state: state, number: state.count)
        }
    }

    /// Lets so much time pass.
    func pass(_ duration: Duration) async {
        let end = now() + duration
        while let action = due(by: end) {
            await action()
        }
        state.lock.withLock { state.now = end }
    }

    private func due(by end: Duration) -> (@Sendable () async -> Void)? {
        state.lock.withLock {
            let next = state.alarms.min { ($0.value.moment, $0.key) < ($1.value.moment, $1.key) }
            guard let next, next.value.moment <= end else { return nil }
            state.alarms[next.key] = nil
            state.now = max(state.now, next.value.moment)
            return next.value.action
        }
    }
}

/// A broadcast that carries nothing, and remembers what was asked of it.
final class PaperBroadcast: LiveBroadcast, @unchecked Sendable {
    private let lock = NSLock()
    private var asked: [Change] = []
    private var isCancelled = false
    private var isStopped = false
    private var refused: [Change: GoliveError] = [:]
    private var refusals = 0
    private var busy: DispatchSemaphore?
    private var isWaiting = false
    private let whileStarting: @Sendable () async -> Void
    /// What going on air fails with.
    let refusal: GoliveError?
    /// What it was made with.
    let config: BroadcastConfig
    let health: Health

    init(
        _ config: BroadcastConfig, refusal: GoliveError? = nil,
        whileStarting: @escaping @Sendable () async -> Void = {}
    ) {
        self.config = config
        self.refusal = refusal
        self.whileStarting = whileStarting
        health = Broadcast(config).health
    }

    /// Everything that was asked, in order.
    var changes: [Change] { lock.withLock { asked } }
    /// Whether it was asked to stop.
    var wasCancelled: Bool { lock.withLock { isCancelled } }
    /// Whether somebody waited for its end.
    var wasStopped: Bool { lock.withLock { isStopped } }

    /// How often it refused a change.
    var timesRefused: Int { lock.withLock { refusals } }
    /// Whether somebody waits for a change to be done.
    var isBusy: Bool { lock.withLock { isWaiting } }

    /// Refuses that change from now on, or no longer.
    func refuse(_ change: Change, with error: GoliveError?) {
        lock.withLock { refused[change] = error }
    }

    /// Needs as long for the next change as until ``goOn()``, and two seconds at most.
    func beSlow() {
        lock.withLock { busy = DispatchSemaphore(value: 0) }
    }

    /// Is done with what it was slow with.
    func goOn() {
        _ = lock.withLock { busy?.signal() }
    }

    /// What viewers see: the newest of what was asked.
    var shown: ShownPicture {
        changes.compactMap { if case let .show(picture) = $0 { picture } else { nil } }.last
            ?? .camera
    }

    /// What they hear.
    var heard: HeardSound {
        changes.compactMap { if case let .hear(sound) = $0 { sound } else { nil } }.last
            ?? .microphone
    }

    /// How often something was asked.
    func count(_ change: Change) -> Int {
        changes.filter { $0 == change }.count
    }

    var healthUpdates: HealthUpdates { Broadcast(config).healthUpdates }

    var events: Events { Broadcast(config).events }

    func start() async throws {
        await whileStarting()
        if let refusal {
            throw refusal
        }
    }

    func stop() async throws(GoliveError) -> Summary {
        lock.withLock { isStopped = true }
        return Summary(cause: .stopped, sentence: "the broadcast was stopped", health: health)
    }

    func cancel() {
        lock.withLock { isCancelled = true }
    }

    func set(_ change: Change) throws(GoliveError) {
        let slow = lock.withLock {
            defer { isWaiting = busy != nil }
            return busy
        }
        _ = slow?.wait(timeout: .now() + 2)
        let error = lock.withLock {
            (busy, isWaiting) = (nil, false)
            let error = refused[change]
            if error == nil {
                asked.append(change)
            } else {
                refusals += 1
            }
            return error
        }
        if let error {
            throw error
        }
    }
}

/// Somebody else who may have the sound, or not.
final class SoundOwner: @unchecked Sendable {
    private let lock = NSLock()
    private var taken = false
    private var tried = 0

    var isTaken: Bool {
        get { lock.withLock { taken } }
        set { lock.withLock { taken = newValue } }
    }

    /// How often somebody tried to have it.
    var attempts: Int { lock.withLock { tried } }

    /// Whether it could be had.
    func activate() -> Bool {
        lock.withLock {
            tried += 1
            return !taken
        }
    }
}

/// A phone that does as the test says.
final class PaperPhone: Phone, @unchecked Sendable {
    let sound = SoundOwner()
    private let lock = NSLock()
    private var done: [String] = []
    private var isHeldUpright = false
    private var expired: (@Sendable () async -> Void)?
    private let permission: GoliveError?
    private let (said, says) = AsyncStream.makeStream(of: PhoneEvent.self)
    private let (found, finds) = AsyncStream.makeStream(of: [NetworkInterface].self)

    init(permission: GoliveError? = nil) {
        self.permission = permission
    }

    /// What it was asked to do, in order.
    var log: [String] { lock.withLock { done } }

    /// Says something, as its notifications do.
    func say(_ event: PhoneEvent) {
        says.yield(event)
    }

    /// Has these interfaces from now on.
    func find(_ interfaces: [NetworkInterface]) {
        finds.yield(interfaces)
    }

    func cameras() async -> [PhoneCamera] {
        [
            PhoneCamera(index: 0, name: "Back", position: .back, hasTorch: true),
            PhoneCamera(index: 1, name: "Ultra Wide", position: .back, hasTorch: true),
            PhoneCamera(index: 2, name: "Front", position: .front),
        ]
    }

    func isUpright() async -> Bool { lock.withLock { isHeldUpright } }

    /// Is held so from now on.
    func turn(upright: Bool) { lock.withLock { isHeldUpright = upright } }

    func askPermission(for needs: PhoneNeeds) async throws(GoliveError) {
        note("ask")
        if let permission {
            throw permission
        }
    }

    func activateSound() async throws(GoliveError) {
        note("activate")
        guard sound.activate() else {
            throw GoliveError(.deviceUnavailable, "somebody else has the sound")
        }
    }

    func releaseSound() async { note("release") }

    func events() async -> AsyncStream<PhoneEvent> { said }

    func interfaces() async -> AsyncStream<[NetworkInterface]> { found }

    func asksForTime(
        _ reason: String, expired: @escaping @Sendable () async -> Void
    ) async -> @Sendable () async -> Void {
        note("time")
        lock.withLock { self.expired = expired }
        return { [self] in
            note("enough")
            lock.withLock { self.expired = nil }
        }
    }

    /// The time that was asked for last is over.
    func letTimeExpire() async {
        await lock.withLock { expired }?()
    }

    private func note(_ what: String) {
        lock.withLock { done.append(what) }
    }
}

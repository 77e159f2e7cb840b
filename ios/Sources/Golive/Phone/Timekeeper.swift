// Time as a phone counts it, behind a seam, so that a test lets a call last ten minutes in no time.

/// A clock, and something that wakes.
public protocol Timekeeper: Sendable {
    /// How long ago some moment of its own was. It only goes forward, and goes on while the phone
    /// sleeps.
    func now() -> Duration

    /// Runs `action` once it is `moment` on this clock, unless the alarm is cancelled before.
    func wake(at moment: Duration, _ action: @escaping @Sendable () async -> Void) -> any Alarm
}

/// Something that will wake.
public protocol Alarm: Sendable {
    /// Does not wake, if it has not yet.
    func cancel()
}

/// The system's time.
public struct SystemTime: Timekeeper {
    private let began = ContinuousClock.now

    public init() {}

    public func now() -> Duration {
        began.duration(to: .now)
    }

    public func wake(
        at moment: Duration, _ action: @escaping @Sendable () async -> Void
    ) -> any Alarm {
        let deadline = began.advanced(by: moment)
        return SystemAlarm(
            task: Task {
                // It throws when it is cancelled, and at no other time.
                guard (try? await ContinuousClock().sleep(until: deadline)) != nil else { return }
                await action()
            })
    }
}

private struct SystemAlarm: Alarm {
    let task: Task<Void, Never>

    func cancel() {
        task.cancel()
    }
}

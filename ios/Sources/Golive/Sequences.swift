// What a broadcast tells, as sequences. Iterators can be sent between actors, so that a loop may
// run on the main one; in a cancelled task they end at once, and the broadcast goes on.

import GoliveFFI

/// What happens to a broadcast, from the beginning as far as that is kept, until it is over.
public struct Events: AsyncSequence, Sendable {
    public typealias Element = Event

    let broadcast: Broadcast

    public func makeAsyncIterator() -> Iterator {
        Iterator(broadcast: broadcast, reader: broadcast.reader())
    }

    /// Where one loop is.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        /// Who listens to a broadcast keeps it on air.
        let broadcast: Broadcast
        let reader: EventReader

        /// The next event, waiting for it; nothing once the broadcast is over or the task
        /// cancelled.
        public mutating func next() async -> Event? {
            await withTaskCancellationHandler {
                await reader.next()
            } onCancel: { [reader] in
                reader.cancel()
            }
        }
    }
}

/// How a broadcast is doing: now, and then five times a second as long as that changes, until it is
/// over. The last value is that of its end.
public struct HealthUpdates: AsyncSequence, Sendable {
    public typealias Element = Health

    let broadcast: any LiveBroadcast

    public func makeAsyncIterator() -> Iterator {
        Iterator(broadcast: broadcast)
    }

    /// Where one loop is.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        let broadcast: any LiveBroadcast
        private var last: Health?

        init(broadcast: any LiveBroadcast) {
            self.broadcast = broadcast
        }

        /// What it is next; nothing once the broadcast is over or the task cancelled.
        public mutating func next() async -> Health? {
            while last?.state != .ended {
                if last != nil {
                    // It throws in a cancelled task, and at no other time.
                    try? await Task.sleep(for: .milliseconds(200))
                }
                if Task.isCancelled {
                    return nil
                }
                let health = broadcast.health
                if health != last {
                    last = health
                    return health
                }
            }
            return nil
        }
    }
}

// What a broadcast tells, as sequences. Iterators can be sent between actors, so that a loop may
// run on the main one; in a cancelled task they end at once, and the broadcast goes on.

import GoliveFFI

/// What happens to a broadcast, from the beginning as far as that is kept, until it is over.
public struct Events: AsyncSequence, Sendable {
    public typealias Element = Event

    /// What one loop reads from. Whoever holds it keeps the broadcast on air.
    package struct Source: Sendable {
        private let read: @Sendable () async -> Event?
        private let end: @Sendable () -> Void

        /// - Parameters:
        ///   - read: waits for the next event; gives nothing once it is over or ended.
        ///   - end: ends the reading, whoever waits included.
        package init(
            read: @escaping @Sendable () async -> Event?, end: @escaping @Sendable () -> Void
        ) {
            self.read = read
            self.end = end
        }

        func next() async -> Event? {
            await withTaskCancellationHandler {
                await read()
            } onCancel: {
                end()
            }
        }
    }

    private let open: @Sendable () -> Source

    package init(open: @escaping @Sendable () -> Source) {
        self.open = open
    }

    init(broadcast: Broadcast) {
        self.init {
            let reader = broadcast.reader()
            return Source {
                // Who listens to a broadcast keeps it on air.
                await withExtendedLifetime(broadcast) { reader }.next()
            } end: {
                reader.cancel()
            }
        }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(source: open())
    }

    /// Where one loop is.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        let source: Source

        /// The next event, waiting for it; nothing once the broadcast is over or the task
        /// cancelled.
        public mutating func next() async -> Event? {
            await source.next()
        }
    }
}

/// How a broadcast is doing: now, and then five times a second as long as that changes, until it is
/// over. The last value is that of its end.
public struct HealthUpdates: AsyncSequence, Sendable {
    public typealias Element = Health

    /// What one loop reads from: a look at how it is doing now, and the wait for the next look.
    package struct Source: Sendable {
        fileprivate let look: @Sendable () -> Health
        fileprivate let wait: @Sendable () async -> Void

        package init(
            look: @escaping @Sendable () -> Health, wait: @escaping @Sendable () async -> Void
        ) {
            self.look = look
            self.wait = wait
        }
    }

    private let open: @Sendable () -> Source

    package init(open: @escaping @Sendable () -> Source) {
        self.open = open
    }

    init(broadcast: any LiveBroadcast) {
        self.init {
            Source {
                broadcast.health
            } wait: {
                // It throws in a cancelled task, and at no other time.
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(source: open())
    }

    /// Where one loop is.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        private let source: Source
        private var last: Health?

        init(source: Source) {
            self.source = source
        }

        /// What it is next; nothing once the broadcast is over or the task cancelled.
        public mutating func next() async -> Health? {
            while last?.state != .ended {
                if last != nil {
                    await source.wait()
                }
                if Task.isCancelled {
                    return nil
                }
                let health = source.look()
                if health != last {
                    last = health
                    return health
                }
            }
            return nil
        }
    }
}

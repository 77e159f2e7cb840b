// What a rehearsal tells, to any number of loops, and when they all have taken it.

import Foundation

/// Keeps what was told, hands it to every reader from the beginning, and tells when all of them wait
/// for more.
final class Feed<Element: Sendable>: @unchecked Sendable {
    /// One loop. Gone, it keeps nobody waiting.
    final class Reader: Sendable {
        private let feed: Feed
        private let number: Int

        fileprivate init(feed: Feed, number: Int) {
            self.feed = feed
            self.number = number
        }

        /// What comes next, waiting for it; nothing once it is over or ended.
        func next() async -> Element? {
            await withCheckedContinuation { feed.wait(number, $0) }
        }

        /// Ends the reading: whoever waits gets nothing, and so does whoever asks later.
        func end() {
            feed.leave(number)
        }

        deinit {
            feed.leave(number)
        }
    }

    private struct Place {
        var next: Int
        var waiting: CheckedContinuation<Element?, Never>?
        /// Whether it took something, and has not asked for more yet.
        var isBusy = false
    }

    private let lock = NSLock()
    private var told: [Element] = []
    private var isOver = false
    private var places: [Int: Place] = [:]
    private var readers = 0
    private var settling: [CheckedContinuation<Void, Never>] = []

    /// Everything so far.
    var all: [Element] { lock.withLock { told } }

    /// Whoever begins to read, from what was told first on or from what comes next.
    func reader(fromNow: Bool = false) -> Reader {
        lock.withLock {
            readers += 1
            places[readers] = Place(next: fromNow ? told.count : 0)
            return Reader(feed: self, number: readers)
        }
    }

    /// Tells all readers.
    func tell(_ elements: [Element]) {
        settle { told += elements }
    }

    /// There is nothing more to come.
    func end() {
        settle { isOver = true }
    }

    /// Returns once every reader that has taken something asks for more, or is gone.
    func settled() async {
        await withCheckedContinuation { continuation in
            settle { settling.append(continuation) }
        }
    }

    private func wait(_ number: Int, _ continuation: CheckedContinuation<Element?, Never>) {
        var isGone = false
        settle {
            isGone = places[number] == nil
            places[number]?.isBusy = false
            places[number]?.waiting = continuation
        }
        if isGone { continuation.resume(returning: nil) }
    }

    private func leave(_ number: Int) {
        var waiting: CheckedContinuation<Element?, Never>?
        settle { waiting = places.removeValue(forKey: number)?.waiting }
        waiting?.resume(returning: nil)
    }

    /// Changes something, and wakes whom it concerns: not with the lock held.
    private func settle(_ change: () -> Void) {
        lock.lock()
        change()
        var woken: [(CheckedContinuation<Element?, Never>, Element?)] = []
        for (number, place) in places {
            guard let waiting = place.waiting else { continue }
            if place.next < told.count {
                places[number] = Place(next: place.next + 1, waiting: nil, isBusy: true)
                woken.append((waiting, told[place.next]))
            } else if isOver {
                places[number] = nil
                woken.append((waiting, nil))
            }
        }
        var rested: [CheckedContinuation<Void, Never>] = []
        if !places.values.contains(where: \.isBusy) {
            swap(&rested, &settling)
        }
        lock.unlock()
        for (continuation, element) in woken {
            continuation.resume(returning: element)
        }
        for continuation in rested {
            continuation.resume()
        }
    }
}

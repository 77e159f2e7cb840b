// What is left of broadcasts that are over.

import Foundation
import Golive
import Testing

extension Stories {
    @Suite struct LeakTests {
        @Test("a hundred cancelled starts leave no thread, no descriptor and no encoder behind")
        func cancelledStarts() async throws {
            let port = try freePort()
            var encoders: [Held] = []
            try await startAndCancel(port)
            let before = try Left.here()
            for _ in 0..<100 {
                encoders.append(try await startAndCancel(port))
            }
            var now = before
            try await eventually("before: \(before), now: \(now)") {
                now = try Left.here()
                return now.threads <= before.threads && now.descriptors <= before.descriptors
            }
            try await eventually("encoders are still held") {
                encoders.allSatisfy { $0.encoder == nil }
            }
            #expect(encoders.count == 100)
        }

        /// Starts a broadcast that nobody answers, and cancels that once its encoder runs.
        @discardableResult
        private func startAndCancel(_ port: UInt16) async throws -> Held {
            let encoder = Idle()
            let config = try config(port)
            let task = Task { [encoder] in
                try await onAir(config, encoder: encoder) { _ in }
            }
            await encoder.started.first { true }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            return Held(encoder)
        }
    }
}

/// Whether something is still there.
private struct Held {
    weak var encoder: Idle?

    init(_ encoder: Idle) {
        self.encoder = encoder
    }
}

/// An encoder that starts and produces nothing.
private final class Idle: FilmEncoder, @unchecked Sendable {
    let (started, isStarted) = AsyncStream.makeStream(of: Void.self)

    init() {
        super.init([])
    }

    override func start(sink: FrameSink, target: EncoderTarget) throws {
        isStarted.yield()
    }
}

/// What this process holds of the system's.
private struct Left {
    let threads: Int
    let descriptors: Int

    static func here() throws -> Left {
        #if os(Linux)
            let count = { try FileManager.default.contentsOfDirectory(atPath: $0).count }
            return Left(
                threads: try count("/proc/self/task"), descriptors: try count("/proc/self/fd"))
        #else
            return Left(threads: 0, descriptors: 0)
        #endif
    }
}

// What an app meets that goes on air with what is captured on this machine.

import Foundation
import Golive
import Testing

extension Stories {
    @Suite struct BroadcastTests {
        @Test("ffmpeg gets what Swift broadcasts, and health and events tell of it")
        func onAirIntoFfmpeg() async throws {
            try await inScratch { folder in
                let (port, file) = (try freePort(), folder.appending(path: "received.ts"))
                let ffmpeg = try await Peer.ffmpeg(in: folder, port: port, file: file)
                let told = try await onAir(config(port)) { broadcast in
                    async let told = broadcast.events.reduce(into: []) { $0.append($1.kind) }
                    try await Task.sleep(for: .seconds(4))
                    let health = broadcast.health
                    #expect(health.state == .live)
                    #expect(health.videoFrames > 60)
                    #expect(health.sentBitsPerSecond > 300_000)
                    try await broadcast.stop()
                    return await told
                }
                #expect(told.contains { if case .live = $0 { true } else { false } }, "\(told)")
                try await ffmpeg.finish()
                #expect(try await complaints(about: file, in: folder) == "")
                let packets = try await packets(of: file, in: folder)
                #expect(packets["h264", default: 0] > 90, "\(packets)")
                #expect(packets["aac", default: 0] > 140, "\(packets)")
            }
        }

        @Test("cancelling the task that is on air ends the broadcast")
        func cancelledOnAir() async throws {
            try await inScratch { folder in
                let (port, file) = (try freePort(), folder.appending(path: "received.ts"))
                let ffmpeg = try await Peer.ffmpeg(in: folder, port: port, file: file)
                let (live, isLive) = AsyncStream.makeStream(of: Broadcast.self)
                let task = Task {
                    try await onAir(config(port)) { broadcast in
                        isLive.yield(broadcast)
                        try await Task.sleep(for: .seconds(600))
                    }
                }
                let broadcast = try #require(await live.first { _ in true })
                try await Task.sleep(for: .seconds(1))
                task.cancel()
                let took = await ContinuousClock().measure {
                    await #expect(throws: CancellationError.self) { try await task.value }
                }
                #expect(took < .seconds(10))
                #expect(broadcast.health.state == .ended)
                // The ingest was told, or ffmpeg would wait for its time to be up.
                try await ffmpeg.finish()
            }
        }

        @Test("a cancelled task ends the broadcast even where the app takes no notice")
        func cancelledWithoutNotice() async throws {
            try await inScratch { folder in
                let (port, file) = (try freePort(), folder.appending(path: "received.ts"))
                let ffmpeg = try await Peer.ffmpeg(in: folder, port: port, file: file)
                let (live, isLive) = AsyncStream.makeStream(of: Void.self)
                let task = Task {
                    try await onAir(config(port)) { broadcast in
                        isLive.yield()
                        let began = ContinuousClock.now
                        while broadcast.health.state != .ended,
                            began.duration(to: .now) < .seconds(10)
                        {
                            await Task.yield()
                        }
                        #expect(broadcast.health.state == .ended)
                    }
                }
                await live.first { true }
                task.cancel()
                try await task.value
                try await ffmpeg.finish()
            }
        }

        @Test("cancelling a start that nobody answers returns at once")
        func cancelledStart() async throws {
            let port = try freePort()
            let task = Task { try await onAir(config(port)) { _ in } }
            try await Task.sleep(for: .milliseconds(500))
            task.cancel()
            let took = await ContinuousClock().measure {
                await #expect(throws: CancellationError.self) { try await task.value }
            }
            #expect(took < .seconds(2))
        }

        @Test("a task that is cancelled already does not go on air")
        func cancelledBeforehand() async throws {
            let port = try freePort()
            let broadcast = try Broadcast(config(port))
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await broadcast.start()
            }
            let took = await ContinuousClock().measure {
                await #expect(throws: CancellationError.self) { try await task.value }
            }
            #expect(took < .seconds(2))
            try await eventually("it goes on: \(broadcast.health)") {
                broadcast.health.state == .ended
            }
        }

        @Test("what the app throws on air ends the broadcast, and comes through")
        func throwingBody() async throws {
            struct Bored: Error {}
            try await inScratch { folder in
                let (port, file) = (try freePort(), folder.appending(path: "received.ts"))
                let ffmpeg = try await Peer.ffmpeg(in: folder, port: port, file: file)
                await #expect(throws: Bored.self) {
                    try await onAir(config(port)) { _ in throw Bored() }
                }
                try await ffmpeg.finish()
            }
        }

        @Test("a broadcast that nobody holds any more ends")
        func released() async throws {
            try await inScratch { folder in
                let (port, file) = (try freePort(), folder.appending(path: "received.ts"))
                let ffmpeg = try await Peer.ffmpeg(in: folder, port: port, file: file)
                var broadcast: Broadcast? = try Broadcast(config(port))
                try await broadcast?.start()
                try await Task.sleep(for: .seconds(1))
                #expect(broadcast?.health.state == .live)
                broadcast = nil
                try await ffmpeg.finish()
            }
        }

        @Test("a wrong passphrase is a typed error, and prints nowhere")
        func wrongPassphrase() async throws {
            try await inScratch { folder in
                let port = try freePort()
                let options = "&passphrase=the-right-passphrase&pbkeylen=16"
                let ffmpeg = try await Peer.ffmpeg(
                    in: folder, port: port, file: folder.appending(path: "received.ts"),
                    options: options)
                let wrong = Secret("quite another passphrase")
                let destination = try Destination(
                    "srt://127.0.0.1:\(port)?latency=120", passphrase: wrong)
                let error = try await failure {
                    try await onAir(config(destination)) { _ in }
                }
                #expect(error.kind == .refused)
                #expect(error.message.contains("passphrase"))
                #expect(error.localizedDescription == error.message)
                for text in ["\(wrong)", "\(destination)", "\(error)", String(reflecting: error)] {
                    #expect(!text.contains("quite another"))
                }
                withExtendedLifetime(ffmpeg) {}
            }
        }

        @Test("a destination that makes no sense says what is wrong with it")
        func senselessDestination() async throws {
            let error = try await failure {
                _ = try Destination("srt://ingest.example")
            }
            #expect(error.kind == .configuration)
            #expect(error.message.contains("port"))
        }

        @Test("events end with the broadcast, and can be read again from the beginning")
        func eventsEnd() async throws {
            try await inScratch { folder in
                let port = try freePort()
                let ffmpeg = try await Peer.ffmpeg(
                    in: folder, port: port, file: folder.appending(path: "received.ts"))
                let broadcast = try Broadcast(config(port))
                try await broadcast.start()
                let live = await broadcast.events.first {
                    if case .live = $0.kind { true } else { false }
                }
                #expect(live != nil)
                let summary = try await broadcast.stop()
                #expect(summary.cause == .stopped)
                #expect(try await broadcast.stop() == summary, "stopping twice says the same")
                let kinds = await broadcast.events.reduce(into: []) { $0.append($1.kind) }
                #expect(kinds.first == .connecting(attempt: 1))
                #expect(kinds.last == .ended(cause: .stopped))
                withExtendedLifetime(ffmpeg) {}
            }
        }

        @Test("a loop on the main actor sees health change, until the end")
        @MainActor func healthUpdates() async throws {
            try await inScratch { folder in
                let port = try freePort()
                let ffmpeg = try await Peer.ffmpeg(
                    in: folder, port: port, file: folder.appending(path: "received.ts"))
                var states: [BroadcastState] = []
                let broadcast = try Broadcast(config(port))
                #expect(broadcast.health.state == .prepared)
                let began = Task { try await broadcast.start() }
                for await health in broadcast.healthUpdates {
                    if states.last != health.state {
                        states.append(health.state)
                    }
                    if health.videoFrames > 30 {
                        broadcast.cancel()
                    }
                }
                try await began.value
                #expect(states.suffix(2) == [.live, .ended], "\(states)")
                withExtendedLifetime(ffmpeg) {}
            }
        }

        @Test("what happens on air happens on the caller's actor")
        @MainActor func onTheMainActor() async throws {
            try await inScratch { folder in
                let port = try freePort()
                let ffmpeg = try await Peer.ffmpeg(
                    in: folder, port: port, file: folder.appending(path: "received.ts"))
                var seen: [BroadcastState] = []
                try await onAir(config(port)) { broadcast in
                    MainActor.assertIsolated()
                    for await health in broadcast.healthUpdates.prefix(3) {
                        seen.append(health.state)
                    }
                }
                #expect(seen == [.live, .live, .live])
                withExtendedLifetime(ffmpeg) {}
            }
        }

        @Test("who stops waiting for events or health leaves the broadcast as it is")
        func cancelledLoops() async throws {
            try await inScratch { folder in
                let port = try freePort()
                let ffmpeg = try await Peer.ffmpeg(
                    in: folder, port: port, file: folder.appending(path: "received.ts"))
                try await onAir(config(port)) { broadcast in
                    let (ends, hasEnded) = AsyncStream.makeStream(of: String.self)
                    let loops = [
                        Task {
                            for await _ in broadcast.events {}
                            hasEnded.yield("events")
                        },
                        Task {
                            for await _ in broadcast.healthUpdates {}
                            hasEnded.yield("health")
                        },
                    ]
                    try await Task.sleep(for: .seconds(1))
                    loops.forEach { $0.cancel() }
                    try await Task.sleep(for: .seconds(1))
                    hasEnded.finish()
                    let ended = await ends.reduce(into: Set()) { $0.insert($1) }
                    #expect(ended == ["events", "health"])
                    #expect(broadcast.health.state == .live)
                }
                withExtendedLifetime(ffmpeg) {}
            }
        }

        @Test("health that can no longer change ends, whatever kept the broadcast from beginning")
        func healthOfWhatNeverBegan() async throws {
            let broadcast = try Broadcast(config(try freePort(), framesPerSecond: 1_000))
            let error = try await failure { try await broadcast.start() }
            #expect(error.kind == .configuration)
            let states = await broadcast.healthUpdates.reduce(into: []) { $0.append($1.state) }
            #expect(states == [.ended])
            #expect(await broadcast.events.reduce(0) { count, _ in count + 1 } == 0)
        }
    }
}

/// A small test picture and a tone.
func config(_ port: UInt16, framesPerSecond: UInt32 = 30) throws -> BroadcastConfig {
    try config(
        Destination("srt://127.0.0.1:\(port)?latency=120"), framesPerSecond: framesPerSecond)
}

func config(_ destination: Destination, framesPerSecond: UInt32 = 30) -> BroadcastConfig {
    BroadcastConfig(
        destination: destination, widthPixels: 320, heightPixels: 180,
        framesPerSecond: framesPerSecond, videoBitsPerSecond: 600_000,
        sources: Sources(video: .testPicture, audio: .testTone))
}

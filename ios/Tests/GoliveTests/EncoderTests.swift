// What an app meets that brings its own encoder, or keys from elsewhere.

import Foundation
import Golive
import Testing

extension Stories {
    @Suite struct EncoderTests {
        @Test("what an app's own encoder produces is decoded without a fault")
        func ownEncoder() async throws {
            try await inScratch { folder in
                let (port, file) = (try freePort(), folder.appending(path: "received.ts"))
                let encoder = FilmEncoder(try await film(in: folder))
                let ffmpeg = try await Peer.ffmpeg(in: folder, port: port, file: file)
                try await onAir(config(port), encoder: encoder) { broadcast in
                    try await Task.sleep(for: .seconds(3))
                    try broadcast.set(.keyframe)
                    try broadcast.set(.videoBitrate(bitsPerSecond: 400_000))
                    try broadcast.set(.muted(muted: true))
                    try await Task.sleep(for: .seconds(1))
                    #expect(broadcast.health.videoFrames > 90)
                }
                let told = encoder.told
                let said = try await ffmpeg.finish()
                #expect(told.first == "start")
                #expect(told.last == "stop", "it is stopped before onAir returns")
                #expect(Set(told).isSuperset(of: ["keyframe", "target 400000", "muted true"]))
                #expect(encoder.threads.count == 1, "one thread of the broadcast's own")
                let packets = try await packets(of: file, in: folder)
                #expect(packets["h264", default: 0] > 90, "\(packets) \(said)")
                #expect(try await complaints(about: file, in: folder) == "")
            }
        }

        @Test("what it produces may be H.265")
        func h265() async throws {
            try await inScratch { folder in
                let (port, file) = (try freePort(), folder.appending(path: "received.ts"))
                let encoder = FilmEncoder(try await h265Film(in: folder))
                let ffmpeg = try await Peer.ffmpeg(in: folder, port: port, file: file)
                let program = Program(videoCodec: .h265)
                try await onAir(config(port), encoder: encoder, program: program) { broadcast in
                    try await Task.sleep(for: .seconds(1))
                    try broadcast.set(.keyframe)
                    try await Task.sleep(for: .seconds(1))
                }
                let said = try await ffmpeg.finish()
                let packets = try await packets(of: file, in: folder)
                #expect(packets["hevc", default: 0] > 40, "\(packets) \(said)")
                #expect(try await complaints(about: file, in: folder) == "")
            }
        }

        @Test("an encoder that throws and takes its time keeps nobody waiting")
        func throwingEncoder() async throws {
            struct Refusal: Error, CustomStringConvertible {
                let description = "no key frame today"
            }
            final class Busy: FilmEncoder, @unchecked Sendable {
                let (asked, isAsked) = AsyncStream.makeStream(of: Void.self)

                override func requestKeyframe() throws {
                    try super.requestKeyframe()
                    isAsked.yield()
                    Thread.sleep(forTimeInterval: 1.5)
                    throw Refusal()
                }
            }
            try await inScratch { folder in
                let port = try freePort()
                let encoder = Busy(try await film(in: folder))
                let ffmpeg = try await Peer.ffmpeg(
                    in: folder, port: port, file: folder.appending(path: "received.ts"))
                try await onAir(config(port), encoder: encoder) { broadcast in
                    try broadcast.set(.keyframe)
                    await encoder.asked.first { true }
                    let before = broadcast.health.sentBytes
                    try await Task.sleep(for: .seconds(1))
                    let sent = broadcast.health.sentBytes - before
                    #expect(sent > 10_000, "while the app was busy")
                    let failed = await broadcast.events.first {
                        if case .appFailed = $0.kind { true } else { false }
                    }
                    #expect(failed?.sentence.contains("no key frame today") == true)
                }
                #expect(encoder.told.last == "stop")
                withExtendedLifetime(ffmpeg) {}
            }
        }

        @Test("an encoder that does not start ends the broadcast with its reason")
        func encoderThatDoesNotStart() async throws {
            final class Burning: FilmEncoder, @unchecked Sendable {
                override func start(sink: FrameSink, target: EncoderTarget) throws {
                    throw CallbackFailure.Failed(reason: "the camera is on fire")
                }
            }
            try await inScratch { folder in
                let port = try freePort()
                let ffmpeg = try await Peer.ffmpeg(
                    in: folder, port: port, file: folder.appending(path: "received.ts"))
                let error = try await failure {
                    try await onAir(config(port), encoder: Burning([])) { _ in }
                }
                #expect(error.kind == .media)
                #expect(error.message.contains("the camera is on fire"))
                withExtendedLifetime(ffmpeg) {}
            }
        }

        @Test("keys come from the app when they are needed")
        func keysFromTheApp() async throws {
            final class Keys: Credentials {
                func access() async throws -> Access {
                    try await Task.sleep(for: .milliseconds(100))
                    return Access(passphrase: Secret("the-right-passphrase"))
                }
            }
            try await inScratch { folder in
                let port = try freePort()
                let ffmpeg = try await Peer.ffmpeg(
                    in: folder, port: port, file: folder.appending(path: "received.ts"),
                    options: "&passphrase=the-right-passphrase&pbkeylen=16")
                try await onAir(config(port), credentials: Keys()) { broadcast in
                    let encrypted = await broadcast.events.first {
                        if case .live(_, let encrypted, _, _) = $0.kind { encrypted } else { false }
                    }
                    #expect(encrypted != nil)
                }
                withExtendedLifetime(ffmpeg) {}
            }
        }

        @Test("an app that has no keys is told so in its own words")
        func noKeys() async throws {
            final class SignedOut: Credentials {
                func access() async throws -> Access {
                    throw CallbackFailure.Failed(reason: "signed out")
                }
            }
            let port = try freePort()
            let error = try await failure {
                try await onAir(config(port), credentials: SignedOut()) { _ in }
            }
            #expect(error.kind == .refused)
            #expect(error.message.contains("signed out"))
        }

        @Test("cancelling a start that waits for the app's keys returns at once, and tells the app")
        func cancelledWhileAskingForKeys() async throws {
            final class Slow: Credentials {
                let (asked, isAsked) = AsyncStream.makeStream(of: Void.self)
                let (givenUp, isGivenUp) = AsyncStream.makeStream(of: Void.self)

                func access() async throws -> Access {
                    isAsked.yield()
                    do {
                        try await Task.sleep(for: .seconds(20))
                    } catch {
                        isGivenUp.yield()
                        throw error
                    }
                    return Access()
                }
            }
            let credentials = Slow()
            let broadcast = try Broadcast(config(freePort()), credentials: credentials)
            let task = Task { try await broadcast.start() }
            await credentials.asked.first { true }
            #expect(broadcast.health.state == .prepared)
            task.cancel()
            let took = await ContinuousClock().measure {
                await #expect(throws: CancellationError.self) { try await task.value }
            }
            #expect(took < .seconds(2))
            #expect(broadcast.health.state == .ended)
            await credentials.givenUp.first { true }
        }
    }
}

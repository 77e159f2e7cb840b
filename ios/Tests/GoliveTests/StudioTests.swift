// A phone as a studio: what an app's ten lines do, with a phone and a broadcast of paper.

import Golive
import Testing

@MainActor @Suite struct StudioTests {
    private let phone = PaperPhone()
    private let time = VirtualTime()

    @Test("going on air asks, takes the sound, and gives everything back in the end")
    func onAir() async throws {
        let made = Made()
        let studio = studio(made)
        let config = BroadcastConfig(destination: try Destination("srt://127.0.0.1:9"))
        try await studio.onAir(config) { broadcast in
            #expect(broadcast is PaperBroadcast)
            #expect(phone.log == ["ask", "activate"])
        }
        #expect(phone.log == ["ask", "activate", "time", "enough", "release"])
        let broadcast = try #require(made.broadcast)
        #expect(broadcast.wasStopped)
        let sources = Sources(video: .camera(index: 0), audio: .microphone(name: nil))
        #expect(broadcast.config.sources == sources)
        #expect(studio.broadcast == nil)
    }

    @Test("a picture has the shape of the phone as it is held when the broadcast begins")
    func shape() async throws {
        let config = BroadcastConfig(destination: try Destination("srt://127.0.0.1:9"))
        for (upright, width, height) in [(true, 720, 1280), (false, 1280, 720)] {
            phone.turn(upright: upright)
            let made = Made()
            try await studio(made).onAir(config) { _ in }
            let size = try #require(made.broadcast).config
            #expect(size.widthPixels == width && size.heightPixels == height)
        }
        phone.turn(upright: true)
        let made = Made()
        let asConfigured = Studio(phone: phone, shape: .asConfigured, time: time) { config, _ in
            made.make(config)
        }
        try await asConfigured.onAir(config) { _ in }
        #expect(made.broadcast?.config.widthPixels == 1280)
        // A test picture is not turned with the phone.
        try await studio(made).onAir(try GoliveTests.config(9)) { _ in }
        #expect(made.broadcast?.config.widthPixels == 320)
    }

    @Test("who forbids the camera is told before anything is opened")
    func forbidden() async throws {
        let denied = GoliveError(.permissionDenied, "the camera is forbidden: allow it in Settings")
        let phone = PaperPhone(permission: denied)
        let made = Made()
        let studio = Studio(phone: phone, time: time) { config, _ in made.make(config) }
        let config = try config(9)
        let failure = try await failure { try await studio.onAir(config) { _ in } }
        #expect(failure == denied)
        #expect(phone.log == ["ask"] && made.broadcast == nil)
    }

    @Test("where a call has the sound, going on air says so and takes nothing")
    func callBefore() async throws {
        phone.sound.isTaken = true
        let made = Made()
        let studio = studio(made)
        let config = BroadcastConfig(destination: try Destination("srt://127.0.0.1:9"))
        let failure = try await failure { try await studio.onAir(config) { _ in } }
        #expect(failure.kind == .deviceUnavailable && made.broadcast == nil)
    }

    @Test("an ingest that refuses leaves nothing open, and the next attempt is another broadcast")
    func refused() async throws {
        let made = Made(refusal: GoliveError(.refused, "wrong key"))
        let studio = studio(made)
        let config = BroadcastConfig(destination: try Destination("srt://127.0.0.1:9"))
        let failure = try await failure { try await studio.onAir(config) { _ in } }
        #expect(failure.kind == .refused)
        #expect(phone.log.last == "release" && studio.broadcast == nil)
        made.refusal = nil
        try await studio.onAir(config) { _ in }
    }

    @Test("camera, lamp and zoom are switched on air, and set beforehand")
    func switches() async throws {
        let made = Made()
        let studio = studio(made)
        try await studio.prepare()
        #expect(studio.camera?.position == .back)
        try await studio.setTorch(true)
        let config = try config(9)
        try await studio.onAir(config) { _ in
            let broadcast = try #require(made.broadcast)
            #expect(broadcast.changes == [.torch(isOn: true)])
            try await studio.switchCamera()
            #expect(studio.camera?.position == .front && !studio.isTorchOn)
            await #expect(throws: GoliveError.self) { try await studio.setTorch(true) }
            try await studio.setZoom(2)
            try await studio.switchCamera()
            #expect(studio.camera?.index == 0 && studio.zoom == 1)
            let asked: [Change] = [
                .torch(isOn: true), .camera(index: 2), .zoom(factor: 2), .camera(index: 0),
            ]
            #expect(broadcast.changes == asked)
        }
    }

    @Test("a camera that is switched while the ingest is being reached is the one on air")
    func switchedEarly() async throws {
        let made = Made()
        let studio = studio(made)
        made.whileStarting = { try? await studio.switchCamera() }
        let config = BroadcastConfig(destination: try Destination("srt://127.0.0.1:9"))
        try await studio.onAir(config) { _ in
            let broadcast = try #require(made.broadcast)
            #expect(studio.camera?.position == .front)
            #expect(broadcast.changes == [.camera(index: 2)])
        }
    }

    @Test("where that one cannot be opened, the studio names the one that is on air")
    func switchedEarlyInVain() async throws {
        let made = Made()
        let studio = studio(made)
        made.whileStarting = {
            let taken = GoliveError(.deviceUnavailable, "another app has it")
            await made.broadcast?.refuse(.camera(index: 2), with: taken)
            try? await studio.switchCamera()
        }
        let config = BroadcastConfig(destination: try Destination("srt://127.0.0.1:9"))
        try await studio.onAir(config) { _ in
            #expect(made.broadcast?.timesRefused == 1)
            #expect(studio.camera?.position == .back)
        }
    }

    @Test("while a camera is exchanged the screen goes on, and who taps twice has the first one again")
    func exchange() async throws {
        let made = Made()
        let studio = studio(made)
        try await studio.prepare()
        try await studio.onAir(try config(9)) { _ in
            let broadcast = try #require(made.broadcast)
            broadcast.beSlow()
            let taps = [1, 2].map { _ in Task { try await studio.switchCamera() } }
            try await eventually("the screen stands still") { broadcast.isBusy }
            #expect(studio.camera?.index == 0)
            broadcast.goOn()
            for tap in taps {
                try await tap.value
            }
            #expect(broadcast.changes == [.camera(index: 2), .camera(index: 0)])
            #expect(studio.camera?.index == 0)
        }
    }

    @Test("lamp and zoom are as they were when the camera is opened again, after the background")
    func openedAgain() async throws {
        let made = Made()
        let studio = studio(made)
        try await studio.prepare()
        try await studio.onAir(try config(9)) { _ in
            let broadcast = try #require(made.broadcast)
            try await studio.setTorch(true)
            try await studio.setZoom(2)
            phone.say(.enteredBackground)
            phone.say(.entersForeground)
            phone.say(.captureStarted)
            try await eventually("lamp and zoom are lost: \(broadcast.changes)") {
                broadcast.count(.torch(isOn: true)) == 2 && broadcast.count(.zoom(factor: 2)) == 2
            }
            let hot = GoliveError(.configuration, "the lamp is too hot")
            broadcast.refuse(.torch(isOn: true), with: hot)
            phone.say(.captureInterruptionEnded)
            try await eventually("a lamp that is out counts as on") { !studio.isTorchOn }
        }
    }

    @Test("a call that outlasts what the phone grants in the background ends the broadcast in order")
    func callInBackground() async throws {
        let made = Made()
        let (told, tells) = AsyncStream.makeStream(of: InterruptionEvent.self)
        let config = try config(9)
        try await studio(made).onAir(config, interrupted: { tells.yield($0) }) { _ in
            let broadcast = try #require(made.broadcast)
            phone.say(.soundInterrupted(.taken))
            phone.say(.enteredBackground)
            try await eventually("nobody asked for time") { phone.log == ["ask", "time"] }
            await phone.letTimeExpire()
            #expect(broadcast.wasCancelled)
        }
        #expect(made.broadcast?.wasStopped == true)
        // Time to end in is asked for before the other is given back.
        #expect(phone.log == ["ask", "time", "time", "enough", "enough", "release"])
        tells.finish()
        var sentences: [String] = []
        for await event in told {
            sentences.append(event.sentence)
        }
        #expect(sentences.last?.contains("the broadcast ends") == true, "\(sentences)")
    }

    @Test("what the app asks of the encoder is limited by heat, and asked in full when it is over")
    func asked() async throws {
        let made = Made()
        let studio = studio(made)
        let config = try config(9)
        try await studio.onAir(config) { _ in
            let broadcast = try #require(made.broadcast)
            phone.say(.heat(.serious))
            try await eventually("heat limits nothing") {
                broadcast.count(.videoBitrate(bitsPerSecond: 360_000)) == 1
            }
            var target = EncoderTarget(config)
            target.videoBitsPerSecond = 1_000_000
            await studio.ask(for: target)
            #expect(broadcast.count(.videoBitrate(bitsPerSecond: 600_000)) == 1)
        }
    }

    @Test("a call is carried out and told, and its end too")
    func call() async throws {
        let made = Made()
        let studio = studio(made)
        let config = try config(9)
        let (told, tells) = AsyncStream.makeStream(of: InterruptionEvent.self)
        try await studio.onAir(config, interrupted: { tells.yield($0) }) { _ in
            let broadcast = try #require(made.broadcast)
            var events = told.makeAsyncIterator()
            phone.say(.soundInterrupted(.taken))
            let began = await events.next()
            #expect(began?.cause == .call && began?.heard == .released)
            #expect(broadcast.heard == .released)
            phone.say(.soundInterruptionEnded(shouldResume: true))
            try await eventually("the sound was not asked for") { phone.sound.attempts == 1 }
            // The attempt was heard of; that it worked has to be told to the machine still.
            for _ in 0..<200 where broadcast.heard != .microphone {
                await time.pass(.milliseconds(100))
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(broadcast.heard == .microphone)
            #expect(await events.next()?.sentence.contains("over") == true)
        }
    }

    @Test("who is muted before going on air is not heard")
    func muted() async throws {
        let made = Made()
        let studio = studio(made)
        await studio.setMuted(true)
        let config = try config(9)
        try await studio.onAir(config) { _ in
            #expect(made.broadcast?.heard == .muted)
            await studio.setMuted(false)
            #expect(made.broadcast?.heard == .microphone)
        }
    }

    @Test("all networks that the phone has are used, and those that come and go are told")
    func networks() async throws {
        let made = Made()
        let studio = studio(made, networks: .all(budgetBytes: 1_000_000))
        let wifi = NetworkInterface(name: "en0", kind: .wifi, addresses: ["192.168.1.20"])
        let cellular = NetworkInterface(name: "pdp_ip0", kind: .cellular, addresses: ["10.7.0.4"])
        phone.find([wifi, cellular])
        let config = try config(9)
        try await studio.onAir(config) { _ in
            let broadcast = try #require(made.broadcast)
            #expect(broadcast.config.networks.map(\.address) == ["10.7.0.4", "192.168.1.20"])
            phone.find([cellular])
            try await eventually("nobody told that the wireless network is gone") {
                broadcast.count(.networkRemoved(address: "192.168.1.20")) == 1
            }
        }
    }

    @Test("one studio is on air once at a time")
    func twice() async throws {
        let studio = studio(Made())
        let config = try config(9)
        try await studio.onAir(config) { _ in
            let failure = try await failure { try await studio.onAir(config) { _ in } }
            #expect(failure.kind == .configuration)
        }
    }

    @Test("a cancelled task ends the broadcast")
    func cancelled() async throws {
        let made = Made()
        let studio = studio(made)
        let config = try config(9)
        let task = Task {
            try await studio.onAir(config) { _ in try await Task.sleep(for: .seconds(600)) }
        }
        try await eventually("it does not go on air") { made.broadcast != nil }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(made.broadcast?.wasStopped == true)
        #expect(phone.log.last == "release" || phone.log == ["ask"])
    }

    private func studio(_ made: Made, networks: NetworkChoice = .system) -> Studio {
        Studio(phone: phone, networks: networks, time: time) { config, _ in made.make(config) }
    }
}

/// The broadcast that was made last.
@MainActor private final class Made {
    var broadcast: PaperBroadcast?
    var refusal: GoliveError?
    var whileStarting: @Sendable () async -> Void = {}

    init(refusal: GoliveError? = nil) {
        self.refusal = refusal
    }

    func make(_ config: BroadcastConfig) -> any LiveBroadcast {
        let broadcast = PaperBroadcast(config, refusal: refusal, whileStarting: whileStarting)
        self.broadcast = broadcast
        return broadcast
    }
}

// What the person with the sample app sees, in a rehearsal: the real session, the real interruption
// machine, and no camera, network or time of this machine's.

import Golive
import GoliveSampleModel
import GoliveTesting
import Testing

@MainActor @Suite(.timeLimit(.minutes(1))) struct SampleTests {
    private let phone = PaperPhone()
    private let time = VirtualTime()
    private let rehearsal: Rehearsal
    private let model: Model
    private let address = "srt://ingest.example:9000?streamid=rehearsal"

    init() async throws {
        let rehearsal = try Rehearsal()
        self.rehearsal = rehearsal
        let studio = Studio(phone: phone, time: time) { _, _ in rehearsal }
        model = Model(studio: studio)
        await model.appear()
    }

    @Test("a call at minute three and cellular at minute four: the person always knows what viewers get")
    func callAndCellular() async throws {
        rehearsal.at(.seconds(240), .handOver(network: .lte))
        #expect(model.screen.canSwitchCamera && model.screen.hasTorch)
        try await goLive()
        await pass(to: 179)
        #expect(model.screen.phase == .live && model.screen.instead == nil)
        #expect(model.screen.health.hasPrefix("live · "), "\(model.screen.health)")
        #expect(model.screen.health.contains("kb/s"))

        phone.sound.isTaken = true
        try await say(.soundInterrupted(.taken)) { model.screen.instead != nil }
        #expect(model.screen.instead == "viewers get your last picture and silence")
        await pass(to: 181)
        #expect(rehearsal.viewer.sound == .silence)
        await pass(to: 200)
        try await shows("viewers get a slate and silence")
        #expect(rehearsal.viewer.picture == .slate && rehearsal.viewer.sound == .silence)
        #expect(model.screen.sentences.contains { $0.contains("call") }, "\(model.screen)")

        await pass(to: 220)
        phone.sound.isTaken = false
        await pass(to: 235)
        // The call has been over for a while.
        try await shows(nil)
        #expect(rehearsal.viewer.isLive)

        await pass(to: 250)
        #expect(model.screen.phase == .live)
        #expect(rehearsal.viewer.isLive, "cellular carries it")
        #expect(model.screen.problem == nil)

        model.goLiveOrStop(address)
        // The ingest is told, which takes its time.
        await pass(to: 252)
        await model.ended()
        #expect(model.screen.phase == .offAir && model.screen.health == "off air")
        #expect(phone.log.last == "release")
    }

    @Test("who mutes and switches the camera sees that, and viewers hear silence")
    func buttons() async throws {
        try await goLive()
        await pass(to: 5)
        await model.toggleMute()
        await model.toggleTorch()
        #expect(model.screen.isMuted && model.screen.isTorchOn)
        await pass(to: 7)
        #expect(rehearsal.viewer.sound == .silence)
        await model.switchCamera()
        #expect(!model.screen.isTorchOn && !model.screen.hasTorch)
        await model.toggleMute()
        await pass(to: 9)
        #expect(rehearsal.viewer.sound == .microphone)
    }

    @Test("who thinks better of it at once does not go on air")
    func secondThought() async throws {
        model.goLiveOrStop(address)
        model.goLiveOrStop(address)
        await model.ended()
        #expect(model.screen.phase == .offAir && model.screen.problem == nil)
        #expect(!phone.log.contains("activate"))
    }

    @Test("a wrong key is told in a sentence, and the person can try again")
    func wrongKey() async throws {
        rehearsal.at(.zero, .wrongKey)
        model.goLiveOrStop(address)
        await model.ended()
        let problem = try #require(model.screen.problem)
        #expect(problem.contains("refused"), "\(problem)")
        #expect(model.screen.phase == .offAir && phone.log.last == "release")
    }

    @Test("an address that is none is told, and nothing is opened")
    func wrongAddress() async throws {
        model.goLiveOrStop("ingest.example")
        await model.ended()
        #expect(model.screen.problem != nil && !phone.log.contains("activate"))
    }

    private func goLive() async throws {
        model.goLiveOrStop(address)
        try await eventually("it does not go on air: \(model.screen)") {
            model.screen.phase == .live
        }
    }

    private func shows(_ instead: String?) async throws {
        try await eventually("not \(instead ?? "the person"): \(model.screen)") {
            model.screen.instead == instead
        }
    }

    /// The phone says something, and whoever listens has heard it.
    private func say(_ event: PhoneEvent, until heard: () -> Bool) async throws {
        phone.say(event)
        try await eventually("nobody heard \(event): \(model.screen)", heard)
    }

    /// Lets time pass, everywhere at once, until so many seconds after the beginning.
    private func pass(to second: Int) async {
        while rehearsal.elapsed < .seconds(second) {
            let before = rehearsal.elapsed
            await rehearsal.advance(to: min(.seconds(second), before + .seconds(1)))
            await time.pass(rehearsal.elapsed - before)
        }
    }
}

// Broadcasts in virtual time, as an app's own tests tell them.

import Golive
import GoliveTesting
import Testing

@Suite struct RehearsalTests {
    @Test("a call at minute three and cellular at minute four")
    func callAndHandOver() async throws {
        let rehearsal = try Rehearsal(rules: androidInterruptions())
        rehearsal.at(.seconds(180), .call)
        rehearsal.at(.seconds(240), .handOver(network: .lte))
        rehearsal.at(.seconds(300), .callEnds)
        #expect(rehearsal.health.state == .prepared)
        try await rehearsal.start()
        await rehearsal.advance(to: .seconds(180))
        #expect(rehearsal.viewer.isLive)
        await rehearsal.advance(by: .seconds(1))
        #expect(rehearsal.viewer.picture == .lastFrame)
        #expect(rehearsal.viewer.pictureAgeMs == 1_000)
        await rehearsal.advance(by: .seconds(4))
        #expect(rehearsal.viewer.picture == .slate)
        #expect(rehearsal.viewer.sound == .silence)
        #expect(rehearsal.told.first?.sentence.contains("a call") == true)
        await rehearsal.advance(to: .seconds(303))
        #expect(rehearsal.viewer.isLive)
        #expect(rehearsal.health.reconnections == 1)
        #expect(rehearsal.viewer(at: .seconds(240)).picture == .slate)
        let summary = try await rehearsal.stop()
        #expect(summary.cause == .stopped)
        #expect(try await rehearsal.stop() == summary)
        #expect(rehearsal.health.state == .ended)
    }

    @MainActor
    @Test("what an app makes of a broadcast is tested as if it were one")
    func screen() async throws {
        let rehearsal = try Rehearsal()
        let screen = Screen()
        let watching = Task { await screen.watch(rehearsal) }
        rehearsal.at(.seconds(60), .ingestDies)
        rehearsal.at(.seconds(80), .ingestReturns)
        try await rehearsal.start()
        await rehearsal.advance(to: .seconds(30))
        #expect(screen.banner == "on air")
        await rehearsal.advance(to: .seconds(70))
        #expect(screen.banner == "connecting again")
        #expect(rehearsal.viewer.frozenSinceMs != nil)
        await rehearsal.advance(to: .seconds(90))
        #expect(screen.banner == "on air")
        try await rehearsal.stop()
        await watching.value
        #expect(screen.banner == "over")
    }

    @Test("a wrong key is the error that a broadcast throws, at once")
    func wrongKey() async throws {
        let rehearsal = try Rehearsal()
        rehearsal.now(.wrongKey)
        await #expect {
            try await rehearsal.start()
        } throws: {
            ($0 as? GoliveError)?.kind == .refused
        }
        #expect(rehearsal.elapsed < .seconds(1))
        let last = await rehearsal.events.reduce(Event?.none) { $1 }
        #expect(last?.kind == .ended(cause: .refused))
    }

    @Test("health is told as it changes, until the end")
    func healthUpdates() async throws {
        let rehearsal = try Rehearsal()
        try await rehearsal.start()
        let states = Task { await rehearsal.healthUpdates.reduce(into: []) { $0.append($1.state) } }
        await rehearsal.advance(by: .seconds(10))
        try await rehearsal.stop()
        #expect(await states.value.last == .ended)
    }

    @Test("a loop that is left keeps nobody waiting")
    func leftLoop() async throws {
        let rehearsal = try Rehearsal()
        try await rehearsal.start()
        let first = await rehearsal.events.first { _ in true }
        #expect(first?.kind == .connecting(attempt: 1))
        await rehearsal.advance(by: .seconds(10))
        #expect(rehearsal.viewer.isLive)
    }

    @Test("in the background viewers hear and do not see")
    func background() async throws {
        let rehearsal = try Rehearsal()
        try await rehearsal.start()
        rehearsal.now(.background)
        await rehearsal.advance(by: .seconds(5))
        #expect(rehearsal.viewer.picture == .nothing)
        #expect(rehearsal.viewer.sound == .microphone)
    }

    @Test("what makes no sense is refused when it is made")
    func refused() throws {
        let destination = try Destination("srt://0.0.0.0:9000?mode=listener")
        #expect {
            try Rehearsal(BroadcastConfig(destination: destination))
        } throws: {
            ($0 as? GoliveError)?.kind == .configuration
        }
    }
}

/// A part of an app: what stands on the screen while a broadcast is on air.
@MainActor
private final class Screen {
    private(set) var banner = ""

    func watch(_ broadcast: any LiveBroadcast) async {
        for await event in broadcast.events {
            switch event.kind {
            case .live, .returned: banner = "on air"
            case .recovering: banner = "connecting again"
            case .ended: banner = "over"
            default: break
            }
        }
    }
}

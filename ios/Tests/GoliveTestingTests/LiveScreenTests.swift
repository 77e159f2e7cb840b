// What docs/testing.md shows: a part of an app, and its tests.

import Golive
import GoliveTesting
import Testing

/// A part of the app: the line over the picture. It takes any broadcast.
@MainActor final class LiveScreen {
    var line = "off air"

    func watch(_ broadcast: any LiveBroadcast) async {
        for await event in broadcast.events {
            switch event.kind {
            case .live: line = "on air"
            case .recovering: line = "one moment"
            case .ended: line = "off air"
            default: break
            }
        }
    }
}

@MainActor @Suite struct LiveScreenTests {
    @Test("a call at minute three, and cellular after a gap at minute four")
    func callAndCellular() async throws {
        let rehearsal = try Rehearsal()
        rehearsal.at(.seconds(180), .call)
        rehearsal.at(.seconds(240), .noNetwork)
        rehearsal.at(.seconds(250), .handOver(network: .lte))
        rehearsal.at(.seconds(300), .callEnds)
        let screen = LiveScreen()
        let watching = Task { await screen.watch(rehearsal) }

        try await rehearsal.start()
        await rehearsal.advance(to: .seconds(185))
        #expect(rehearsal.viewer.picture == .slate)
        #expect(rehearsal.viewer.sound == .silence)
        await rehearsal.advance(to: .seconds(245))
        #expect(screen.line == "one moment")
        await rehearsal.advance(to: .seconds(360))
        #expect(screen.line == "on air")
        #expect(rehearsal.viewer.isLive)
        try await rehearsal.stop()
        await watching.value
        #expect(screen.line == "off air")
    }
}

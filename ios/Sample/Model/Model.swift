// The sample app without its screen: what the buttons do, and what comes of it. It knows no UI
// framework, so that its tests run anywhere.

import Golive

/// One person's broadcasts from one phone.
@MainActor public final class Model {
    /// What the screen shows now.
    public private(set) var screen = Screen() {
        didSet {
            if screen != oldValue {
                changed?.yield(screen)
            }
        }
    }

    private let studio: Studio
    private var changed: AsyncStream<Screen>.Continuation?
    private var onAir: Task<Void, Never>?

    /// Makes one that goes on air from this studio.
    public init(studio: Studio) {
        self.studio = studio
    }

    /// What the screen shows: now, and whenever that changes. One loop at a time.
    public func screens() -> AsyncStream<Screen> {
        let (screens, continuation) = AsyncStream.makeStream(
            of: Screen.self, bufferingPolicy: .bufferingNewest(1))
        changed?.finish()
        changed = continuation
        continuation.yield(screen)
        return screens
    }

    /// Asks for camera and microphone, for the preview.
    public func appear() async {
        await attempt { try await self.studio.prepare() }
    }

    /// Goes on air, or ends that.
    ///
    /// - Parameter address: the ingest's, as `srt://ingest.example:9000?streamid=live_4711`.
    public func goLiveOrStop(_ address: String) {
        if let onAir {
            if studio.broadcast == nil {
                // The person is still being asked for the camera.
                onAir.cancel()
            } else {
                studio.stop()
            }
            return
        }
        onAir = Task {
            await broadcast(to: address)
            onAir = nil
        }
    }

    /// Waits until it is off air.
    public func ended() async {
        await onAir?.value
    }

    /// Takes the other camera.
    public func switchCamera() async {
        await attempt { try await self.studio.switchCamera() }
    }

    /// Turns the lamp on or off.
    public func toggleTorch() async {
        await attempt { try await self.studio.setTorch(!self.studio.isTorchOn) }
    }

    /// Silences the person, or no longer.
    public func toggleMute() async {
        await studio.setMuted(!studio.isMuted)
        look()
    }

    /// Enlarges the picture so much.
    public func zoom(_ factor: Double) async {
        await attempt { try await self.studio.setZoom(factor) }
    }

    private func broadcast(to address: String) async {
        screen.sentences = []
        screen.phase = .connecting
        screen.health = "connecting"
        await attempt {
            let destination = try Destination(address)
            let config = BroadcastConfig(destination: destination)
            try await self.studio.onAir(config, interrupted: self.interrupted) { broadcast in
                self.look()
                async let _: Void = self.follow(broadcast)
                for await health in broadcast.healthUpdates {
                    self.screen.phase = Screen.Phase(health.state)
                    self.screen.health = line(health)
                }
            }
        }
        screen.phase = .offAir
        screen.health = "off air"
        screen.instead = nil
    }

    private func follow(_ broadcast: any LiveBroadcast) async {
        for await event in broadcast.events {
            screen.note(event.sentence)
        }
    }

    private func interrupted(_ event: InterruptionEvent) {
        screen.note(event.sentence)
        screen.instead = instead(event)
    }

    /// Does something, and shows why it could not be done.
    private func attempt(_ something: @MainActor () async throws -> Void) async {
        do {
            try await something()
            screen.problem = nil
        } catch let error as GoliveError {
            screen.problem = error.message
        } catch {
            // It was stopped, which is what was asked for.
        }
        look()
    }

    /// Takes over what the studio knows.
    private func look() {
        screen.isMuted = studio.isMuted
        screen.isTorchOn = studio.isTorchOn
        screen.hasTorch = studio.camera?.hasTorch ?? false
        screen.canSwitchCamera = studio.cameras.count > 1
    }
}

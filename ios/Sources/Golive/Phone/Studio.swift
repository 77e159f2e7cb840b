// From the phone's camera to viewers in one call: permissions, audio session, broadcast,
// interruptions, networks, in this order, and all of it undone in the other.

import GoliveFFI

/// A phone as a studio: goes on air with what is captured on it, and switches camera, lamp, zoom and
/// sound on the way. What is set before counts once it is on air.
///
/// ```swift
/// let studio = Studio()
/// let config = BroadcastConfig(destination: try Destination(url))
/// try await studio.onAir(config) { broadcast in
///     for await health in broadcast.healthUpdates {
///         show(health)
///     }
/// }
/// ```
@MainActor public final class Studio {
    /// Makes the broadcasts; a test's are rehearsed.
    public typealias Broadcasts =
        @MainActor (BroadcastConfig, (any Credentials)?) throws -> any LiveBroadcast

    /// The phone's cameras, once it was asked for them: see ``prepare()``.
    public private(set) var cameras: [PhoneCamera] = []
    /// The camera that is used, or will be.
    public private(set) var camera: PhoneCamera?
    /// Whether the camera's lamp is on.
    public private(set) var isTorchOn = false
    /// How much the middle of the picture is enlarged: 1.0 is all of it.
    public private(set) var zoom = 1.0
    /// Whether the person is silenced.
    public private(set) var isMuted = false
    /// The broadcast that is on air, or about to be.
    public var broadcast: (any LiveBroadcast)? { current?.broadcast }

    private let phone: any Phone
    private let rules: InterruptionRules
    private let networks: NetworkChoice
    private let shape: PictureShape
    private let time: any Timekeeper
    private let broadcasts: Broadcasts
    private var current: OnAir?
    private var isTaken = false
    private var lastChange: Task<Result<Void, GoliveError>, Never>?

    private struct OnAir {
        let broadcast: any LiveBroadcast
        let interruptions: Interruptions
        var isLive = false
    }

    /// Makes a studio. Nothing is opened or asked yet.
    ///
    /// - Parameters:
    ///   - phone: what it runs on.
    ///   - rules: what is done about a call, the background, heat.
    ///   - networks: which networks are used.
    ///   - shape: which of a picture's sides is the longer.
    ///   - time: the phone's.
    ///   - broadcasts: makes the broadcasts.
    public init(
        phone: any Phone,
        rules: InterruptionRules = iosInterruptions(),
        networks: NetworkChoice = .system,
        shape: PictureShape = .asHeld,
        time: any Timekeeper = SystemTime(),
        broadcasts: @escaping Broadcasts = { config, credentials in
            Broadcast(config, credentials: credentials)
        }
    ) {
        self.phone = phone
        self.rules = rules
        self.networks = networks
        self.shape = shape
        self.time = time
        self.broadcasts = broadcasts
    }

    /// Asks for permission, and looks which cameras there are: for a preview before going on air.
    ///
    /// - Throws: ``GoliveError`` of the kind `permissionDenied`.
    public func prepare() async throws(GoliveError) {
        try await prepare(PhoneNeeds(camera: true, microphone: true))
    }

    /// Goes on air with the phone's camera and microphone, runs `body` there, and stops when it
    /// ends, throws or its task is cancelled: what was produced until then is carried, and the
    /// phone's devices are released, before this returns.
    ///
    /// - Parameters:
    ///   - config: where to, and what. Its sources are the phone's camera and microphone, unless it
    ///     names others.
    ///   - credentials: where the keys come from, if they are not in the destination.
    ///   - interrupted: told whenever something interrupts the broadcast, or no longer does.
    ///   - body: what happens on air.
    /// - Returns: what `body` returned.
    /// - Throws: ``GoliveError`` when it cannot go on air, of the kind `permissionDenied` if the
    ///   person forbade camera or microphone; what `body` throws; `CancellationError` when the task
    ///   is cancelled before it is on air.
    public func onAir<Value: Sendable>(
        _ config: BroadcastConfig,
        credentials: (any Credentials)? = nil,
        interrupted: @escaping @MainActor (InterruptionEvent) -> Void = { _ in },
        _ body: @MainActor (any LiveBroadcast) async throws -> Value
    ) async throws -> Value {
        guard !isTaken else {
            throw GoliveError(.configuration, "this studio is on air already: stop that first")
        }
        isTaken = true
        defer { isTaken = false }
        let needs = PhoneNeeds(config.sources)
        try await prepare(needs)
        try Task.checkCancellation()
        if needs.microphone {
            try await phone.activateSound()
        }
        do {
            let value = try await broadcast(
                config, credentials: credentials, interrupted: interrupted, body)
            await phone.releaseSound()
            return value
        } catch {
            await phone.releaseSound()
            throw error
        }
    }

    /// Takes the next camera of another position, or simply the next where there is none.
    ///
    /// Returns when it is at work, after a second or two. Of this and what follows down to
    /// ``setZoom(_:)``, one is done after the other.
    ///
    /// - Throws: ``GoliveError`` of the kind `deviceUnavailable` if there is no other.
    public func switchCamera() async throws(GoliveError) {
        try await inTurn { [self] () throws(GoliveError) in
            let others = cameras.filter { $0.index != camera?.index }
            guard
                let next = others.first(where: { $0.position != camera?.position }) ?? others.first
            else {
                throw GoliveError(.deviceUnavailable, "this phone has no other camera")
            }
            try await take(next)
        }
    }

    /// Takes this camera.
    ///
    /// - Throws: ``GoliveError``, why it cannot; the camera before goes on then.
    public func use(_ camera: PhoneCamera) async throws(GoliveError) {
        try await inTurn { [self] () throws(GoliveError) in try await take(camera) }
    }

    /// Turns the camera's lamp on or off.
    ///
    /// - Throws: ``GoliveError`` of the kind `deviceUnavailable` if the camera has none.
    public func setTorch(_ isOn: Bool) async throws(GoliveError) {
        try await inTurn { [self] () throws(GoliveError) in
            guard !isOn || camera?.hasTorch ?? true else {
                throw GoliveError(
                    .deviceUnavailable, "this camera has no lamp: use one at the back")
            }
            try await change(.torch(isOn: isOn))
            isTorchOn = isOn
        }
    }

    /// Enlarges the middle of the picture: 1.0 is all of it, and the least.
    ///
    /// - Throws: ``GoliveError``, why it cannot.
    public func setZoom(_ factor: Double) async throws(GoliveError) {
        let factor = factor.isFinite ? max(factor, 1) : 1
        try await inTurn { [self] () throws(GoliveError) in
            try await change(.zoom(factor: factor))
            zoom = factor
        }
    }

    /// Silences the person, or no longer. The microphone stays open.
    public func setMuted(_ isMuted: Bool) async {
        self.isMuted = isMuted
        await current?.interruptions.mute(isMuted)
    }

    /// Asks the encoder for something else, as far as heat and low power allow. What is set at the
    /// broadcast itself counts until one of them changes.
    public func ask(for target: EncoderTarget) async {
        await current?.interruptions.ask(for: target)
    }

    /// Asks the broadcast to stop; ``onAir(_:credentials:interrupted:_:)`` returns once it has.
    public func stop() {
        broadcast?.cancel()
    }

    private func take(_ camera: PhoneCamera) async throws(GoliveError) {
        try await change(.camera(index: camera.index))
        self.camera = camera
        // They are the camera's own, and another one begins without.
        (isTorchOn, zoom) = (false, 1)
    }

    /// Changes the broadcast, if that can be done now. It waits as long as a camera is being opened,
    /// which the main actor must not.
    private func change(_ change: Change) async throws(GoliveError) {
        guard let current, current.isLive else { return }
        try await current.broadcast.changeElsewhere(change)
    }

    /// Each finds what the one before left.
    private func inTurn(
        _ change: @escaping @MainActor () async throws(GoliveError) -> Void
    ) async throws(GoliveError) {
        let before = lastChange
        let task = Task {
            _ = await before?.value
            return await result(of: change)
        }
        lastChange = task
        try await task.value.get()
    }

    private func prepare(_ needs: PhoneNeeds) async throws(GoliveError) {
        try await phone.askPermission(for: needs)
        guard needs.camera else { return }
        cameras = await phone.cameras()
        let isThere = cameras.contains { $0.index == camera?.index }
        camera = isThere ? camera : cameras.first
    }

    private func broadcast<Value: Sendable>(
        _ config: BroadcastConfig, credentials: (any Credentials)?,
        interrupted: @escaping @MainActor (InterruptionEvent) -> Void,
        _ body: @MainActor (any LiveBroadcast) async throws -> Value
    ) async throws -> Value {
        var plan = NetworkPlan(networks)
        let interfaces = await interfaces(&plan)
        let config = prepared(config, plan, isUpright: await phone.isUpright())
        let broadcast = try broadcasts(config, credentials)
        let phone = phone
        let interruptions = Interruptions(
            broadcast, asked: EncoderTarget(config), rules: rules, time: time,
            activateSound: { (try? await phone.activateSound()) != nil },
            askForTime: { await phone.asksForTime("waiting for the microphone", expired: $0) })
        await interruptions.mute(isMuted)
        current = OnAir(broadcast: broadcast, interruptions: interruptions)
        // What it says while the ingest is still being reached is not lost.
        let events = await phone.events()
        async let _: Void = follow(events, interruptions)
        async let told: Void = tell(interruptions, interrupted)
        let outcome: Result<Value, any Error>
        do {
            try await broadcast.start()
            await goLive(interruptions, with: config.sources?.video)
            async let _: Void = follow(interfaces, plan, broadcast)
            let value = try await withTaskCancellationHandler {
                try await body(broadcast)
            } onCancel: {
                broadcast.cancel()
            }
            outcome = .success(value)
        } catch {
            outcome = .failure(error)
        }
        current = nil
        // Before time that was granted for a call is given back.
        let giveBack = await phone.asksForTime("ending the broadcast") {}
        await interruptions.close()
        await told
        let failure = await end(broadcast)
        await giveBack()
        // Why it came to its end is worth more than how the stopping went.
        let value = try outcome.get()
        if let failure {
            throw failure
        }
        return value
    }

    /// What was changed while the ingest was being reached is done now.
    private func goLive(_ interruptions: Interruptions, with video: VideoSource?) async {
        current?.isLive = true
        await interruptions.begin()
        try? await inTurn { [self] () throws(GoliveError) in
            if case let .camera(index) = video, let wanted = camera, wanted.index != index {
                do {
                    try await change(.camera(index: wanted.index))
                } catch {
                    // The one that it began with is on air.
                    camera = cameras.first { $0.index == index }
                    (isTorchOn, zoom) = (false, 1)
                }
            }
            await setTorchAndZoomAgain()
        }
    }

    /// A camera that was opened begins without.
    private func setTorchAndZoomAgain() async {
        if isTorchOn {
            do {
                try await change(.torch(isOn: true))
            } catch {
                isTorchOn = false
            }
        }
        if zoom != 1 {
            try? await change(.zoom(factor: zoom))
        }
    }

    private func end(_ broadcast: any LiveBroadcast) async -> GoliveError? {
        do {
            try await broadcast.stop()
            return nil
        } catch {
            return error.kind == .ended ? nil : error
        }
    }

    /// The phone's interfaces; the plan knows the first already.
    private func interfaces(_ plan: inout NetworkPlan) async -> AsyncStream<[NetworkInterface]>? {
        guard networks != .system else { return nil }
        let interfaces = await phone.interfaces()
        for await first in interfaces {
            _ = plan.update(first)
            break
        }
        return interfaces
    }

    private func prepared(
        _ config: BroadcastConfig, _ plan: NetworkPlan, isUpright: Bool
    ) -> BroadcastConfig {
        var config = config
        if shape == .asHeld, PhoneNeeds(config.sources).camera,
            isUpright != (config.heightPixels > config.widthPixels)
        {
            swap(&config.widthPixels, &config.heightPixels)
        }
        if config.sources == nil {
            config.sources = Sources(
                video: .camera(index: camera?.index ?? 0), audio: .microphone(name: nil))
        }
        if config.networks.isEmpty {
            config.networks = plan.networks
        }
        return config
    }

    private func follow(_ events: AsyncStream<PhoneEvent>, _ interruptions: Interruptions) async {
        for await event in events {
            await interruptions.hear(event)
            // In the background the lamp goes out and the camera is closed; somebody else may have had it.
            // What the phone says next does not wait for that.
            if event == .captureStarted || event == .captureInterruptionEnded {
                Task { try? await inTurn { await self.setTorchAndZoomAgain() } }
            }
        }
    }

    private func tell(
        _ interruptions: Interruptions, _ interrupted: @MainActor (InterruptionEvent) -> Void
    ) async {
        for await event in interruptions.events {
            interrupted(event)
        }
    }

    private func follow(
        _ interfaces: AsyncStream<[NetworkInterface]>?, _ plan: NetworkPlan,
        _ broadcast: any LiveBroadcast
    ) async {
        guard let interfaces else { return }
        var plan = plan
        for await interfaces in interfaces {
            for change in plan.update(interfaces) {
                // It fails once there is nothing to change any more.
                try? await broadcast.changeElsewhere(change)
            }
        }
    }
}

extension LiveBroadcast {
    /// Changes something while live, on no actor.
    fileprivate func changeElsewhere(_ change: Change) async throws(GoliveError) {
        let change = Task.detached { await result { () throws(GoliveError) in try set(change) } }
        try await change.value.get()
    }
}

private func result(
    isolation: isolated (any Actor)? = #isolation,
    of change: () async throws(GoliveError) -> Void
) async -> Result<Void, GoliveError> {
    do throws(GoliveError) {
        return .success(try await change())
    } catch {
        return .failure(error)
    }
}

extension PhoneNeeds {
    /// What these sources want; camera and microphone, if none are named.
    init(_ sources: Sources?) {
        guard let sources else {
            self.init(camera: true, microphone: true)
            return
        }
        let camera = if case .camera = sources.video { true } else { false }
        let microphone = if case .microphone = sources.audio { true } else { false }
        self.init(camera: camera, microphone: microphone)
    }
}

extension EncoderTarget {
    /// What a broadcast asks of its encoder where nothing limits it.
    public init(_ config: BroadcastConfig) {
        self.init(
            videoBitsPerSecond: config.videoBitsPerSecond,
            framesPerSecond: config.framesPerSecond,
            widthPixels: config.widthPixels, heightPixels: config.heightPixels,
            audioBitsPerSecond: config.audioBitsPerSecond)
    }
}

/// Which of a picture's sides is the longer, for as long as a broadcast lasts. A phone that is turned later
/// still gives an upright picture, with bars beside it.
public enum PictureShape: Sendable {
    /// As the phone is held when the broadcast begins: the configuration says how many pixels there are.
    /// The app's screen tells. Where that does not turn, as with its rotation locked, it is the screen's
    /// shape, and a picture from a phone that is held otherwise is upright between bars.
    case asHeld
    /// As the configuration says.
    case asConfigured
}

// Carries out what the rules declare while the phone interrupts a broadcast. What is decided is the
// Rust machine's (docs/interruptions.md) and `PhoneRules`'; here it is told the time, and its answers
// become changes of the broadcast.

import GoliveFFI

/// Something that interrupts a broadcast, or no longer does, and what comes of it.
public struct InterruptionEvent: Sendable, Equatable {
    /// A sentence for a person.
    public let sentence: String
    /// What it is about, if it is about one cause.
    public let cause: InterruptionCause?
    /// What viewers see from then on.
    public let shown: ShownPicture
    /// What they hear from then on.
    public let heard: HeardSound

    /// Makes one, as an app's own tests may want to.
    public init(
        sentence: String, cause: InterruptionCause?, shown: ShownPicture, heard: HeardSound
    ) {
        (self.sentence, self.cause) = (sentence, cause)
        (self.shown, self.heard) = (shown, heard)
    }
}

/// Hears what the phone says, and lets viewers see and hear what is declared for it.
///
/// It changes the broadcast from the moment that it is live; what comes before that is remembered,
/// and counts once ``begin()`` is called. Once closed it changes nothing any more.
public actor Interruptions {
    /// What happens, until it is closed; at most the newest hundred are kept. One loop at a time.
    public nonisolated let events: AsyncStream<InterruptionEvent>

    /// What viewers see.
    public private(set) var shown = ShownPicture.camera
    /// What viewers hear.
    public var heard: HeardSound {
        isMuted && sound == .microphone ? .muted : sound
    }

    private let broadcast: any LiveBroadcast
    private let machine: InterruptionMachine
    private let time: any Timekeeper
    private let activateSound: @Sendable () async -> Bool
    private let told: AsyncStream<InterruptionEvent>.Continuation
    private var rules = PhoneRules()
    private var asked: EncoderTarget
    private var limit: Limit?
    private var isMuted = false
    private var sound = HeardSound.microphone
    private var isLive = false
    private var isClosed = false
    private var nextStep: (any Alarm)?
    private var nextAttempt: (any Alarm)?

    /// Begins with camera and microphone on air and no limit.
    ///
    /// - Parameters:
    ///   - broadcast: what is changed.
    ///   - asked: what the encoder is asked for where nothing limits it, as the broadcast's
    ///     configuration says.
    ///   - rules: what is done about each cause.
    ///   - time: the phone's.
    ///   - activateSound: activates the audio session, and says whether that worked.
    public init(
        _ broadcast: any LiveBroadcast,
        asked: EncoderTarget,
        rules: InterruptionRules = iosInterruptions(),
        time: any Timekeeper = SystemTime(),
        activateSound: @escaping @Sendable () async -> Bool
    ) {
        self.broadcast = broadcast
        self.asked = asked
        self.time = time
        self.activateSound = activateSound
        machine = InterruptionMachine(rules: rules, nowUs: time.now().microseconds)
        (events, told) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(100))
    }

    /// The broadcast is live: what was decided so far is done, and from now on at once.
    public func begin() {
        isLive = true
        if heard != .microphone {
            attempt { try broadcast.hear(heard) }
        }
        if shown != .camera {
            attempt { try broadcast.show(shown) }
        }
        if limit != nil {
            apply(from: asked)
        }
    }

    /// One thing that the phone says.
    public func hear(_ event: PhoneEvent) async {
        for reaction in rules.hear(event) {
            switch reaction {
            case let .tell(input): handle(input)
            case .restartEncoder: change { try $0.restartEncoder() }
            case .activateSound: await tryToActivateSound()
            }
        }
        attemptLater()
    }

    /// One thing for the machine to know that no ``PhoneEvent`` has a word for.
    public func handle(_ input: InterruptionInput) {
        guard !isClosed else { return }
        machine.handle(nowUs: time.now().microseconds, input: input)
        carryOut()
    }

    /// Silences the person, or no longer. The microphone stays open, and a call still closes it.
    public func mute(_ isMuted: Bool) {
        let before = heard
        self.isMuted = isMuted
        if heard != before {
            change { [heard] in try $0.hear(heard) }
        }
    }

    /// Asks the encoder for something else where nothing limits it.
    public func ask(for target: EncoderTarget) {
        let before = limitedTarget(limit: limit, asked: asked)
        asked = target
        apply(from: before)
    }

    /// Nothing is decided or changed any more.
    public func close() {
        isClosed = true
        nextStep?.cancel()
        nextAttempt?.cancel()
        told.finish()
    }

    deinit {
        nextStep?.cancel()
        nextAttempt?.cancel()
        told.finish()
    }

    private func tryToActivateSound() async {
        guard !isClosed, await activateSound() else { return }
        await hear(.soundActivated)
    }

    /// Where a call holds, its end may never be told.
    private func attemptLater() {
        nextAttempt?.cancel()
        nextAttempt = nil
        guard rules.awaitsSound, !isClosed else { return }
        let moment = time.now() + PhoneRules.retryInterval
        nextAttempt = time.wake(at: moment) { [weak self] in await self?.attemptAgain() }
    }

    private func attemptAgain() async {
        await tryToActivateSound()
        attemptLater()
    }

    private func carryOut() {
        while !isClosed {
            switch machine.poll(nowUs: time.now().microseconds) {
            case let .sound(sound):
                self.sound = sound
                change { [heard] in try $0.hear(heard) }
            case let .picture(picture):
                shown = picture
                change { try $0.show(picture) }
            case .keyframe: change { try $0.set(.keyframe) }
            case .restartEncoder: change { try $0.restartEncoder() }
            case let .limited(limit):
                let before = limitedTarget(limit: self.limit, asked: asked)
                self.limit = limit
                apply(from: before)
            case let .told(sentence, cause): tell(sentence, cause)
            case .stop: broadcast.cancel()
            case let .wake(atUs): return wake(atUs)
            }
        }
    }

    private func wake(_ atUs: UInt64?) {
        nextStep?.cancel()
        nextStep = atUs.map { atUs in
            time.wake(at: .microseconds(Int64(clamping: atUs))) { [weak self] in
                await self?.carryOut()
            }
        }
    }

    /// Asks the encoder for what it is allowed now, as far as that is something else than before.
    private func apply(from before: EncoderTarget) {
        let now = limitedTarget(limit: limit, asked: asked)
        if now.videoBitsPerSecond != before.videoBitsPerSecond {
            change { try $0.set(.videoBitrate(bitsPerSecond: now.videoBitsPerSecond)) }
        }
        if now.framesPerSecond != before.framesPerSecond {
            change { try $0.set(.frameRate(framesPerSecond: now.framesPerSecond)) }
        }
        if (now.widthPixels, now.heightPixels) != (before.widthPixels, before.heightPixels) {
            change {
                try $0.set(.size(widthPixels: now.widthPixels, heightPixels: now.heightPixels))
            }
        }
        if now.audioBitsPerSecond != before.audioBitsPerSecond {
            change { try $0.set(.audioBitrate(bitsPerSecond: now.audioBitsPerSecond)) }
        }
    }

    private func change(_ change: (any LiveBroadcast) throws -> Void) {
        if isLive && !isClosed {
            attempt { try change(broadcast) }
        }
    }

    private func attempt(_ change: () throws -> Void) {
        do {
            try change()
        } catch let error as GoliveError where error.kind == .ended {
            // There is nothing to change any more.
        } catch {
            tell("the broadcast could not be changed: \(error)", nil)
        }
    }

    private func tell(_ sentence: String, _ cause: InterruptionCause?) {
        let event = InterruptionEvent(
            sentence: sentence, cause: cause, shown: shown, heard: heard)
        told.yield(event)
    }
}

extension Duration {
    /// Whole microseconds; nothing below zero.
    var microseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(clamping: seconds) * 1_000_000 + UInt64(clamping: attoseconds / 1_000_000_000_000)
    }
}

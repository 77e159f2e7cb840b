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
    public private(set) var heard = HeardSound.microphone

    private let broadcast: any LiveBroadcast
    private let machine: InterruptionMachine
    private let time: any Timekeeper
    private let activateSound: @Sendable () async -> Bool
    private let askForTime: AskForTime
    private let told: AsyncStream<InterruptionEvent>.Continuation
    private var rules = PhoneRules()
    private var asked: EncoderTarget
    private var limit: Limit?
    private var isMuted = false
    private var picture = ShownPicture.camera
    private var sound = HeardSound.microphone
    /// What could not be changed yet.
    private var overdue: Set<Part> = []
    private var isLive = false
    private var isClosed = false
    private var nextStep: (any Alarm)?
    private var nextAttempt: (any Alarm)?
    private var nextChange: (any Alarm)?
    /// Whether time was asked for and not given back, and what gives it back, once it is granted.
    private var hasTime = false
    private var giveBack: (@Sendable () async -> Void)?

    /// Asks for time in the background where nothing is recorded; calls what it is given when that is
    /// over, and returns what gives it back.
    public typealias AskForTime =
        @Sendable (_ expired: @escaping @Sendable () async -> Void) async
        -> @Sendable () async -> Void

    private enum Part: String, CaseIterable {
        case sound, picture
    }

    /// Begins with camera and microphone on air and no limit.
    ///
    /// - Parameters:
    ///   - broadcast: what is changed.
    ///   - asked: what the encoder is asked for where nothing limits it, as the broadcast's
    ///     configuration says.
    ///   - rules: what is done about each cause.
    ///   - time: the phone's.
    ///   - activateSound: activates the audio session, and says whether that worked.
    ///   - askForTime: asks for time in the background while the microphone is closed: an app that
    ///     records nothing there is suspended within seconds. When it is over, the broadcast ends.
    public init(
        _ broadcast: any LiveBroadcast,
        asked: EncoderTarget,
        rules: InterruptionRules = iosInterruptions(),
        time: any Timekeeper = SystemTime(),
        activateSound: @escaping @Sendable () async -> Bool,
        askForTime: @escaping AskForTime = { _ in {} }
    ) {
        self.broadcast = broadcast
        self.asked = asked
        self.time = time
        self.activateSound = activateSound
        self.askForTime = askForTime
        machine = InterruptionMachine(rules: rules, nowUs: time.now().microseconds)
        (events, told) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(100))
    }

    /// The broadcast is live: what was decided so far is done, and from now on at once.
    public func begin() async {
        isLive = true
        (shown, heard) = (.camera, .microphone)
        if wantedSound != heard {
            bring(.sound)
        }
        if picture != shown {
            bring(.picture)
        }
        if limit != nil {
            apply(from: asked)
        }
        await keepAwake()
    }

    /// One thing that the phone says.
    public func hear(_ event: PhoneEvent) async {
        let reactions = rules.hear(event)
        await keepAwake()
        for reaction in reactions {
            switch reaction {
            case let .tell(input): await handle(input)
            case .restartEncoder: change { try $0.restartEncoder() }
            case .activateSound: await tryToActivateSound()
            }
        }
        attemptLater()
    }

    /// One thing for the machine to know that no ``PhoneEvent`` has a word for.
    public func handle(_ input: InterruptionInput) async {
        guard !isClosed else { return }
        machine.handle(nowUs: time.now().microseconds, input: input)
        await carryOut()
    }

    /// Silences the person, or no longer. The microphone stays open, and a call still closes it.
    public func mute(_ isMuted: Bool) {
        let before = wantedSound
        self.isMuted = isMuted
        if wantedSound != before {
            bring(.sound)
        }
    }

    /// Asks the encoder for something else where nothing limits it.
    public func ask(for target: EncoderTarget) {
        let before = limitedTarget(limit: limit, asked: asked)
        asked = target
        apply(from: before)
    }

    /// Nothing is decided or changed any more.
    public func close() async {
        isClosed = true
        nextStep?.cancel()
        nextAttempt?.cancel()
        nextChange?.cancel()
        told.finish()
        await keepAwake()
    }

    deinit {
        nextStep?.cancel()
        nextAttempt?.cancel()
        nextChange?.cancel()
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

    /// In the background an app that records is left alone; one that does not has to ask.
    private func keepAwake() async {
        let isNeeded = rules.isInBackground && heard == .released && !isClosed
        guard isNeeded != hasTime else { return }
        hasTime = isNeeded
        guard isNeeded else {
            let enough = giveBack
            giveBack = nil
            await enough?()
            return
        }
        let enough = await askForTime { [weak self] in await self?.timeIsOver() }
        // Meanwhile it may have been over, or asked for once more.
        if hasTime, giveBack == nil {
            giveBack = enough
        } else {
            await enough()
        }
    }

    private func timeIsOver() {
        guard hasTime, !isClosed else { return }
        tell("the phone lets an app in the background wait no longer: the broadcast ends", nil)
        broadcast.cancel()
    }

    private func carryOut() async {
        decide()
        await keepAwake()
    }

    private func decide() {
        while !isClosed {
            switch machine.poll(nowUs: time.now().microseconds) {
            case let .sound(sound):
                self.sound = sound
                bring(.sound)
            case let .picture(picture):
                self.picture = picture
                bring(.picture)
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

    /// What viewers are to hear.
    private var wantedSound: HeardSound {
        isMuted && sound == .microphone ? .muted : sound
    }

    /// Lets viewers see, or hear, what they are to. Where that fails it is tried again, until it works or
    /// they are to get something else: a device that somebody gave back may take a while to open.
    private func bring(_ part: Part, again: Bool = false) {
        guard !isClosed else { return }
        let (picture, sound) = (picture, wantedSound)
        let wasOverdue = overdue.remove(part) != nil
        do {
            switch part {
            case .picture:
                if isLive { try broadcast.show(picture) }
                shown = picture
            case .sound:
                if isLive { try broadcast.hear(sound) }
                heard = sound
            }
            if wasOverdue && again {
                tell("the \(part.rawValue) could be changed after all", nil)
            }
        } catch {
            // Once it is over there is nothing to change; what makes no sense will make none later.
            let isWorthIt = error.kind != .ended && error.kind != .configuration
            if isWorthIt {
                overdue.insert(part)
            }
            if !again && error.kind != .ended {
                let then = isWorthIt ? ", and that is tried again" : ""
                tell("the \(part.rawValue) could not be changed\(then): \(error)", nil)
            }
        }
        bringLater()
    }

    private func bringLater() {
        nextChange?.cancel()
        nextChange = nil
        guard !overdue.isEmpty, !isClosed else { return }
        let moment = time.now() + PhoneRules.retryInterval
        nextChange = time.wake(at: moment) { [weak self] in await self?.bringAgain() }
    }

    private func bringAgain() async {
        for part in Part.allCases where overdue.contains(part) {
            bring(part, again: true)
        }
        await keepAwake()
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

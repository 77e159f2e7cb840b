// What follows from what a phone says: the rules of docs/interruptions.md for iOS. Values in, values
// out; `Interruptions` does what comes out.

import GoliveFFI

/// What is to be done about something that the phone said.
public enum PhoneReaction: Sendable, Equatable {
    /// The state machine is to know this.
    case tell(InterruptionInput)
    /// Try to activate the audio session. If that works, say ``PhoneEvent/soundActivated``.
    case activateSound
    /// Make the video encoder anew.
    case restartEncoder
}

/// What an iPhone's or iPad's notifications mean to a broadcast.
///
/// - The end of an audio interruption is not promised, and neither is the hint that the app should
///   resume. So a session that can be activated again counts as the end of a call: that is tried
///   when the system says that the interruption is over, when the app comes to the foreground, and
///   in the foreground every ``retryInterval`` as long as the call holds. During a call the system
///   refuses it.
/// - A camera that stands still because the app is in the background is no cause of its own.
/// - Back in the foreground the camera is this app's again, unless somebody else has it: then it is
///   once that is over.
/// - Media services that were reset take everything: the sound is activated and the encoder made anew.
///   A camera that failed is opened again by the library, as wherever one fails.
public struct PhoneRules: Sendable {
    /// How long to wait from one attempt to activate the sound to the next.
    public static let retryInterval: Duration = .seconds(5)

    /// Whether the app is in the background.
    public private(set) var isInBackground = false
    private var isCallHeld = false
    /// What stands between the broadcast and its microphone, and its camera.
    private var microphoneLosses: Set<Loss> = []
    private var cameraLosses: Set<Loss> = []

    private enum Loss {
        case session, route, services, capture
    }

    public init() {}

    /// Whether another attempt to activate the sound is worth it in a while.
    public var awaitsSound: Bool {
        isCallHeld && !isInBackground
    }

    /// What to do about something that the phone says.
    public mutating func hear(_ event: PhoneEvent) -> [PhoneReaction] {
        switch event {
        case let .soundInterrupted(interruption): return soundInterrupted(interruption)
        case let .soundInterruptionEnded(shouldResume):
            // In the background it may be another app that a person listens to now.
            return isInBackground && !shouldResume ? [] : [.activateSound]
        case .soundActivated: return soundActivated()
        case let .routeChanged(hasMicrophone): return routeChanged(hasMicrophone)
        case .mediaServicesLost: return lose(.services)
        case .mediaServicesReset:
            return lose(.services) + [.activateSound, .restartEncoder]
        case let .heat(level): return [.tell(.thermal(level: level))]
        case let .lowPower(isOn): return [isOn ? .began(.lowPower) : .ended(.lowPower)]
        case .enteredBackground:
            isInBackground = true
            return [.began(.background)]
        case .entersForeground: return entersForeground()
        case let .captureInterrupted(interruption): return captureInterrupted(interruption)
        case .captureInterruptionEnded, .captureStarted: return captureDelivers()
        case .captureFailed: return loseCamera(.services)
        // In the background it could not be made, and is on return.
        case .encoderLost: return isInBackground ? [] : [.restartEncoder]
        }
    }

    private mutating func soundInterrupted(_ interruption: SoundInterruption) -> [PhoneReaction] {
        switch interruption {
        case .taken:
            isCallHeld = true
            return [.began(.call)]
        case .appWasSuspended:
            return [.activateSound]
        case .microphoneMuted, .routeGone:
            return loseMicrophone(.session)
        }
    }

    private mutating func soundActivated() -> [PhoneReaction] {
        let call: [PhoneReaction] = isCallHeld ? [.ended(.call)] : []
        isCallHeld = false
        // A call takes the route as well, and the system need not tell that it is there again.
        return call + findMicrophone([.session, .services, .route])
    }

    private mutating func routeChanged(_ hasMicrophone: Bool) -> [PhoneReaction] {
        guard hasMicrophone else { return loseMicrophone(.route) }
        let found = findMicrophone([.route])
        return found + (microphoneLosses.contains(.session) ? [.activateSound] : [])
    }

    private mutating func entersForeground() -> [PhoneReaction] {
        isInBackground = false
        var reactions: [PhoneReaction] = [.ended(.background)]
        // With no picture on air the camera is closed, and so delivers none before it is shown.
        if cameraLosses.isEmpty {
            reactions.append(.tell(.cameraPicture))
        }
        if isCallHeld || microphoneLosses.contains(.session) {
            reactions.append(.activateSound)
        }
        return reactions
    }

    private mutating func captureInterrupted(
        _ interruption: CaptureInterruption
    ) -> [PhoneReaction] {
        switch interruption {
        // What the app's own notifications tell.
        case .inBackground: return []
        case .microphoneTaken: return loseMicrophone(.capture)
        case .cameraTaken, .sharesScreen, .systemPressure, .other: return loseCamera(.capture)
        }
    }

    private mutating func captureDelivers() -> [PhoneReaction] {
        let camera: [PhoneReaction] = cameraLosses.isEmpty ? [] : [.ended(.cameraLost)]
        cameraLosses = []
        return findMicrophone([.capture]) + camera + [.tell(.cameraPicture)]
    }

    private mutating func lose(_ loss: Loss) -> [PhoneReaction] {
        loseMicrophone(loss) + loseCamera(loss)
    }

    private mutating func loseMicrophone(_ loss: Loss) -> [PhoneReaction] {
        let isFirst = microphoneLosses.isEmpty
        microphoneLosses.insert(loss)
        return isFirst ? [.began(.microphoneLost)] : []
    }

    private mutating func findMicrophone(_ losses: Set<Loss>) -> [PhoneReaction] {
        let wasLost = !microphoneLosses.isEmpty
        microphoneLosses.subtract(losses)
        return wasLost && microphoneLosses.isEmpty ? [.ended(.microphoneLost)] : []
    }

    private mutating func loseCamera(_ loss: Loss) -> [PhoneReaction] {
        let isFirst = cameraLosses.isEmpty
        cameraLosses.insert(loss)
        return isFirst ? [.began(.cameraLost)] : []
    }
}

extension PhoneReaction {
    static func began(_ cause: InterruptionCause) -> Self { .tell(.began(cause: cause)) }

    static func ended(_ cause: InterruptionCause) -> Self { .tell(.ended(cause: cause)) }
}

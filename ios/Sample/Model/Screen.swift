// What the sample's one screen shows: values, so that a test reads what a person would.

import Golive

/// The screen at one moment.
public struct Screen: Sendable, Equatable {
    /// Where the broadcast is in its life.
    public enum Phase: Sendable {
        case offAir, connecting, live, recovering
    }

    /// Where the broadcast is in its life.
    public internal(set) var phase = Phase.offAir
    /// How it is doing, in one line.
    public internal(set) var health = "off air"
    /// What happened, the newest last.
    public internal(set) var sentences: [String] = []
    /// What viewers get instead of the person, as long as they do.
    public internal(set) var instead: String?
    /// Why it could not go on air, or go on.
    public internal(set) var problem: String?
    /// Whether the person is silenced.
    public internal(set) var isMuted = false
    /// Whether the lamp is on.
    public internal(set) var isTorchOn = false
    /// Whether the camera has a lamp.
    public internal(set) var hasTorch = false
    /// Whether there is another camera.
    public internal(set) var canSwitchCamera = false

    /// Off air, with nothing to tell.
    public init() {}

    /// How many sentences fit.
    static let lines = 5

    mutating func note(_ sentence: String) {
        sentences.append(sentence)
        sentences.removeFirst(max(0, sentences.count - Self.lines))
    }
}

extension Screen.Phase {
    init(_ state: BroadcastState) {
        self =
            switch state {
            case .prepared, .connecting: .connecting
            case .live: .live
            case .recovering: .recovering
            case .ended: .offAir
            }
    }
}

/// Says in one line how a broadcast is doing: the rate, the way to the ingest and back, what waits.
func line(_ health: Health) -> String {
    switch health.state {
    case .prepared, .connecting: return "connecting"
    case .recovering: return "connection lost, making another"
    case .ended: return "off air"
    case .live: break
    }
    var parts = ["live", "\(health.sentBitsPerSecond / 1_000) kb/s"]
    if let roundTrip = health.roundTripTimeUs {
        parts.append("\(roundTrip / 1_000) ms")
    }
    if health.queueMs >= 500 {
        parts.append("the uplink is full")
    }
    let networks = health.networks.filter(\.isLive).count
    if networks > 1 {
        parts.append("\(networks) networks")
    }
    return parts.joined(separator: " · ")
}

/// What viewers get where it is not camera and microphone.
func instead(_ event: InterruptionEvent) -> String? {
    let picture: String? =
        switch event.shown {
        case .camera: nil
        case .lastFrame: "your last picture"
        case .slate: "a slate"
        case .nothing: "no picture"
        }
    let sound: String? =
        switch event.heard {
        case .microphone: nil
        case .muted, .released: "silence"
        }
    let parts = [picture, sound].compactMap(\.self)
    return parts.isEmpty ? nil : "viewers get " + parts.joined(separator: " and ")
}

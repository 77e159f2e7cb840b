// What a studio needs from the phone that it runs on, behind a seam: `Apple/ThisPhone` is a real one,
// a test brings its own.

import GoliveFFI

/// A camera of the phone's.
public struct PhoneCamera: Sendable, Equatable {
    /// Which way it looks.
    public enum Position: Sendable {
        case back, front, other
    }

    /// What ``LiveBroadcast/useCamera(_:)`` calls it.
    public let index: UInt32
    /// As the system calls it.
    public let name: String
    /// Which way it looks.
    public let position: Position
    /// Whether it has a lamp.
    public let hasTorch: Bool

    public init(index: UInt32, name: String, position: Position, hasTorch: Bool = false) {
        (self.index, self.name, self.position) = (index, name, position)
        self.hasTorch = hasTorch
    }
}

/// What a broadcast wants of the phone.
public struct PhoneNeeds: Sendable, Equatable {
    /// Whether it takes pictures with a camera.
    public let camera: Bool
    /// Whether it listens to a microphone.
    public let microphone: Bool

    public init(camera: Bool, microphone: Bool) {
        (self.camera, self.microphone) = (camera, microphone)
    }
}

/// A phone: permissions, the audio session, what it says, its interfaces.
public protocol Phone: Sendable {
    /// Its cameras, those at the back first.
    func cameras() async -> [PhoneCamera]

    /// Whether it is held upright, as far as the app's screen follows that.
    func isUpright() async -> Bool

    /// Asks the person for what is needed, where that was not asked before.
    ///
    /// - Throws: ``GoliveError`` of the kind `permissionDenied`, saying where it can be allowed.
    func askPermission(for needs: PhoneNeeds) async throws(GoliveError)

    /// Makes the audio session one that records, and activates it.
    ///
    /// - Throws: ``GoliveError`` of the kind `deviceUnavailable`: somebody else has the sound.
    func activateSound() async throws(GoliveError)

    /// Gives the sound back to whoever had it.
    func releaseSound() async

    /// What it says from now on, and at once what holds already. It ends when nobody reads it any
    /// more.
    func events() async -> AsyncStream<PhoneEvent>

    /// Its interfaces, now and whenever they change. It ends when nobody reads it any more.
    func interfaces() async -> AsyncStream<[NetworkInterface]>

    /// Asks to go on for a while if the app leaves the screen now, or has left it and records nothing,
    /// so that a broadcast is ended and not cut off. What it returns gives the time back.
    ///
    /// - Parameters:
    ///   - reason: for whoever reads the system's log.
    ///   - expired: called when the time is over, or there is none, as long as it was not given back;
    ///     a second or two are left then.
    func asksForTime(
        _ reason: String, expired: @escaping @Sendable () async -> Void
    ) async -> @Sendable () async -> Void
}

// The iPhone or iPad that this runs on: permissions, the audio session, cameras, and time to end in.
// What is decided is decided elsewhere; this only passes on. It was never run, as Linux has none of it.

#if os(iOS)
    import AVFoundation
    import GoliveFFI
    import UIKit

    /// The iPhone or iPad that this runs on.
    ///
    /// The audio session is one that plays and records, for video, by the speaker; the microphone is
    /// the phone's own or a wired one: one by Bluetooth sounds like a call.
    public final class ThisPhone: Phone {
        public init() {}

        public func cameras() async -> [PhoneCamera] {
            // In the order in which the library counts them.
            let kinds: [(AVCaptureDevice.DeviceType, AVCaptureDevice.Position)] = [
                (.builtInWideAngleCamera, .front), (.builtInWideAngleCamera, .back),
                (.builtInUltraWideCamera, .back), (.builtInTelephotoCamera, .back),
            ]
            let devices = kinds.flatMap { kind, position in
                AVCaptureDevice.DiscoverySession(
                    deviceTypes: [kind], mediaType: .video, position: position
                ).devices
            }
            let cameras = devices.enumerated().map { index, device in
                PhoneCamera(
                    index: UInt32(index), name: device.localizedName,
                    position: .init(device.position), hasTorch: device.hasTorch)
            }
            return cameras.filter { $0.position == .back } + cameras.filter { $0.position != .back }
        }

        public func isUpright() async -> Bool {
            await MainActor.run {
                let scenes = UIApplication.shared.connectedScenes.compactMap { $0 as? UIWindowScene }
                let shown = scenes.first { $0.activationState == .foregroundActive } ?? scenes.first
                return shown?.interfaceOrientation.isPortrait ?? true
            }
        }

        public func askPermission(for needs: PhoneNeeds) async throws(GoliveError) {
            if needs.camera {
                try await ask(.video, "the camera")
            }
            if needs.microphone {
                try await ask(.audio, "the microphone")
            }
        }

        public func activateSound() async throws(GoliveError) {
            let session = AVAudioSession.sharedInstance()
            let options: AVAudioSession.CategoryOptions = [.defaultToSpeaker]
            let isSet =
                session.category == .playAndRecord && session.mode == .videoRecording
                && session.categoryOptions == options
            do {
                // Each time it is set, the sound goes another way for a moment, and whoever records
                // notices.
                if !isSet {
                    try session.setCategory(.playAndRecord, mode: .videoRecording, options: options)
                }
                try session.setActive(true)
            } catch {
                throw GoliveError(
                    .deviceUnavailable,
                    "the sound is taken: end the call, or the app that plays or records",
                    detail: "\(error)")
            }
        }

        public func releaseSound() async {
            // Where it fails, somebody else has the sound already.
            try? AVAudioSession.sharedInstance().setActive(
                false, options: .notifyOthersOnDeactivation)
        }

        public func events() async -> AsyncStream<PhoneEvent> {
            PhoneNotifications.events()
        }

        public func interfaces() async -> AsyncStream<[NetworkInterface]> {
            NetworkWatch.interfaces()
        }

        public func asksForTime(
            _ reason: String, expired: @escaping @Sendable () async -> Void
        ) async -> @Sendable () async -> Void {
            let time = await BackgroundTime(reason, expired: expired)
            return { await time.end() }
        }

        private func ask(_ kind: AVMediaType, _ what: String) async throws(GoliveError) {
            switch AVCaptureDevice.authorizationStatus(for: kind) {
            case .authorized:
                return
            case .notDetermined:
                if await AVCaptureDevice.requestAccess(for: kind) {
                    return
                }
            default:
                break
            }
            throw GoliveError(
                .permissionDenied, "\(what) is forbidden to this app: allow it in Settings")
        }
    }

    extension Studio {
        /// A studio in the iPhone or iPad that this runs on. Nothing is opened or asked yet.
        ///
        /// - Parameters:
        ///   - rules: what is done about a call, the background, heat.
        ///   - networks: which networks are used.
        ///   - shape: which of a picture's sides is the longer.
        public convenience init(
            rules: InterruptionRules = iosInterruptions(), networks: NetworkChoice = .system,
            shape: PictureShape = .asHeld
        ) {
            self.init(phone: ThisPhone(), rules: rules, networks: networks, shape: shape)
        }
    }

    extension PhoneCamera.Position {
        init(_ position: AVCaptureDevice.Position) {
            switch position {
            case .back: self = .back
            case .front: self = .front
            default: self = .other
            }
        }
    }

    /// A moment in the background that the system grants.
    @MainActor private final class BackgroundTime {
        /// What a broadcast gets to end in; an app that holds on for about five seconds is killed.
        private static let grace: Duration = .seconds(2)

        private var identifier = UIBackgroundTaskIdentifier.invalid

        init(_ reason: String, expired: @escaping @Sendable () async -> Void) {
            identifier = UIApplication.shared.beginBackgroundTask(withName: reason) { [weak self] in
                // The system says on the main thread that the time is over.
                MainActor.assumeIsolated { self?.expire(expired) }
            }
            if identifier == .invalid {
                expire(expired)
            }
        }

        private func expire(_ expired: @escaping @Sendable () async -> Void) {
            Task {
                await expired()
                try? await Task.sleep(for: Self.grace)
                end()
            }
        }

        func end() {
            guard identifier != .invalid else { return }
            UIApplication.shared.endBackgroundTask(identifier)
            identifier = .invalid
        }
    }
#endif

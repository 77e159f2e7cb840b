// What iOS notifies of, as `PhoneEvent`s, in the order in which it comes. It was never run, as Linux has
// none of it; how the numbers are read is tested there.

#if os(iOS)
    import AVFoundation
    import GoliveFFI
    import UIKit

    /// Everything that an iPhone says which may interrupt a broadcast.
    enum PhoneNotifications {
        /// What it says from now on, after what holds already.
        static func events() -> AsyncStream<PhoneEvent> {
            AsyncStream { continuation in
                let observers = Observers()
                for (name, read) in readers {
                    observers.add(name) { tell(read($0), continuation) }
                }
                // An app may have a session of its own, which is no part of the broadcast.
                if let session = CaptureSession.ofTheLibrary() {
                    for (name, read) in captureReaders {
                        observers.add(name, of: session) { tell(read($0), continuation) }
                    }
                }
                tell(holding(), continuation)
                continuation.onTermination = { _ in observers.removeAll() }
            }
        }

        private typealias Reader = @Sendable (Notification) -> [PhoneEvent]

        private static let readers: [(Notification.Name, Reader)] = [
            (AVAudioSession.interruptionNotification, { soundInterruption($0) }),
            (AVAudioSession.routeChangeNotification, { _ in [route()] }),
            (AVAudioSession.mediaServicesWereLostNotification, { _ in [.mediaServicesLost] }),
            (AVAudioSession.mediaServicesWereResetNotification, { _ in [.mediaServicesReset] }),
            (ProcessInfo.thermalStateDidChangeNotification, { _ in [heat()] }),
            (.NSProcessInfoPowerStateDidChange, { _ in [lowPower()] }),
            (UIApplication.didEnterBackgroundNotification, { _ in [.enteredBackground] }),
            (UIApplication.willEnterForegroundNotification, { _ in [.entersForeground] }),
        ]

        private static let captureReaders: [(Notification.Name, Reader)] = [
            (AVCaptureSession.wasInterruptedNotification, { captureInterruption($0) }),
            (AVCaptureSession.interruptionEndedNotification, { _ in [.captureInterruptionEnded] }),
            (AVCaptureSession.runtimeErrorNotification, { _ in [.captureFailed] }),
            (AVCaptureSession.didStartRunningNotification, { _ in [.captureStarted] }),
        ]

        private static func tell(
            _ events: [PhoneEvent], _ continuation: AsyncStream<PhoneEvent>.Continuation
        ) {
            for event in events {
                continuation.yield(event)
            }
        }

        private static func holding() -> [PhoneEvent] {
            [heat(), lowPower(), route()]
        }

        private static func soundInterruption(_ notification: Notification) -> [PhoneEvent] {
            let number = { (key: String) in
                (notification.userInfo?[key] as? NSNumber)?.uintValue
            }
            guard let type = number(AVAudioSessionInterruptionTypeKey) else { return [] }
            let event = PhoneEvent.soundInterruption(
                type: type, reason: number(AVAudioSessionInterruptionReasonKey),
                options: number(AVAudioSessionInterruptionOptionKey))
            return [event].compactMap { $0 }
        }

        private static func captureInterruption(_ notification: Notification) -> [PhoneEvent] {
            let reason = notification.userInfo?[AVCaptureSessionInterruptionReasonKey] as? NSNumber
            return [.captureInterrupted(CaptureInterruption(reason: reason?.intValue))]
        }

        private static func route() -> PhoneEvent {
            let inputs = AVAudioSession.sharedInstance().currentRoute.inputs
            let category = AVAudioSession.sharedInstance().category
            // A session that only plays has no input, and has lost none.
            return .routeChanged(hasMicrophone: category != .playAndRecord || !inputs.isEmpty)
        }

        private static func heat() -> PhoneEvent {
            switch ProcessInfo.processInfo.thermalState {
            case .nominal: .heat(.nominal)
            case .fair: .heat(.fair)
            case .serious: .heat(.serious)
            case .critical: .heat(.critical)
            // A level that is new to this version is one that somebody thought worth adding.
            @unknown default: .heat(.serious)
            }
        }

        private static func lowPower() -> PhoneEvent {
            .lowPower(ProcessInfo.processInfo.isLowPowerModeEnabled)
        }
    }

    /// Observers that are removed together. Behind a lock, as a stream ends on any thread.
    final class Observers: @unchecked Sendable {
        private let lock = NSLock()
        private var tokens: [any NSObjectProtocol] = []

        /// Calls `heard` on the thread that notifies, and so in order; where a sender is named, for what
        /// that one sends alone.
        func add(
            _ name: Notification.Name, of sender: AVCaptureSession? = nil,
            _ heard: @escaping @Sendable (Notification) -> Void
        ) {
            let token = NotificationCenter.default.addObserver(
                forName: name, object: sender, queue: nil, using: heard)
            lock.withLock { tokens.append(token) }
        }

        func removeAll() {
            let tokens = lock.withLock {
                defer { self.tokens = [] }
                return self.tokens
            }
            for token in tokens {
                NotificationCenter.default.removeObserver(token)
            }
        }

        deinit {
            removeAll()
        }
    }
#endif

// What a phone says that interrupts a broadcast, in words that need none of its frameworks, and how
// the numbers in its notifications become these words. What follows from them is `PhoneRules`'.

import GoliveFFI

/// One thing that the phone says.
public enum PhoneEvent: Sendable, Equatable {
    /// `AVAudioSession.interruptionNotification`: an interruption began.
    case soundInterrupted(SoundInterruption)
    /// The same notification: an interruption ended. That it ever comes is not promised.
    case soundInterruptionEnded(shouldResume: Bool)
    /// The audio session could be activated: whatever had interrupted it is over.
    case soundActivated
    /// `AVAudioSession.routeChangeNotification`: whether the route has a microphone now.
    case routeChanged(hasMicrophone: Bool)
    /// `AVAudioSession.mediaServicesWereLostNotification`: sound, capture and codecs are gone.
    case mediaServicesLost
    /// `AVAudioSession.mediaServicesWereResetNotification`: they are back, and everything that was
    /// made with them has to be made anew.
    case mediaServicesReset
    /// `ProcessInfo.thermalStateDidChangeNotification`.
    case heat(Heat)
    /// `Notification.Name.NSProcessInfoPowerStateDidChange`: whether the battery is to be saved.
    case lowPower(Bool)
    /// `UIApplication.didEnterBackgroundNotification`.
    case enteredBackground
    /// `UIApplication.willEnterForegroundNotification`.
    case entersForeground
    /// `AVCaptureSession.wasInterruptedNotification`: the camera stands still.
    case captureInterrupted(CaptureInterruption)
    /// `AVCaptureSession.interruptionEndedNotification`: the camera delivers again.
    case captureInterruptionEnded
    /// `AVCaptureSession.runtimeErrorNotification`: capture failed.
    case captureFailed
    /// `AVCaptureSession.didStartRunningNotification`: the camera delivers.
    case captureStarted
    /// VideoToolbox said `kVTInvalidSessionErr`: the system took the encoder.
    case encoderLost
}

/// Why the audio session was interrupted.
public enum SoundInterruption: Sendable, Equatable {
    /// A call, or another app that takes the sound.
    case taken
    /// The system had suspended this app, and tells of it afterwards. Nobody else has the sound.
    case appWasSuspended
    /// The built-in microphone is muted, as by an iPad's closed cover.
    case microphoneMuted
    /// What the sound came from is gone, as a headset that was unplugged.
    case routeGone
}

/// Why capture stands still.
public enum CaptureInterruption: Sendable, Equatable {
    /// The app is in the background, where no app has a camera.
    case inBackground
    /// Somebody else has the microphone.
    case microphoneTaken
    /// Somebody else has the camera.
    case cameraTaken
    /// Several apps share the screen, and this iPad gives a camera to none of them.
    case sharesScreen
    /// The phone is too hot, or short of something else, to run the camera.
    case systemPressure
    /// What this version has no word for.
    case other
}

extension PhoneEvent {
    /// Reads an `AVAudioSession.interruptionNotification`.
    ///
    /// - Parameters:
    ///   - type: the value of `AVAudioSessionInterruptionTypeKey`: 1 began, 0 ended.
    ///   - reason: that of `AVAudioSessionInterruptionReasonKey`, where there is one.
    ///   - options: that of `AVAudioSessionInterruptionOptionKey`, where there is one.
    /// - Returns: nothing for a type that this version has no word for.
    public static func soundInterruption(
        type: UInt, reason: UInt? = nil, options: UInt? = nil
    ) -> PhoneEvent? {
        switch type {
        case 1: .soundInterrupted(SoundInterruption(reason: reason))
        case 0: .soundInterruptionEnded(shouldResume: (options ?? 0) & 1 != 0)
        default: nil
        }
    }
}

extension SoundInterruption {
    /// Reads an `AVAudioSession.InterruptionReason`. One without a word is taken for a call, which
    /// is the one that must not be overheard.
    init(reason: UInt?) {
        self =
            switch reason {
            case 1: .appWasSuspended
            case 2: .microphoneMuted
            case 4: .routeGone
            default: .taken
            }
    }
}

extension CaptureInterruption {
    /// Reads an `AVCaptureSession.InterruptionReason`.
    public init(reason: Int?) {
        self =
            switch reason {
            case 1: .inBackground
            case 2: .microphoneTaken
            case 3: .cameraTaken
            case 4: .sharesScreen
            case 5: .systemPressure
            default: .other
            }
    }
}

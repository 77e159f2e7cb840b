// The capture session that the library's cameras go through, as far as a preview needs it. What is unsafe
// in it stays here: an address that the library gives. It was never run, as Linux has none of it.

#if os(iOS)
    import AVFoundation
    import GoliveFFI

    enum CaptureSession {
        /// The session, which is the same for as long as the app runs; nothing in a library without
        /// built-in capture. It is the library's to change.
        static func ofTheLibrary() -> AVCaptureSession? {
            guard let address = captureSessionAddress(),
                let pointer = UnsafeRawPointer(bitPattern: UInt(address))
            else { return nil }
            // The library counts a reference for each that asks.
            return Unmanaged<AVCaptureSession>.fromOpaque(pointer).takeRetainedValue()
        }

        /// Calls `action`, on whatever thread, whenever capture starts or goes on with another camera, as
        /// long as what it returns is held.
        static func whenCameraChanges(_ action: @escaping @Sendable () -> Void) -> Observers {
            let observers = Observers()
            guard let session = ofTheLibrary() else { return observers }
            observers.add(AVCaptureSession.didStartRunningNotification, of: session) { _ in action() }
            // Of whichever session: a port that is new is known to nobody.
            let changed = AVCaptureInput.Port.formatDescriptionDidChangeNotification
            observers.add(changed) { _ in action() }
            return observers
        }
    }
#endif

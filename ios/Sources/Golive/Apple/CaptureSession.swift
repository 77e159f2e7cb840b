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

        /// Calls `action`, on whatever thread, whenever capture starts, as long as what it returns is
        /// held.
        static func whenStarted(_ action: @escaping @Sendable () -> Void) -> Observers {
            let observers = Observers()
            observers.add(AVCaptureSession.didStartRunningNotification) { _ in action() }
            return observers
        }
    }
#endif

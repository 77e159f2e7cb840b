// The capture session that the library runs, as far as a preview needs it: the library makes it, and the
// system names it when it starts. It was never run, as Linux has none of it.

#if os(iOS)
    import AVFoundation

    /// Hears of each capture session that starts.
    final class CaptureWatch: Sendable {
        private let observers = Observers()

        /// - Parameter follow: called with each session that starts, on whatever thread.
        init(_ follow: @escaping @Sendable (AVCaptureSession) -> Void) {
            observers.add(AVCaptureSession.didStartRunningNotification) { notification in
                if let session = notification.object as? AVCaptureSession {
                    follow(session)
                }
            }
        }
    }
#endif

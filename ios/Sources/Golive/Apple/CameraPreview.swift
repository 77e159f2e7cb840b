// What the camera sees, on the screen: a view for UIKit and one for SwiftUI. It was never run, as Linux
// has none of it.

#if os(iOS)
    import AVFoundation
    import SwiftUI
    import UIKit

    /// Shows what the camera sees as long as there is a broadcast from it; black before and after.
    /// It turns with the screen, and fills its frame.
    ///
    /// Make it before going on air, and keep it until that is over. A view that comes or goes changes the
    /// capture session, which the library may be starting at that moment, and iOS ends an app for that.
    public final class CameraPreviewView: UIView {
        override public static var layerClass: AnyClass { AVCaptureVideoPreviewLayer.self }

        private var observers: Observers?

        override public init(frame: CGRect) {
            super.init(frame: frame)
            prepare()
        }

        public required init?(coder: NSCoder) {
            super.init(coder: coder)
            prepare()
        }

        override public func layoutSubviews() {
            super.layoutSubviews()
            turn()
        }

        private var preview: AVCaptureVideoPreviewLayer? { layer as? AVCaptureVideoPreviewLayer }

        private func prepare() {
            backgroundColor = .black
            preview?.videoGravity = .resizeAspectFill
            preview?.session = CaptureSession.ofTheLibrary()
            // Before there is a camera, there is nothing to turn, and another begins unturned.
            observers = CaptureSession.whenCameraChanges { [weak self] in
                Task { @MainActor [weak self] in self?.turn() }
            }
        }

        /// Turns the picture as the screen is turned.
        private func turn() {
            guard let connection = preview?.connection, let window else { return }
            let interface = window.windowScene?.interfaceOrientation ?? .portrait
            // Not by an angle, as iOS 17 would have it: sensors at the front of newer phones stand otherwise
            // than those before them, and only this says the same for each.
            let orientation = interface.videoOrientation
            if connection.isVideoOrientationSupported, connection.videoOrientation != orientation {
                connection.videoOrientation = orientation
            }
        }
    }

    /// Shows what the camera sees, in SwiftUI.
    public struct CameraPreview: UIViewRepresentable {
        public init() {}

        public func makeUIView(context: Context) -> CameraPreviewView {
            CameraPreviewView(frame: .zero)
        }

        public func updateUIView(_ view: CameraPreviewView, context: Context) {
            view.setNeedsLayout()
        }
    }

    extension UIInterfaceOrientation {
        fileprivate var videoOrientation: AVCaptureVideoOrientation {
            switch self {
            case .landscapeRight: .landscapeRight
            case .landscapeLeft: .landscapeLeft
            case .portraitUpsideDown: .portraitUpsideDown
            default: .portrait
            }
        }
    }
#endif

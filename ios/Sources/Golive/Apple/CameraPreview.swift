// What the camera sees, on the screen: a view for UIKit and one for SwiftUI. It was never run, as Linux
// has none of it.

#if os(iOS)
    import AVFoundation
    import SwiftUI
    import UIKit

    /// Shows what the camera sees as long as there is a broadcast from it; black before and after.
    /// It turns with the screen, and fills its frame.
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
            // Before there is a camera, there is nothing to turn.
            observers = CaptureSession.whenStarted { [weak self] in
                Task { @MainActor [weak self] in self?.turn() }
            }
        }

        /// Turns the picture as the screen is turned.
        private func turn() {
            guard let connection = preview?.connection, let window else { return }
            let orientation = window.windowScene?.interfaceOrientation ?? .portrait
            if #available(iOS 17, *) {
                let angle = orientation.rotationAngle
                if connection.isVideoRotationAngleSupported(angle) {
                    connection.videoRotationAngle = angle
                }
            } else if connection.isVideoOrientationSupported {
                connection.videoOrientation = orientation.videoOrientation
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
        /// By how many degrees the camera's picture is turned to stand upright; a camera lies across
        /// the phone.
        fileprivate var rotationAngle: CGFloat {
            switch self {
            case .landscapeRight: 0
            case .landscapeLeft: 180
            case .portraitUpsideDown: 270
            default: 90
            }
        }

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

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

        private var captures: CaptureWatch?

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
            captures = CaptureWatch { [weak self] session in
                let session = Unchecked(session)
                Task { @MainActor [weak self] in self?.show(session.value) }
            }
        }

        private func show(_ session: AVCaptureSession) {
            if preview?.session !== session {
                preview?.session = session
            }
            turn()
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

    /// Takes something to the main actor that its framework lets any thread hold.
    private struct Unchecked<Value>: @unchecked Sendable {
        let value: Value

        init(_ value: Value) {
            self.value = value
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

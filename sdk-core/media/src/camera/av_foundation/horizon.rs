//! Which way is up in a camera's pictures.
//!
//! Since iOS 17 the system says so: by gravity, and by how each sensor is built in. No fixed angle
//! does, as sensors at the front of newer phones stand otherwise than those before them.

use objc2::rc::Retained;
use objc2::runtime::{AnyClass, NSObjectProtocol};
use objc2::{AnyThread, sel};
use objc2_av_foundation::{
    AVCaptureConnection, AVCaptureDevice, AVCaptureDeviceRotationCoordinator,
};

use crate::camera::rules;
use crate::config::Rotation;

/// What the system says of one camera.
pub(super) struct Horizon(Retained<AVCaptureDeviceRotationCoordinator>);

// SAFETY: the coordinator is only asked for a number, which the system keeps and any thread may read, and
// whoever holds this value is the only one here that asks.
#[allow(unsafe_code)]
unsafe impl Send for Horizon {}

impl Horizon {
    /// Nothing where the system does not know yet (iOS 16).
    pub(super) fn of(device: &AVCaptureDevice) -> Option<Self> {
        AnyClass::get(c"AVCaptureDeviceRotationCoordinator")?;
        let coordinator = AVCaptureDeviceRotationCoordinator::alloc();
        // SAFETY: the class is there, the device is alive, and a preview is not what is asked about.
        #[allow(unsafe_code)]
        let coordinator = unsafe {
            AVCaptureDeviceRotationCoordinator::initWithDevice_previewLayer(
                coordinator,
                device,
                None,
            )
        };
        Some(Self(coordinator))
    }

    /// Turns what comes over the connection so that it is level.
    pub(super) fn level(&self, connection: &AVCaptureConnection) {
        // SAFETY: both are alive, where there is a coordinator there are angles, and the connection
        // says that it can do this one.
        #[allow(unsafe_code)]
        unsafe {
            let angle = self.0.videoRotationAngleForHorizonLevelCapture();
            if connection.videoRotationAngle() != angle
                && connection.isVideoRotationAngleSupported(angle)
            {
                connection.setVideoRotationAngle(angle);
            }
        }
    }
}

/// Turns what comes over the connection as somebody said, in the words that mean the same for each
/// sensor, or else by the angle.
pub(super) fn turn(connection: &AVCaptureConnection, rotation: Rotation) {
    let angle = match rotation {
        Rotation::Unturned => 0.0,
        Rotation::Quarter => 90.0,
        Rotation::Half => 180.0,
        Rotation::ThreeQuarters => 270.0,
    };
    // SAFETY: the connection is alive, has the method that is called, and says that it can do this.
    #[allow(unsafe_code, deprecated)]
    unsafe {
        if connection.isVideoOrientationSupported() {
            let orientation =
                objc2_av_foundation::AVCaptureVideoOrientation(rules::orientation(rotation));
            connection.setVideoOrientation(orientation);
        } else if connection.respondsToSelector(sel!(setVideoRotationAngle:))
            && connection.isVideoRotationAngleSupported(angle)
        {
            connection.setVideoRotationAngle(angle);
        }
    }
}

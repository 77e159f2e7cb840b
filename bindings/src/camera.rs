//! What an app does with the built-in camera beside broadcasting it, on Apple's systems: shows it on
//! the screen, turns it, mirrors it.
//!
//! Elsewhere, and in a library that was built without `media`, nothing of it is there.

/// How a camera's picture is turned, by how the phone is held: that comes out upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum CameraRotation {
    /// Lying, with the end of the charging port to the right: as sensors lie.
    Unturned,
    /// Upright: by 90 degrees clockwise.
    Quarter,
    /// Lying, with that end to the left: by 180 degrees.
    Half,
    /// Head down: by 270 degrees.
    ThreeQuarters,
}

/// How the pictures of the built-in cameras are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct CameraControls {
    /// How the picture is turned; nothing for upright however the phone is held (iOS 17), or before
    /// that for upright where the size that is encoded is.
    #[uniffi(default = None)]
    pub rotation: Option<CameraRotation>,
    /// Left for right, as in a mirror. Viewers read writing only without.
    #[uniffi(default = false)]
    pub mirrored: bool,
}

/// The address of the `AVCaptureSession` that the built-in cameras go through, for a preview; nothing
/// where they do not.
///
/// The caller owns a reference to it, so that in Swift each address is taken once:
/// `Unmanaged<AVCaptureSession>.fromOpaque(pointer).takeRetainedValue()`. The session is the same
/// for as long as the program runs; its inputs and outputs are not for the app to change.
#[uniffi::export]
pub fn capture_session_address() -> Option<u64> {
    #[cfg(all(feature = "media", target_vendor = "apple"))]
    let address = Some(golive::capture_session().expose_provenance().get() as u64);
    #[cfg(not(all(feature = "media", target_vendor = "apple")))]
    let address = None;
    address
}

/// Turns and mirrors what the built-in camera sees, from now on, whichever it is. Where a camera cannot
/// do something of it, it leaves that out. Waits while a camera is being opened, which may take a second.
#[uniffi::export]
pub fn set_camera_controls(controls: CameraControls) {
    #[cfg(all(feature = "media", target_vendor = "apple"))]
    golive::set_camera_controls(controls.into());
    #[cfg(not(all(feature = "media", target_vendor = "apple")))]
    let _ = controls;
}

#[cfg(all(feature = "media", target_vendor = "apple"))]
impl From<CameraControls> for golive::CameraControls {
    fn from(controls: CameraControls) -> Self {
        use golive::Rotation;
        let rotation = controls.rotation.map(|rotation| match rotation {
            CameraRotation::Unturned => Rotation::Unturned,
            CameraRotation::Quarter => Rotation::Quarter,
            CameraRotation::Half => Rotation::Half,
            CameraRotation::ThreeQuarters => Rotation::ThreeQuarters,
        });
        Self { rotation, mirrored: controls.mirrored }
    }
}

//! The cameras of an Apple device, and what they can do: `AVCaptureDevice`.

use golive_proto::media::PictureSize;
use golive_proto::rate::EncoderTarget;
use objc2::rc::Retained;
use objc2_av_foundation::{
    AVCaptureDevice, AVCaptureDeviceDiscoverySession, AVCaptureDeviceFormat,
    AVCaptureDevicePosition, AVCaptureDeviceType, AVCaptureDeviceTypeBuiltInWideAngleCamera,
    AVMediaTypeVideo,
};
use objc2_core_media::{CMTime, CMVideoFormatDescriptionGetDimensions};
use objc2_core_video::{
    kCVPixelFormatType_420YpCbCr8BiPlanarFullRange, kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
};
use objc2_foundation::NSArray;

use crate::camera::mode::choose;
use crate::camera::rules::{Pace, pace};
use crate::camera::{Mode, RawFormat};
use crate::config::Facing;

/// A camera.
pub(super) struct Device(Retained<AVCaptureDevice>);

// SAFETY: AVFoundation lets any thread use a device; what changes it is done behind its own lock.
#[allow(unsafe_code)]
unsafe impl Send for Device {}

/// All cameras that are there, always in the same order: see `list`.
pub(super) fn all() -> Vec<Device> {
    let mut devices = Vec::new();
    for (kind, position) in kinds() {
        let kinds = NSArray::from_slice(&[kind]);
        // SAFETY: the kinds are AVFoundation's own, and it is asked for video.
        #[allow(unsafe_code)]
        let found = unsafe {
            AVCaptureDeviceDiscoverySession::discoverySessionWithDeviceTypes_mediaType_position(
                &kinds,
                AVMediaTypeVideo,
                position,
            )
            .devices()
        };
        devices.extend(found.iter().map(Device));
    }
    devices
}

/// What is looked for, in this order.
#[cfg(target_os = "macos")]
fn kinds() -> Vec<(&'static AVCaptureDeviceType, AVCaptureDevicePosition)> {
    // SAFETY: constants of AVFoundation's. The newer name for those plugged in is missing on the
    // oldest systems.
    #[allow(unsafe_code, deprecated)]
    let kinds = unsafe {
        [
            AVCaptureDeviceTypeBuiltInWideAngleCamera,
            objc2_av_foundation::AVCaptureDeviceTypeExternalUnknown,
        ]
    };
    kinds.map(|kind| (kind, AVCaptureDevicePosition::Unspecified)).to_vec()
}

/// What is looked for, in this order.
#[cfg(not(target_os = "macos"))]
fn kinds() -> Vec<(&'static AVCaptureDeviceType, AVCaptureDevicePosition)> {
    use objc2_av_foundation::{
        AVCaptureDeviceTypeBuiltInTelephotoCamera, AVCaptureDeviceTypeBuiltInUltraWideCamera,
    };
    // SAFETY: constants of AVFoundation's.
    #[allow(unsafe_code)]
    let [wide, ultra_wide, telephoto] = unsafe {
        [
            AVCaptureDeviceTypeBuiltInWideAngleCamera,
            AVCaptureDeviceTypeBuiltInUltraWideCamera,
            AVCaptureDeviceTypeBuiltInTelephotoCamera,
        ]
    };
    vec![
        (wide, AVCaptureDevicePosition::Front),
        (wide, AVCaptureDevicePosition::Back),
        (ultra_wide, AVCaptureDevicePosition::Back),
        (telephoto, AVCaptureDevicePosition::Back),
    ]
}

impl Device {
    /// The system's object.
    pub(super) fn inner(&self) -> &AVCaptureDevice {
        &self.0
    }

    /// The system's name for it, for a person.
    pub(super) fn name(&self) -> String {
        // SAFETY: the device is alive.
        #[allow(unsafe_code)]
        let name = unsafe { self.0.localizedName() };
        name.to_string()
    }

    /// The system's name for it, for a program.
    pub(super) fn id(&self) -> String {
        // SAFETY: the device is alive.
        #[allow(unsafe_code)]
        let id = unsafe { self.0.uniqueID() };
        id.to_string()
    }

    /// Which way it looks, where that is known.
    pub(super) fn facing(&self) -> Option<Facing> {
        // SAFETY: the device is alive.
        #[allow(unsafe_code)]
        let position = unsafe { self.0.position() };
        match position {
            AVCaptureDevicePosition::Front => Some(Facing::Front),
            AVCaptureDevicePosition::Back => Some(Facing::Back),
            _ => None,
        }
    }

    /// What it can do.
    pub(super) fn modes(&self) -> Vec<Mode> {
        self.formats().iter().filter_map(|format| describe(format)).collect()
    }

    fn formats(&self) -> Vec<Retained<AVCaptureDeviceFormat>> {
        // SAFETY: the device is alive.
        #[allow(unsafe_code)]
        let formats = unsafe { self.0.formats() };
        formats.to_vec()
    }

    /// Begins to change its settings; nothing where another program does.
    pub(super) fn configure(&self) -> Option<Configuration<'_>> {
        // SAFETY: the device is alive, and is unlocked when what this gives is dropped.
        #[allow(unsafe_code)]
        let locked = unsafe { self.0.lockForConfiguration() };
        locked.ok().map(|()| Configuration(self))
    }
}

/// Settings that may be changed.
pub(super) struct Configuration<'a>(&'a Device);

impl Configuration<'_> {
    /// Chooses the mode nearest to a picture of `size` at the frame rate of `target`.
    pub(super) fn set_mode(&self, size: PictureSize, target: EncoderTarget) {
        let formats = self.0.formats();
        let modes: Vec<_> = formats.iter().map(|format| describe(format)).collect();
        let known: Vec<_> = modes.iter().copied().flatten().collect();
        let Some(chosen) = choose(&known, EncoderTarget { size, ..target }) else { return };
        let Some(place) = modes.iter().position(|mode| *mode == Some(chosen)) else { return };
        let Some(format) = formats.get(place) else { return };
        let Some(duration) = duration(format, target.frame_rate.as_u32()) else { return };
        // SAFETY: the device is locked, the format is one of its own, and the duration lies within
        // one of the format's ranges.
        #[allow(unsafe_code)]
        unsafe {
            self.0.0.setActiveFormat(format);
            self.0.0.setActiveVideoMinFrameDuration(duration);
            self.0.0.setActiveVideoMaxFrameDuration(duration);
        }
        tracing::info!(name = self.0.name(), ?chosen, "camera");
    }

    /// Lights the torch, or not. Returns whether the camera has one.
    #[cfg(not(target_os = "macos"))]
    pub(super) fn set_torch(&self, on: bool) -> bool {
        use objc2_av_foundation::AVCaptureTorchMode;
        let device = &self.0.0;
        let torch = if on { AVCaptureTorchMode::On } else { AVCaptureTorchMode::Off };
        // SAFETY: the device is locked, and says that it can do this.
        #[allow(unsafe_code)]
        unsafe {
            let can = device.hasTorch()
                && device.isTorchAvailable()
                && device.isTorchModeSupported(torch);
            if can {
                device.setTorchMode(torch);
            }
            can
        }
    }

    /// Magnifies so many times, or as near as the camera gets.
    #[cfg(not(target_os = "macos"))]
    pub(super) fn set_zoom(&self, factor: f64) {
        let device = &self.0.0;
        // SAFETY: the device is locked, and the factor lies within what it says that it can do.
        #[allow(unsafe_code)]
        unsafe {
            let least = device.minAvailableVideoZoomFactor();
            let most = device.maxAvailableVideoZoomFactor();
            device.setVideoZoomFactor(crate::camera::rules::zoom(factor, least, most));
        }
    }
}

impl Drop for Configuration<'_> {
    fn drop(&mut self) {
        // SAFETY: the device was locked when this was made.
        #[allow(unsafe_code)]
        unsafe {
            self.0.0.unlockForConfiguration();
        }
    }
}

/// A format in our words; nothing for one without pictures.
fn describe(format: &AVCaptureDeviceFormat) -> Option<Mode> {
    // SAFETY: the format and its description are alive.
    #[allow(unsafe_code)]
    let (dimensions, layout) = unsafe {
        let description = format.formatDescription();
        (CMVideoFormatDescriptionGetDimensions(&description), description.media_sub_type())
    };
    let fastest = rates(format).into_iter().map(|(_, fastest)| fastest).fold(0.0, f64::max);
    // Whatever the camera has is converted for us, but for these two.
    let semi_planar = [
        kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
        kCVPixelFormatType_420YpCbCr8BiPlanarFullRange,
    ];
    let format = if semi_planar.contains(&layout) { RawFormat::Nv12 } else { RawFormat::Yuyv };
    Some(Mode {
        width: u32::try_from(dimensions.width).ok().filter(|width| *width > 0)?,
        height: u32::try_from(dimensions.height).ok().filter(|height| *height > 0)?,
        frame_rate: fastest.round() as u32,
        format,
    })
}

/// The slowest and the fastest rate of each range.
fn rates(format: &AVCaptureDeviceFormat) -> Vec<(f64, f64)> {
    // SAFETY: the format and its ranges are alive.
    #[allow(unsafe_code)]
    unsafe {
        let ranges = format.videoSupportedFrameRateRanges();
        ranges.iter().map(|range| (range.minFrameRate(), range.maxFrameRate())).collect()
    }
}

/// From one picture to the next, for so many a second or as near as the format gets.
fn duration(format: &AVCaptureDeviceFormat, wanted: u32) -> Option<CMTime> {
    let pace = pace(&rates(format), wanted)?;
    // SAFETY: the format and its ranges are alive.
    #[allow(unsafe_code)]
    unsafe {
        match pace {
            Pace::Exactly(rate) => Some(CMTime::new(1, rate.cast_signed())),
            Pace::Fastest(index) => {
                let ranges = format.videoSupportedFrameRateRanges().to_vec();
                Some(ranges.get(index)?.minFrameDuration())
            }
        }
    }
}

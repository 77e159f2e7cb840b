//! Which of a camera's modes to use.

use std::cmp::Reverse;
use std::fmt;

use golive_proto::rate::EncoderTarget;

/// How a camera lays out its pixels. The order is that of preference: least work and least loss
/// first.
#[cfg_attr(
    target_vendor = "apple",
    allow(dead_code, reason = "there, cameras are converted for us and named only roughly")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RawFormat {
    Nv12,
    Yuyv,
    Rgb,
    Bgr,
    Mjpeg,
    Gray,
}

impl fmt::Display for RawFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nv12 => "NV12",
            Self::Yuyv => "YUYV",
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
            Self::Mjpeg => "MJPEG",
            Self::Gray => "grey",
        })
    }
}

/// One thing that a camera can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mode {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) frame_rate: u32,
    pub(crate) format: RawFormat,
}

/// The mode nearest to what is to be encoded: first fast enough, then large enough, then not
/// larger or faster than it must be, then the format of least work.
pub(crate) fn choose(modes: &[Mode], target: EncoderTarget) -> Option<Mode> {
    let wanted = target.frame_rate.as_u32();
    let (width, height) = (target.size.width, target.size.height);
    let cost = |mode: &Mode| {
        // 29.97 counts as 30.
        let too_slow = mode.frame_rate * 10 < wanted * 9;
        let too_small = mode.width < width || mode.height < height;
        let pixels = |width: u32, height: u32| u64::from(width) * u64::from(height);
        let difference = pixels(mode.width, mode.height).abs_diff(pixels(width, height));
        let speed = if too_slow { Reverse(mode.frame_rate) } else { Reverse(0) };
        (too_slow, speed, too_small, difference, mode.frame_rate.abs_diff(wanted), mode.format)
    };
    modes.iter().copied().min_by_key(cost)
}

#[cfg(test)]
mod tests {
    use golive_proto::media::{FrameRate, PictureSize};
    use golive_proto::units::Bitrate;

    use super::*;

    fn mode(width: u32, height: u32, frame_rate: u32, format: RawFormat) -> Mode {
        Mode { width, height, frame_rate, format }
    }

    fn chosen(modes: &[Mode], size: (u32, u32), rate: u32) -> Mode {
        let target = EncoderTarget {
            bitrate: Bitrate::ZERO,
            frame_rate: FrameRate::new(rate).unwrap(),
            size: PictureSize::new(size.0, size.1).unwrap(),
            audio_bitrate: Bitrate::ZERO,
        };
        choose(modes, target).unwrap()
    }

    #[test]
    fn a_usb_camera_is_used_in_the_mode_that_is_fast_and_large_enough() {
        let modes = [
            mode(640, 480, 30, RawFormat::Yuyv),
            mode(1280, 720, 10, RawFormat::Yuyv),
            mode(1280, 720, 30, RawFormat::Mjpeg),
            mode(1920, 1080, 30, RawFormat::Mjpeg),
            mode(1920, 1080, 5, RawFormat::Yuyv),
        ];
        assert_eq!(chosen(&modes, (1280, 720), 30), modes[2]);
        assert_eq!(chosen(&modes, (640, 360), 30), modes[0]);
        assert_eq!(chosen(&modes, (3840, 2160), 30), modes[3], "the largest, where none is enough");
        assert_eq!(chosen(&modes, (1280, 720), 5), modes[1]);
        assert_eq!(chosen(&modes, (1280, 720), 60), modes[2], "the fastest, where none is enough");
    }

    #[test]
    fn of_equal_modes_the_one_of_least_work_wins() {
        let modes = [RawFormat::Mjpeg, RawFormat::Nv12, RawFormat::Yuyv];
        let modes = modes.map(|format| mode(1280, 720, 30, format));
        assert_eq!(chosen(&modes, (1280, 720), 30), modes[1]);
        assert_eq!(choose(&[], chosen_target()), None);
    }

    fn chosen_target() -> EncoderTarget {
        crate::Config::default().target()
    }
}

//! What a stream is made of.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::units::MediaTime;

/// A picture's size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PictureSize {
    /// Pixels in a row, 2 to 16,384, even.
    pub width: u32,
    /// Rows, 2 to 16,384, even.
    pub height: u32,
}

impl PictureSize {
    /// Largest width and height.
    pub const MAX_SIDE: u32 = 16_384;

    /// A size, or nothing if a side is odd (4:2:0 colour has no half samples), zero or too large.
    pub const fn new(width: u32, height: u32) -> Option<Self> {
        if is_side(width) && is_side(height) { Some(Self { width, height }) } else { None }
    }
}

const fn is_side(pixels: u32) -> bool {
    pixels >= 2 && pixels <= PictureSize::MAX_SIDE && pixels.is_multiple_of(2)
}

impl fmt::Display for PictureSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// What a person typed is not a picture size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a picture size: write even numbers of pixels, such as 1280x720")]
pub struct ParsePictureSizeError(String);

/// Reads `1280x720`.
impl FromStr for PictureSize {
    type Err = ParsePictureSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (width, height) = text.split_once('x')?;
            Self::new(width.parse().ok()?, height.parse().ok()?)
        };
        parse().ok_or_else(|| ParsePictureSizeError(text.to_owned()))
    }
}

/// Whole pictures a second, 1 to 240.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameRate(u32);

impl FrameRate {
    /// The rate, or nothing outside 1 to 240.
    pub const fn new(frames_per_second: u32) -> Option<Self> {
        if frames_per_second >= 1 && frames_per_second <= 240 {
            Some(Self(frames_per_second))
        } else {
            None
        }
    }

    /// Pictures a second.
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// From one picture to the next, rounded down to a microsecond.
    pub const fn interval(self) -> Duration {
        Duration::from_micros(1_000_000 / self.0 as u64)
    }

    /// Where picture `number` (from zero) lies, rounded to a microsecond without accumulating.
    pub fn time_of(self, number: u64) -> MediaTime {
        MediaTime::from_ticks(i64::try_from(number).unwrap_or(i64::MAX), self.0)
    }
}

/// How a stream of raw AAC-LC frames is to be read (ISO/IEC 14496-3, 1.6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AudioFormat {
    /// Samples a second of each channel.
    pub sample_rate: u32,
    /// Channels. A broadcast's own encoder makes 1 or 2; a stream or file may bring up to 8.
    pub channels: u8,
}

impl AudioFormat {
    /// Samples of each channel in one AAC-LC frame.
    pub const SAMPLES_PER_FRAME: u32 = 1_024;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_even_and_within_reason() {
        assert_eq!("1280x720".parse(), Ok(PictureSize { width: 1280, height: 720 }));
        for text in ["", "1280", "1281x720", "0x0", "1280x", "99998x2", "-2x2"] {
            assert!(text.parse::<PictureSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn frame_times_do_not_drift() {
        let rate = FrameRate::new(30).unwrap();
        assert_eq!(rate.time_of(30 * 3_600), MediaTime::from_millis(3_600_000));
    }
}

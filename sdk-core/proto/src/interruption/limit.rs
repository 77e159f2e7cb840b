//! Limits on what the encoder is asked for.

use std::fmt;

use crate::media::{FrameRate, PictureSize};
use crate::rate::EncoderTarget;

/// What the encoder is asked for at most, to keep the device cool or its battery full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderLimit {
    /// The video bitrate, in per cent of what the owner asked for: 1 to 100. Anything else is
    /// taken for the nearer end.
    pub bitrate_percent: u8,
    /// Pictures a second, at most.
    pub frame_rate: Option<FrameRate>,
    /// The picture fits into this size, whichever way the device is held, and keeps its shape.
    pub size: Option<PictureSize>,
}

impl EncoderLimit {
    /// All that was asked for.
    pub const NONE: EncoderLimit =
        EncoderLimit { bitrate_percent: 100, frame_rate: None, size: None };

    /// What both allow.
    pub fn strictest(self, other: EncoderLimit) -> EncoderLimit {
        let frame_rates = self.frame_rate.into_iter().chain(other.frame_rate);
        EncoderLimit {
            bitrate_percent: self.percent().min(other.percent()),
            frame_rate: frame_rates.min(),
            size: match (self.size, other.size) {
                (Some(one), Some(other)) => Some(common(one, other)),
                (one, other) => one.or(other),
            },
        }
    }

    /// What the encoder is asked for under this limit. The bitrate of the sound stays.
    pub fn apply(self, asked: EncoderTarget) -> EncoderTarget {
        EncoderTarget {
            bitrate: asked.bitrate.scaled(f64::from(self.percent()) / 100.0),
            frame_rate: self.frame_rate.map_or(asked.frame_rate, |most| most.min(asked.frame_rate)),
            size: self.size.map_or(asked.size, |most| fit(asked.size, most)),
            audio_bitrate: asked.audio_bitrate,
        }
    }

    fn percent(self) -> u8 {
        self.bitrate_percent.clamp(1, 100)
    }
}

impl fmt::Display for EncoderLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.strictest(Self::NONE) == Self::NONE {
            return f.write_str("the encoder has no limit");
        }
        f.write_str("the encoder makes at most ")?;
        let mut between = "";
        if self.percent() < 100 {
            write!(f, "{} % of the bitrate", self.percent())?;
            between = ", ";
        }
        if let Some(frame_rate) = self.frame_rate {
            write!(f, "{between}{} pictures a second", frame_rate.as_u32())?;
            between = ", ";
        }
        if let Some(size) = self.size {
            write!(f, "{between}pictures of {size}")?;
        }
        Ok(())
    }
}

/// The longer and the shorter side.
fn sides(size: PictureSize) -> (u32, u32) {
    (size.width.max(size.height), size.width.min(size.height))
}

/// What fits into both, lying.
fn common(one: PictureSize, other: PictureSize) -> PictureSize {
    let ((long, short), (other_long, other_short)) = (sides(one), sides(other));
    PictureSize { width: long.min(other_long), height: short.min(other_short) }
}

/// A picture of the shape of `asked`, to an even number of pixels, that fits into `most`.
fn fit(asked: PictureSize, most: PictureSize) -> PictureSize {
    let ((long, short), (most_long, most_short)) = (sides(asked), sides(most));
    if long <= most_long && short <= most_short {
        return asked;
    }
    // The side that is the more too long gives the scale.
    let by_long =
        u64::from(most_long) * u64::from(short) <= u64::from(most_short) * u64::from(long);
    let (part, whole) = if by_long { (most_long, long) } else { (most_short, short) };
    let scaled = |pixels: u32| {
        let pixels = u64::from(pixels) * u64::from(part) / u64::from(whole.max(1));
        u32::try_from(pixels).map_or(2, |pixels| (pixels & !1).max(2))
    };
    PictureSize::new(scaled(asked.width), scaled(asked.height)).unwrap_or(asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bitrate;

    fn limit(percent: u8, frame_rate: u32, size: &str) -> EncoderLimit {
        EncoderLimit {
            bitrate_percent: percent,
            frame_rate: FrameRate::new(frame_rate),
            size: size.parse().ok(),
        }
    }

    fn applied(limit: EncoderLimit, size: &str, frame_rate: u32) -> (u64, u32, String) {
        let target = limit.apply(EncoderTarget {
            bitrate: Bitrate::from_kilobits_per_second(3_000),
            frame_rate: FrameRate::new(frame_rate).unwrap(),
            size: size.parse().unwrap(),
            audio_bitrate: Bitrate::from_kilobits_per_second(128),
        });
        assert_eq!(target.audio_bitrate, Bitrate::from_kilobits_per_second(128));
        let bitrate = target.bitrate.as_kilobits_per_second();
        (bitrate, target.frame_rate.as_u32(), target.size.to_string())
    }

    #[test]
    fn pictures_keep_their_shape_whichever_way_the_phone_is_held() {
        let serious = limit(60, 30, "960x540");
        assert_eq!(applied(serious, "1920x1080", 60), (1_800, 30, "960x540".into()));
        assert_eq!(applied(serious, "720x1280", 30), (1_800, 30, "540x960".into()));
        assert_eq!(applied(serious, "1440x1080", 24), (1_800, 24, "720x540".into()));
        assert_eq!(applied(serious, "640x360", 15), (1_800, 15, "640x360".into()));
        assert_eq!(applied(serious, "16384x2", 15).2, "960x2");
        assert_eq!(applied(EncoderLimit::NONE, "1280x720", 60), (3_000, 60, "1280x720".into()));
    }

    #[test]
    fn a_share_outside_of_its_range_is_the_nearer_end() {
        assert_eq!(applied(limit(0, 0, ""), "1280x720", 30).0, 30);
        assert_eq!(applied(limit(200, 0, ""), "1280x720", 30).0, 3_000);
    }

    #[test]
    fn of_two_limits_the_lower_of_each_counts() {
        let one = limit(80, 15, "1280x720");
        let other = limit(50, 30, "480x640");
        assert_eq!(one.strictest(other), limit(50, 15, "640x480"));
        assert_eq!(one.strictest(EncoderLimit::NONE), one);
        assert_eq!(
            one.to_string(),
            "the encoder makes at most 80 % of the bitrate, 15 pictures a second, pictures of 1280x720"
        );
        assert_eq!(EncoderLimit::NONE.to_string(), "the encoder has no limit");
    }
}

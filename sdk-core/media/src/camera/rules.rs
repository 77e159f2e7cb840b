//! What is decided about one of Apple's cameras, without one.

use std::time::Duration;

use golive_proto::media::PictureSize;
use golive_proto::units::Time;

use crate::config::Rotation;

/// Why a camera pauses (`AVCaptureSessionInterruptionReason`), for a person.
pub(crate) fn interruption(reason: Option<isize>) -> &'static str {
    match reason {
        Some(1) => "the app is in the background",
        Some(2) => "another app has the microphone",
        Some(3) => "another app has the camera",
        Some(4) => "several apps share the screen",
        Some(5) => "the device is too hot or short of power",
        _ => "the system interrupted it",
    }
}

/// How fast a camera is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// As fast as the range of this number allows: by its own exact figure, as one that is off by
    /// a rounding is an exception.
    Fastest(usize),
    /// So many pictures a second, which lies within a range.
    Exactly(u32),
}

/// The pace nearest to `wanted` in any of `ranges`, the slowest and the fastest rate of each.
pub(crate) fn pace(ranges: &[(f64, f64)], wanted: u32) -> Option<Pace> {
    let rate = f64::from(wanted);
    if ranges.iter().any(|&(slowest, fastest)| slowest <= rate && rate < fastest) {
        return Some(Pace::Exactly(wanted));
    }
    let distance = |&(_, fastest): &(f64, f64)| (fastest - rate).abs();
    let nearest = ranges
        .iter()
        .enumerate()
        .min_by(|(_, one), (_, other)| distance(one).total_cmp(&distance(other)));
    nearest.map(|(index, _)| Pace::Fastest(index))
}

/// How the picture is turned: as it was asked for, or else so that an upright picture comes of a
/// phone that is held upright. `sideways` says that the sensor lies across, as phones have it.
pub(crate) fn rotation(asked: Option<Rotation>, size: PictureSize, sideways: bool) -> Rotation {
    let upright = size.height > size.width;
    asked.unwrap_or(if sideways && upright { Rotation::Quarter } else { Rotation::Unturned })
}

/// The size of the sensor's picture that becomes one of `size` when it is turned.
pub(crate) fn unturned(size: PictureSize, rotation: Rotation) -> PictureSize {
    match rotation {
        Rotation::Unturned | Rotation::Half => size,
        Rotation::Quarter | Rotation::ThreeQuarters => {
            PictureSize { width: size.height, height: size.width }
        }
    }
}

/// Older systems' word for a rotation (`AVCaptureVideoOrientation`).
pub(crate) fn orientation(rotation: Rotation) -> isize {
    match rotation {
        Rotation::Quarter => 1,
        Rotation::ThreeQuarters => 2,
        Rotation::Unturned => 3,
        Rotation::Half => 4,
    }
}

/// The zoom factor nearest to what was asked for that the camera has.
#[cfg(any(not(target_os = "macos"), test))]
pub(crate) fn zoom(wanted: f64, least: f64, most: f64) -> f64 {
    let wanted = if wanted.is_finite() { wanted } else { 1.0 };
    wanted.min(most).max(least)
}

/// A picture this old, or one from the future, tells that its clock is not to be trusted.
const OLDEST: Duration = Duration::from_secs(1);

/// When a picture was taken that is `age` seconds old `now`.
pub(crate) fn taken(now: Time, age: f64) -> Time {
    match Duration::try_from_secs_f64(age) {
        Ok(age) if age < OLDEST => now.saturating_sub(age),
        _ => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interruption_is_told_in_words_whether_it_is_known_or_not() {
        assert!(interruption(Some(1)).contains("background"));
        assert!(interruption(Some(3)).contains("another app"));
        assert_eq!(interruption(Some(77)), interruption(None));
    }

    #[test]
    fn a_camera_runs_at_the_wanted_rate_or_as_near_as_it_can() {
        let phone = [(1.0, 30.0), (1.0, 60.0)];
        assert_eq!(pace(&phone, 24), Some(Pace::Exactly(24)));
        assert_eq!(pace(&phone, 30), Some(Pace::Exactly(30)), "within the second");
        assert_eq!(pace(&phone, 60), Some(Pace::Fastest(1)), "by the range's own figure");
        assert_eq!(pace(&phone, 120), Some(Pace::Fastest(1)));
        // A USB camera has single rates, and means 30 by 30.000030.
        let usb = [(15.0, 15.0), (30.00003, 30.00003)];
        assert_eq!(pace(&usb, 30), Some(Pace::Fastest(1)));
        assert_eq!(pace(&usb, 20), Some(Pace::Fastest(0)));
        assert_eq!(pace(&[], 30), None);
    }

    #[test]
    fn a_phone_held_upright_gives_an_upright_picture() {
        let upright = PictureSize { width: 720, height: 1280 };
        let wide = PictureSize { width: 1280, height: 720 };
        assert_eq!(rotation(None, upright, true), Rotation::Quarter);
        assert_eq!(rotation(None, wide, true), Rotation::Unturned);
        assert_eq!(
            rotation(None, upright, false),
            Rotation::Unturned,
            "a desk's camera is upright"
        );
        assert_eq!(rotation(Some(Rotation::Half), upright, true), Rotation::Half);
        assert_eq!(unturned(upright, Rotation::Quarter), wide, "the sensor lies across");
        assert_eq!(unturned(wide, Rotation::Half), wide);
        let turns =
            [Rotation::Quarter, Rotation::ThreeQuarters, Rotation::Unturned, Rotation::Half];
        assert_eq!(turns.map(orientation), [1, 2, 3, 4], "upright, head down, right, left");
    }

    #[test]
    fn the_zoom_stays_within_what_the_camera_has() {
        let factors = [0.1, 2.0, 99.0, f64::NAN].map(|wanted| zoom(wanted, 1.0, 6.0));
        assert_eq!(factors, [1.0, 2.0, 6.0, 1.0]);
    }

    #[test]
    fn a_picture_lies_where_it_was_taken_unless_its_clock_talks_nonsense() {
        let now = Time::from_micros(5_000_000);
        assert_eq!(taken(now, 0.04), Time::from_micros(4_960_000));
        for nonsense in [-0.01, 3.0, f64::NAN, f64::INFINITY] {
            assert_eq!(taken(now, nonsense), now);
        }
    }
}

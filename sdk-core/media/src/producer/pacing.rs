//! When the next picture is due.

use golive_proto::media::FrameRate;
use golive_proto::units::MediaTime;

/// The first multiple of the frame interval after `last`, counted from media time zero, so that
/// the pictures' times are exact, and the same whenever the source began.
pub(crate) fn next_picture(rate: FrameRate, last: MediaTime) -> MediaTime {
    let micros = last.as_micros().max(-1);
    let number = (i128::from(micros) * i128::from(rate.as_u32())).div_euclid(1_000_000);
    let mut number = u64::try_from(number).unwrap_or(0);
    // The division rounds down to a picture at or just before `last`.
    while rate.time_of(number) <= last {
        number += 1;
    }
    rate.time_of(number)
}

/// Lets through no more pictures than the frame rate allows, from a device that has its own.
#[cfg(feature = "camera")]
#[derive(Debug, Default)]
pub(crate) struct FrameRateLimit {
    due: Option<MediaTime>,
}

#[cfg(feature = "camera")]
impl FrameRateLimit {
    /// Whether to use the picture taken at `pts`.
    pub(crate) fn admits(&mut self, rate: FrameRate, pts: MediaTime) -> bool {
        let interval = rate.interval();
        // A picture up to half an interval early is the one that was meant.
        if self.due.is_some_and(|due| pts + interval / 2 < due) {
            return false;
        }
        let next = self.due.unwrap_or(pts) + interval;
        self.due = Some(if next > pts { next } else { pts + interval });
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn pictures_lie_on_exact_times_whenever_one_begins() {
        for rate in [1, 24, 25, 29, 30, 60, 144, 240] {
            let rate = FrameRate::new(rate).unwrap();
            let mut last = MediaTime::from_micros(1_234_567);
            for _ in 0..1_000 {
                let next = next_picture(rate, last);
                let apart = next.since(last);
                assert!(next > last && apart <= rate.interval() + Duration::from_micros(1));
                last = next;
            }
            assert_eq!(
                next_picture(rate, MediaTime::from_micros(1_999_999)),
                MediaTime::from_millis(2_000)
            );
            assert_eq!(next_picture(rate, MediaTime::from_micros(-5)), MediaTime::ZERO);
        }
    }

    #[cfg(feature = "camera")]
    #[test]
    fn a_camera_of_30_is_thinned_to_15_and_left_alone_at_30() {
        for (allowed, expected) in [(15, 150), (30, 300), (60, 300), (20, 200)] {
            let rate = FrameRate::new(allowed).unwrap();
            let mut limit = FrameRateLimit::default();
            // Jitter of a few milliseconds, as cameras have.
            let times =
                (0..300).map(|frame| MediaTime::from_micros(frame * 33_333 + frame % 3 * 2_000));
            let admitted = times.filter(|&pts| limit.admits(rate, pts)).count();
            assert!(admitted.abs_diff(expected) <= 2, "{admitted} at {allowed}");
        }
    }
}

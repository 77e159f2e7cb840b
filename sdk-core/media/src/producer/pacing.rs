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
}

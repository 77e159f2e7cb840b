//! When the next IDR is due.

use std::time::Duration;

use golive_proto::units::MediaTime;

/// Decides which pictures become IDRs: the first one, the one asked for, and the first at or after
/// each interval.
///
/// Due times advance by exact intervals from the first picture, or from the last IDR that was
/// asked for, so that a camera's jitter does not add up: pictures at exact times get an IDR every
/// two seconds exactly.
#[derive(Clone, Debug)]
pub struct KeyframeSchedule {
    interval: Duration,
    due: Option<MediaTime>,
    requested: bool,
}

impl KeyframeSchedule {
    /// An interval of zero makes every picture an IDR.
    pub fn new(interval: Duration) -> Self {
        Self { interval, due: None, requested: false }
    }

    /// Makes the next picture an IDR.
    pub fn request(&mut self) {
        self.requested = true;
    }

    /// Whether the picture at `pts` is to be an IDR. The answer counts: ask once for each picture.
    pub fn take(&mut self, pts: MediaTime) -> bool {
        let due = match self.due {
            Some(due) if !self.requested && pts < due => return false,
            Some(due) if !self.requested => due,
            _ => pts,
        };
        self.requested = false;
        let next = due + self.interval;
        // After a long gap the rhythm begins again, rather than catching up.
        self.due = Some(if next > pts { next } else { pts + self.interval });
        true
    }
}

#[cfg(test)]
mod tests {
    use golive_proto::media::FrameRate;

    use super::*;

    fn schedule() -> KeyframeSchedule {
        KeyframeSchedule::new(Duration::from_secs(2))
    }

    #[test]
    fn pictures_at_exact_times_get_an_idr_every_two_seconds_exactly() {
        for rate in [1, 24, 25, 29, 30, 48, 50, 60, 144] {
            let rate = FrameRate::new(rate).unwrap();
            let mut schedule = schedule();
            let idrs: Vec<_> = (0..u64::from(rate.as_u32()) * 7)
                .map(|frame| rate.time_of(frame + 11))
                .filter(|&pts| schedule.take(pts))
                .map(|pts| pts.since(rate.time_of(11)))
                .collect();
            let expected = [0, 2, 4, 6].map(Duration::from_secs);
            for (idr, expected) in idrs.iter().zip(expected) {
                assert!(idr.abs_diff(expected) <= Duration::from_micros(1), "{rate:?}: {idrs:?}");
            }
            assert_eq!(idrs.len(), 4, "{rate:?}: {idrs:?}");
        }
    }

    #[test]
    fn a_cameras_jitter_does_not_add_up() {
        let mut schedule = schedule();
        // 29 ms apart: never on the second.
        let idrs = (0..20_000)
            .map(|frame| MediaTime::from_millis(frame * 29))
            .filter(|&pts| schedule.take(pts));
        assert_eq!(idrs.count(), 290, "580 s are 290 intervals");
    }

    #[test]
    fn an_idr_asked_for_comes_at_once_and_begins_a_new_interval() {
        let mut schedule = schedule();
        assert!(schedule.take(MediaTime::ZERO));
        schedule.request();
        assert!(schedule.take(MediaTime::from_millis(500)));
        assert!(!schedule.take(MediaTime::from_millis(2_000)));
        assert!(schedule.take(MediaTime::from_millis(2_500)));
    }
}

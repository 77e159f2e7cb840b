//! What waits only because the encoder has just made a large picture, a key frame above all.
//!
//! A key frame is several others' worth. That is no sign of congestion: an encoder that keeps its
//! mean has made up for it after a while, and until then as much may wait.

use std::time::Duration;

use crate::units::{Bitrate, ByteCount, Time};

/// What the newest large picture was beyond the mean, and how much of it may wait still.
#[derive(Clone, Copy, Debug, Default)]
pub struct Burst {
    rate: Bitrate,
    until: Time,
}

/// What the mean makes in this time, a picture at 30 a second, is none.
const PICTURE: Duration = Duration::from_millis(33);
/// It drains by what is carried beyond the mean: the smaller pictures that follow, and whatever room
/// there is, leave about so much of it.
const DRAIN_SHARE: f64 = 0.3;
/// A picture that takes longer than this does not fit the rate, and is congestion after all.
const LONGEST: Duration = Duration::from_millis(300);

impl Burst {
    /// A picture of `length` was made at a mean of `rate`.
    pub fn note(&mut self, now: Time, length: ByteCount, rate: Bitrate) {
        let excess = length.saturating_sub(rate.bytes_in(PICTURE));
        if excess > self.left(now) {
            let rate = rate.scaled(DRAIN_SHARE);
            *self = Self { rate, until: now + rate.time_for(excess).min(LONGEST) };
        }
    }

    /// What may wait of it still.
    pub fn left(&self, now: Time) -> ByteCount {
        self.rate.bytes_in(self.until.since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_may_wait_until_it_has_drained() {
        let rate = Bitrate::from_kilobits_per_second(2_400);
        let picture = rate.bytes_in(PICTURE);
        let mut burst = Burst::default();
        burst.note(Time::ZERO, picture, rate);
        assert_eq!(burst.left(Time::ZERO), ByteCount::ZERO, "no more than the mean");
        burst.note(Time::from_millis(100), picture + ByteCount::new(18_000), rate);
        let left = |burst: Burst, millis| burst.left(Time::from_millis(millis)).as_u64();
        assert_eq!([100, 200, 300].map(|at| left(burst, at)), [18_000, 9_000, 0]);
        burst.note(Time::from_millis(200), picture, rate);
        assert_eq!(left(burst, 200), 9_000, "what follows adds nothing");
    }

    #[test]
    fn what_does_not_fit_the_rate_is_not_excused_for_long() {
        let rate = Bitrate::from_kilobits_per_second(2_400);
        let mut burst = Burst::default();
        burst.note(Time::ZERO, ByteCount::new(1_000_000), rate);
        assert_eq!(burst.left(Time::ZERO), rate.scaled(DRAIN_SHARE).bytes_in(LONGEST));
    }
}

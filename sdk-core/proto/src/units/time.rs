//! The two kinds of time: when something happens, and where in the media it belongs.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// A moment on the caller's monotonic clock, in microseconds since a start of its choosing.
///
/// The clock should go on while the device sleeps (`CLOCK_BOOTTIME` on Linux and Android), so
/// that a peer that has long given up is noticed at once after waking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The start of the clock.
    pub const ZERO: Time = Time(0);

    /// The moment `micros` microseconds after the clock's start.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The moment `millis` milliseconds after the clock's start.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Microseconds since the clock's start.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it is yet to come.
    pub const fn since(self, earlier: Time) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// This moment less `duration`, but not before the clock's start.
    pub fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(micros(duration)))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, duration: Duration) -> Time {
        Time(self.0.saturating_add(micros(duration)))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06} s", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// A position on the media timeline, in microseconds; zero is where the broadcast began.
///
/// Negative positions exist: an audio encoder's priming samples lie before the first sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(i64);

/// Ticks a second of MPEG-2 system timestamps (ISO/IEC 13818-1, 2.4.3.7).
const MPEG_CLOCK_HZ: i128 = 90_000;

impl MediaTime {
    /// Where the broadcast began.
    pub const ZERO: MediaTime = MediaTime(0);

    /// The position `micros` microseconds after the beginning.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The position `millis` milliseconds after the beginning.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// The position `ticks / hertz` seconds after the beginning, rounded to a microsecond.
    ///
    /// `hertz` of zero is taken as one.
    pub fn from_ticks(ticks: i64, hertz: u32) -> Self {
        let hertz = i128::from(hertz.max(1));
        let micros = (i128::from(ticks) * 1_000_000 + hertz / 2).div_euclid(hertz);
        Self(micros.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
    }

    /// Microseconds after the beginning.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The nearest tick of the 90 kHz clock that MPEG timestamps count.
    pub fn to_90khz(self) -> i64 {
        ((i128::from(self.0) * MPEG_CLOCK_HZ + 500_000).div_euclid(1_000_000)) as i64
    }

    /// The position of a 90 kHz tick.
    pub fn from_90khz(ticks: i64) -> Self {
        Self::from_ticks(ticks, 90_000)
    }

    /// How far this lies after `earlier`; zero if it lies before.
    pub const fn since(self, earlier: MediaTime) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration::from_micros(if micros > 0 { micros as u64 } else { 0 })
    }
}

impl Add<Duration> for MediaTime {
    type Output = MediaTime;

    fn add(self, duration: Duration) -> MediaTime {
        MediaTime(self.0.saturating_add_unsigned(micros(duration)))
    }
}

impl Sub<Duration> for MediaTime {
    type Output = MediaTime;

    fn sub(self, duration: Duration) -> MediaTime {
        MediaTime(self.0.saturating_sub_unsigned(micros(duration)))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_at_thirty_a_second_is_three_thousand_ticks() {
        for frame in 0..100_000 {
            assert_eq!(MediaTime::from_ticks(frame, 30).to_90khz(), frame * 3_000);
        }
    }

    #[test]
    fn ticks_before_the_beginning_round_like_those_after_it() {
        assert_eq!(MediaTime::from_90khz(-9).as_micros(), -100);
        assert_eq!(MediaTime::from_micros(-100).to_90khz(), -9);
    }

    #[test]
    fn time_never_runs_below_its_start_or_over_its_end() {
        let early = Time::from_millis(5);
        assert_eq!(early.saturating_sub(Duration::from_secs(1)), Time::ZERO);
        assert_eq!(early.since(Time::from_millis(9)), Duration::ZERO);
        assert_eq!(early + Duration::MAX, Time::from_micros(u64::MAX));
    }
}

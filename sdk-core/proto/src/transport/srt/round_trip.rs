//! The round-trip time (section 4.10).

use std::time::Duration;

use crate::units::Time;

/// Before anything is measured, as the draft has it.
const INITIAL_RTT: u32 = 100_000;
const INITIAL_VARIANCE: u32 = 50_000;

/// Longer round trips than this are not believed.
const MAX_RTT: u32 = 10_000_000;

/// The minimum is that of the current and the last span of this length.
const MINIMUM_SPAN: Duration = Duration::from_secs(10);

/// Smoothed round-trip time and deviation, in microseconds.
#[derive(Debug)]
pub(crate) struct RoundTrip {
    smoothed: u32,
    variance: u32,
    measured: bool,
    minimum: u32,
    previous_minimum: u32,
    span_ends: Time,
}

impl RoundTrip {
    pub(crate) fn new(now: Time) -> Self {
        Self {
            smoothed: INITIAL_RTT,
            variance: INITIAL_VARIANCE,
            measured: false,
            minimum: u32::MAX,
            previous_minimum: u32::MAX,
            span_ends: now + MINIMUM_SPAN,
        }
    }

    /// A round trip that was measured on this side.
    pub(crate) fn sample(&mut self, now: Time, rtt: Duration) {
        let rtt = u32::try_from(rtt.as_micros()).unwrap_or(u32::MAX).clamp(1, MAX_RTT);
        if self.measured {
            self.average(rtt);
        } else {
            self.set(rtt, rtt / 2);
        }
        self.note_minimum(now);
    }

    /// What the peer says in an acknowledgement. It is taken as it is if only the peer can
    /// measure, which is so when it sends no media.
    pub(crate) fn reported(&mut self, now: Time, rtt: u32, variance: u32, peer_sends: bool) {
        if rtt == 0 || rtt > MAX_RTT || (rtt == INITIAL_RTT && variance == INITIAL_VARIANCE) {
            return;
        }
        if self.measured && peer_sends {
            self.average(rtt);
        } else {
            self.set(rtt, variance.min(MAX_RTT));
        }
        self.note_minimum(now);
    }

    pub(crate) fn smoothed(&self) -> Duration {
        micros(self.smoothed)
    }

    pub(crate) fn variance(&self) -> Duration {
        micros(self.variance)
    }

    pub(crate) fn minimum(&self) -> Duration {
        micros(self.minimum.min(self.previous_minimum).min(self.smoothed))
    }

    /// A span that a round trip all but never exceeds: the mean and four deviations.
    pub(crate) fn cautious(&self) -> Duration {
        self.smoothed() + self.variance() * 4
    }

    pub(crate) fn smoothed_micros(&self) -> u32 {
        self.smoothed
    }

    pub(crate) fn variance_micros(&self) -> u32 {
        self.variance
    }

    fn set(&mut self, rtt: u32, variance: u32) {
        self.smoothed = rtt;
        self.variance = variance;
        self.measured = true;
    }

    fn average(&mut self, rtt: u32) {
        self.variance = (self.variance * 3 + rtt.abs_diff(self.smoothed)) / 4;
        self.smoothed = (self.smoothed * 7 + rtt) / 8;
    }

    fn note_minimum(&mut self, now: Time) {
        if now >= self.span_ends {
            self.span_ends = now + MINIMUM_SPAN;
            self.previous_minimum = self.minimum;
            self.minimum = u32::MAX;
        }
        self.minimum = self.minimum.min(self.smoothed);
    }
}

fn micros(value: u32) -> Duration {
    Duration::from_micros(u64::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_path_is_learnt_and_its_initial_guess_forgotten() {
        let mut round_trip = RoundTrip::new(Time::ZERO);
        for _ in 0..40 {
            round_trip.sample(Time::ZERO, Duration::from_millis(40));
        }
        assert_eq!(round_trip.smoothed(), Duration::from_millis(40));
        assert!(round_trip.variance() < Duration::from_millis(1));
    }

    #[test]
    fn a_peer_that_has_not_measured_yet_is_not_believed() {
        let mut round_trip = RoundTrip::new(Time::ZERO);
        round_trip.sample(Time::ZERO, Duration::from_millis(40));
        round_trip.reported(Time::ZERO, INITIAL_RTT, INITIAL_VARIANCE, false);
        round_trip.reported(Time::ZERO, u32::MAX, u32::MAX, false);
        assert_eq!(round_trip.smoothed(), Duration::from_millis(40));
        round_trip.reported(Time::ZERO, 30_000, 1_000, false);
        assert_eq!(round_trip.smoothed(), Duration::from_millis(30));
    }

    #[test]
    fn the_minimum_is_forgotten_when_the_path_changes() {
        let mut round_trip = RoundTrip::new(Time::ZERO);
        round_trip.reported(Time::ZERO, 20_000, 0, false);
        for second in 1..40 {
            round_trip.reported(Time::from_millis(second * 1_000), 80_000, 0, false);
        }
        assert_eq!(round_trip.minimum(), Duration::from_millis(80));
    }
}

//! From the peer's timestamps to our clock (sections 4.5 and 4.7).

use std::time::Duration;

use crate::units::Time;

/// Samples of which the one that was under way for the shortest time tells the drift: whatever
/// else delays a sample, a queue above all, only makes it longer.
const DRIFT_SAMPLES: u32 = 1_000;

/// No clock drifts further during so many samples, ten seconds and more; in microseconds.
const LARGEST_STEP: i64 = 5_000;

/// Packets that come earlier than the handshake by more prove that it was delayed, and with it all
/// that is counted from it; in microseconds.
const HANDSHAKE_DELAY: i64 = 100_000;

/// A drift beyond this moves the base; in microseconds.
const MAX_DRIFT: i64 = 5_000;

/// Where the peer's clock stands on ours, and how it drifts.
///
/// Timestamps are 32 bits of microseconds and wrap every 71 minutes. Each is taken for the one
/// nearest to what the peer's clock should say now, so no state has to follow the wraps.
#[derive(Debug)]
pub(crate) struct TimeBase {
    /// When the peer's timestamps were zero, in microseconds of our clock; before our clock
    /// began, if need be.
    base: i64,
    drift: i64,
    samples: u32,
    /// The shortest round trip of these samples, and how late its packet was.
    best: Option<(Duration, i64)>,
    first_rtt: Option<Duration>,
    last_origin: i64,
}

impl TimeBase {
    /// The handshake that carried `timestamp` arrived at `arrival`.
    pub(crate) fn new(arrival: Time, timestamp: u32) -> Self {
        let base = signed(arrival).saturating_sub(i64::from(timestamp));
        Self { base, drift: 0, samples: 0, best: None, first_rtt: None, last_origin: i64::MIN }
    }

    /// When a packet with `timestamp` left the peer's application, plus the way of the
    /// handshake: what its delivery is counted from. `now` is when it arrived, or later by less
    /// than half an hour.
    pub(crate) fn origin(&self, now: Time, timestamp: u32) -> i64 {
        let expected = signed(now).wrapping_sub(self.base);
        let ahead = timestamp.wrapping_sub(expected as u32) as i32;
        self.base.saturating_add(expected).saturating_add(i64::from(ahead))
    }

    /// When a packet of this origin is delivered.
    pub(crate) fn delivery(&self, origin: i64, latency: Duration) -> Time {
        let latency = i64::try_from(latency.as_micros()).unwrap_or(i64::MAX);
        time(origin.saturating_add(self.drift).saturating_add(latency))
    }

    /// A packet that was sent at once came with `timestamp` at `now`, `rtt` being the round trip
    /// that it ended. Half of what the round trip has changed since the first is taken for a
    /// change of the path, the rest for drift.
    pub(crate) fn sample(&mut self, now: Time, timestamp: u32, rtt: Duration) {
        let offset = signed(now) - self.origin(now, timestamp);
        if offset - self.drift < -HANDSHAKE_DELAY {
            // Nothing arrives before its time: the handshake had stood in a queue.
            self.base = self.base.saturating_add(offset - self.drift);
            (self.best, self.samples, self.first_rtt) = (None, 0, None);
            return;
        }
        if self.best.is_none_or(|(shortest, _)| rtt < shortest) {
            self.best = Some((rtt, offset));
        }
        self.samples += 1;
        if self.samples < DRIFT_SAMPLES {
            return;
        }
        self.samples = 0;
        let Some((rtt, offset)) = self.best.take() else { return };
        let first = *self.first_rtt.get_or_insert(rtt);
        let drift = offset - (micros(rtt) - micros(first)) / 2;
        self.drift += (drift - self.drift).clamp(-LARGEST_STEP, LARGEST_STEP);
        if self.drift.abs() > MAX_DRIFT {
            let excess = MAX_DRIFT * self.drift.signum();
            self.base = self.base.saturating_add(excess);
            self.drift -= excess;
        }
    }

    /// What a reader is told of a packet's origin: on our clock, and never going back.
    pub(crate) fn monotonic_origin(&mut self, origin: i64) -> Time {
        self.last_origin = self.last_origin.max(origin);
        time(self.last_origin)
    }
}

fn signed(time: Time) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn time(micros: i64) -> Time {
    Time::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATENCY: Duration = Duration::from_millis(120);

    #[test]
    fn a_peer_that_has_been_up_longer_than_our_clock_is_delivered_on_time() {
        let base = TimeBase::new(Time::from_millis(3), 3_600_000_000);
        let origin = base.origin(Time::from_millis(13), 3_600_010_000);
        assert_eq!(base.delivery(origin, LATENCY), Time::from_millis(133));
    }

    #[test]
    fn timestamps_go_on_past_their_wrap() {
        let mut base = TimeBase::new(Time::from_millis(0), u32::MAX - 9_999);
        for millis in [5, 10, 15, 40] {
            let timestamp = (u32::MAX - 9_999).wrapping_add(millis as u32 * 1_000);
            let origin = base.origin(Time::from_millis(millis), timestamp);
            assert_eq!(base.monotonic_origin(origin), Time::from_millis(millis));
        }
        let hours = Time::from_millis(5 * 3_600_000);
        let timestamp = (u32::MAX - 9_999).wrapping_add((5u64 * 3_600_000_000) as u32);
        assert_eq!(base.delivery(base.origin(hours, timestamp), LATENCY), hours + LATENCY);
    }

    #[test]
    fn a_queue_on_the_way_is_not_taken_for_drift() {
        let mut base = TimeBase::new(Time::ZERO, 0);
        for sample in 0..10_000_u64 {
            let queue = Duration::from_millis(if sample % 50 == 0 { 0 } else { 300 });
            let sent = Time::from_millis(sample * 10);
            let arrived = sent + queue;
            let rtt = Duration::from_millis(40) + queue;
            base.sample(arrived, sent.as_micros() as u32, rtt);
        }
        let delivery = base.delivery(base.origin(Time::from_millis(9), 9_000), LATENCY);
        assert_eq!(delivery, Time::from_millis(9) + LATENCY);
    }

    #[test]
    fn a_handshake_that_stood_in_a_queue_does_not_delay_what_follows() {
        let mut base = TimeBase::new(Time::from_millis(800), 0);
        base.sample(Time::from_millis(830), 810_000, Duration::from_millis(40));
        let delivery = base.delivery(base.origin(Time::from_millis(860), 840_000), LATENCY);
        assert_eq!(delivery, Time::from_millis(860) + LATENCY);
    }

    #[test]
    fn a_clock_that_runs_fast_is_followed() {
        let mut base = TimeBase::new(Time::ZERO, 0);
        // 100 ppm: after an hour, the peer's clock is 360 ms ahead.
        let mut peer = 0;
        for ten_millis in 1..=360_000u64 {
            let now = Time::from_millis(ten_millis * 10);
            peer = now.as_micros() + now.as_micros() / 10_000;
            base.sample(now, peer as u32, Duration::from_millis(40));
        }
        let now = Time::from_millis(3_600_000);
        let delivery = base.delivery(base.origin(now, peer as u32), Duration::ZERO);
        let error = delivery.as_micros().abs_diff(now.as_micros());
        assert!(error < 15_000, "{error} us");
    }
}

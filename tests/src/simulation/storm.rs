//! The watch over what a broadcaster sends: never a storm.

use std::collections::VecDeque;
use std::time::Duration;

use golive_proto::units::{Bitrate, ByteCount, Time};

/// In no second more is sent than this much of what the uplink was believed to carry in it,
const SHARE: f64 = 1.25;
/// and this much more.
const SLACK: ByteCount = ByteCount::new(64_000);
const SECOND: Duration = Duration::from_secs(1);

/// Adds up what was sent in the last second, and what the uplink was believed to carry meanwhile.
#[derive(Debug, Default)]
pub(super) struct StormWatch {
    beliefs: VecDeque<Belief>,
    sent: VecDeque<(Time, ByteCount)>,
    bytes: u64,
    /// The second in which most was sent for what was believed.
    worst: Option<Second>,
}

/// What was believed from a moment on.
#[derive(Clone, Copy, Debug)]
struct Belief {
    from: Time,
    estimate: Bitrate,
    /// What the uplink had been believed to carry until then, in bytes.
    before: f64,
}

impl Belief {
    /// The bytes that it had been believed to carry by this many seconds. What is believed first
    /// had been believed before anybody asked.
    fn until(&self, now: f64) -> f64 {
        let span = now - seconds(self.from);
        self.before + span * self.estimate.as_bits_per_second() as f64 / 8.0
    }
}

/// A second, by what was sent in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Second {
    /// When it ended.
    pub until: Time,
    /// Every datagram that was sent in it.
    pub sent: ByteCount,
    /// What might have been sent.
    pub allowed: ByteCount,
}

impl Second {
    /// What was sent, of what might have been.
    pub fn share(self) -> f64 {
        self.sent.as_u64() as f64 / self.allowed.as_u64().max(1) as f64
    }
}

impl StormWatch {
    /// The broadcaster believes from now on that its uplink carries this much.
    pub(super) fn believe(&mut self, now: Time, estimate: Bitrate) {
        self.forget(now);
        let last = self.beliefs.back();
        if last.is_none_or(|last| last.estimate != estimate) {
            let before = last.map_or(0.0, |last| last.until(seconds(now)));
            self.beliefs.push_back(Belief { from: now, estimate, before });
        }
    }

    /// A datagram leaves. The second is judged if it holds media: what answers the peer counts, but
    /// when less is believed than a moment ago it cannot call back what has left.
    pub(super) fn sent(&mut self, now: Time, datagram: &[u8]) {
        let length = ByteCount::from(datagram.len());
        while self.sent.front().is_some_and(|(at, _)| now.since(*at) >= SECOND) {
            self.bytes -= self.sent.pop_front().map_or(0, |(_, length)| length.as_u64());
        }
        self.sent.push_back((now, length));
        self.bytes += length.as_u64();
        // The first bit of a packet of SRT that is none of media (draft, section 3).
        if datagram.first().is_some_and(|first| first & 0x80 != 0) {
            return;
        }
        let Some(believed) = self.believed(now) else { return };
        let allowed = ByteCount::new((believed * SHARE) as u64) + SLACK;
        let second = Second { until: now, sent: ByteCount::new(self.bytes), allowed };
        if self.worst.is_none_or(|worst| worst.share() < second.share()) {
            self.worst = Some(second);
        }
    }

    /// The second that came closest to a storm, or was one.
    pub(super) fn worst(&self) -> Option<Second> {
        self.worst
    }

    /// The bytes that the uplink was believed to carry in the last second.
    fn believed(&mut self, now: Time) -> Option<f64> {
        self.forget(now);
        let (first, last) = (self.beliefs.front()?, self.beliefs.back()?);
        Some(last.until(seconds(now)) - first.until(seconds(now) - SECOND.as_secs_f64()))
    }

    fn forget(&mut self, now: Time) {
        while self.beliefs.get(1).is_some_and(|second| now.since(second.from) >= SECOND) {
            self.beliefs.pop_front();
        }
    }
}

fn seconds(time: Time) -> f64 {
    time.as_micros() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kilobits(rate: u64) -> Bitrate {
        Bitrate::from_kilobits_per_second(rate)
    }

    /// Sends a packet of 1,000 bytes every `every` milliseconds.
    fn send(watch: &mut StormWatch, from: u64, until: u64, every: usize) {
        for millis in (from..until).step_by(every) {
            watch.sent(Time::from_millis(millis), &[0; 1_000]);
        }
    }

    #[test]
    fn what_is_sent_is_held_against_what_was_believed_in_the_same_second() {
        let mut watch = StormWatch::default();
        watch.believe(Time::ZERO, kilobits(8_000));
        send(&mut watch, 0, 2_000, 1);
        let calm = watch.worst().unwrap();
        assert_eq!(calm.sent, ByteCount::new(1_000_000));
        assert!(calm.allowed.as_u64().abs_diff(1_314_000) < 10, "{calm:?}");
        // It believes half a second later in half as much: three quarters in that second.
        watch.believe(Time::from_millis(2_000), kilobits(4_000));
        send(&mut watch, 2_000, 2_501, 1);
        let second = watch.worst().unwrap();
        assert_eq!(second.until, Time::from_millis(2_500));
        let allowed = second.allowed.as_u64();
        assert!(allowed.abs_diff(750_000 * 5 / 4 + 64_000) < 10, "{allowed}");
        send(&mut watch, 2_501, 3_001, 1);
        let storm = watch.worst().unwrap();
        assert!(storm.share() > 1.4 && storm.until == Time::from_millis(3_000), "{storm:?}");
    }
}

//! Never a storm: no more leaves in a second than the uplink is believed to carry, and a little.
//!
//! The pacer decides how fast packets leave after one another, and has to let a key frame or a
//! repair pass quickly; this keeps account of what all of that comes to. Held against it is every
//! byte that leaves, whatever it is for and whichever connection it leaves by.

use crate::units::{Bitrate, ByteCount, Time};

/// What was sent in the last second, and what the uplink was believed to carry in it.
#[derive(Debug)]
pub struct Budget {
    /// The last second in grains, each in the place of its number; one more is being filled.
    grains: [Grain; GRAINS],
    /// The number of the grain that is being filled.
    current: u64,
    estimate: Bitrate,
    /// Up to when `estimate` has been added to the grains.
    accrued: Time,
    /// Over all grains.
    total: Grain,
}

#[derive(Clone, Copy, Debug, Default)]
struct Grain {
    /// Bytes.
    sent: u64,
    /// Bits a second times microseconds, which needs no rounding.
    believed: u64,
}

const GRAIN_MICROS: u64 = 20_000;
const GRAINS: usize = 51;
/// What may leave in a second, of what the uplink was believed to carry in it,
const SHARE: f64 = 1.25;
/// and how much more: a key frame at a low rate, several times what the rate has in store for it.
/// With what cannot wait (answers to the peer, the packet that is being sent) 64 kB.
const SLACK: u64 = 56_000;
/// With less left than this, what is only sent in advance stays.
const TIGHT: u64 = 24_000;
/// No uplink carries more; a second of it can be counted.
const MOST: Bitrate = Bitrate::from_kilobits_per_second(1_000_000_000);
/// The longest packet.
const PACKET: u64 = 1_500;

impl Budget {
    /// A budget of an uplink that has been believed to carry `estimate` for a while.
    pub fn new(now: Time, estimate: Bitrate) -> Self {
        let estimate = estimate.min(MOST);
        let believed = estimate.as_bits_per_second().saturating_mul(GRAIN_MICROS);
        let mut grains = [Grain { sent: 0, believed }; GRAINS];
        let current = now.as_micros() / GRAIN_MICROS;
        if let Some(grain) = grains.get_mut(place(current)) {
            *grain = Grain::default();
        }
        let total = Grain { sent: 0, believed: believed.saturating_mul(GRAINS as u64 - 1) };
        let accrued = Time::from_micros(current * GRAIN_MICROS);
        Self { grains, current, estimate, accrued, total }
    }

    /// The uplink is believed to carry `estimate` from `now` on.
    pub fn believe(&mut self, now: Time, estimate: Bitrate) {
        self.advance(now);
        self.estimate = estimate.min(MOST);
    }

    /// Takes note that `bytes` left.
    pub fn spend(&mut self, now: Time, bytes: ByteCount) {
        self.advance(now);
        self.total.sent += bytes.as_u64();
        if let Some(grain) = self.grains.get_mut(place(self.current)) {
            grain.sent += bytes.as_u64();
        }
    }

    /// When the next packet may leave: now, if that is not later than `now`.
    pub fn next_at(&mut self, now: Time) -> Time {
        if self.left(now) >= PACKET {
            return now;
        }
        Time::from_micros((self.current + 1) * GRAIN_MICROS)
    }

    /// Whether so little is left that it is needed for what cannot be done without.
    pub fn is_tight(&mut self, now: Time) -> bool {
        self.left(now) < TIGHT
    }

    /// What may leave now. The last second is taken a little too long for what was sent in it, and
    /// a little too short for what was believed.
    fn left(&mut self, now: Time) -> u64 {
        self.advance(now);
        let oldest = self.grains.get(place(self.current + 1)).copied().unwrap_or_default();
        let believed = self.total.believed.saturating_sub(oldest.believed);
        let allowed = (believed as f64 / 8e6 * SHARE) as u64 + SLACK;
        allowed.saturating_sub(self.total.sent)
    }

    fn advance(&mut self, now: Time) {
        let current = now.as_micros() / GRAIN_MICROS;
        // After a long rest only the last second matters.
        let first = current.saturating_sub(GRAINS as u64);
        if self.current < first {
            self.current = first;
            self.accrued = Time::from_micros(first * GRAIN_MICROS);
        }
        while self.current < current {
            self.accrue(Time::from_micros((self.current + 1) * GRAIN_MICROS));
            self.current += 1;
            let Some(grain) = self.grains.get_mut(place(self.current)) else { break };
            let old = std::mem::take(grain);
            self.total.sent -= old.sent;
            self.total.believed -= old.believed;
        }
        self.accrue(now);
    }

    fn accrue(&mut self, until: Time) {
        let span = u64::try_from(until.since(self.accrued).as_micros()).unwrap_or(0);
        let believed = self.estimate.as_bits_per_second().saturating_mul(span);
        self.accrued = self.accrued.max(until);
        if let Some(grain) = self.grains.get_mut(place(self.current)) {
            grain.believed += believed;
            self.total.believed += believed;
        }
    }
}

fn place(number: u64) -> usize {
    (number % GRAINS as u64) as usize
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_rate_that_no_uplink_has_can_be_counted() {
        let mut budget = Budget::new(Time::ZERO, Bitrate::MAX);
        for second in 0..5 {
            let now = Time::from_millis(1_000 * second);
            budget.believe(now, Bitrate::MAX);
            assert_eq!(budget.next_at(now), now);
        }
    }

    /// Sends packets as fast as the budget lets it; how many bytes left from one moment to another.
    fn flood(budget: &mut Budget, from: u64, until: u64) -> u64 {
        let (mut now, until) = (Time::from_millis(from), Time::from_millis(until));
        let mut bytes = 0;
        while now < until {
            let next = budget.next_at(now);
            if next > now {
                now = next;
                continue;
            }
            budget.spend(now, ByteCount::new(PACKET));
            bytes += PACKET;
            now += Duration::from_micros(100);
        }
        bytes
    }

    fn megabits(rate: u64) -> Bitrate {
        Bitrate::from_kilobits_per_second(rate * 1_000)
    }

    #[test]
    fn no_second_holds_more_than_its_share_and_the_slack() {
        let mut budget = Budget::new(Time::from_millis(7), megabits(4));
        for second in 0..10 {
            let bytes = flood(&mut budget, second * 1_000 + 7, second * 1_000 + 1_007);
            let bound = 500_000 * 5 / 4 + SLACK;
            assert!(bytes <= bound && bytes > bound * 9 / 10, "{bytes} bytes in second {second}");
        }
    }

    #[test]
    fn what_is_believed_counts_from_the_moment_on_and_no_longer_than_a_second() {
        let mut budget = Budget::new(Time::ZERO, megabits(8));
        budget.believe(Time::from_millis(2_000), megabits(1));
        let bytes = flood(&mut budget, 2_000, 3_000);
        let most = 1_000_000 * 5 / 4 + SLACK;
        assert!(bytes <= most, "{bytes}: a full second had been earned before");
        let later = flood(&mut budget, 4_000, 5_000);
        assert!(later <= 125_000 * 5 / 4 + SLACK, "{later}");
    }

    #[test]
    fn a_rest_earns_a_second_and_no_more() {
        let mut budget = Budget::new(Time::ZERO, megabits(4));
        flood(&mut budget, 0, 1_000);
        let bytes = flood(&mut budget, 3_600_000, 3_600_010);
        assert!(bytes <= 100 * PACKET, "only the loop's own pace: {bytes}");
        assert!(!budget.is_tight(Time::from_millis(3_600_010)));
        flood(&mut budget, 3_600_010, 3_601_000);
        assert!(budget.is_tight(Time::from_millis(3_601_000)));
    }
}

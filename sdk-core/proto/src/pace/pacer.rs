//! When bytes may leave: a token bucket.

use std::time::Duration;

use crate::units::{Bitrate, ByteCount, Time};

/// Spreads bytes over time at a rate, with a short burst after a pause.
///
/// It owns nothing and sends nothing: it says when, and is told what was sent.
#[derive(Clone, Copy, Debug)]
pub struct Pacer {
    rate: Option<Bitrate>,
    burst: Duration,
    /// When what was sent so far has had its time, in nanoseconds: packets of a fast connection
    /// follow each other within a few microseconds.
    free_at: u128,
}

impl Pacer {
    /// A pacer at `rate`, or one that never holds anything back. After a pause, as much leaves at
    /// once as the rate carries in `burst`.
    pub fn new(rate: Option<Bitrate>, burst: Duration) -> Self {
        Self { rate, burst, free_at: 0 }
    }

    /// Changes the rate from `now` on; what was sent already keeps the time that it was given,
    /// up to one burst.
    pub fn set_rate(&mut self, now: Time, rate: Option<Bitrate>) {
        self.rate = rate;
        self.free_at = self.free_at.min(nanos(now) + self.burst.as_nanos());
    }

    /// The rate.
    pub fn rate(&self) -> Option<Bitrate> {
        self.rate
    }

    /// When the next packet may leave: now, if that is not later than `now`.
    pub fn next_at(&self) -> Time {
        match self.rate {
            Some(_) => Time::from_micros(u64::try_from(self.free_at / 1_000).unwrap_or(u64::MAX)),
            None => Time::ZERO,
        }
    }

    /// Takes note that `bytes` left.
    pub fn sent(&mut self, now: Time, bytes: ByteCount) {
        let Some(rate) = self.rate else { return };
        let earliest = nanos(now).saturating_sub(self.burst.as_nanos());
        let spent = u128::from(bytes.as_u64()) * 8_000_000_000;
        let rate = u128::from(rate.as_bits_per_second().max(1));
        self.free_at = self.free_at.max(earliest) + spent.div_ceil(rate);
    }
}

fn nanos(time: Time) -> u128 {
    u128::from(time.as_micros()) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: ByteCount = ByteCount::new(1_332);

    fn packets_in(pacer: &mut Pacer, from: Time, span: Duration) -> u32 {
        let mut now = from;
        let mut packets = 0;
        while now.since(from) < span {
            if pacer.next_at() > now {
                now = pacer.next_at();
                continue;
            }
            pacer.sent(now, PACKET);
            packets += 1;
        }
        packets
    }

    #[test]
    fn a_second_holds_what_the_rate_says_even_when_packets_are_microseconds_apart() {
        for megabits in [1, 5, 300] {
            let rate = Bitrate::from_kilobits_per_second(megabits * 1_000);
            let mut pacer = Pacer::new(Some(rate), Duration::ZERO);
            let packets = packets_in(&mut pacer, Time::from_millis(7), Duration::from_secs(1));
            let expected = rate.bytes_in(Duration::from_secs(1)).as_u64() / PACKET.as_u64();
            assert!(u64::from(packets).abs_diff(expected) <= 2, "{packets} of {expected}");
        }
    }

    #[test]
    fn a_pause_earns_no_more_than_one_burst() {
        let rate = Bitrate::from_kilobits_per_second(1_332 * 8);
        let mut pacer = Pacer::new(Some(rate), Duration::from_millis(10));
        let after_a_minute = Time::from_millis(60_000);
        assert_eq!(packets_in(&mut pacer, after_a_minute, Duration::from_micros(1)), 11);
    }

    #[test]
    fn without_a_rate_everything_leaves_at_once() {
        let mut pacer = Pacer::new(None, Duration::ZERO);
        pacer.sent(Time::ZERO, ByteCount::new(u64::MAX));
        assert_eq!(pacer.next_at(), Time::ZERO);
    }

    #[test]
    fn a_higher_rate_takes_hold_at_once() {
        let mut pacer = Pacer::new(Some(Bitrate::from_bits_per_second(8)), Duration::ZERO);
        pacer.sent(Time::ZERO, PACKET);
        pacer.set_rate(Time::ZERO, Some(Bitrate::from_kilobits_per_second(8_000)));
        assert_eq!(pacer.next_at(), Time::ZERO);
    }
}

//! How fast packets arrive, and how fast they could (sections 4.8 and 5.2.1.2).

use std::time::Duration;

use crate::units::Time;

use super::super::number::SequenceNumber;
use super::super::wire::Rates;

const INTERVALS: usize = 16;
const PROBES: usize = 64;

/// The packet after every sixteenth is sent right behind it where a sender paces by the protocol.
const PROBE_PERIOD: u32 = 16;

/// Windows of what was seen last; nothing is allocated.
pub(crate) struct Arrivals {
    last: Option<Time>,
    /// Microseconds from one packet to the next, and bytes.
    intervals: [(u32, u32); INTERVALS],
    interval_at: usize,
    probe: Option<(SequenceNumber, Time)>,
    /// Microseconds between the packets of a pair.
    probes: [u32; PROBES],
    probe_at: usize,
    datagram_bytes: u32,
}

impl Arrivals {
    /// `datagram_bytes` is the size that the capacity is counted in.
    pub(crate) fn new(datagram_bytes: usize) -> Self {
        Self {
            last: None,
            intervals: [(1_000_000, 0); INTERVALS],
            interval_at: 0,
            probe: None,
            probes: [1_000; PROBES],
            probe_at: 0,
            datagram_bytes: datagram_bytes as u32,
        }
    }

    /// A packet arrived for the first time.
    pub(crate) fn note(&mut self, now: Time, number: SequenceNumber, bytes: usize) {
        if let Some(last) = self.last
            && let Some(interval) = self.intervals.get_mut(self.interval_at)
        {
            *interval = (micros(now.since(last)), bytes as u32);
            self.interval_at = (self.interval_at + 1) % INTERVALS;
        }
        self.last = Some(now);
        match number.as_u32() % PROBE_PERIOD {
            0 => self.probe = Some((number, now)),
            1 => self.second_of_pair(now, number, bytes),
            _ => {}
        }
    }

    /// What an acknowledgement says.
    pub(crate) fn rates(&self) -> Rates {
        let (packets, bytes) = self.receive_rate();
        Rates { packets, bytes, capacity: self.capacity() }
    }

    fn second_of_pair(&mut self, now: Time, number: SequenceNumber, bytes: usize) {
        let Some((first, at)) = self.probe.take() else { return };
        if first.plus(1) != number || bytes == 0 {
            return;
        }
        // As long as a full packet would have taken.
        let micros = u64::from(micros(now.since(at))) * u64::from(self.datagram_bytes);
        if let Some(probe) = self.probes.get_mut(self.probe_at) {
            *probe = u32::try_from(micros / bytes as u64).unwrap_or(u32::MAX).max(1);
            self.probe_at = (self.probe_at + 1) % PROBES;
        }
    }

    /// Packets and bytes a second, from intervals near the median; zero if too few are.
    fn receive_rate(&self) -> (u32, u32) {
        let median = median(self.intervals.map(|(interval, _)| interval));
        let near = self.intervals.iter().filter(|(interval, _)| is_near(*interval, median));
        let (count, micros, bytes) = near.fold((0u64, 0u64, 0u64), |sum, (interval, bytes)| {
            (sum.0 + 1, sum.1 + u64::from(*interval), sum.2 + u64::from(*bytes))
        });
        if count <= INTERVALS as u64 / 2 || micros == 0 {
            return (0, 0);
        }
        (per_second(count, micros), per_second(bytes, micros))
    }

    fn capacity(&self) -> u32 {
        let median = median(self.probes);
        let near = self.probes.iter().filter(|interval| is_near(**interval, median));
        let (count, micros) = near
            .fold((1u64, u64::from(median)), |sum, probe| (sum.0 + 1, sum.1 + u64::from(*probe)));
        per_second(count, micros.max(1))
    }
}

fn median<const N: usize>(mut values: [u32; N]) -> u32 {
    let (_, median, _) = values.select_nth_unstable(N / 2);
    *median
}

fn is_near(value: u32, median: u32) -> bool {
    value > median / 8 && value < median.saturating_mul(8)
}

fn per_second(count: u64, micros: u64) -> u32 {
    u32::try_from((count * 1_000_000).div_ceil(micros)).unwrap_or(u32::MAX)
}

fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_capacity_are_what_the_packets_show() {
        let mut arrivals = Arrivals::new(1_500);
        // 500 packets a second, pairs 120 us apart: 100 Mb/s.
        let mut now = Time::ZERO;
        for number in 0..2_000 {
            now += Duration::from_micros(if number % 16 == 1 { 120 } else { 2_000 });
            arrivals.note(now, SequenceNumber::new(number), 1_500);
        }
        let rates = arrivals.rates();
        assert_eq!(rates.packets, 500);
        assert_eq!(rates.bytes, 750_000);
        assert_eq!(rates.capacity, 8_334);
    }
}

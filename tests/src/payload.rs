//! Numbered payloads and the judge who counts which of them arrived, and how late.
//!
//! A payload is what SRT senders carry: seven MPEG-TS packets in 1,316 bytes. These are null
//! packets (ISO/IEC 13818-1, 2.4.3.3), valid for whoever looks at them, whose stuffing holds a
//! number and the time of sending. Sender and judge run in one process and share its clock.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use golive_proto::units::{Bitrate, ByteCount, Time};

/// Bytes in a payload: seven MPEG-TS packets.
pub const LENGTH: usize = 7 * PACKET;

const PACKET: usize = 188;
/// Sync byte, null PID, payload only.
const HEADER: [u8; 4] = [0x47, 0x1F, 0xFF, 0x10];
const MAGIC: [u8; 4] = *b"GoLv";

static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The clock of payloads: monotonic, since the process first asked.
pub fn now() -> Time {
    Time::from_micros(u64::try_from(ORIGIN.elapsed().as_micros()).unwrap_or(u64::MAX))
}

/// What a payload says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Counted from zero.
    pub number: u64,
    /// When it was handed to the sender.
    pub sent: Time,
}

impl Payload {
    /// The payload's bytes.
    pub fn to_bytes(self) -> [u8; LENGTH] {
        let mut bytes = [0xFF; LENGTH];
        for packet in bytes.chunks_exact_mut(PACKET) {
            packet[..4].copy_from_slice(&HEADER);
        }
        bytes[4..8].copy_from_slice(&MAGIC);
        bytes[8..16].copy_from_slice(&self.number.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.sent.as_micros().to_be_bytes());
        // The number again at the end of every packet, so that a mixture is recognized.
        for packet in bytes.chunks_exact_mut(PACKET) {
            packet[PACKET - 8..].copy_from_slice(&self.number.to_be_bytes());
        }
        bytes
    }

    /// Reads a payload back; nothing if a single bit is not as it was written.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let field = |at: usize| -> Option<u64> {
            Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
        };
        let payload = Self { number: field(8)?, sent: Time::from_micros(field(16)?) };
        (payload.to_bytes() == bytes).then_some(payload)
    }
}

/// How many payloads `rate` makes in `duration`.
pub fn count(rate: Bitrate, duration: Duration) -> u64 {
    rate.bytes_in(duration).as_u64() / LENGTH as u64
}

/// Hands numbered payloads to `send` at `rate` for `duration`; returns how many.
///
/// Times are kept against the start: a late wake-up is made up for, not added up.
pub fn generate(rate: Bitrate, duration: Duration, mut send: impl FnMut(&[u8; LENGTH])) -> u64 {
    let started = Instant::now();
    let count = count(rate, duration);
    for number in 0..count {
        let due = rate.time_for(ByteCount::new(number * LENGTH as u64));
        if let Some(wait) = due.checked_sub(started.elapsed()).filter(|wait| !wait.is_zero()) {
            std::thread::sleep(wait);
        }
        send(&Payload { number, sent: now() }.to_bytes());
    }
    count
}

/// Counts what arrives.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    arrivals: u64,
    /// How often each number arrived.
    seen: Vec<u8>,
    delays: Vec<Duration>,
    highest: Option<u64>,
    reordered: u64,
    corrupted: u64,
}

/// What a judge found.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Payloads that were sent.
    pub sent: u64,
    /// Those that never arrived.
    pub lost: u64,
    /// The first and last number of each run of those that never arrived.
    pub gaps: Vec<(u64, u64)>,
    /// Arrivals of payloads that had arrived before.
    pub duplicated: u64,
    /// Arrivals of payloads with a lower number than one before.
    pub reordered: u64,
    /// Arrivals that are no payload, or not as it was sent.
    pub corrupted: u64,
    /// From sending to arrival, half of all payloads took at most this long.
    pub median_delay: Duration,
    /// From sending to arrival, 95 % of all payloads took at most this long.
    pub p95_delay: Duration,
    /// From sending to arrival, the slowest.
    pub longest_delay: Duration,
}

impl Judge {
    /// Takes what arrived at `now`.
    pub fn arrived(&mut self, bytes: &[u8], now: Time) {
        let Some(payload) = Payload::from_bytes(bytes) else {
            self.corrupted += 1;
            return;
        };
        let index = payload.number as usize;
        if self.seen.len() <= index {
            self.seen.resize(index + 1, 0);
        }
        self.arrivals += u64::from(self.seen[index] == 0);
        self.seen[index] = self.seen[index].saturating_add(1);
        if self.highest.is_some_and(|highest| payload.number < highest) {
            self.reordered += 1;
        }
        self.highest = self.highest.max(Some(payload.number));
        self.delays.push(now.since(payload.sent));
    }

    /// How many different payloads arrived so far.
    pub fn arrivals(&self) -> u64 {
        self.arrivals
    }

    /// The numbers below `sent` that did not arrive, as first and last of each gap.
    fn gaps(&self, sent: u64) -> Vec<(u64, u64)> {
        let mut gaps: Vec<(u64, u64)> = Vec::new();
        for number in 0..sent {
            if self.seen.get(number as usize).is_some_and(|times| *times > 0) {
                continue;
            }
            match gaps.last_mut() {
                Some((_, last)) if *last + 1 == number => *last = number,
                _ => gaps.push((number, number)),
            }
        }
        gaps
    }

    /// What it found of the first `sent` payloads; what follows them is not counted as lost.
    pub fn verdict(&self, sent: u64) -> Verdict {
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        let at = |share: f64| -> Duration {
            let index = (delays.len() as f64 * share) as usize;
            delays.get(index.min(delays.len().saturating_sub(1))).copied().unwrap_or_default()
        };
        let gaps = self.gaps(sent);
        Verdict {
            sent,
            lost: gaps.iter().map(|(first, last)| last - first + 1).sum(),
            gaps,
            duplicated: self.seen.iter().map(|times| u64::from(times.saturating_sub(1))).sum(),
            reordered: self.reordered,
            corrupted: self.corrupted,
            median_delay: at(0.5),
            p95_delay: at(0.95),
            longest_delay: at(1.0),
        }
    }
}

impl Verdict {
    /// The share of payloads that never arrived, in per cent.
    pub fn lost_percent(&self) -> f64 {
        self.lost as f64 * 100.0 / self.sent.max(1) as f64
    }

    /// Whether what arrived came once, in order and as it was sent.
    pub fn is_orderly(&self) -> bool {
        self.duplicated == 0 && self.reordered == 0 && self.corrupted == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(number: u64) -> [u8; LENGTH] {
        Payload { number, sent: Time::from_millis(number) }.to_bytes()
    }

    #[test]
    fn a_payload_with_one_wrong_bit_is_no_payload() {
        let bytes = payload(77);
        assert_eq!(Payload::from_bytes(&bytes).unwrap().number, 77);
        for bit in (0..LENGTH * 8).step_by(61) {
            let mut wrong = bytes;
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(
                Payload::from_bytes(&wrong)
                    .is_none_or(|read| read.number != 77 || read.sent != Time::from_millis(77))
            );
        }
        assert_eq!(Payload::from_bytes(&bytes[1..]), None);
    }

    #[test]
    fn the_judge_counts_what_is_lost_doubled_and_out_of_order() {
        let mut judge = Judge::default();
        for number in [0, 1, 3, 2, 2, 6] {
            judge.arrived(&payload(number), Time::from_millis(number + 10));
        }
        judge.arrived(b"noise", Time::from_millis(9));
        let verdict = judge.verdict(8);
        assert_eq!(verdict.lost, 3);
        assert_eq!(verdict.gaps, [(4, 5), (7, 7)]);
        assert_eq!(verdict.duplicated, 1);
        assert_eq!(verdict.reordered, 2);
        assert_eq!(verdict.corrupted, 1);
        assert_eq!(verdict.median_delay, Duration::from_millis(10));
    }

    #[test]
    fn the_generator_keeps_its_rate() {
        let mut numbers = Vec::new();
        let started = Instant::now();
        let rate = Bitrate::from_kilobits_per_second(5_000);
        let count = generate(rate, Duration::from_millis(200), |bytes| {
            numbers.push(Payload::from_bytes(bytes).unwrap().number);
        });
        assert!(started.elapsed() >= Duration::from_millis(190));
        assert_eq!(count, 94);
        assert_eq!(numbers, (0..94).collect::<Vec<_>>());
    }
}

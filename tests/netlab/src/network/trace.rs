//! Links whose rate was recorded: the moments at which each could carry a packet.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use golive_proto::units::{Bitrate, ByteCount, Time};

/// Moments at which a link carries up to [`Trace::PACKET`] each, in the format of the Saturator's
/// recordings (Winstein, Sivaraman, Balakrishnan, NSDI 2013): a line for each, in milliseconds,
/// the same one again where there are several in a millisecond. At its end it begins again.
#[derive(Clone, PartialEq, Eq)]
pub struct Trace {
    /// In order; the last one is the length of a round.
    opportunities: Arc<[u32]>,
}

/// What was read is no trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseTraceError {
    /// A line is not a number, or goes back in time.
    #[error(
        "line {line} of the trace is not a time in milliseconds after the one before: `{text}`"
    )]
    Line {
        /// From one on.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// Nothing ever passes, or everything at once.
    #[error("the trace ends where it begins: it needs lines with times in milliseconds")]
    Empty,
}

impl Trace {
    /// What one opportunity carries: a full IP packet.
    pub const PACKET: ByteCount = ByteCount::new(1_500);

    /// Reads the lines of a recording.
    ///
    /// # Errors
    ///
    /// Which line is not as it should be.
    pub fn parse(text: &str) -> Result<Self, ParseTraceError> {
        let mut opportunities: Vec<u32> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let wrong = || ParseTraceError::Line { line: number + 1, text: line.to_owned() };
            let at: u32 = line.parse().map_err(|_| wrong())?;
            if opportunities.last().is_some_and(|last| at < *last) {
                return Err(wrong());
            }
            opportunities.push(at);
        }
        Self::new(opportunities).ok_or(ParseTraceError::Empty)
    }

    /// A link that carries each of `rates` for as long as `step`, one after the other; nothing if
    /// that is nothing at all.
    pub fn from_rates(step: Duration, rates: impl IntoIterator<Item = Bitrate>) -> Option<Self> {
        let mut opportunities = Vec::new();
        let mut carried = 0.0;
        let mut begin = Duration::ZERO;
        for rate in rates {
            let packets = rate.bytes_in(step).as_u64() as f64 / Self::PACKET.as_u64() as f64;
            let mut next = 1.0 - carried;
            while next <= packets {
                let at = begin + step.mul_f64(next / packets);
                opportunities.push(u32::try_from(at.as_millis()).unwrap_or(u32::MAX));
                next += 1.0;
            }
            carried = (carried + packets).fract();
            begin += step;
        }
        Self::new(opportunities)
    }

    fn new(opportunities: Vec<u32>) -> Option<Self> {
        let lasts = opportunities.last().is_some_and(|last| *last > 0);
        lasts.then(|| Self { opportunities: opportunities.into() })
    }

    /// How long one round takes.
    pub fn length(&self) -> Duration {
        Duration::from_millis(self.round_millis())
    }

    /// What it carries over a round.
    pub fn mean(&self) -> Bitrate {
        let bits = self.opportunities.len() as u64 * Self::PACKET.as_u64() * 8;
        Bitrate::from_bits_per_second(bits * 1_000 / self.round_millis())
    }

    /// What it can carry from one moment to another.
    pub fn capacity(&self, from: Time, until: Time) -> ByteCount {
        let opportunities = self.first_at(until).saturating_sub(self.first_at(from));
        ByteCount::new(opportunities * Self::PACKET.as_u64())
    }

    /// The number of the first opportunity that is not before `time`.
    pub(super) fn first_at(&self, time: Time) -> u64 {
        // An opportunity at 7 ms serves whatever came before the eighth millisecond is over.
        let millis = time.as_micros() / 1_000;
        let (round, within) = (millis / self.round_millis(), millis % self.round_millis());
        let before = self.opportunities.partition_point(|at| u64::from(*at) < within);
        round * self.opportunities.len() as u64 + before as u64
    }

    /// When an opportunity comes.
    pub(super) fn time_of(&self, number: u64) -> Time {
        let count = self.opportunities.len() as u64;
        let within = self.opportunities.get((number % count) as usize).copied().unwrap_or(0);
        Time::from_millis((number / count) * self.round_millis() + u64::from(within))
    }

    fn round_millis(&self) -> u64 {
        u64::from(self.opportunities.last().copied().unwrap_or(1))
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace({} s, {} on average)", self.length().as_secs(), self.mean())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_repeats_and_counts() {
        let trace = Trace::parse("1\n1\n4\n\n10\n").unwrap();
        assert_eq!(trace.length(), Duration::from_millis(10));
        assert_eq!(trace.mean(), Bitrate::from_kilobits_per_second(4_800));
        let times: Vec<u64> = (0..6).map(|n| trace.time_of(n).as_micros() / 1_000).collect();
        assert_eq!(times, [1, 1, 4, 10, 11, 11]);
        assert_eq!(trace.first_at(Time::from_millis(2)), 2);
        assert_eq!(trace.first_at(Time::from_millis(12)), 6);
        let capacity = trace.capacity(Time::ZERO, Time::from_millis(20));
        assert_eq!(capacity, ByteCount::new(8 * 1_500));
    }

    #[test]
    fn what_is_no_recording_is_refused_by_line() {
        let wrong = Trace::parse("1\nx\n").unwrap_err();
        assert_eq!(wrong, ParseTraceError::Line { line: 2, text: "x".to_owned() });
        assert!(matches!(Trace::parse("5\n4\n"), Err(ParseTraceError::Line { line: 2, .. })));
        assert_eq!(Trace::parse(""), Err(ParseTraceError::Empty));
        assert_eq!(Trace::parse("0\n0\n"), Err(ParseTraceError::Empty));
    }

    #[test]
    fn rates_become_as_many_opportunities() {
        let kilobits = |rate| Bitrate::from_kilobits_per_second(rate);
        let rates = [1_200, 1_200, 0, 0, 4_800].map(kilobits);
        let trace = Trace::from_rates(Duration::from_millis(100), rates).unwrap();
        assert_eq!(trace.length(), Duration::from_millis(500));
        let carried = |from, until| {
            trace.capacity(Time::from_millis(from), Time::from_millis(until)).as_u64() / 1_500
        };
        assert_eq!([carried(0, 201), carried(201, 401), carried(401, 501)], [20, 0, 40]);
        assert!(Trace::from_rates(Duration::from_millis(100), [Bitrate::ZERO]).is_none());
    }
}

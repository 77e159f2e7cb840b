//! Rates of the last second, from counts.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::report::mean_kbps;

const WINDOW: Duration = Duration::from_secs(1);

/// Bytes taken from the input and bytes put on the wire, as counted at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) at: Instant,
    pub(super) taken: u64,
    pub(super) sent: u64,
}

/// Remembers the counts of the last second.
#[derive(Default)]
pub(super) struct Meter {
    counts: VecDeque<Counts>,
}

impl Meter {
    /// Takes note of `now` and returns the rates since about a second before, in kilobits a
    /// second: of what was taken, and of what was sent.
    pub(super) fn rates(&mut self, now: Counts) -> (u64, u64) {
        self.counts.push_back(now);
        while self.counts.get(1).is_some_and(|next| now.at.duration_since(next.at) >= WINDOW) {
            self.counts.pop_front();
        }
        let first = self.counts.front().copied().unwrap_or(now);
        let elapsed = now.at.duration_since(first.at);
        let rate = |now: u64, first: u64| mean_kbps(now.saturating_sub(first), elapsed);
        (rate(now.taken, first.taken), rate(now.sent, first.sent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_the_last_second_only() {
        let mut meter = Meter::default();
        let begin = Instant::now();
        let counts = |tenths: u32, taken: u64| Counts {
            at: begin + Duration::from_millis(100) * tenths,
            taken,
            sent: 2 * taken,
        };
        assert_eq!(meter.rates(counts(0, 0)), (0, 0));
        assert_eq!(meter.rates(counts(5, 62_500)), (1_000, 2_000));
        for tenth in 6..30 {
            meter.rates(counts(tenth, 62_500));
        }
        assert_eq!(meter.rates(counts(30, 62_500)), (0, 0));
    }
}

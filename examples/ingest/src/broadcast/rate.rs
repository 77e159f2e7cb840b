//! How much passes a second.

use std::time::Duration;

/// A window's slots.
const SLOTS: usize = 20;
/// What one slot spans.
const SLOT: Duration = Duration::from_millis(100);

/// Counts over the last two seconds.
#[derive(Debug, Default)]
pub(super) struct Window {
    counts: [u64; SLOTS],
    /// The slot of the last count, numbered from the clock's start.
    last: u64,
    /// The slot of the first count ever.
    first: Option<u64>,
}

impl Window {
    /// Counts `amount` at `now`, a time since some start that never goes back.
    pub(super) fn add(&mut self, now: Duration, amount: u64) {
        self.advance(now);
        self.first.get_or_insert(self.last);
        self.counts[self.last as usize % SLOTS] += amount;
    }

    /// What passed a second, of late.
    pub(super) fn per_second(&mut self, now: Duration) -> f64 {
        self.advance(now);
        let Some(first) = self.first else { return 0.0 };
        // The slot that is being filled counts as neither whole nor empty: leave it out.
        let current = self.counts[self.last as usize % SLOTS];
        let slots = (self.last - first).min(SLOTS as u64 - 1);
        if slots == 0 {
            return 0.0;
        }
        let sum = self.counts.iter().sum::<u64>() - current;
        sum as f64 / (SLOT.as_secs_f64() * slots as f64)
    }

    fn advance(&mut self, now: Duration) {
        let slot = (now.as_millis() / SLOT.as_millis()) as u64;
        if slot >= self.last + SLOTS as u64 {
            self.counts = [0; SLOTS];
        } else {
            for passed in self.last + 1..=slot {
                self.counts[passed as usize % SLOTS] = 0;
            }
        }
        self.last = self.last.max(slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_flow_has_its_rate_and_its_end_shows() {
        let mut window = Window::default();
        for frame in 0..300 {
            window.add(Duration::from_millis(5_000 + frame * 33), 1);
        }
        let rate = window.per_second(Duration::from_millis(5_000 + 300 * 33));
        assert!((29.0..31.5).contains(&rate), "{rate}");
        assert_eq!(window.per_second(Duration::from_secs(20)), 0.0);
    }

    #[test]
    fn the_first_second_is_not_diluted() {
        let mut window = Window::default();
        for frame in 0..15 {
            window.add(Duration::from_millis(frame * 33), 1);
        }
        let rate = window.per_second(Duration::from_millis(500));
        assert!((28.0..32.0).contains(&rate), "{rate}");
    }
}

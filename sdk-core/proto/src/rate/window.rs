//! Short memories of what was measured.

use std::collections::VecDeque;
use std::time::Duration;

use crate::units::{Bitrate, ByteCount, Time};

/// The rate at which a total grew over the last while.
#[derive(Debug)]
pub struct WindowedRate {
    samples: VecDeque<(Time, ByteCount)>,
    window: Duration,
}

/// Samples closer together than this are merged, which bounds the memory.
const GRAIN_SHARE: u32 = 20;

impl WindowedRate {
    /// A rate over `window`.
    pub fn new(window: Duration) -> Self {
        Self { samples: VecDeque::with_capacity(GRAIN_SHARE as usize + 2), window }
    }

    /// Notes that the total is `total` now.
    pub fn add(&mut self, now: Time, total: ByteCount) {
        forget(&mut self.samples, now, self.window);
        let grain = self.window / GRAIN_SHARE;
        let count = self.samples.len();
        match self.samples.back_mut() {
            Some(last) if count > 1 && now.since(last.0) < grain => last.1 = total,
            _ => self.samples.push_back((now, total)),
        }
    }

    /// How long what is known goes back.
    pub fn span(&self) -> Duration {
        match (self.samples.front(), self.samples.back()) {
            (Some(first), Some(last)) => last.0.since(first.0),
            _ => Duration::ZERO,
        }
    }

    /// Mean growth over the window; zero before two samples.
    pub fn rate(&self) -> Bitrate {
        match (self.samples.front(), self.samples.back()) {
            (Some(first), Some(last)) => {
                Bitrate::average(last.1.saturating_sub(first.1), last.0.since(first.0))
            }
            _ => Bitrate::ZERO,
        }
    }
}

/// The least duration seen over the last while.
#[derive(Debug)]
pub struct WindowedMinimum {
    /// Rising in time and in value: only what can still become the minimum is kept.
    samples: VecDeque<(Time, Duration)>,
    window: Duration,
}

impl WindowedMinimum {
    /// A minimum over `window`.
    pub fn new(window: Duration) -> Self {
        Self { samples: VecDeque::new(), window }
    }

    /// Notes a value.
    pub fn add(&mut self, now: Time, value: Duration) {
        while self.samples.back().is_some_and(|last| last.1 >= value) {
            self.samples.pop_back();
        }
        let grain = self.window / GRAIN_SHARE;
        if self.samples.back().is_none_or(|last| now.since(last.0) >= grain) {
            self.samples.push_back((now, value));
        }
        while self.samples.len() > 1
            && self.samples.front().is_some_and(|first| now.since(first.0) > self.window)
        {
            self.samples.pop_front();
        }
    }

    /// Notes a value, and keeps the least of all so far for another window.
    pub fn keep(&mut self, now: Time, value: Duration) {
        let least = self.minimum().map_or(value, |least| least.min(value));
        self.samples.clear();
        self.samples.push_back((now, least));
    }

    /// The least of what was noted within the window.
    pub fn minimum(&self) -> Option<Duration> {
        self.samples.front().map(|first| first.1)
    }
}

/// Drops samples that left the window, but for the last one before it: a rate needs its start.
fn forget(samples: &mut VecDeque<(Time, ByteCount)>, now: Time, window: Duration) {
    while samples.get(1).is_some_and(|second| now.since(second.0) >= window) {
        samples.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_follows_its_window_and_keeps_little() {
        let mut rate = WindowedRate::new(Duration::from_secs(1));
        for millis in 0..10_000 {
            let total = if millis < 5_000 { millis * 100 } else { 500_000 };
            rate.add(Time::from_millis(millis), ByteCount::new(total));
            if millis == 4_000 {
                assert_eq!(rate.rate().as_kilobits_per_second(), 800);
            }
        }
        assert_eq!(rate.rate(), Bitrate::ZERO);
        assert!(rate.samples.len() < 25);
    }

    #[test]
    fn a_minimum_leaves_with_its_window() {
        let mut minimum = WindowedMinimum::new(Duration::from_secs(1));
        minimum.add(Time::from_millis(0), Duration::from_millis(10));
        for millis in 1..900 {
            minimum.add(Time::from_millis(millis), Duration::from_millis(50));
        }
        assert_eq!(minimum.minimum(), Some(Duration::from_millis(10)));
        for millis in 900..2_500 {
            minimum.add(Time::from_millis(millis), Duration::from_millis(50));
        }
        assert_eq!(minimum.minimum(), Some(Duration::from_millis(50)));
    }
}

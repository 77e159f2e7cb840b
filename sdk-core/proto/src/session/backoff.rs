//! Pauses between attempts.

use std::time::Duration;

use rand_chacha::rand_core::Rng;

/// How often to try: at once first, then after pauses that grow and are drawn at random.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    attempts: u32,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, attempts: 0 }
    }

    /// Attempts since the last reset.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Counts an attempt; answers with the pause before it.
    pub(super) fn next_pause(&mut self, dice: &mut impl Rng) -> Duration {
        let repeats = self.attempts;
        self.attempts = self.attempts.saturating_add(1);
        let Some(doublings) = repeats.checked_sub(1) else { return Duration::ZERO };
        let ceiling = self.first.saturating_mul(2_u32.saturating_pow(doublings)).min(self.longest);
        let micros = u64::try_from(ceiling.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(dice.next_u64() % micros.saturating_add(1))
    }

    /// The next attempt is the first again.
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn the_first_attempt_is_at_once_and_repeats_spread_out_up_to_a_bound() {
        let longest = Duration::from_secs(5);
        let mut sums = [Duration::ZERO; 12];
        for seed in 0..200 {
            let mut dice = ChaCha8Rng::seed_from_u64(seed);
            let mut backoff = Backoff::new(Duration::from_millis(250), longest);
            for sum in &mut sums {
                let pause = backoff.next_pause(&mut dice);
                assert!(pause <= longest);
                *sum += pause;
            }
        }
        assert_eq!(sums[0], Duration::ZERO);
        let mean_of_second = sums[1] / 200;
        assert!(mean_of_second > Duration::from_millis(90), "{mean_of_second:?}");
        assert!(mean_of_second < Duration::from_millis(160), "{mean_of_second:?}");
        let mean_of_last = sums[11] / 200;
        assert!(mean_of_last > Duration::from_secs(2), "{mean_of_last:?}");
    }
}

//! What the stories have in common.

use std::time::Duration;

use golive_tests::simulation::{Outcome, Plan, Simulation};

/// Connects, sends for `duration`, lets the last payloads arrive, and judges.
pub(crate) fn tell(plan: &Plan, duration: Duration) -> Outcome {
    let mut simulation = Simulation::new(plan);
    simulation.connect();
    simulation.send_for(duration);
    let outcome = simulation.finish(plan.config.latency + Duration::from_secs(2));
    // Whatever the network does, what arrives is what was sent, once and in order.
    assert!(outcome.verdict.is_orderly(), "seed {}: {:?}", plan.path.seed, outcome.verdict);
    outcome
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Numbers drawn from a seed, one after the other (Marsaglia: Xorshift RNGs, 2003).
pub(crate) struct Draws(u64);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// One of several.
    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

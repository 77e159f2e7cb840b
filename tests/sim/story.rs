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

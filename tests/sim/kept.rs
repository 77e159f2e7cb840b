//! Random networks: a few seeds in every run, and those that once found a fault for ever.

use golive_tests::network::{Conditions, Loss, Path};
use golive_tests::simulation::Plan;

use crate::story::{millis, seconds, tell};

/// Seeds with which something once went wrong.
const KEPT: &[u64] = &[];

/// How many fresh seeds are tried in a plain run, and in a long one (`GOLIVE_LONG=1`).
const FRESH: u64 = 60;
const FRESH_LONG: u64 = 3_000;

#[test]
fn on_any_network_what_arrives_is_what_was_sent() {
    let fresh = if golive_tests::peers::long() { FRESH_LONG } else { FRESH };
    for seed in KEPT.iter().copied().chain(1_000..1_000 + fresh) {
        let plan = plan(seed);
        let outcome = tell(&plan, seconds(10));
        let rtt = plan.path.forward.delay + plan.path.backward.delay;
        // Loss both ways, and time for at least four rounds: little may be missing.
        if plan.config.latency > rtt * 5 + millis(100) {
            let lost = outcome.verdict.lost_percent();
            assert!(lost < 1.0, "seed {seed}: {lost} % lost with {:?}", plan.path);
        }
    }
}

/// A network and a configuration drawn from `seed`.
fn plan(seed: u64) -> Plan {
    let draw = |purpose: u64, limit: u64| {
        let mixed = (seed ^ (purpose << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33
    } % limit;
    let way = |purpose: u64| Conditions {
        delay: millis(draw(purpose, 120)),
        jitter: millis(draw(purpose + 1, 30)),
        loss: Loss::bursty(draw(purpose + 2, 12) as f64 / 100.0, 1.0 + draw(purpose + 3, 4) as f64),
        duplicated: draw(purpose + 4, 3) as f64 / 100.0,
        reordered: draw(purpose + 5, 3) as f64 / 100.0,
        rate: None,
        ..Conditions::default()
    };
    let latency = millis(20 + draw(1, 1_500));
    Plan {
        path: Path { forward: way(10), backward: way(20), seed },
        listener_uptime: seconds(draw(2, 5_000)),
        caller_drift: draw(3, 200) as i32 - 100,
        ..Plan::new(Conditions::default(), latency, seed)
    }
}

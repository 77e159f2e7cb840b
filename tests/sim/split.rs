//! Broadcasters behind senders of srtla that we did not write, at our ingest: what overtakes what is
//! anybody's guess.

use golive_proto::units::{Bitrate, ByteCount};
use golive_tests::network::{Conditions, Loss, Path, RateLimit};
use golive_tests::simulation::{Outcome, Plan, Simulation};

use crate::story::{millis, seconds};

/// 2 Mb/s with half a second of queue.
fn two_megabits(delay: u64, jitter: u64) -> Conditions {
    let bitrate = Bitrate::from_kilobits_per_second(2_000);
    let rate = Some(RateLimit { bitrate, queue: ByteCount::new(125_000) });
    Conditions { rate, jitter: millis(jitter), ..Conditions::delay(millis(delay)) }
}

/// 3.4 Mb/s on the wire over both, for a minute.
fn tell(first: Conditions, second: Conditions, latency: u64, seed: u64) -> Outcome {
    let mut plan = Plan::new(first, millis(latency), seed);
    plan.rate = Bitrate::from_kilobits_per_second(3_290);
    let mut simulation = Simulation::split(&plan, &Path::symmetric(second, seed + 100));
    simulation.connect();
    simulation.send_for(seconds(60));
    let outcome = simulation.finish(millis(latency) + seconds(2));
    assert!(outcome.verdict.is_orderly(), "seed {seed}: {:?}", outcome.verdict);
    eprintln!(
        "latency {latency} ms, seed {seed}: {:.2} % lost, {} of {} packets reported",
        outcome.verdict.lost_percent(),
        outcome.sender.packets_reported_lost,
        outcome.sender.packets_sent,
    );
    outcome
}

#[test]
fn packets_on_two_ways_that_overtake_one_another_are_neither_lost_nor_reported() {
    let plans = [
        (two_megabits(20, 0), two_megabits(60, 0)),
        (two_megabits(20, 20), two_megabits(20, 20)),
        (two_megabits(20, 20), two_megabits(60, 20)),
    ];
    for (first, second) in plans {
        for (latency, seed) in [(500, 1), (500, 2), (250, 1), (250, 2)] {
            let outcome = tell(first.clone(), second.clone(), latency, seed);
            assert_eq!(outcome.verdict.lost, 0, "seed {seed}");
            // The first few, before it is known how long packets may be overtaken for.
            let reported = outcome.sender.packets_reported_lost;
            assert!(reported < 20, "seed {seed}: {reported} reported for nothing");
        }
    }
}

#[test]
fn what_is_really_lost_on_two_ways_is_reported_in_time() {
    let lossy = |conditions: Conditions| conditions.with_loss(Loss::bursty(0.05, 2.0));
    for (latency, lost_at_most) in [(500, 0.02), (250, 0.5)] {
        for seed in 1..=3 {
            let (first, second) = (lossy(two_megabits(20, 20)), lossy(two_megabits(60, 20)));
            let outcome = tell(first, second, latency, seed);
            let lost = outcome.verdict.lost_percent();
            assert!(lost <= lost_at_most, "seed {seed}: {lost} % lost");
            let share = outcome.sender.packets_reported_lost as f64 / outcome.verdict.sent as f64;
            assert!(share < 0.06, "seed {seed}: {share} reported, of which 0.05 are lost");
        }
    }
}

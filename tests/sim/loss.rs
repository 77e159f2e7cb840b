//! How much is lost for good.

use golive_proto::units::Bitrate;
use golive_tests::network::{Conditions, Loss, RateLimit};
use golive_tests::simulation::{Plain, Plan};
use golive_tests::table::{LOSSLESS, ROWS, Row};

use crate::story::{millis, seconds, tell};

fn plan(row: Row, seed: u64) -> Plan {
    Plan::new(row.conditions(), row.latency, seed)
}

#[test]
fn a_perfect_network_delivers_every_payload_at_its_very_time() {
    let plan = Plan::new(Conditions::delay(millis(20)), millis(120), 1);
    let outcome = tell(&plan, seconds(60));
    assert_eq!(outcome.verdict.lost, 0);
    assert_eq!(outcome.verdict.longest_delay, millis(140));
    assert_eq!(outcome.sender.packets_retransmitted, 0);
    // Acknowledgements cost something, media nothing beyond its headers.
    assert!(outcome.overhead_percent < 1.5, "{} %", outcome.overhead_percent);
}

#[test]
fn with_time_for_many_rounds_nothing_is_lost() {
    for seed in 1..=4 {
        let outcome = tell(&plan(LOSSLESS, seed), seconds(60));
        assert_eq!(outcome.verdict.lost, 0, "seed {seed}");
        assert!(outcome.overhead_percent < 8.0, "{} %", outcome.overhead_percent);
    }
}

/// What may be lost, and what may be sent beyond the payloads, in per cent: a step back beyond
/// that is felt. libsrt with the best of its packet filters lost 0.02, 0.13, 0.11, 1.16 and 0.02 %,
/// for 46, 39, 38, 49 and 44 % more bytes.
const AT_MOST: [(f64, f64); ROWS.len()] =
    [(0.01, 33.0), (0.3, 43.0), (0.03, 42.0), (0.25, 57.0), (0.03, 32.0)];

#[test]
fn over_the_reference_table_hardly_anything_is_lost_between_two_of_us() {
    for (row, (lost_at_most, overhead_at_most)) in ROWS.into_iter().zip(AT_MOST) {
        let outcomes: Vec<_> = (1..=3).map(|seed| tell(&plan(row, seed), seconds(60))).collect();
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let lost = mean(outcomes.iter().map(|o| o.verdict.lost_percent()).collect());
        let overhead = mean(outcomes.iter().map(|o| o.overhead_percent).collect());
        println!("{row}: {lost:.3} % lost, {overhead:.1} % overhead");
        assert!(lost <= lost_at_most, "{row}: {lost} % lost");
        assert!(overhead <= overhead_at_most, "{row}: {overhead} % overhead");
    }
}

#[test]
fn packets_that_overtake_one_another_are_not_taken_for_lost_ones() {
    let conditions =
        Conditions { reordered: 0.02, duplicated: 0.01, ..Conditions::delay(millis(20)) };
    let outcome = tell(&Plan::new(conditions, millis(200), 1), seconds(60));
    assert_eq!(outcome.verdict.lost, 0);
    let needless = outcome.sender.packets_retransmitted as f64 / outcome.verdict.sent as f64;
    assert!(needless < 0.05, "{:.1} % were sent twice for nothing", needless * 100.0);
}

#[test]
fn jitter_within_the_latency_is_not_felt() {
    let conditions = Conditions { jitter: millis(60), ..Conditions::delay(millis(20)) };
    let outcome = tell(&Plan::new(conditions, millis(200), 1), seconds(60));
    assert_eq!(outcome.verdict.lost, 0);
    let spread = outcome.verdict.longest_delay - outcome.verdict.median_delay;
    assert!(spread < millis(15), "delays differ by {spread:?}");
}

#[test]
fn a_link_that_carries_less_than_is_sent_is_not_drowned_in_retransmissions() {
    let conditions = Conditions {
        rate: Some(RateLimit {
            bitrate: Bitrate::from_kilobits_per_second(4_000),
            queue: golive_proto::units::ByteCount::new(100_000),
        }),
        ..Conditions::delay(millis(20))
    };
    let outcome = tell(&Plan::new(conditions, millis(400), 1), seconds(60));
    let arrived = 100.0 - outcome.verdict.lost_percent();
    // 4 of 5.2 Mb/s fit; whatever is sent again takes room from what is new.
    println!("{arrived:.0} % arrived, {:.0} % overhead", outcome.overhead_percent);
    assert!(arrived > 40.0, "only {arrived} % arrived");
    assert!(outcome.overhead_percent < 60.0, "{} % overhead", outcome.overhead_percent);
}

#[test]
fn a_handshake_gets_through_a_network_that_loses_a_third() {
    for seed in 1..=20 {
        let lossy = Conditions::delay(millis(40)).with_loss(Loss::random(0.33));
        let outcome = tell(&Plan::new(lossy, millis(500), seed), seconds(2));
        assert!(outcome.verdict.lost_percent() < 20.0, "seed {seed}: {:?}", outcome.verdict);
    }
}

#[test]
fn tmp_survey() {
    let seconds_each: u64 = std::env::var("SECS").ok().and_then(|s| s.parse().ok()).unwrap_or(60);
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(3);
    let only: Option<usize> = std::env::var("ROW").ok().and_then(|s| s.parse().ok());
    for (index, row) in ROWS.into_iter().enumerate() {
        if only.is_some_and(|only| only != index + 1) { continue; }
        for plain in [Plain::Both, Plain::Receiver, Plain::Nobody] {
            let outcomes: Vec<_> = (1..=seeds)
                .map(|seed| tell(&Plan { plain, ..plan(row, seed) }, seconds(seconds_each)))
                .collect();
            let n = outcomes.len() as f64;
            let lost: f64 = outcomes.iter().map(|o| o.verdict.lost_percent()).sum::<f64>() / n;
            let over: f64 = outcomes.iter().map(|o| o.overhead_percent).sum::<f64>() / n;
            let again: f64 = outcomes.iter().map(|o| o.again_percent).sum::<f64>() / n;
            let untold: f64 = outcomes.iter().map(|o| o.untold_percent).sum::<f64>() / n;
            println!("{row} {plain:?}: lost {lost:.3} over {over:.1} again {again:.1} untold {untold:.3}");
        }
    }
}

//! Golive's SRT beside libsrt's over the relay, in pairs of runs with the same seed.

use std::time::Duration;

use golive_tests::network::Loss;
use golive_tests::peers::{available, long};
use golive_tests::table::{LOSSLESS, ROWS, Row, row};
use golive_tests::trial::{Outcome, Program, Role, Trial};

/// Both ways to meet libsrt: the command as sender, the state machines as receiver.
const MEETINGS: [(Program, Program); 2] =
    [(Program::Golive, Program::Libsrt), (Program::Libsrt, Program::Endpoint)];

#[test]
fn at_five_per_cent_with_time_to_repair_nothing_is_lost_either_way() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    for (sender, receiver) in MEETINGS {
        nothing_is_lost(&trial(sender, receiver, LOSSLESS, 1));
    }
}

#[test]
fn at_one_and_ten_per_cent_and_in_bursts_nothing_is_lost_with_time_to_repair() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    let rows = [
        row(Loss::random(0.01), 40, 250),
        row(Loss::random(0.10), 40, 500),
        row(Loss::bursty(0.05, 3.0), 40, 500),
    ];
    std::thread::scope(|scope| {
        for row in rows {
            scope.spawn(move || {
                for (sender, receiver) in MEETINGS {
                    nothing_is_lost(&trial(sender, receiver, row, 2));
                }
            });
        }
    });
}

#[test]
fn whoever_calls_and_whoever_listens_nothing_is_lost() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    std::thread::scope(|scope| {
        for (sender, receiver) in MEETINGS {
            scope.spawn(move || {
                let trial = trial(sender, receiver, LOSSLESS, 3);
                nothing_is_lost(&Trial { caller: Role::Receiver, ..trial });
            });
        }
    });
}

#[test]
fn a_listener_that_has_been_up_for_a_while_shortens_nobodys_latency() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    let uptime = Duration::from_secs(if long() { 180 } else { 12 });
    std::thread::scope(|scope| {
        for (sender, receiver) in MEETINGS {
            scope.spawn(move || {
                let trial = trial(sender, receiver, LOSSLESS, 4);
                let outcome = nothing_is_lost(&Trial { listener_uptime: uptime, ..trial });
                let delay = outcome.verdict.median_delay;
                // A shortened latency delivers early: media that waits for less than it asked.
                assert!(delay >= LOSSLESS.latency, "{sender:?} to {receiver:?}: {delay:?}");
            });
        }
    });
}

#[test]
fn over_the_reference_table_golive_loses_no_more_than_libsrt() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    // One row of the table in a plain run, all of it and longer in a long one.
    let (rows, seconds): (&[Row], u64) = if long() { (&ROWS, 60) } else { (&ROWS[2..3], 10) };
    for row in rows {
        let libsrt = lost_with(Program::Libsrt, Program::Libsrt, *row, seconds);
        for (sender, receiver) in MEETINGS {
            let ours = lost_with(sender, receiver, *row, seconds);
            let (mean, theirs) = (average(&ours), average(&libsrt));
            // A difference within 0.05 points, or within the spread of the seeds, is none.
            let allowed = (spread(&libsrt).max(spread(&ours))).max(0.05);
            println!("{row}: {sender:?} to {receiver:?} loses {mean:.2} %, libsrt {theirs:.2} %");
            assert!(
                mean <= theirs + allowed,
                "{row}: {sender:?} to {receiver:?} loses {ours:?} %, libsrt {libsrt:?} %"
            );
        }
    }
}

fn trial(sender: Program, receiver: Program, row: Row, seed: u64) -> Trial {
    let duration = Duration::from_secs(if long() { 60 } else { 8 });
    Trial { duration, ..Trial::new(sender, receiver, row.path(seed), row.latency) }
}

fn nothing_is_lost(trial: &Trial) -> Outcome {
    let outcome = trial.run();
    let who = format!("{:?} to {:?}", trial.sender, trial.receiver);
    assert!(outcome.verdict.is_orderly(), "{who}: {outcome:?}");
    // What the sending program never got to read was lost before SRT.
    assert!(outcome.verdict.lost <= outcome.unread, "{who}: {outcome:?}");
    outcome
}

/// Per cent lost for good, for each of five seeds.
fn lost_with(sender: Program, receiver: Program, row: Row, seconds: u64) -> Vec<f64> {
    let duration = Duration::from_secs(seconds);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (1..=5)
            .map(|seed| {
                let trial = Trial::new(sender, receiver, row.path(seed), row.latency);
                let trial = Trial { duration, ..trial };
                scope.spawn(move || trial.run().verdict.lost_percent())
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn spread(values: &[f64]) -> f64 {
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    highest - values.iter().copied().fold(f64::INFINITY, f64::min)
}

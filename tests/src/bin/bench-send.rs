//! Processor time and delay of `golive send` beside `srt-live-transmit`, sending to
//! `srt-live-transmit` on a clean network.
//!
//! `bench-send [SECONDS]`, 10 s a run if not said. Prints a Markdown table.

#![allow(clippy::print_stdout, reason = "a program whose output is its purpose")]

use std::time::Duration;

use golive_proto::units::Bitrate;
use golive_tests::network::{Conditions, Path};
use golive_tests::trial::{Feed, Outcome, Program, Trial};

const RATES: [u64; 3] = [5, 100, 300];
const RUNS: usize = 3;
const DELAY: Duration = Duration::from_millis(1);
const LATENCY: Duration = Duration::from_millis(120);

fn main() {
    let seconds = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(10);
    println!("Sending for {seconds} s; processor time is the median of {RUNS} runs in turn.\n");
    println!("| rate | srt-live-transmit | golive send | ratio | lost: theirs, ours |");
    println!("|---|---|---|---|---|");
    for rate in RATES {
        let mut theirs = Vec::new();
        let mut ours = Vec::new();
        // In turn, so that whatever else the machine does meets both.
        for _ in 0..RUNS {
            theirs.push(run(Program::Libsrt, rate, seconds));
            ours.push(run(Program::Golive, rate, seconds));
        }
        let (their_time, our_time) = (median(&theirs), median(&ours));
        let lost = |outcomes: &[Outcome]| -> u64 {
            outcomes.iter().map(|outcome| outcome.verdict.lost).sum()
        };
        println!(
            "| {rate} Mb/s | {:.2} s | {:.2} s | {:.2} | {}, {} |",
            their_time.as_secs_f64(),
            our_time.as_secs_f64(),
            our_time.as_secs_f64() / their_time.as_secs_f64().max(0.01),
            lost(&theirs),
            lost(&ours),
        );
    }
    println!("\n| added delay over latency and way | median | 95 % |\n|---|---|---|");
    for (name, sender, receiver) in [
        ("srt-live-transmit to itself", Program::Libsrt, Program::Libsrt),
        ("golive send to srt-live-transmit", Program::Golive, Program::Libsrt),
        ("golive send to Golive's state machines", Program::Golive, Program::Endpoint),
    ] {
        let path = Path::symmetric(Conditions::delay(DELAY), 1);
        let duration = Duration::from_secs(seconds);
        let trial = Trial { duration, ..Trial::new(sender, receiver, path, LATENCY) };
        let verdict = trial.run().verdict;
        let added =
            |delay: Duration| delay.as_secs_f64() * 1e3 - (LATENCY + DELAY).as_secs_f64() * 1e3;
        println!(
            "| {name} | {:.1} ms | {:.1} ms |",
            added(verdict.median_delay),
            added(verdict.p95_delay)
        );
    }
}

fn run(sender: Program, megabits: u64, seconds: u64) -> Outcome {
    let path = Path::symmetric(Conditions::delay(DELAY), 1);
    let trial = Trial {
        rate: Bitrate::from_kilobits_per_second(megabits * 1_000),
        duration: Duration::from_secs(seconds),
        feed: Feed::Pipe,
        // A relay at 28,000 packets a second would take the processor from both.
        direct: true,
        ..Trial::new(sender, Program::Libsrt, path, LATENCY)
    };
    trial.run()
}

fn median(outcomes: &[Outcome]) -> Duration {
    let mut times: Vec<Duration> =
        outcomes.iter().filter_map(|outcome| outcome.sender_cpu).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

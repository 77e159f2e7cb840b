//! What is lost for good, Golive's SRT beside libsrt's over the reference table, in pairs of the
//! same seed.
//!
//! `bench-loss [SECONDS [SEEDS [ROW]]]`, 10 s, 3 seeds and all six rows if not said. Prints a Markdown
//! table.

#![allow(clippy::print_stdout, reason = "a program whose output is its purpose")]

use std::time::Duration;

use golive_tests::table::{LOSSLESS, ROWS};
use golive_tests::trial::{Outcome, Program, Trial};

const PAIRS: [(Program, Program); 4] = [
    (Program::Libsrt, Program::Libsrt),
    (Program::Golive, Program::Libsrt),
    (Program::Libsrt, Program::Endpoint),
    (Program::Golive, Program::Endpoint),
];

fn main() {
    let mut numbers = std::env::args().skip(1).map_while(|word| word.parse::<u64>().ok());
    let duration = Duration::from_secs(numbers.next().unwrap_or(10));
    let seeds = numbers.next().unwrap_or(3);
    let only = numbers.next();
    println!(
        "Lost for good in % (overhead in %), {} s a run, {seeds} seeds, 5 Mb/s of 1,316-byte \
         payloads:\n",
        duration.as_secs()
    );
    println!(
        "| network | libsrt to libsrt | Golive to libsrt | libsrt to Golive | Golive to Golive |"
    );
    println!("|---|---|---|---|---|");
    for (number, row) in (1..).zip(ROWS.into_iter().chain([LOSSLESS])) {
        if only.is_some_and(|only| only != number) {
            continue;
        }
        let mut cells = Vec::new();
        for (sender, receiver) in PAIRS {
            let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
                let runs: Vec<_> = (1..=seeds)
                    .map(|seed| {
                        let trial = Trial {
                            duration,
                            ..Trial::new(sender, receiver, row.path(seed), row.latency)
                        };
                        scope.spawn(move || trial.run())
                    })
                    .collect();
                runs.into_iter().filter_map(|run| run.join().ok()).collect()
            });
            cells.push(cell(&outcomes));
        }
        println!("| {row} | {} |", cells.join(" | "));
    }
}

fn cell(outcomes: &[Outcome]) -> String {
    let lost: Vec<String> =
        outcomes.iter().map(|outcome| format!("{:.2}", outcome.verdict.lost_percent())).collect();
    let mean = |value: fn(&Outcome) -> f64| -> f64 {
        outcomes.iter().map(value).sum::<f64>() / outcomes.len().max(1) as f64
    };
    let unread: u64 = outcomes.iter().map(|outcome| outcome.unread).sum();
    let unread = if unread > 0 { format!(", {unread} never read") } else { String::new() };
    format!(
        "**{:.2}** ({:.0}): {}{unread}",
        mean(|outcome| outcome.verdict.lost_percent()),
        mean(|outcome| outcome.overhead_percent),
        lost.join(", "),
    )
}

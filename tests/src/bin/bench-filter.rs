//! What is lost for good with libsrt's packet filter over a grid of shapes and ways of asking
//! again: Golive's SRT beside libsrt's, to the same libsrt, in pairs of the same seed.
//!
//! `bench-filter [SECONDS [SEEDS [ROW [SHAPE]]]]`, 10 s, 3 seeds, every row of the reference table
//! and every shape if not said; rows and shapes count from one, and zero is all. `virtual` before
//! the numbers has it in virtual time, with Golive's receiver in libsrt's place and a sender that
//! answers each report once. Prints Markdown tables.

#![allow(clippy::print_stdout, reason = "a program whose output is its purpose")]

use std::time::Duration;

use golive_tests::filters::{MODES, Point, SHAPES, table};
use golive_tests::peers::Options;
use golive_tests::simulation::{Plain, Plan, Simulation};
use golive_tests::table::{ROWS, Row};
use golive_tests::trial::{Program, Trial};

/// What is measured, and for how long.
struct Bench {
    is_virtual: bool,
    duration: Duration,
    seeds: u64,
}

/// How many runs go on at the same time, in real time.
const AT_ONCE: usize = 9;

/// For the last payloads to arrive.
const GRACE: Duration = Duration::from_secs(2);

fn main() {
    let mut words = std::env::args().skip(1).peekable();
    let is_virtual = words.next_if(|word| word == "virtual").is_some();
    let mut numbers = words.map_while(|word| word.parse::<u64>().ok());
    let duration = Duration::from_secs(numbers.next().unwrap_or(10));
    let seeds = numbers.next().unwrap_or(3);
    let (row, shape) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let bench = Bench { is_virtual, duration, seeds };
    let filters: Vec<Option<String>> = SHAPES
        .into_iter()
        .zip(1..)
        .filter(|(_, number)| shape == 0 || shape == *number)
        .flat_map(|(shape, _)| MODES.map(|mode| Some(format!("fec,{shape},arq:{mode}"))))
        .chain([None])
        .collect();
    println!(
        "Lost for good in % (overhead in %), {} s a run, {seeds} seeds, 5 Mb/s of 1,316-byte \
         payloads{}.",
        duration.as_secs(),
        if is_virtual { ", in virtual time" } else { "" }
    );
    for (network, number) in ROWS.into_iter().zip(1..) {
        if row == 0 || row == number {
            let theirs = bench.points(network, false, &filters);
            let ours = bench.points(network, true, &filters);
            println!("\n### {network}\n\n{}", table(&theirs, &ours));
        }
    }
}

impl Bench {
    /// The mean over all seeds, for each filter.
    fn points(&self, row: Row, ours: bool, filters: &[Option<String>]) -> Vec<Point> {
        let runs: Vec<(&Option<String>, u64)> = filters
            .iter()
            .flat_map(|filter| (1..=self.seeds).map(move |seed| (filter, seed)))
            .collect();
        let at_once = if self.is_virtual { 2 } else { AT_ONCE };
        let mut outcomes = Vec::new();
        for runs in runs.chunks(at_once) {
            let results: Vec<(f64, f64)> = std::thread::scope(|scope| {
                let runs: Vec<_> = runs
                    .iter()
                    .map(|(filter, seed)| scope.spawn(|| self.run(row, ours, filter, *seed)))
                    .collect();
                runs.into_iter().filter_map(|run| run.join().ok()).collect()
            });
            outcomes.extend(results);
        }
        let of_filter = outcomes.chunks(self.seeds.max(1) as usize);
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let points = filters.iter().zip(of_filter).map(|(filter, outcomes)| Point {
            filter: filter.clone(),
            lost: mean(outcomes.iter().map(|(lost, _)| *lost).collect()),
            overhead: mean(outcomes.iter().map(|(_, overhead)| *overhead).collect()),
        });
        points.collect()
    }

    /// What is lost, and what is sent beyond the payloads, in per cent.
    fn run(&self, row: Row, ours: bool, filter: &Option<String>, seed: u64) -> (f64, f64) {
        if self.is_virtual {
            return self.simulate(row, ours, filter, seed);
        }
        let sender = if ours { Program::Golive } else { Program::Libsrt };
        let trial = Trial::new(sender, Program::Libsrt, row.path(seed), row.latency);
        let options = Options { packet_filter: filter.clone(), ..Options::latency(row.latency) };
        let outcome = Trial { options, duration: self.duration, ..trial }.run();
        (outcome.verdict.lost_percent(), outcome.overhead_percent)
    }

    fn simulate(&self, row: Row, ours: bool, filter: &Option<String>, seed: u64) -> (f64, f64) {
        let mut plan = Plan::new(row.conditions(), row.latency, seed);
        plan.config.packet_filter = filter.as_ref().and_then(|filter| filter.parse().ok());
        plan.config.plans_repair = ours;
        plan.plain = Plain::Receiver;
        let mut simulation = Simulation::new(&plan);
        simulation.connect();
        simulation.send_for(self.duration);
        let outcome = simulation.finish(row.latency + GRACE);
        (outcome.verdict.lost_percent(), outcome.overhead_percent)
    }
}

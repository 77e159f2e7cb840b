//! How much of a broadcast is seen on time over cellular links, Golive's controller beside others.
//!
//! `bench-network [FOLDER] [SECONDS | --whole] [--only NAME]`: the traces (`.up`) of a folder, the
//! invented networks, and the links of `golive_tests::simulation::Scenario`. Each recorded or
//! invented network is broadcast over for so many seconds, 120 if nothing is said, or once through
//! its whole trace. In virtual time: the same session, transport and bounds for all, only who
//! steers the encoder differs. Prints Markdown tables, and writes them and a plot for each network
//! into `docs/network/`, unless only one is asked for.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program whose output is its purpose"
)]

mod plot;
mod summary;
mod table;

use std::path::Path as FilePath;
use std::time::Duration;

use golive_proto::units::{ByteCount, Time};
use golive_tests::network::{Conditions, Profile, Trace, TraceLimit};
use golive_tests::simulation::{BroadcastSimulation, Received, Rival, Scenario, Score};

use summary::Summary;

const ONE_WAY: Duration = Duration::from_millis(30);
const PLACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/network");
const LENGTH: Duration = Duration::from_secs(120);

/// One row of a table.
struct Row {
    name: String,
    who: Who,
    received: Vec<Received>,
    /// From when to when each frame was under way.
    delays: Vec<(Time, Duration)>,
    flows: Vec<ByteCount>,
    score: Score,
}

/// Where a network comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Recorded,
    Invented,
    /// Easily described.
    Made,
}

/// Who steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// Golive as it comes: what all the others are compared with.
    Golive,
    /// Golive without a part of it.
    Variant,
    /// Somebody else.
    Peer,
}

impl Row {
    /// What so many in a hundred of the frames took at most that were captured in the scenario's
    /// span and arrived.
    fn delay(&self, scenario: &Scenario, percent: usize) -> Duration {
        let (from, until) = scenario.span();
        let judged = self.delays.iter().filter(|(captured, _)| (from..until).contains(captured));
        let mut delays: Vec<Duration> = judged.map(|(_, delay)| *delay).collect();
        delays.sort_unstable();
        delays.get(delays.len() * percent / 100).copied().unwrap_or_default()
    }

    /// Whether it has both more bits on time and fewer late slots.
    fn dominates(&self, other: &Row) -> bool {
        let (own, other) = (&self.score, &other.score);
        own.on_time_bits > other.on_time_bits && own.late_slots < other.late_slots
    }
}

/// What is asked for.
#[derive(Default)]
struct Options {
    folder: Option<String>,
    /// None: each trace to its end.
    length: Option<Duration>,
    only: Option<String>,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Self {
        let mut options = Self { length: Some(LENGTH), ..Self::default() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--whole" => options.length = None,
                "--only" => options.only = words.next(),
                _ => match word.parse().map(Duration::from_secs) {
                    Ok(length) => options.length = Some(length),
                    Err(_) => options.folder = Some(word),
                },
            }
        }
        options
    }
}

fn main() {
    let options = Options::read(std::env::args().skip(1));
    let kinds = [recorded(&options), invented(&options), Scenario::all_made()];
    let scenarios = kinds.into_iter().zip([Kind::Recorded, Kind::Invented, Kind::Made]);
    let scenarios = scenarios.flat_map(|(list, kind)| list.into_iter().map(move |it| (it, kind)));
    let wanted = |name: &str| options.only.as_ref().is_none_or(|only| only == name);
    let mut of_all = Summary::new("Recorded and invented networks");
    let mut of_recorded = Summary::new("Recorded networks");
    let mut tables = String::new();
    std::fs::create_dir_all(PLACE).expect("a folder for plots");
    for (scenario, kind) in scenarios.filter(|(scenario, _)| wanted(&scenario.name)) {
        let rows = rows(&scenario);
        let text = table::table(&scenario, &rows);
        println!("{text}");
        tables.push_str(&text);
        if kind != Kind::Made {
            of_all.add(&scenario, &rows);
        }
        if kind == Kind::Recorded {
            of_recorded.add(&scenario, &rows);
        }
        if options.only.is_none() {
            let drawing = plot::draw(&scenario, &rows).expect("a drawing in memory");
            let place = FilePath::new(PLACE).join(format!("{}.svg", scenario.name));
            std::fs::write(place, drawing).expect("a plot is written");
        }
    }
    let summary = format!("{}{}{}", summary::HEAD, of_all.table(), of_recorded.table());
    println!("{summary}");
    if options.only.is_none() {
        let page = format!("{}{summary}{tables}", table::HEAD);
        let place = FilePath::new(PLACE).join("tables.md");
        std::fs::write(place, page).expect("the tables are written");
    }
}

/// Golive first.
fn rows(scenario: &Scenario) -> Vec<Row> {
    let row = |name: &str, who: Who, simulation: BroadcastSimulation| {
        let received = simulation.received().to_vec();
        let delays = simulation.delays(Time::ZERO, Time::ZERO + scenario.length);
        let score = scenario.judge(&received);
        let flows = simulation.carried_by_flows();
        Row { name: name.to_owned(), who, received, delays, flows, score }
    };
    let golive = row("Golive", Who::Golive, scenario.run(None));
    let alone = row("Golive, bitrate alone", Who::Variant, scenario.run_without_ladder());
    let rivals = Rival::ALL.iter();
    let rivals = rivals.map(|rival| row(&rival.name(), Who::Peer, scenario.run(Some(*rival))));
    [golive, alone].into_iter().chain(rivals).collect()
}

fn recorded(options: &Options) -> Vec<Scenario> {
    let Some(folder) = &options.folder else { return Vec::new() };
    let files = std::fs::read_dir(folder).expect("the folder of traces");
    let mut files: Vec<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "up"));
    files.sort();
    let read = |file: std::path::PathBuf| {
        let text = std::fs::read_to_string(&file).expect("a trace");
        let trace = Trace::parse(&text).expect("a trace as the Saturator writes it");
        let length = options.length.unwrap_or(trace.length());
        let limit = TraceLimit { trace, queue: TraceLimit::QUEUE };
        let uplink = Conditions { trace: Some(limit), ..Conditions::delay(ONE_WAY) };
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Scenario::recorded(&name, uplink, Conditions::delay(ONE_WAY), length)
    };
    files.into_iter().map(read).collect()
}

fn invented(options: &Options) -> Vec<Scenario> {
    let length = |profile: Profile| {
        let whole = profile.uplink(1).trace.map_or(LENGTH, |limit| limit.trace.length());
        options.length.unwrap_or(whole)
    };
    let scenario = |profile: Profile| {
        let (uplink, downlink) = (profile.uplink(1), profile.downlink());
        Scenario::recorded(profile.name(), uplink, downlink, length(profile))
    };
    Profile::ALL.map(scenario).into()
}

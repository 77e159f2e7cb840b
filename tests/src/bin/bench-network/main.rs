//! How much of a broadcast is seen on time over cellular links, Golive's controller beside others.
//!
//! `bench-network [FOLDER] [SECONDS]`: the traces (`.up`) of a folder, the invented networks, and the
//! links of `golive_tests::simulation::Scenario`. In virtual time: the same session, transport and
//! bounds for all, only who steers the encoder differs. Prints Markdown tables, and writes them and a
//! plot for each network into `docs/network/`.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program whose output is its purpose"
)]

mod plot;
mod table;

use std::path::Path as FilePath;
use std::time::Duration;

use golive_proto::units::{ByteCount, Time};
use golive_tests::network::{Conditions, Trace, TraceLimit};
use golive_tests::simulation::{BroadcastSimulation, Received, Rival, Scenario, Score};

const ONE_WAY: Duration = Duration::from_millis(30);
const PLACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/network");

/// One row of a table.
struct Row {
    name: String,
    received: Vec<Received>,
    /// From when to when each frame was under way.
    delays: Vec<(Time, Duration)>,
    flows: Vec<ByteCount>,
    score: Score,
}

fn main() {
    let mut words = std::env::args().skip(1);
    let folder = words.next();
    let seconds: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(120);
    let length = Duration::from_secs(seconds);
    let recorded = folder.map_or(Vec::new(), |folder| recorded(FilePath::new(&folder), length));
    std::fs::create_dir_all(PLACE).expect("a folder for plots");
    let mut page = table::HEAD.to_owned();
    for scenario in
        recorded.into_iter().chain(Scenario::profiles(length)).chain(Scenario::all_made())
    {
        let rows = rows(&scenario);
        let text = table::table(&scenario, &rows);
        println!("{text}");
        page.push_str(&text);
        let drawing = plot::draw(&scenario, &rows).expect("a drawing in memory");
        let place = FilePath::new(PLACE).join(format!("{}.svg", scenario.name));
        std::fs::write(place, drawing).expect("a plot is written");
    }
    std::fs::write(FilePath::new(PLACE).join("tables.md"), page).expect("the tables are written");
}

/// Golive first.
fn rows(scenario: &Scenario) -> Vec<Row> {
    let row = |name: String, simulation: BroadcastSimulation| {
        let received = simulation.received().to_vec();
        let delays = simulation.delays(Time::ZERO, Time::ZERO + scenario.length);
        let score = scenario.judge(&received);
        Row { name, received, delays, flows: simulation.carried_by_flows(), score }
    };
    let golive = row("Golive".to_owned(), scenario.run(None));
    let alone = row("Golive, bitrate alone".to_owned(), scenario.run_without_ladder());
    let rivals =
        Rival::ALL.iter().map(|rival| row(rival.name(), scenario.run(Some(*rival))));
    [golive, alone].into_iter().chain(rivals).collect()
}

fn recorded(folder: &FilePath, length: Duration) -> Vec<Scenario> {
    let files = std::fs::read_dir(folder).expect("the folder of traces");
    let mut files: Vec<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "up"));
    files.sort();
    let read = |file: std::path::PathBuf| {
        let text = std::fs::read_to_string(&file).expect("a trace");
        let trace = Trace::parse(&text).expect("a trace as the Saturator writes it");
        let limit = TraceLimit { trace, queue: TraceLimit::QUEUE };
        let uplink = Conditions { trace: Some(limit), ..Conditions::delay(ONE_WAY) };
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Scenario::recorded(&name, uplink, Conditions::delay(ONE_WAY), length)
    };
    files.into_iter().map(read).collect()
}

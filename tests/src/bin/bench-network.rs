//! How much of a broadcast is seen on time over cellular links, Golive's controller beside others.
//!
//! `bench-network [FOLDER] [SECONDS]`: the traces (`.up`) of a folder, or the invented networks if
//! none is named. In virtual time: the same session, transport and bounds for all, only who
//! steers the encoder differs. Prints Markdown tables.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program whose output is its purpose"
)]

use std::path::Path as FilePath;
use std::time::Duration;

use golive_proto::rate::Adaptation;
use golive_proto::session::Config;
use golive_proto::transport::srt;
use golive_proto::units::{Bitrate, Time};
use golive_tests::network::{Conditions, Path, Profile, Trace, TraceLimit};
use golive_tests::simulation::{Bounds, BroadcastSimulation, Range, Rival, Score, config};

const LATENCY: Duration = Duration::from_millis(500);
const ONE_WAY: Duration = Duration::from_millis(30);
/// Of those who change the bitrate alone: below it nothing is left of a picture of 1280x720.
const MINIMUM: Bitrate = Bitrate::from_kilobits_per_second(300);
/// At the foot of the ladder.
const LEAST: Bitrate = Bitrate::from_kilobits_per_second(50);
const MAXIMUM: Bitrate = Bitrate::from_kilobits_per_second(6_000);
const SOUND: Bitrate = Bitrate::from_kilobits_per_second(128);
/// A player holds pictures back a little of its own; and the receiver of SRT moves its clock by up
/// to a hundred milliseconds when packets stand on the way for long.
const PLAYER_SLACK: Duration = Duration::from_millis(120);
/// The beginning is not judged: nobody knows the link yet.
const SETTLING: Duration = Duration::from_secs(5);

fn main() {
    let mut words = std::env::args().skip(1);
    let folder = words.next();
    let seconds: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(120);
    for (name, uplink, downlink) in networks(folder.as_deref().map(FilePath::new)) {
        let trace = uplink.trace.as_ref().expect("a trace").trace.clone();
        let path = Path { forward: uplink, backward: downlink, seed: 1 };
        let from = Time::ZERO + SETTLING;
        let until = Time::ZERO + Duration::from_secs(seconds);
        let budget = LATENCY + ONE_WAY + PLAYER_SLACK;
        let bounds = Bounds { minimum: LEAST, maximum: MAXIMUM, sound: SOUND };
        let oracle = Score::oracle(&trace, (from, until), LATENCY, bounds);
        println!("\n**{name}**: {} on average, {seconds} s\n", trace.mean());
        println!(
            "| | on time, of the oracle's bits | late slots (oracle {}) | freezes | longest |",
            oracle.late_slots
        );
        println!("|---|---|---|---|---|");
        let range = Range { minimum: MINIMUM, maximum: MAXIMUM, latency: LATENCY };
        let mut rows = vec![
            ("Golive".to_owned(), BroadcastSimulation::new(ladder(), &path)),
            ("Golive, bitrate alone".to_owned(), BroadcastSimulation::new(plan(true), &path)),
        ];
        for rival in Rival::ALL {
            let simulation = BroadcastSimulation::new(plan(false), &path);
            rows.push((rival.name(), simulation.steered_by(rival.pilot(range))));
        }
        for (name, mut simulation) in rows {
            simulation.run(Duration::from_secs(seconds) + LATENCY + ONE_WAY);
            let score = Score::judge(simulation.received(), from, until, budget);
            let share = score.on_time_bits as f64 / oracle.on_time_bits.max(1) as f64 * 100.0;
            println!(
                "| {name} | {share:.0} % | {} ({:.1} %) | {} | {:.1} s |",
                score.late_slots,
                score.late_slots as f64 / score.slots.max(1) as f64 * 100.0,
                score.freezes,
                score.longest_freeze.as_secs_f64(),
            );
        }
    }
}

fn plan(adaptive: bool) -> Config {
    let mut plan = config();
    plan.transport = srt::Config { latency: LATENCY, ..plan.transport };
    plan.target.bitrate = MAXIMUM;
    plan.minimum_bitrate = MINIMUM;
    plan.adaptive = adaptive;
    plan.adaptation = Adaptation { frame_rate: false, size: false };
    plan
}

fn ladder() -> Config {
    Config { minimum_bitrate: LEAST, adaptation: Adaptation::default(), ..plan(true) }
}

fn networks(folder: Option<&FilePath>) -> Vec<(String, Conditions, Conditions)> {
    let Some(folder) = folder else {
        let named =
            |profile: Profile| (profile.name().to_owned(), profile.uplink(1), profile.downlink());
        return Profile::ALL.map(named).into();
    };
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
        (name, uplink, Conditions::delay(ONE_WAY))
    };
    files.into_iter().map(read).collect()
}

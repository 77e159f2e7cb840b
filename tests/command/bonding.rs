//! `golive to` over two networks, one of which is cut off, into `golive ingest`.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use golive_tests::crossroads::Crossroads;
use golive_tests::network::{Conditions, Loss, Path as Network};
use golive_tests::peers::{
    Mode, Options, Output, Process, Recording, available, free_address, golive, long,
    wait_until_bound,
};
use golive_tests::relay::Relay;
use serde_json::Value;

use crate::broadcaster;
use crate::scratch::Scratch;

/// How long the broadcast has time to repair what is cut off.
const LATENCY: Duration = Duration::from_millis(1_000);
/// What is under way at either end of a recording, in milliseconds.
const ENDS: i64 = 2_000;

#[test]
fn one_of_two_networks_is_cut_off_and_the_ingest_has_every_access_unit() {
    if !available(&["ffprobe"]) {
        return;
    }
    let scratch = Scratch::new("bonding");
    let ingest_address = free_address();
    let mut command = golive();
    command.args(["ingest", "--srt", &ingest_address.to_string(), "--http", "127.0.0.1:0"]);
    command.arg("--record").arg(scratch.path());
    let ingest = Process::start(command, Output::Log);
    wait_until_bound(ingest_address);

    let conditions = Conditions::delay(Duration::from_millis(15));
    let addresses = [[127, 0, 0, 1], [127, 0, 0, 2]].map(IpAddr::from);
    let relays = [1, 2].map(|seed| {
        Relay::start(ingest_address, &Network::symmetric(conditions.clone(), seed))
            .expect("a relay")
    });
    let ways = [(addresses[0], relays[0].address()), (addresses[1], relays[1].address())];
    let crossroads = Crossroads::start(&ways);

    let seconds = if long() { 60 } else { 12 };
    let local = scratch.file("local.mpegts");
    let options = Options::latency(LATENCY);
    let mut command = golive();
    command.args(["to", &options.url(Mode::Caller(crossroads.address()))]);
    command.args(broadcaster::SYNTHETIC);
    command.args(["--size", "320x180", "--video-bitrate", "600k", "--fixed-bitrate"]);
    command.args(["--via", "127.0.0.1", "--via", "127.0.0.2"]);
    command.args(["--duration", &format!("{seconds}s"), "--json", "--record"]).arg(&local);
    let mut broadcast = Process::start(command, Output::Log);
    broadcast.wait_for_line(r#""event":"live""#, Duration::from_secs(20));
    std::thread::sleep(Duration::from_secs(u64::from(seconds) / 3));

    // The one that carries more just now.
    let busier = busier(&broadcast, addresses);
    relays[busier].set_both(&conditions.clone().with_loss(Loss::BLACKOUT));
    broadcast.wait_for_line(r#""event":"network_silent""#, Duration::from_secs(10));
    std::thread::sleep(Duration::from_secs(u64::from(seconds) / 4));
    relays[busier].set_both(&conditions);
    broadcast.wait_for_line(r#""event":"network_returned""#, Duration::from_secs(10));
    broadcaster::finish(&mut broadcast, seconds);
    std::thread::sleep(Duration::from_secs(1));
    drop(ingest);

    let received = units(&recorded(scratch.path()));
    let produced = units(&local);
    let ends = |units: &BTreeSet<(bool, i64)>| {
        let times = units.iter().map(|(_, pts)| *pts);
        (times.clone().min().unwrap_or(0), times.max().unwrap_or(0))
    };
    let (first, last) = ends(&produced);
    let missing: Vec<_> = produced
        .iter()
        .filter(|(_, pts)| (first + ENDS..last - ENDS).contains(pts))
        .filter(|(video, pts)| !(-1..=1).any(|off| received.contains(&(*video, pts + off))))
        .collect();
    assert!(last - first > i64::from(seconds) * 1_000 - 2 * ENDS, "only {first} to {last}");
    assert!(missing.is_empty(), "missing: {missing:?}");
}

/// Pictures and sound by their time in milliseconds.
fn units(recording: &Path) -> BTreeSet<(bool, i64)> {
    let recording = Recording::read(recording);
    let of = |kind| recording.packets_of(kind).into_iter().filter_map(|packet| packet.pts);
    let millis = |seconds: f64| (seconds * 1e3).round() as i64;
    let pictures = of("video").map(|pts| (true, millis(pts)));
    pictures.chain(of("audio").map(|pts| (false, millis(pts)))).collect()
}

fn recorded(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder).expect("the folder of recordings");
    let mut files: Vec<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "ts"));
    assert_eq!(files.len(), 1, "one recording: {files:?}");
    files.remove(0)
}

/// Which of the networks carries more, as the latest report has it.
fn busier(broadcast: &Process, addresses: [IpAddr; 2]) -> usize {
    let log = broadcast.log();
    let reports = log.iter().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let report = reports.into_iter().find(|report| report["networks"].is_array());
    let report = report.expect("a report of the networks");
    let networks = report["networks"].as_array().expect("networks").clone();
    assert_eq!(networks.len(), 2, "{report}");
    let share = |address: IpAddr| {
        let is_it = |network: &&Value| network["address"] == address.to_string();
        networks.iter().find(is_it).and_then(|network| network["share_percent"].as_f64())
    };
    let shares = addresses.map(|address| share(address).expect("a share"));
    usize::from(shares[1] > shares[0])
}

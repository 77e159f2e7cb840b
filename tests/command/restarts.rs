//! An ingest that is killed and started again, and a broadcast that finds it each time.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use golive_tests::peers::{
    Mode, Options, Output, Process, Recording, available, free_address, golive, long,
    wait_until_bound,
};

use crate::scratch::Scratch;

/// How long the ingest is up each time, and down.
const SPELL: Duration = Duration::from_secs(3);
/// How long the broadcast may take to find it, on a machine with other things to do.
const FOUND_WITHIN: Duration = Duration::from_millis(1_500);

#[test]
fn a_broadcast_finds_a_restarted_ingest_again_and_is_one_recording_on_one_timeline() {
    if !available(&["ffprobe"]) {
        return;
    }
    let scratch = Scratch::new("restarts");
    let address = free_address();
    let mut ingest = Some(start_ingest(address, scratch.path()));
    let options = Options {
        stream_id: Some("restarted".into()),
        ..Options::latency(Duration::from_millis(200))
    };
    let mut command = golive();
    command.args(["to", &options.url(Mode::Caller(address)), "--json"]);
    command.args(["--video", "synthetic", "--audio", "synthetic"]);
    command.args(["--size", "320x180", "--video-bitrate", "600k"]);
    let broadcaster = Process::start(command, Output::Log);
    broadcaster.wait_for_line(r#""event":"live""#, Duration::from_secs(20));
    let mut slowest = Duration::ZERO;
    for round in 0..if long() { 10 } else { 3 } {
        std::thread::sleep(SPELL);
        drop(ingest.take());
        std::thread::sleep(SPELL);
        let before = recorded_bytes(scratch.path());
        ingest = Some(start_ingest(address, scratch.path()));
        let restarted = Instant::now();
        while recorded_bytes(scratch.path()) <= before {
            let waited = restarted.elapsed();
            assert!(waited < 4 * SPELL, "round {round}: the broadcast does not come back");
            std::thread::sleep(Duration::from_millis(10));
        }
        slowest = slowest.max(restarted.elapsed());
    }
    println!("back within {slowest:?} of each restart");
    std::thread::sleep(SPELL);
    broadcaster.interrupt();
    std::thread::sleep(Duration::from_secs(1));
    drop(ingest);
    // The latency passes before the first payload is given out.
    assert!(slowest < FOUND_WITHIN, "back only after {slowest:?}");
    one_timeline(scratch.path());
}

/// Starts `golive ingest` and waits until it listens.
fn start_ingest(address: SocketAddr, folder: &Path) -> Process {
    let mut command = golive();
    command.args(["ingest", "--srt", &address.to_string(), "--http", "127.0.0.1:0", "--record"]);
    command.arg(folder);
    let ingest = Process::start(command, Output::Log);
    wait_until_bound(address);
    ingest
}

fn recordings(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(folder).expect("the folder of recordings");
    let mut files: Vec<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "ts"));
    files.sort();
    files
}

fn recorded_bytes(folder: &Path) -> u64 {
    let lengths = recordings(folder).into_iter().filter_map(|file| file.metadata().ok());
    lengths.map(|metadata| metadata.len()).sum()
}

fn one_timeline(folder: &Path) {
    let files = recordings(folder);
    assert_eq!(files.len(), 1, "one recording: {files:?}");
    let recording = Recording::read(&files[0]);
    assert_eq!(recording.timestamp_faults(), Vec::<String>::new());
    let pictures = recording.packets_of("video").len();
    assert!(pictures > 200, "only {pictures} pictures were recorded");
}

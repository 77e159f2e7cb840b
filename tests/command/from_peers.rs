//! `golive ingest` takes what others send.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use golive_tests::peers::{
    Flash, Mode, Options, Output, Process, available, free_address, golive, send_file, small_mp4,
    transmit_from_udp, wait_until_bound,
};

use crate::recorded::{Expected, assert_watchable};
use crate::scratch::Scratch;

const SECONDS: u32 = 8;
const KEY: &str = "from-a-peer";

#[test]
fn the_ingest_records_what_ffmpeg_sends() {
    if !available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let scratch = Scratch::new("from-ffmpeg");
    let source = small_mp4(scratch.path(), SECONDS);
    let (mut ingest, address, folder) = start_ingest(&scratch);
    let mut sender = send_file(&source, Mode::Caller(address), &options());
    assert!(sender.wait(Duration::from_secs(60)).success(), "ffmpeg ended in an error");
    end(&mut ingest);
    assert_recorded(&folder);
}

#[test]
fn the_ingest_records_what_libsrt_sends() {
    if !available(&["ffmpeg", "ffprobe", "srt-live-transmit"]) {
        return;
    }
    let scratch = Scratch::new("from-libsrt");
    let source = small_mp4(scratch.path(), SECONDS);
    let (mut ingest, address, folder) = start_ingest(&scratch);
    let via = free_address();
    let sender = transmit_from_udp(via, Mode::Caller(address), &options());
    sender.wait_for_line("connected", Duration::from_secs(20));
    let mut command = std::process::Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "warning", "-re", "-i"]).arg(&source);
    command.args(["-c", "copy", "-f", "mpegts", &format!("udp://{via}?pkt_size=1316")]);
    let mut ffmpeg = Process::start(command, Output::Log);
    assert!(ffmpeg.wait(Duration::from_secs(60)).success(), "ffmpeg ended in an error");
    // What has been sent is under way for as long as the latency.
    std::thread::sleep(Duration::from_secs(2));
    drop(sender);
    end(&mut ingest);
    assert_recorded(&folder);
}

fn options() -> Options {
    Options { stream_id: Some(KEY.into()), ..Options::latency(Duration::from_millis(200)) }
}

fn start_ingest(scratch: &Scratch) -> (Process, SocketAddr, PathBuf) {
    let folder = scratch.file("recordings");
    std::fs::create_dir_all(&folder).expect("a folder for recordings");
    let address = free_address();
    let mut command = golive();
    command.args(["ingest", "--srt", &address.to_string(), "--http", "127.0.0.1:0"]);
    command.args(["--key", KEY, "--record"]).arg(&folder);
    let ingest = Process::start(command, Output::Log);
    wait_until_bound(address);
    (ingest, address, folder)
}

/// Ends the ingest as a person would, so that it closes its files.
fn end(ingest: &mut Process) {
    std::thread::sleep(Duration::from_secs(1));
    ingest.interrupt();
    let status = ingest.wait(Duration::from_secs(20));
    assert!(status.success(), "the ingest ended with {status}");
}

fn assert_recorded(folder: &Path) {
    let files = std::fs::read_dir(folder).expect("the folder of recordings");
    let files: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    assert_eq!(files.len(), 1, "one recording: {files:?}");
    let expected = Expected {
        seconds: f64::from(SECONDS),
        keyframe_interval: None,
        flash: Some(Flash::WholePicture),
    };
    assert_watchable(&files[0], expected);
}

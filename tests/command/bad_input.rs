//! What people get wrong, and what they are told.

use std::process::ExitStatus;
use std::time::Duration;

use golive_tests::peers::{
    Mode, Options, Output, Process, available, free_address, golive, transmit_to_udp,
    wait_until_bound,
};
use golive_tests::sink::Sink;

use crate::scratch::Scratch;

/// What `golive` ends with.
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const UNREACHABLE: i32 = 3;
const DEVICE: i32 = 4;

/// Longer than any attempt to connect may take.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_wrong_url_is_bad_usage() {
    for url in [
        "http://127.0.0.1:9000",
        "srt://127.0.0.1",
        "srt://127.0.0.1:99999",
        "srt://127.0.0.1:9000?latency=soon",
        "srt://127.0.0.1:9000?mode=rendezvous",
        "srt://127.0.0.1:9000?passphrase=short",
        "srt://127.0.0.1:9000?pbkeylen=17&passphrase=long-enough-to-pass",
        "nonsense",
    ] {
        let (status, said) = run(&["to", url, "--video", "synthetic", "--audio", "none"]);
        assert_eq!(status.code(), Some(USAGE), "{url}: {said}");
        assert!(!said.trim().is_empty(), "{url}: nothing was said");
        assert!(!said.contains("short"), "a passphrase was printed: {said}");
    }
}

#[test]
fn an_address_where_nobody_answers_is_given_up_with_a_cause() {
    let address = free_address();
    let (status, said) =
        broadcast(&Options::latency(Duration::from_millis(120)).url(Mode::Caller(address)));
    assert_eq!(status.code(), Some(UNREACHABLE), "{said}");
    assert!(said.contains("did not answer"), "the cause is not told: {said}");
    assert!(said.contains(&address.to_string()), "the address is not named: {said}");
}

#[test]
fn a_wrong_passphrase_is_told_as_one_and_never_printed() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    let address = free_address();
    let sink = Sink::start((), |(), _, _| {});
    let theirs = with_passphrase("the-passphrase-of-the-ingest");
    let _receiver = transmit_to_udp(Mode::Listener(address), &theirs, sink.address());
    wait_until_bound(address);
    let ours = with_passphrase("quite-another-passphrase");
    let (status, said) = broadcast(&ours.url(Mode::Caller(address)));
    assert_eq!(status.code(), Some(UNREACHABLE), "{said}");
    assert!(said.contains("passphrase"), "the cause is not named: {said}");
    assert!(!said.contains("quite-another-passphrase"), "a passphrase was printed: {said}");
}

#[test]
fn a_stream_key_that_the_ingest_refuses_is_told_as_such() {
    let address = free_address();
    let mut command = golive();
    command.args(["ingest", "--srt", &address.to_string(), "--http", "127.0.0.1:0"]);
    command.args(["--key", "the-right-stream-key"]);
    let _ingest = Process::start(command, Output::Log);
    wait_until_bound(address);
    let options = Options {
        stream_id: Some("the-wrong-stream-key".into()),
        ..Options::latency(Duration::from_millis(120))
    };
    let (status, said) = broadcast(&options.url(Mode::Caller(address)));
    assert_eq!(status.code(), Some(UNREACHABLE), "{said}");
    assert!(said.contains("refused") && said.contains("stream"), "the cause is not told: {said}");
    assert!(!said.contains("the-wrong-stream-key"), "a stream key was printed: {said}");
}

#[test]
fn a_camera_that_is_not_there_is_a_missing_device() {
    let url = Options::latency(Duration::from_millis(120)).url(Mode::Caller(free_address()));
    let (status, said) = run(&["to", &url, "--video", "camera:97", "--audio", "none"]);
    assert_eq!(status.code(), Some(DEVICE), "{said}");
    assert!(said.contains("camera"), "{said}");
}

#[test]
fn a_file_that_is_no_video_is_told_as_such() {
    let scratch = Scratch::new("no-video");
    let text = scratch.file("text.mp4");
    std::fs::write(&text, "once upon a time\n".repeat(1_000)).unwrap();
    let address = free_address();
    let url = Options::latency(Duration::from_millis(120)).url(Mode::Caller(address));
    let source = format!("file:{}", text.display());
    for arguments in [
        ["to", &url, "--video", &source, "--audio", "none"].as_slice(),
        ["send", text.to_str().unwrap(), &url].as_slice(),
    ] {
        let (status, said) = run(arguments);
        assert!(!status.success(), "{arguments:?}: {said}");
        assert!(said.contains("is not"), "the cause is not told: {said}");
        assert!(said.contains(text.to_str().unwrap()), "the file is not named: {said}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let url = Options::latency(Duration::from_millis(120)).url(Mode::Caller(free_address()));
    let (status, said) = run(&["send", "/no/such/file.ts", &url]);
    assert_eq!(status.code(), Some(FAILED), "{said}");
    assert!(said.contains("/no/such/file.ts"), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_ends_the_recording_and_not_the_broadcast() {
    if !available(&["srt-live-transmit"]) {
        return;
    }
    let address = free_address();
    let sink = Sink::start(0, |payloads, _, _| *payloads += 1);
    let options = Options::latency(Duration::from_millis(120));
    let _receiver = transmit_to_udp(Mode::Listener(address), &options, sink.address());
    wait_until_bound(address);
    // Every write to this device fails as on a full disk.
    let (status, said) = run(&[
        "to",
        &options.url(Mode::Caller(address)),
        "--video",
        "synthetic",
        "--audio",
        "synthetic",
        "--size",
        "320x180",
        "--duration",
        "4s",
        "--record",
        "/dev/full",
    ]);
    assert!(status.success(), "the broadcast ended with its recording: {said}");
    assert!(said.contains("/dev/full ended early"), "the failed recording is not told: {said}");
    assert!(*sink.state() > 100, "the broadcast did not go on");
}

fn with_passphrase(passphrase: &str) -> Options {
    Options {
        encryption: Some((passphrase.into(), 16)),
        ..Options::latency(Duration::from_millis(120))
    }
}

fn broadcast(url: &str) -> (ExitStatus, String) {
    let sources = ["--video", "synthetic", "--audio", "synthetic", "--size", "320x180"];
    run(&[&["to", url, "--duration", "30s"], sources.as_slice()].concat())
}

/// Runs `golive` and returns how it ended and what it printed.
fn run(arguments: &[&str]) -> (ExitStatus, String) {
    let mut command = golive();
    command.args(arguments);
    let mut process = Process::start(command, Output::Log);
    let status = process.wait(PATIENCE);
    (status, process.log().join("\n"))
}

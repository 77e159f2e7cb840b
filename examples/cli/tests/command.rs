//! The command as a person or a script meets it: its words, its lines and its exit status.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests may fail")]

mod support;

use std::net::UdpSocket;

use support::{Finished, Golive, golive, scratch};

/// What stays secret in every one of these tests.
const SECRET: &str = "hidden-passphrase";

fn assert_failed(finished: &Finished, status: i32, expected: &str) {
    let Finished { status: found, stderr, .. } = finished;
    assert_eq!(*found, Some(status), "{finished:?}");
    assert!(stderr.contains(expected), "`{expected}` is missing in: {stderr}");
    assert!(!stderr.contains(SECRET), "a secret is printed: {stderr}");
}

#[test]
fn help_is_plain_in_a_pipe_and_no_error() {
    let finished = golive(&["to", "--help"]);
    assert_eq!(finished.status, Some(0));
    assert!(finished.stdout.contains("--keyframe-interval"), "{}", finished.stdout);
    assert!(!finished.stdout.contains('\u{1b}'), "colours are for terminals");
}

#[test]
fn wrong_usage_exits_with_two_and_says_what_is_wrong() {
    assert_failed(&golive(&[]), 2, "Usage");
    assert_failed(&golive(&["to", "http://host:1"]), 2, "srt://");
    assert_failed(&golive(&["to", "srt://host:1?mode=rendezvous"]), 2, "rendezvous");
    assert_failed(&golive(&["to", "srt://host:1", "--fps", "0"]), 2, "1 to 240");
    assert_failed(&golive(&["send", "-", "srt://host:1", "--loop"]), 2, "--loop");
    let both_none = ["to", "srt://host:1", "--video", "none", "--audio", "none"];
    assert_failed(&golive(&both_none), 2, "nothing to broadcast");
}

#[test]
fn a_secret_in_a_wrong_address_is_not_printed() {
    let address = format!("srt://host:1?passphrase={SECRET}&latency=soon");
    assert_failed(&golive(&["to", &address]), 2, "latency");
    assert_failed(&golive(&[&address]), 2, "unrecognized");
    let short = golive(&["to", "srt://host:1?passphrase=hidden"]);
    assert_failed(&short, 2, "passphrase");
    assert!(!short.stderr.contains("hidden"), "{}", short.stderr);
}

#[test]
fn a_passphrase_from_the_environment_is_checked_and_not_printed() {
    let variables = [("GOLIVE_PASSPHRASE", "hidden")];
    let finished = Golive::start_with(&["to", "srt://127.0.0.1:1"], &variables, "").wait();
    assert_failed(&finished, 2, "passphrase");
    assert!(!finished.stderr.contains("hidden"), "{}", finished.stderr);
}

#[test]
fn standard_input_cannot_be_the_stream_and_the_key() {
    let finished = golive(&["send", "-", "srt://127.0.0.1:1", "--key-stdin"]);
    assert_failed(&finished, 2, "GOLIVE_STREAM_KEY");
}

#[test]
fn an_ingest_that_does_not_answer_is_told_from_wrong_usage() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = format!("srt://{}", silent.local_addr().unwrap());
    let synthetic = ["--video", "synthetic", "--size", "320x180", "--fps", "10", "--json"];
    let finished = golive(&[&["to", address.as_str()], &synthetic[..]].concat());
    assert_failed(&finished, 3, "");
    let last = finished.last_json();
    assert_eq!(last["final"], true);
    assert_eq!(last["exit_status"], 3);
    assert!(finished.events("failed").len() == 1, "{}", finished.stdout);
}

#[test]
fn a_missing_camera_exits_with_four() {
    let finished = golive(&["to", "srt://127.0.0.1:1", "--video", "camera:250"]);
    assert_failed(&finished, 4, "golive devices");
}

#[test]
fn a_file_that_is_no_video_exits_with_one_and_is_named() {
    let path = scratch("letter.txt");
    std::fs::write(&path, "Dear reader, this is no video.".repeat(100)).unwrap();
    let name = path.to_str().unwrap();
    let file = format!("file:{name}");
    assert_failed(&golive(&["to", "srt://127.0.0.1:1", "--video", &file]), 1, "H.264");
    assert_failed(&golive(&["send", name, "srt://127.0.0.1:1"]), 1, "letter.txt");
    assert_failed(&golive(&["send", "/no/such/file.ts", "srt://127.0.0.1:1"]), 1, "/no/such");
}

#[test]
fn devices_are_listed_as_one_object() {
    let finished = golive(&["devices", "--json"]);
    assert_eq!(finished.status, Some(0), "{finished:?}");
    let object = finished.last_json();
    assert!(object["cameras"].is_array() && object["microphones"].is_array(), "{object}");
}

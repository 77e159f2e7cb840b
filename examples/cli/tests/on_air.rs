//! The command on air: two processes on this machine, one broadcasting to the other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests may fail")]

mod support;

use serde_json::Value;
use support::{Golive, scratch};

const SMALL: [&str; 6] = ["--video", "synthetic", "--size", "320x180", "--fps", "10"];

/// The fields that every report has.
const FIELDS: [&str; 18] = [
    "t_s",
    "state",
    "rtt_ms",
    "target_kbps",
    "produced_kbps",
    "audio_target_kbps",
    "audio_produced_kbps",
    "sent_kbps",
    "packets_sent",
    "packets_lost",
    "packets_retransmitted",
    "packets_dropped",
    "queue_ms",
    "frames_captured",
    "frames_encoded",
    "frames_dropped",
    "av_offset_ms",
    "glass_to_wire_ms",
];

struct Ingest {
    process: Golive,
    address: String,
}

fn ingest(arguments: &[&str], variables: &[(&str, &str)]) -> Ingest {
    let free = ["ingest", "--srt", "127.0.0.1:0", "--http", "127.0.0.1:0", "--json"];
    let mut process = Golive::start_with(&[&free[..], arguments].concat(), variables, "");
    let listening = process.next_json();
    assert_eq!(listening["event"], "listening", "{listening}");
    Ingest { process, address: listening["srt"].as_str().unwrap().to_owned() }
}

fn broadcast(address: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Golive {
    let always = [&["to", address, "--json"], &SMALL[..]].concat();
    Golive::start_with(&[&always[..], arguments].concat(), variables, "")
}

#[test]
fn a_broadcast_reports_every_second_and_ends_with_its_totals() {
    let ingest = ingest(&[], &[]);
    let finished = broadcast(&ingest.address, &["--duration", "3s"], &[]).wait();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    let reports: Vec<Value> = finished.reports();
    assert!((2..=8).contains(&reports.len()), "{}", finished.stdout);
    for report in &reports {
        for field in FIELDS {
            assert!(report.get(field).is_some(), "{field} is missing in {report}");
        }
    }
    let last = finished.last_json();
    assert_eq!(last["final"], true);
    assert_eq!(last["state"], "ended");
    assert!(last["packets_sent"].as_u64().unwrap() > 50, "{last}");
    assert!(last["frames_encoded"].as_u64().unwrap() > 20, "{last}");
    assert!(last["live_s"].as_f64().unwrap() >= 3.0, "{last}");
    assert_eq!(finished.events("live").len(), 1);

    let ingested = ingest.process.stop();
    assert_eq!(ingested.status, Some(0), "{ingested:?}");
    assert_eq!(ingested.events("broadcast_started").len(), 1, "{}", ingested.stdout);
}

#[test]
fn a_signal_ends_a_broadcast_cleanly() {
    let ingest = ingest(&[], &[]);
    let mut process = broadcast(&ingest.address, &[], &[]);
    while process.next_json()["event"] != "live" {}
    let finished = process.stop();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    assert_eq!(finished.last_json()["cause"], "stopped as asked");
    ingest.process.stop();
}

#[test]
fn a_wrong_key_is_refused_and_the_right_one_is_taken_from_the_environment() {
    let ingest = ingest(&[], &[("GOLIVE_INGEST_KEY", "sesame-street")]);
    let wrong = [("GOLIVE_STREAM_KEY", "open-window")];
    let refused = broadcast(&ingest.address, &[], &wrong).wait();
    assert_eq!(refused.status, Some(3), "{refused:?}");
    assert!(!format!("{refused:?}").contains("open-window"));

    let right = [("GOLIVE_STREAM_KEY", "sesame-street")];
    let taken = broadcast(&ingest.address, &["--duration", "500ms"], &right).wait();
    assert_eq!(taken.status, Some(0), "{taken:?}");
    let ingested = ingest.process.stop();
    assert_eq!(ingested.events("broadcaster_rejected").len(), 1, "{}", ingested.stdout);
    assert!(!format!("{ingested:?}{taken:?}").contains("sesame"));
}

#[test]
fn an_ingest_with_a_passphrase_in_its_environment_takes_only_who_knows_it() {
    let ingest = ingest(&[], &[("GOLIVE_PASSPHRASE", "rather-private-words")]);
    for unknowing in [&[][..], &[("GOLIVE_PASSPHRASE", "other-private-words")][..]] {
        let refused = broadcast(&ingest.address, &[], unknowing).wait();
        assert_eq!(refused.status, Some(3), "{refused:?}");
        assert!(refused.stderr.contains("passphrase"), "{refused:?}");
    }
    let knowing = [("GOLIVE_PASSPHRASE", "rather-private-words")];
    let taken = broadcast(&ingest.address, &["--duration", "1s"], &knowing).wait();
    assert_eq!(taken.status, Some(0), "{taken:?}");
    assert_eq!(taken.events("live")[0]["encrypted"], true);
    let ingested = ingest.process.stop();
    assert!(!format!("{ingested:?}{taken:?}").contains("private-words"));
}

#[test]
fn a_recording_can_be_carried_again_untouched() {
    let path = scratch("copy.ts");
    let _ = std::fs::remove_file(&path);
    let name = path.to_str().unwrap();
    let ingest = ingest(&[], &[]);
    let arguments = ["--duration", "2s", "--record", name];
    let recorded = broadcast(&ingest.address, &arguments, &[]).wait();
    assert_eq!(recorded.status, Some(0), "{recorded:?}");
    let size = std::fs::metadata(&path).unwrap().len();
    assert!(size > 10_000 && size.is_multiple_of(188), "{size} bytes");

    let carried = Golive::start(&["send", name, &ingest.address, "--json"]).wait();
    assert_eq!(carried.status, Some(0), "{carried:?}");
    let last = carried.last_json();
    assert_eq!(last["bytes_produced"], size);
    assert_eq!(last["frames_encoded"], Value::Null);
    assert!(last["live_s"].as_f64().unwrap() > 1.0, "paced by its clock: {last}");
    ingest.process.stop();
}

#[test]
fn a_demo_prints_where_to_watch_and_ends_by_itself() {
    let always = ["demo", "--json", "--duration", "1s"];
    let finished = Golive::start(&[&always[..], &SMALL].concat()).wait();
    assert_eq!(finished.status, Some(0), "{finished:?}");
    let page = finished.events("page");
    let page = page.first().and_then(|event| event["page"].as_str()).unwrap();
    assert!(page.starts_with("http://127.0.0.1:"), "{page}");
    assert_eq!(finished.events("broadcast_started").len(), 1, "{}", finished.stdout);
}

use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use golive_proto::media::{AccessUnit, Track, VideoCodec};
use golive_proto::units::MediaTime;

use super::*;
use crate::key::admit;

/// A directory that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("golive-tape-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn recordings(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tape(folder: &Folder) -> (Tape, Events) {
    let events = Events::default();
    (Tape::new(folder.0.clone(), admit(None, "").unwrap(), events.clone()), events)
}

/// A transport stream with a picture each 40 ms from `start` on, and its PTS.
fn stream(start: Duration, pictures: u64) -> (Vec<u8>, Option<i64>) {
    let mut writer =
        mpegts::Writer::new(mpegts::Config { video: Some(VideoCodec::H264), audio: None });
    let mut bytes = Vec::new();
    for number in 0..pictures {
        let time = MediaTime::ZERO + start + Duration::from_millis(number * 40);
        let data = Bytes::from_static(&[0, 0, 1, 0x65, 1, 2, 3]);
        let unit = AccessUnit { track: Track::Video, pts: time, dts: time, keyframe: true, data };
        writer.begin(&unit).unwrap();
        let mut payload = [0; mpegts::PAYLOAD_LENGTH];
        while let Some(info) = writer.next_payload(&mut payload) {
            bytes.extend_from_slice(&payload[..info.length]);
        }
    }
    let pts = mpegts::latest_time(&bytes).map(MediaTime::to_90khz);
    (bytes, pts)
}

fn record(tape: &mut Tape, start: Duration) -> usize {
    let (bytes, pts) = stream(start, 25);
    tape.begin();
    tape.write(&bytes, None);
    tape.write(&[], pts);
    bytes.len()
}

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn what_was_written_is_on_file_at_once() {
    let folder = Folder::new();
    let (mut tape, events) = tape(&folder);
    let length = record(&mut tape, HOUR);
    let [path] = &folder.recordings()[..] else { panic!("one recording") };
    assert_eq!(fs::metadata(path).unwrap().len(), length as u64);
    let started = events.recv_timeout(Duration::ZERO);
    assert!(matches!(started, Some(Event::RecordingStarted { resumed: false, .. })), "{started:?}");
}

#[test]
fn a_broadcaster_that_goes_on_after_a_restart_makes_one_recording() {
    let folder = Folder::new();
    let (mut before, _) = tape(&folder);
    let length = record(&mut before, HOUR);
    drop(before);
    // A kill in the middle of a packet.
    let path = folder.recordings().remove(0);
    OpenOptions::new().append(true).open(&path).unwrap().write_all(&[0x47; 100]).unwrap();

    let (mut after, events) = tape(&folder);
    let more = record(&mut after, HOUR + Duration::from_secs(1));
    assert_eq!(folder.recordings(), std::slice::from_ref(&path));
    assert_eq!(fs::metadata(&path).unwrap().len(), (length + more) as u64);
    let resumed = events.recv_timeout(Duration::ZERO);
    assert!(matches!(resumed, Some(Event::RecordingStarted { resumed: true, .. })), "{resumed:?}");
    let whole = fs::read(&path).unwrap();
    assert!(whole.chunks(188).all(|packet| packet[0] == 0x47), "every packet stands in its place");
}

#[test]
fn a_broadcaster_that_begins_anew_makes_another_recording() {
    let folder = Folder::new();
    let (mut tape, _) = tape(&folder);
    record(&mut tape, HOUR);
    record(&mut tape, Duration::ZERO);
    record(&mut tape, HOUR * 2);
    assert_eq!(folder.recordings().len(), 3);
}

#[test]
fn a_stream_without_any_time_is_kept_all_the_same() {
    let folder = Folder::new();
    let (mut tape, _) = tape(&folder);
    tape.begin();
    tape.write(&[0x47; 188], None);
    assert!(folder.recordings().is_empty());
    tape.end();
    assert_eq!(folder.recordings().len(), 1);
}

#[test]
fn a_directory_that_cannot_be_written_is_reported_once() {
    let folder = Folder::new();
    let file = folder.0.join("not-a-directory");
    fs::write(&file, "").unwrap();
    let events = Events::default();
    let mut tape = Tape::new(file, admit(None, "").unwrap(), events.clone());
    record(&mut tape, HOUR);
    tape.write(&[0x47; 188], Some(0));
    let failed = events.recv_timeout(Duration::ZERO);
    assert!(matches!(failed, Some(Event::RecordingFailed { .. })), "{failed:?}");
    assert_eq!(events.recv_timeout(Duration::ZERO), None);
}

/// `/dev/full` refuses every write for want of space.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_once_and_costs_nothing_that_was_written() {
    let folder = Folder::new();
    let (mut tape, events) = tape(&folder);
    let length = record(&mut tape, HOUR);
    events.recv_timeout(Duration::ZERO);

    tape.open = |_| OpenOptions::new().write(true).open("/dev/full");
    record(&mut tape, HOUR + Duration::from_secs(1));
    let Some(Event::RecordingFailed { cause, .. }) = events.recv_timeout(Duration::ZERO) else {
        panic!("a full disk is reported")
    };
    assert!(cause.contains("space"), "{cause}");
    tape.write(&[0x47; 188], Some(0));
    assert_eq!(events.recv_timeout(Duration::ZERO), None, "once");

    // Space is there again, and the time to try has come.
    tape.open = open_to_append;
    tape.state = State::Failed { since: Instant::now() - RETRY };
    let (more, pts) = stream(HOUR + Duration::from_secs(2), 25);
    tape.write(&more, pts);
    let [path] = &folder.recordings()[..] else { panic!("one recording") };
    assert_eq!(fs::metadata(path).unwrap().len(), (length + more.len()) as u64);
}

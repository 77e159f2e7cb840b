//! Broadcasters that come over SRT: ours, ffmpeg, and those that may not.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use bytes::Bytes;
use golive::ErrorKind;
use golive::srt::Connection;
use golive_ingest::{Config, Event, Events, Ingest, Refusal, StreamKey};
use golive_proto::media::{AccessUnit, Track, VideoCodec};
use golive_proto::mux::mpegts::{self, PAYLOAD_LENGTH};
use golive_proto::units::MediaTime;
use golive_tests::peers::{self, Mode, Options, Recording};

const PATIENCE: Duration = Duration::from_secs(30);

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("golive-ingest-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn recordings(&self) -> Vec<PathBuf> {
        let paths = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|it| it == "ts")).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn config(folder: &Folder) -> Config {
    Config {
        srt: "127.0.0.1:0".parse().unwrap(),
        http: "127.0.0.1:0".parse().unwrap(),
        record: Some(folder.0.clone()),
        ..Config::default()
    }
}

fn connect(ingest: &Ingest, query: &str) -> Result<Connection, golive::Error> {
    Connection::connect(&format!("srt://{}?{query}", ingest.srt_address()).parse().unwrap())
}

/// Waits for an event that `wanted` takes.
fn wait_for<T>(events: &Events, what: &str, wanted: impl Fn(&Event) -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    let mut happened = Vec::new();
    while Instant::now() < end {
        let Some(event) = events.recv_timeout(Duration::from_millis(200)) else { continue };
        if let Some(found) = wanted(&event) {
            return found;
        }
        happened.push(event);
    }
    panic!("{what} did not happen, but {happened:?}");
}

fn wait_until_recorded(path: &Path, bytes: u64) {
    let end = Instant::now() + PATIENCE;
    while fs::metadata(path).unwrap().len() < bytes {
        let length = fs::metadata(path).unwrap().len();
        assert!(Instant::now() < end, "{length} of {bytes} bytes are in {}", path.display());
        thread::sleep(Duration::from_millis(20));
    }
}

/// Sends `pictures` pictures of one timeline, 40 ms apart in media and all at once in time.
struct Sender {
    writer: mpegts::Writer,
    next: u64,
}

impl Sender {
    fn new() -> Self {
        let config = mpegts::Config { video: Some(VideoCodec::H264), audio: None };
        Self { writer: mpegts::Writer::new(config), next: 0 }
    }

    fn send(&mut self, connection: &Connection, pictures: u64) -> u64 {
        let mut bytes = 0;
        for _ in 0..pictures {
            let time = MediaTime::ZERO + Duration::from_millis(self.next * 40);
            let data = Bytes::from_static(&[0, 0, 1, 0x65, 1, 2, 3]);
            let unit =
                AccessUnit { track: Track::Video, pts: time, dts: time, keyframe: true, data };
            self.writer.begin(&unit).unwrap();
            let mut payload = [0; PAYLOAD_LENGTH];
            while let Some(info) = self.writer.next_payload(&mut payload) {
                connection.send(&payload[..info.length]).unwrap();
                bytes += info.length as u64;
            }
            self.next += 1;
        }
        bytes
    }
}

#[test]
fn what_ffmpeg_sends_is_recorded_whole_and_readable() {
    if !peers::available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let folder = Folder::new();
    let file = peers::small_mp4(&folder.0, 4);
    let ingest = Ingest::start(config(&folder)).unwrap();
    let options = Options::latency(Duration::from_millis(120));
    let mut ffmpeg = peers::send_file(&file, Mode::Caller(ingest.srt_address()), &options);
    let events = ingest.events();
    let path = wait_for(&events, "a recording", |event| match event {
        Event::RecordingStarted { path, resumed: false, .. } => Some(path.clone()),
        _ => None,
    });
    assert!(ffmpeg.wait(PATIENCE).success());
    wait_for(&events, "the end", |event| {
        matches!(event, Event::BroadcastStopped { .. }).then_some(())
    });
    drop(ingest);
    let recording = Recording::read(&path);
    assert_eq!(recording.only("video").unwrap().codec, "h264");
    assert_eq!(recording.only("audio").unwrap().codec, "aac");
    assert_eq!(recording.packets_of("video").len(), 120);
    assert_eq!(recording.timestamp_faults(), Vec::<String>::new());
    assert_eq!(peers::decoding_errors(&path), Vec::<String>::new());
}

#[test]
fn a_wrong_key_is_refused_in_words_and_a_right_one_is_not() {
    let folder = Folder::new();
    let key = StreamKey::new("sesame");
    let ingest = Ingest::start(Config { key, ..config(&folder) }).unwrap();
    for query in ["streamid=guess", "", "streamid=%23!::u%3Dguess"] {
        let error = connect(&ingest, query).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{query}: {error}");
        assert!(error.to_string().contains("1401"), "{query}: {error}");
    }
    let refusals = std::iter::from_fn(|| ingest.events().recv_timeout(Duration::ZERO));
    let unauthorized =
        |event: &Event| matches!(event, Event::Rejected { refusal: Refusal::Unauthorized, .. });
    assert_eq!(refusals.filter(unauthorized).count(), 3);

    let connection = connect(&ingest, "streamid=sesame").unwrap();
    Sender::new().send(&connection, 25);
    let path = wait_for(&ingest.events(), "a recording", |event| match event {
        Event::RecordingStarted { path, .. } => Some(path.clone()),
        _ => None,
    });
    assert!(!path.display().to_string().contains("sesame"));
}

#[test]
fn a_broadcaster_with_a_wrong_passphrase_takes_nobodys_place() {
    let folder = Folder::new();
    let passphrase = Some(golive::Secret::new("a long enough secret"));
    let ingest = Ingest::start(Config { passphrase, ..config(&folder) }).unwrap();
    let connection = connect(&ingest, "passphrase=a long enough secret").unwrap();
    let mut sender = Sender::new();
    sender.send(&connection, 25);
    let events = ingest.events();
    wait_for(&events, "the start", |event| {
        matches!(event, Event::BroadcastStarted { .. }).then_some(())
    });
    assert!(connect(&ingest, "passphrase=another long secret").is_err());
    assert!(connect(&ingest, "").is_err());
    sender.send(&connection, 25);
    let happened: Vec<Event> =
        std::iter::from_fn(|| events.recv_timeout(Duration::from_millis(500))).collect();
    let stopped = happened.iter().any(|event| matches!(event, Event::BroadcastStopped { .. }));
    assert!(!stopped, "{happened:?}");
}

#[test]
fn a_new_connection_takes_over_and_the_old_one_is_closed() {
    let folder = Folder::new();
    let ingest = Ingest::start(config(&folder)).unwrap();
    let (mut sender, events) = (Sender::new(), ingest.events());
    let old = connect(&ingest, "").unwrap();
    sender.send(&old, 25);
    wait_for(&events, "the start", |event| {
        matches!(event, Event::BroadcastStarted { replaced: false, .. }).then_some(())
    });
    let new = connect(&ingest, "").unwrap();
    sender.send(&new, 25);
    wait_for(&events, "the take-over", |event| {
        matches!(event, Event::BroadcastStarted { replaced: true, .. }).then_some(())
    });
    let end = Instant::now() + PATIENCE;
    while old.ended().is_none() {
        assert!(Instant::now() < end, "the old connection stands");
        let _ = old.send(&[0x47; 188]);
        thread::sleep(Duration::from_millis(50));
    }
    assert!(new.ended().is_none());
}

#[test]
fn an_ingest_that_was_restarted_goes_on_recording_into_the_same_file() {
    let folder = Folder::new();
    let mut sender = Sender::new();
    let mut bytes = 0;
    for run in 0..3 {
        let ingest = Ingest::start(config(&folder)).unwrap();
        let connection = connect(&ingest, "streamid=stage").unwrap();
        bytes += sender.send(&connection, 50);
        let (path, resumed) = wait_for(&ingest.events(), "a recording", |event| match event {
            Event::RecordingStarted { path, resumed, .. } => Some((path.clone(), *resumed)),
            _ => None,
        });
        assert_eq!(resumed, run > 0);
        wait_until_recorded(&path, bytes);
    }
    let [path] = &folder.recordings()[..] else { panic!("{:?}", folder.recordings()) };
    let times = mpegts::latest_time(&fs::read(path).unwrap()).unwrap();
    assert_eq!(times, MediaTime::from_millis(149 * 40 + 1_000), "the timeline is one");
}

#[test]
fn srt_on_a_port_that_is_taken_is_an_error_that_says_what_to_do() {
    let folder = Folder::new();
    let first = Ingest::start(config(&folder)).unwrap();
    let taken = Config { srt: first.srt_address(), ..config(&folder) };
    let error = Ingest::start(taken).unwrap_err();
    assert!(
        matches!(error, golive_ingest::Error::AddressInUse { purpose: "SRT", .. }),
        "{error:?}"
    );
}

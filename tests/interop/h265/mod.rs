//! H.265 from an app's own encoder, judged by ffmpeg: on the wire, in recordings, and where the
//! uplink has no room for all of it.

mod film;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use golive::{
    AccessUnit, Bitrate, Broadcast, ByteCount, Change, MediaTime, Program, Time, Track, VideoCodec,
};
use golive_ingest::Ingest;
use golive_netlab::network::{self, Conditions, Loss, RateLimit};
use golive_netlab::relay::{Direction, Relay};
use golive_proto::mux::fmp4::Fragmenter;
use golive_proto::mux::mpegts::{Config, PAYLOAD_LENGTH, Writer};
use golive_proto::pace::{Dropped, Queue};
use golive_tests::peers::{
    Mode, Options, Packet, Recording, available, decoding_errors, free_address, receive_into_file,
    wait_until_bound,
};

use film::{Film, Player, SIZE, Shared};

const H265: Program = Program { video: Some(VideoCodec::H265), audio: None };
/// Groups that stand by themselves, with pictures that others refer to and pictures that none does.
const CLOSED_GROUPS: &str = "keyint=30:min-keyint=30:open-gop=0:bframes=3:b-pyramid=1:scenecut=0";
/// Groups whose first pictures to be shown refer to the group before.
const OPEN_GROUPS: &str = "keyint=15:min-keyint=15:open-gop=1:bframes=3:scenecut=0";
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn an_apps_own_h265_reaches_ffmpeg_and_the_recording_whole() {
    if !available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let folder = Folder::new("h265-whole");
    let player = Player::new(Film::make(&folder.0, 2, CLOSED_GROUPS));
    let shared = player.shared();
    let (received, recorded) = (folder.0.join("received.ts"), folder.0.join("recorded.ts"));
    let address = free_address();
    let options = Options::latency(Duration::from_millis(200));
    let mut ffmpeg = receive_into_file(Mode::Listener(address), &options, &received);
    wait_until_bound(address);
    let broadcast = Broadcast::builder(options.url(Mode::Caller(address)).parse().unwrap())
        .encoder(Box::new(player), H265)
        .record(&recorded)
        .start_blocking()
        .unwrap();
    std::thread::sleep(Duration::from_millis(2_500));
    let asked = shared.answers().len();
    broadcast.set(Change::Keyframe).unwrap();
    std::thread::sleep(Duration::from_millis(1_500));
    broadcast.stop_blocking().unwrap();
    // Whether ffmpeg calls the end of its input an error is its own affair.
    ffmpeg.wait(PATIENCE);

    let answers = shared.answers();
    assert!(asked > 0 && answers.len() > asked, "for the receiver, and where one was asked for");
    let answer = answers[0];
    for (file, first) in [(&received, Some(answer)), (&recorded, None)] {
        let recording = assert_sound(file);
        assert!(recording.packets_of("video").len() > 100, "{}", file.display());
        assert_keyframes(&recording, &shared, first);
    }
}

#[test]
fn an_ingest_that_comes_back_records_h265_on_one_timeline() {
    if !available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let folder = Folder::new("h265-restart");
    let player = Player::new(Film::make(&folder.0, 2, CLOSED_GROUPS));
    let shared = player.shared();
    let recordings = folder.0.join("recordings");
    let mut config = golive_ingest::Config {
        srt: free_address(),
        http: "127.0.0.1:0".parse().unwrap(),
        record: Some(recordings.clone()),
        ..golive_ingest::Config::default()
    };
    let ingest = Ingest::start(config.clone()).unwrap();
    config.srt = ingest.srt_address();
    let options = Options::latency(Duration::from_millis(120));
    let broadcast = Broadcast::builder(options.url(Mode::Caller(config.srt)).parse().unwrap())
        .encoder(Box::new(player), H265)
        .start_blocking()
        .unwrap();
    std::thread::sleep(Duration::from_secs(2));
    drop(ingest);
    let before = shared.answers().len();
    std::thread::sleep(Duration::from_secs(1));
    let ingest = Ingest::start(config).unwrap();
    let until = Instant::now() + PATIENCE;
    while broadcast.health().link.totals.reconnections == 0 {
        assert!(Instant::now() < until, "the broadcast does not come back");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(1_500));
    broadcast.stop_blocking().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    drop(ingest);

    let files: Vec<PathBuf> =
        std::fs::read_dir(recordings).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("one recording: {files:?}") };
    let recording = assert_sound(file);
    let (gap, resumed) = longest_gap(&recording.packets_of("video"));
    assert!(gap > 0.9, "the gap that the ingest left: {gap} s");
    assert!(resumed.keyframe, "it goes on at a key frame");
    assert!(shared.answers().len() > before, "which was asked for");
}

#[test]
fn what_an_uplink_has_no_room_for_goes_so_that_the_rest_decodes() {
    if !available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let folder = Folder::new("h265-narrow");
    // Twice as much as there is room for, and an encoder that does not listen. Every
    // fourth of its key frames begins anew (IDR), the others go on from those before (CRA).
    let film = Film::make(
        &folder.0,
        2,
        &format!("{OPEN_GROUPS}:bitrate=2000:vbv-maxrate=2000:vbv-bufsize=500"),
    );
    let leading = film.units.iter().filter(|unit| VideoCodec::H265.needs_earlier(&unit.data));
    assert!(leading.count() >= 4, "pictures that refer over a key frame");
    let player = Player::deaf(film);
    let received = folder.0.join("received.ts");
    let address = free_address();
    let options = Options::latency(Duration::from_millis(1_500));
    let mut ffmpeg = receive_into_file(Mode::Listener(address), &options, &received);
    wait_until_bound(address);
    let wide = Conditions::delay(Duration::from_millis(15)).with_loss(Loss::random(0.02));
    let narrow = RateLimit {
        bitrate: Bitrate::from_kilobits_per_second(1_000),
        queue: ByteCount::new(100_000),
    };
    let path = network::Path { forward: wide.clone(), backward: wide.clone(), seed: 7 };
    let relay = Relay::start(address, &path).unwrap();
    let broadcast = Broadcast::builder(options.url(Mode::Caller(relay.address())).parse().unwrap())
        .encoder(Box::new(player), H265)
        .start_blocking()
        .unwrap();
    std::thread::sleep(Duration::from_secs(1));
    relay.set_conditions(Direction::Forward, Conditions { rate: Some(narrow), ..wide.clone() });
    std::thread::sleep(Duration::from_secs(3));
    relay.set_conditions(Direction::Forward, wide);
    let dropped = broadcast.health().link.totals.video_frames_dropped;
    std::thread::sleep(Duration::from_secs(2));
    let health = broadcast.stop_blocking().unwrap().health;
    ffmpeg.wait(PATIENCE);

    assert!(dropped > 20, "{dropped} pictures were dropped");
    assert_eq!(health.link.totals.packets_dropped, 0, "all that was sent came");
    let recording = assert_sound(&received);
    let pictures = recording.packets_of("video");
    let end = pictures.iter().filter_map(|picture| picture.pts).fold(0.0, f64::max);
    let last = pictures.iter().filter(|picture| picture.pts.is_some_and(|pts| pts > end - 1.0));
    assert!(last.count() > 25, "all pictures come again once there is room");
    let (gap, resumed) = longest_gap(&pictures);
    assert!(gap > 0.2 && resumed.keyframe, "after {gap} s with {resumed:?}");
}

#[test]
fn what_follows_a_lost_beginning_is_not_taken_for_what_came_before() {
    if !available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let folder = Folder::new("h265-cut");
    let film = Film::make(&folder.0, 3, OPEN_GROUPS);
    // It runs twice. The second time its first group, which alone begins anew (IDR), waits until it is
    // stale.
    let mut queue = Queue::new(Duration::from_millis(100), Some(VideoCodec::H265));
    let mut writer = Writer::new(Config { video: Some(VideoCodec::H265), audio: None });
    let (mut stream, mut payload) = (Vec::new(), [0; PAYLOAD_LENGTH]);
    let first = film.units[0].dts;
    let second_key = film.units.iter().skip(1).position(|unit| unit.keyframe).unwrap() + 1;
    let mut dropped = Dropped::default();
    for (run, number) in (0..2).flat_map(|run| (0..film.units.len()).map(move |unit| (run, unit))) {
        let unit = &film.units[number];
        let later = Duration::from_secs(3) * run;
        let unit = AccessUnit { pts: unit.pts + later, dts: unit.dts + later, ..unit.clone() };
        let now = Time::ZERO + unit.dts.since(first);
        dropped.add(queue.push(now, unit));
        if run == 1 && number < second_key {
            continue;
        }
        while let Some(queued) = queue.pop() {
            writer.begin(&queued.unit).unwrap();
            while let Some(info) = writer.next_payload(&mut payload) {
                stream.extend_from_slice(&payload[..info.length]);
            }
        }
    }
    assert!((dropped.video + dropped.undecodable) as usize > second_key, "{dropped:?}");
    let file = folder.0.join("cut.ts");
    std::fs::write(&file, stream).unwrap();
    let recording = assert_sound(&file);
    let (gap, resumed) = longest_gap(&recording.packets_of("video"));
    assert!(gap > 0.3 && resumed.keyframe, "after {gap} s with {resumed:?}");
}

#[test]
fn ffmpegs_transport_stream_of_h265_is_read_and_turned_into_fragments_that_it_takes() {
    if !available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let folder = Folder::new("h265-read");
    for (groups, interval) in [(CLOSED_GROUPS, 30), (OPEN_GROUPS, 15)] {
        let film = Film::make(&folder.0, 2, groups);
        assert_eq!((film.codec, film.faults.as_slice()), (Some(VideoCodec::H265), &[][..]));
        assert_eq!(film.units.len(), 60);
        assert!(film.units.iter().all(|unit| unit.track == Track::Video));
        for (number, unit) in film.units.iter().enumerate() {
            let shown =
                |unit: &AccessUnit| (unit.pts.to_90khz() - film.units[0].pts.to_90khz()) / 3_000;
            assert_eq!(unit.keyframe, shown(unit) % interval == 0, "picture {number}");
            assert_eq!(unit.dts.to_90khz() - film.units[0].dts.to_90khz(), 3_000 * number as i64);
        }
        let first = &film.units[0];
        assert_eq!(VideoCodec::H265.picture_size(&first.data), Some(SIZE));

        let mut fragmenter = Fragmenter::video(VideoCodec::H265, first, first.dts).unwrap();
        let mut file = fragmenter.init_segment();
        for unit in &film.units {
            file.extend(fragmenter.fragment(std::slice::from_ref(unit)).unwrap());
        }
        let path = folder.0.join("fragments.mp4");
        std::fs::write(&path, file).unwrap();
        assert_eq!(assert_sound(&path).packets_of("video").len(), 60);
    }
}

/// Checks what ffmpeg says of a file with H.265 alone: that it is that, of the right size, on one
/// timeline, and without a fault for the decoder.
fn assert_sound(file: &Path) -> Recording {
    let recording = Recording::read(file);
    let video = recording.only("video").expect("one video stream");
    assert_eq!(video.codec, "hevc");
    assert_eq!((video.width, video.height), (SIZE.width.into(), SIZE.height.into()));
    assert_eq!(recording.timestamp_faults(), Vec::<String>::new());
    assert_eq!(decoding_errors(file), Vec::<String>::new());
    recording
}

/// Checks that the key frames of a recording are those that the encoder made from `first` on, and
/// that it begins with one.
fn assert_keyframes(recording: &Recording, shared: &Arc<Shared>, first: Option<MediaTime>) {
    let packets = recording.packets_of("video");
    assert!(packets[0].keyframe, "it begins with a key frame");
    let found: Vec<f64> =
        packets.iter().filter(|packet| packet.keyframe).filter_map(|key| key.pts).collect();
    let made = shared.keyframes();
    let from = first.map_or(0, |first| made.iter().position(|made| *made == first).unwrap());
    let made = &made[from..];
    assert!(found.len() >= 3 && found.len() <= made.len(), "{found:?} of {made:?}");
    for (found_at, made_at) in found.iter().zip(made) {
        let (since, expected) = (found_at - found[0], made_at.since(made[0]).as_secs_f64());
        assert!((since - expected).abs() < 1e-4, "{found:?} is not {made:?}");
    }
}

/// The longest time from one picture to the next in the order in which they are shown, and the one
/// that ends it.
fn longest_gap(pictures: &[Packet]) -> (f64, Packet) {
    let mut shown: Vec<_> =
        pictures.iter().filter_map(|picture| Some((picture.pts?, *picture))).collect();
    shown.sort_by(|one, other| one.0.total_cmp(&other.0));
    let gaps = shown.windows(2).map(|pair| (pair[1].0 - pair[0].0, pair[1].1));
    gaps.max_by(|one, other| one.0.total_cmp(&other.0)).expect("two pictures")
}

/// A folder for a test's files; gone when dropped, but kept when its test fails.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("golive-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("what was recorded lies in {}", self.0.display());
        } else {
            // Left to the system's own cleaning if it does not work.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

use bytes::Bytes;

use golive_proto::media::{AudioFormat, VideoCodec};

use super::*;

/// An IDR picture of 1280x720 with its parameter sets.
const KEY_FRAME: [u8; 41] = [
    0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x01, 0x40, 0x16, 0xEC, 0x04, 0x40, 0, 0, 3, 0, 0x40,
    0, 0, 0x0C, 0x83, 0xC6, 0x0C, 0xA8, 0, 0, 0, 1, 0x68, 0xCE, 0x0F, 0xC8, 0, 0, 1, 0x65, 1, 2,
];
const STEREO: AudioFormat = AudioFormat { sample_rate: 48_000, channels: 2 };
const BOTH: Tracks = Tracks { video: true, audio: true };
const INTERVAL: i64 = 40;

fn unit(track: Track, millis: i64, keyframe: bool, data: &[u8]) -> AccessUnit {
    let time = MediaTime::from_millis(millis);
    AccessUnit { track, pts: time, dts: time, keyframe, data: Bytes::copy_from_slice(data) }
}

/// A picture each 40 ms, the first of each second a key frame.
fn picture(millis: i64) -> AccessUnit {
    let keyframe = millis % 1_000 == 0;
    unit(Track::Video, millis, keyframe, if keyframe { &KEY_FRAME } else { &[0, 0, 1, 0x41, 7] })
}

fn sound(millis: i64) -> AccessUnit {
    unit(Track::Audio, millis, true, &[1, 2, 3])
}

/// What viewers were told, in short.
#[derive(Debug, Default)]
struct Told {
    starts: Vec<String>,
    amendments: usize,
    fragments: Vec<(i64, bool)>,
}

struct Story {
    feed: Feed,
    formats: Formats,
    told: Told,
}

impl Story {
    fn new(announced: Tracks) -> Self {
        let mut feed = Feed::new();
        feed.announce(announced);
        let formats = Formats { video: Some(VideoCodec::H264), audio: Some(STEREO) };
        Self { feed, formats, told: Told::default() }
    }

    fn push(&mut self, unit: AccessUnit) {
        let mut outputs = Vec::new();
        self.feed.push(unit, self.formats, &mut outputs);
        for output in outputs {
            match output {
                Output::Start(preamble) => {
                    let Some(Message::Text(start)) = preamble.first() else { panic!("no start") };
                    self.told.starts.push(start.to_string());
                }
                Output::Amend(..) => self.told.amendments += 1,
                Output::Fragment(fragment) => {
                    self.told.fragments.push((fragment.time.as_micros() / 1_000, fragment.entry));
                }
            }
        }
    }

    fn play(&mut self, from: i64, to: i64, tracks: Tracks) {
        for millis in (from..to).step_by(INTERVAL as usize) {
            if tracks.video {
                self.push(picture(millis));
            }
            if tracks.audio {
                self.push(sound(millis + 5));
            }
        }
    }

    /// Which tracks the last start named.
    fn tracks(&self) -> Tracks {
        let start = self.told.starts.last().map_or("", String::as_str);
        Tracks { video: start.contains("video/mp4"), audio: start.contains("audio/mp4") }
    }
}

#[test]
fn pictures_and_sound_start_together_and_nothing_is_left_out() {
    let mut story = Story::new(BOTH);
    story.play(0, 2_000, BOTH);
    assert_eq!(story.told.starts.len(), 1);
    assert_eq!(story.tracks(), BOTH);
    assert_eq!(story.told.fragments.len(), 100);
    let entries: Vec<i64> =
        story.told.fragments.iter().filter(|(_, entry)| *entry).map(|(time, _)| *time).collect();
    assert_eq!(entries, [0, 1_000]);
    let start = r#"{"type":"start","tracks":{"video":"video/mp4; codecs=\"avc1.42c01f\"","audio":"audio/mp4; codecs=\"mp4a.40.2\""}}"#;
    assert_eq!(story.told.starts[0], start);
}

#[test]
fn what_comes_before_the_first_key_frame_is_left_out() {
    let mut story = Story::new(BOTH);
    story.play(400, 1_400, BOTH);
    let first = story.told.fragments.iter().map(|(time, _)| *time).min();
    assert_eq!(first, Some(1_000));
}

#[test]
fn sound_alone_and_pictures_alone_play() {
    for tracks in [Tracks { video: true, audio: false }, Tracks { video: false, audio: true }] {
        let mut story = Story::new(tracks);
        story.play(0, 1_000, tracks);
        assert_eq!(story.tracks(), tracks);
        assert_eq!(story.told.fragments.len(), 25);
        assert!(story.told.fragments[0].1, "the first is a point of entry");
    }
}

#[test]
fn a_track_that_is_announced_and_does_not_come_is_not_waited_for_for_ever() {
    let mut story = Story::new(BOTH);
    let pictures = Tracks { video: true, audio: false };
    story.play(0, 1_400, pictures);
    assert!(story.told.starts.is_empty());
    story.play(1_400, 3_000, pictures);
    assert_eq!(story.tracks(), pictures);
    assert_eq!(story.told.fragments.len(), 50, "from the last key frame on");
}

#[test]
fn sound_that_comes_late_joins_at_a_key_frame() {
    let mut story = Story::new(BOTH);
    story.play(0, 2_400, Tracks { video: true, audio: false });
    story.play(2_400, 4_000, BOTH);
    assert_eq!(story.told.starts.len(), 2);
    assert_eq!(story.tracks(), BOTH);
}

#[test]
fn a_track_that_falls_silent_is_left_out_and_comes_back() {
    for there in [Tracks { video: true, audio: false }, Tracks { video: false, audio: true }] {
        let mut story = Story::new(BOTH);
        story.play(0, 2_000, BOTH);
        story.play(2_000, 6_000, there);
        assert_eq!(story.tracks(), there);
        story.play(6_000, 9_000, BOTH);
        assert_eq!(story.tracks(), BOTH);
        assert_eq!(story.told.starts.len(), 3);
    }
}

#[test]
fn another_format_is_announced_without_starting_anew() {
    let mut story = Story::new(BOTH);
    story.play(0, 1_000, BOTH);
    let mut other = KEY_FRAME;
    other[33] = 0x3F;
    story.push(unit(Track::Video, 1_000, true, &other));
    assert_eq!((story.told.starts.len(), story.told.amendments), (1, 1));
    story.push(picture(2_000));
    assert_eq!((story.told.starts.len(), story.told.amendments), (1, 2));
    assert_eq!(story.told.fragments.last(), Some(&(2_000, true)));
}

#[test]
fn another_codec_starts_anew_for_it_wants_another_decoder() {
    /// As x265 writes it for 640x362: parameter sets, and the beginning of an IDR picture.
    const H265: [&[u8]; 4] = [
        &[0, 0, 0, 1, 0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3],
        &[0, 0, 3, 0, 0x3f, 0x95, 0x94, 0x09, 0, 0, 0, 1, 0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3],
        &[0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3f, 0xa0, 0x05, 0x02, 0x01, 0x71, 0xf2, 0x65, 0x95],
        &[0x95, 0x29, 0x30, 0, 0, 1, 0x44, 0x01, 0xc0, 0x73, 0xc1, 0x89, 0, 0, 1, 0x28, 0x01, 1],
    ];
    let pictures = Tracks { video: true, audio: false };
    let mut story = Story::new(pictures);
    story.play(0, 1_000, pictures);
    story.feed.begin_connection();
    story.formats.video = Some(VideoCodec::H265);
    story.push(unit(Track::Video, 1_000, true, &H265.concat()));
    assert_eq!((story.told.starts.len(), story.told.amendments), (2, 0));
    assert!(story.told.starts[1].contains("hvc1.1.6.L63.90"), "{}", story.told.starts[1]);
    assert_eq!(story.told.fragments.last(), Some(&(1_000, true)));
}

#[test]
fn a_broadcaster_that_reconnects_on_its_timeline_is_only_a_gap() {
    let mut story = Story::new(BOTH);
    story.play(0, 2_000, BOTH);
    let before = story.told.fragments.len();
    story.feed.begin_connection();
    story.play(5_400, 8_000, BOTH);
    assert_eq!(story.told.starts.len(), 1);
    let resumed = &story.told.fragments[before..];
    let pictures = resumed.iter().filter(|(time, _)| time % INTERVAL == 0).map(|(time, _)| *time);
    assert_eq!(pictures.min(), Some(6_000), "at a key frame");
}

#[test]
fn a_broadcaster_that_begins_anew_starts_anew() {
    let mut story = Story::new(BOTH);
    story.play(0, 5_000, BOTH);
    story.feed.begin_connection();
    story.play(0, 2_000, BOTH);
    assert_eq!(story.told.starts.len(), 2);
    assert_eq!(story.told.fragments.last(), Some(&(1_965, false)));
}

#[test]
fn a_picture_that_cannot_be_described_is_not_shown() {
    let mut story = Story::new(Tracks { video: true, audio: false });
    for millis in (0..3_000).step_by(40) {
        story.push(unit(Track::Video, millis, true, &[0, 0, 1, 0x65, 1]));
    }
    assert!(story.told.starts.is_empty() && story.told.fragments.is_empty());
}

//! Files as sources: the picture and the sound that a viewer gets.

#![cfg(all(feature = "h264", feature = "aac"))]
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::mp4::{TemporaryFile, synthetic};
use common::{beeps, clock, collect, flashes, look, of, start};
use golive_media::synthetic::flash_area;
use golive_media::{Area, AudioSource, Config, Error, Event, Output, Producer, VideoSource};
use golive_proto::media::{FrameRate, PictureSize, Track};
use golive_proto::units::{Bitrate, MediaTime};

fn playing(path: &Path, loop_file: bool) -> Config {
    Config {
        video: Some(VideoSource::File(path.to_owned())),
        audio: Some(AudioSource::File(path.to_owned())),
        size: PictureSize::new(320, 180).unwrap(),
        video_bitrate: Bitrate::from_kilobits_per_second(1_000),
        loop_file,
        ..Config::default()
    }
}

#[test]
fn a_looped_file_keeps_its_flash_and_beep_together_on_one_timeline() {
    let file = TemporaryFile::new("looped.mp4", &synthetic(2));
    let config = playing(&file.0, true);
    let area = flash_area(config.size);
    let (mut producer, receiver) = start(config);
    // Six seconds: two whole rounds and more.
    let units = collect(&receiver, Track::Audio, 48 * 6);
    producer.stop();
    for track in [Track::Video, Track::Audio] {
        assert!(of(&units, track).is_sorted_by(|one, next| one.pts < next.pts));
    }
    let seen = look(&units, area);
    let legible = seen.iter().filter(|seen| seen.clock.is_some()).count();
    assert!(legible * 10 > seen.len() * 9, "{legible} of {} pictures legible", seen.len());
    let frames: Vec<_> = seen.iter().filter_map(|seen| Some(seen.clock?.frame)).collect();
    let rounds = frames.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert!(rounds >= 2, "{rounds} times from the beginning");

    // A busy machine drops pictures, and with them a flash's beginning; most are there.
    let (flashes, beeps) = (flashes(&seen), beeps(&units));
    let apart = |flash: &MediaTime| {
        let apart = beeps.iter().map(|beep| (flash.as_micros() - beep.as_micros()).abs());
        apart.min().unwrap()
    };
    let together = flashes.iter().filter(|flash| apart(flash) < 20_000).count();
    assert!(beeps.len() >= 5, "{beeps:?}");
    let intervals = beeps.windows(2).map(|pair| pair[1].since(pair[0]).as_millis());
    assert!(intervals.clone().all(|millis| (999..=1_001).contains(&millis)), "{beeps:?}");
    assert!(together >= 3, "{flashes:?} {beeps:?}");
}

#[test]
fn a_file_that_ends_says_so_and_leaves_picture_and_silence() {
    let file = TemporaryFile::new("once.mp4", &synthetic(1));
    let (mut producer, receiver) = start(playing(&file.0, false));
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let output = receiver.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
        if let Output::Event(Event::SourceEnded { track }) = output {
            ended.push(track);
        }
    }
    ended.sort();
    assert_eq!(ended, [Track::Video, Track::Audio]);
    let after = collect(&receiver, Track::Video, 5);
    assert_eq!(of(&after, Track::Video).len(), 5, "the last picture goes on");
    producer.stop();
}

#[test]
fn what_is_not_a_video_is_refused_with_its_reason() {
    let refusal = |path: &Path| {
        let config = Config { audio: None, ..playing(path, false) };
        Producer::start(config, clock, clock(), Box::new(|_| {})).err().unwrap()
    };
    let missing = refusal(Path::new("no-such-file.mp4"));
    assert!(matches!(missing, Error::FileNotFound { .. }), "{missing}");
    let text = TemporaryFile::new("text.mp4", b"this is not a video, whatever its name says");
    assert!(matches!(refusal(&text.0), Error::NotAVideo { .. }));
    let whole = synthetic(1);
    let cut = TemporaryFile::new("cut.mp4", &whole[..whole.len() / 2]);
    assert!(matches!(refusal(&cut.0), Error::NotAVideo { .. }));
}

/// Real footage, with and without B-frames, from the folder that `GOLIVE_MEDIA` names.
#[test]
fn real_footage_is_shown_and_heard() {
    let Some(folder) = std::env::var_os("GOLIVE_MEDIA").map(PathBuf::from) else {
        eprintln!("skipped: GOLIVE_MEDIA names no folder with MP4 files");
        return;
    };
    let files = std::fs::read_dir(folder).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    for path in files.filter(|path| path.extension().is_some_and(|end| end == "mp4")) {
        let config = Config { frame_rate: FrameRate::new(25).unwrap(), ..playing(&path, true) };
        let size = config.size;
        let (mut producer, receiver) = start(config);
        // More than one round.
        let units = collect(&receiver, Track::Audio, 48 * 7);
        producer.stop();
        // A whole picture's brightness hardly changes while something moves in it.
        let (width, height) = (size.width as usize, size.height as usize);
        let part = Area { x: width / 8, y: height / 4, width: width / 4, height: height / 2 };
        let seen = look(&units, part);
        let lumas = seen.iter().map(|seen| seen.luma);
        let (darkest, brightest) = (lumas.clone().min().unwrap(), lumas.max().unwrap());
        assert!(brightest - darkest > 5, "{}: the picture changes", path.display());
        assert!(seen.len() > 60, "{}: {} pictures", path.display(), seen.len());
        let sizes = of(&units, Track::Audio).iter().map(|unit| unit.data.len()).max().unwrap();
        assert!(sizes > 100, "{}: there is sound", path.display());
    }
}

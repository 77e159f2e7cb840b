//! The producer at work, in real time, briefly.

#![cfg(all(feature = "h264", feature = "aac"))]
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use common::{beeps, clock, collect, look, of, start};
use golive_media::{Area, AudioSource, Config, Error, Output, Producer, Sink, VideoSource};
use golive_proto::interruption::{Picture as Shown, Sound as Heard};
use golive_proto::media::{AccessUnit, FrameRate, PictureSize, Track};
use golive_proto::rate::EncoderTarget;
use golive_proto::units::Bitrate;

fn small() -> Config {
    Config {
        size: PictureSize::new(320, 180).unwrap(),
        video_bitrate: Bitrate::from_kilobits_per_second(300),
        keyframe_interval: Duration::from_millis(500),
        ..Config::default()
    }
}

#[test]
fn pictures_and_sound_come_in_order_on_one_timeline() {
    let (mut producer, receiver) = start(small());
    let units = collect(&receiver, Track::Video, 45);
    producer.stop();
    let video = of(&units, Track::Video);
    assert!(video[0].keyframe, "a viewer can begin with the first picture");
    for track in [Track::Video, Track::Audio] {
        assert!(of(&units, track).is_sorted_by(|one, next| one.pts < next.pts));
    }
    let last = |track| of(&units, track).last().unwrap().pts.as_micros();
    let apart = last(Track::Video) - last(Track::Audio);
    assert!(apart.abs() < 500_000, "{apart} us between the tracks");

    let statistics = producer.statistics();
    assert!(statistics.frames_encoded >= 45 && statistics.audio_frames > 20);
    assert!(statistics.frames_captured >= statistics.frames_encoded);
    assert!(statistics.keyframes >= 2);
}

#[test]
fn size_and_frame_rate_change_while_live() {
    let (mut producer, receiver) = start(small());
    collect(&receiver, Track::Video, 3);
    let target = EncoderTarget {
        bitrate: Bitrate::from_kilobits_per_second(200),
        frame_rate: FrameRate::new(10).unwrap(),
        size: PictureSize::new(160, 90).unwrap(),
        audio_bitrate: Bitrate::from_kilobits_per_second(64),
    };
    producer.set_target(target);
    assert_eq!(producer.target(), target);
    let units = collect(&receiver, Track::Video, 12);
    producer.stop();
    let video = of(&units, Track::Video);
    assert!(video[..8].iter().any(|unit| unit.keyframe), "another size begins with an IDR");
    let tenths = video[4..].iter().filter(|unit| unit.pts.as_micros() % 100_000 == 0);
    assert!(tenths.count() >= 7, "ten pictures a second");
}

#[test]
fn the_sounds_bitrate_changes_while_live_on_one_timeline() {
    let config = Config { video: None, ..small() };
    let full = config.target();
    let (mut producer, receiver) = start(config);
    let mut units = collect(&receiver, Track::Audio, 60);
    let mean = |units: &[AccessUnit]| {
        // The tone is quiet between its beeps; whole seconds are alike.
        let last = &units[units.len() - 47..];
        last.iter().map(|unit| unit.data.len()).sum::<usize>() / 47
    };
    let before = mean(&units);
    let audio_bitrate = Bitrate::from_kilobits_per_second(32);
    producer.set_target(EncoderTarget { audio_bitrate, ..full });
    let low = collect(&receiver, Track::Audio, 100);
    let lowered = mean(&low);
    producer.set_target(full);
    let high = collect(&receiver, Track::Audio, 100);
    let raised = mean(&high);
    producer.stop();
    assert!((75..=95).contains(&lowered), "{lowered} bytes a frame, 85 are 32 kb/s");
    assert!(before > 280 && raised > 280, "{before} and {raised} bytes, 341 are 128 kb/s");
    units.extend(low.into_iter().chain(high));
    let apart = units.windows(2).map(|pair| pair[1].pts.since(pair[0].pts));
    assert!(apart.max().unwrap() < Duration::from_millis(30), "no gap in the sound");
}

#[test]
fn an_idr_comes_when_it_is_asked_for() {
    let config = Config { keyframe_interval: Duration::from_secs(3_600), ..small() };
    let (mut producer, receiver) = start(config);
    let before = collect(&receiver, Track::Video, 5);
    producer.request_keyframe();
    let after = collect(&receiver, Track::Video, 5);
    producer.stop();
    let idrs =
        |units: &[AccessUnit]| of(units, Track::Video).iter().filter(|unit| unit.keyframe).count();
    assert_eq!((idrs(&before), idrs(&after)), (1, 1));
}

#[test]
fn an_encoder_that_is_made_anew_goes_on_with_an_idr_on_the_same_timeline() {
    let config = Config { keyframe_interval: Duration::from_secs(3_600), ..small() };
    let (mut producer, receiver) = start(config);
    let mut units = collect(&receiver, Track::Video, 10);
    producer.restart_encoder();
    units.extend(collect(&receiver, Track::Video, 10));
    producer.stop();
    let video = of(&units, Track::Video);
    assert_eq!(video.iter().filter(|unit| unit.keyframe).count(), 2);
    assert!(video.is_sorted_by(|one, next| one.pts < next.pts));
    let intervals = video.windows(2).map(|pair| pair[1].pts.since(pair[0].pts));
    assert!(intervals.max().unwrap() < Duration::from_secs(1), "nothing is waited for");
}

#[test]
fn half_the_frame_rate_takes_every_second_picture_and_no_new_idr() {
    let config = Config { keyframe_interval: Duration::from_secs(3_600), ..small() };
    let full = config.target();
    let (mut producer, receiver) = start(config);
    let mut units = collect(&receiver, Track::Video, 5);
    producer.set_target(EncoderTarget { frame_rate: FrameRate::new(15).unwrap(), ..full });
    let halved = collect(&receiver, Track::Video, 12);
    producer.set_target(full);
    units.extend(halved.clone());
    units.extend(collect(&receiver, Track::Video, 8));
    producer.stop();
    let video = of(&units, Track::Video);
    assert_eq!(video.iter().filter(|unit| unit.keyframe).count(), 1);
    assert!(video.is_sorted_by(|one, next| one.pts < next.pts));
    let of_30 = |unit: &AccessUnit| (unit.pts.as_micros() * 30 + 500_000) / 1_000_000;
    let halved = of(&halved, Track::Video);
    let even = halved[3..].iter().filter(|unit| of_30(unit) % 2 == 0).count();
    assert_eq!(even, halved.len() - 3, "each lies where every second one of 30 lies");
}

#[test]
fn a_sink_that_holds_up_video_costs_pictures_and_is_counted() {
    let (sender, receiver) = channel();
    let sender = Mutex::new(sender);
    let sink: Sink = Box::new(move |output| {
        if matches!(&output, Output::Unit(unit) if unit.track == Track::Video) {
            std::thread::sleep(Duration::from_millis(120));
        }
        drop(sender.lock().unwrap().send(output));
    });
    let config = Config { audio: None, ..small() };
    let mut producer = Producer::start(config, clock, clock(), sink).unwrap();
    let units = collect(&receiver, Track::Video, 8);
    producer.stop();
    assert!(producer.statistics().frames_dropped > 5, "{:?}", producer.statistics());
    let (first, last) = (units[0].pts, units[7].pts);
    assert!(last.since(first) > Duration::from_millis(600), "the pictures kept are the newest");
}

#[test]
fn stopping_is_final_and_may_be_repeated() {
    let (mut producer, receiver) = start(small());
    collect(&receiver, Track::Audio, 2);
    producer.stop();
    while receiver.try_recv().is_ok() {}
    std::thread::sleep(Duration::from_millis(150));
    assert!(receiver.try_recv().is_err(), "the sink is not called again");
    producer.stop();
}

#[test]
fn a_track_that_was_not_started_cannot_be_switched() {
    let (mut producer, _receiver) = start(Config { video: None, ..small() });
    assert_eq!(producer.switch_video(VideoSource::Synthetic), Err(Error::NoTrack(Track::Video)));
    assert_eq!(producer.switch_audio(AudioSource::Synthetic), Ok(()));
}

#[test]
fn sources_are_switched_while_live_on_one_timeline() {
    let (mut producer, receiver) = start(small());
    let mut units = collect(&receiver, Track::Audio, 20);
    assert_eq!(producer.switch_video(VideoSource::Synthetic), Ok(()));
    assert_eq!(producer.switch_audio(AudioSource::Synthetic), Ok(()));
    let missing = VideoSource::File("no-such-file.mp4".into());
    assert!(matches!(producer.switch_video(missing), Err(Error::FileNotFound { .. })));
    producer.set_muted(true);
    units.extend(collect(&receiver, Track::Audio, 60));
    producer.stop();
    for track in [Track::Video, Track::Audio] {
        let units = of(&units, track);
        assert!(units.is_sorted_by(|one, next| one.pts < next.pts), "{track:?}");
    }
    let sound = of(&units, Track::Audio);
    let gap = sound.windows(2).map(|pair| pair[1].pts.since(pair[0].pts)).max().unwrap();
    assert!(gap < Duration::from_millis(30), "no gap in the sound: {gap:?}");
}

#[test]
fn a_muted_microphone_is_silent_until_it_is_unmuted() {
    let (mut producer, receiver) = start(Config { video: None, ..small() });
    let mut units = collect(&receiver, Track::Audio, 60);
    producer.set_muted(true);
    let muted = units.last().unwrap().pts;
    let silent = collect(&receiver, Track::Audio, 110);
    producer.set_muted(false);
    let unmuted = silent.last().unwrap().pts;
    units.extend(silent);
    units.extend(collect(&receiver, Track::Audio, 60));
    producer.stop();
    let beeps = beeps(&units);
    // An encoder's look-ahead is loud already, or still.
    let silence = muted + Duration::from_millis(100)..unmuted;
    let before = beeps.iter().filter(|beep| **beep < silence.start).count();
    let after = beeps.iter().filter(|beep| **beep >= silence.end).count();
    assert_eq!(beeps.len(), before + after, "{beeps:?} within {silence:?}");
    assert!(before > 0 && after > 0, "{beeps:?} around {silence:?}");
    assert!(silence.end.since(silence.start) > Duration::from_secs(2), "{silence:?}");
}

#[test]
fn a_still_takes_the_sources_place_and_gives_it_back_on_one_timeline() {
    let (mut producer, receiver) = start(small());
    let mut units = collect(&receiver, Track::Video, 10);
    let mut shown = |picture, count| {
        producer.show(picture).unwrap();
        // What was under way when it was asked for.
        units.extend(collect(&receiver, Track::Video, 4));
        producer.request_keyframe();
        let news = collect(&receiver, Track::Video, count);
        units.extend(news.iter().cloned());
        let area = Area { x: 0, y: 0, width: 320, height: 8 };
        let clocks: Vec<_> = look(&units, area).into_iter().map(|seen| seen.clock).collect();
        clocks[clocks.len() - 8..].to_vec()
    };
    let held = shown(Shown::LastFrame, 10);
    assert!(held[0].is_some() && held.iter().all(|clock| *clock == held[0]), "{held:?}");
    assert!(shown(Shown::Slate, 10).iter().all(Option::is_none), "a slate shows no clock");
    assert!(shown(Shown::LastFrame, 10).iter().all(|clock| *clock == held[0]), "the same picture");
    let live = shown(Shown::Camera, 10);
    assert!(live.windows(2).all(|pair| pair[0].is_some() && pair[0] != pair[1]), "{live:?}");
    producer.stop();
    assert!(of(&units, Track::Video).is_sorted_by(|one, next| one.pts < next.pts));
}

#[test]
fn nothing_is_captured_where_nothing_is_shown() {
    let (mut producer, receiver) = start(small());
    collect(&receiver, Track::Video, 5);
    producer.show(Shown::Nothing).unwrap();
    let before = producer.statistics();
    // The sound goes on; two pictures may have been under way.
    let units = collect(&receiver, Track::Audio, 40);
    assert!(of(&units, Track::Video).len() <= 3);
    let during = producer.statistics();
    assert!(during.frames_captured - before.frames_captured <= 1, "the source is closed");

    producer.switch_video(VideoSource::Synthetic).unwrap();
    let still = collect(&receiver, Track::Audio, 10);
    assert!(of(&still, Track::Video).is_empty(), "another source is opened when it is shown");
    producer.show(Shown::Camera).unwrap();
    producer.request_keyframe();
    let again = of(&collect(&receiver, Track::Video, 5), Track::Video);
    assert!(again[0].keyframe && again[0].pts > units.last().unwrap().pts);
}

#[test]
fn a_closed_microphone_is_silence_and_the_sound_comes_back_in_its_place() {
    let (mut producer, receiver) = start(Config { video: None, ..small() });
    let mut units = collect(&receiver, Track::Audio, 60);
    for heard in [Heard::Released, Heard::Muted] {
        producer.hear(heard).unwrap();
        collect(&receiver, Track::Audio, 5);
        let silent = collect(&receiver, Track::Audio, 60);
        assert!(beeps(&silent).is_empty(), "{heard:?}");
    }
    producer.hear(Heard::Microphone).unwrap();
    producer.set_muted(true);
    collect(&receiver, Track::Audio, 5);
    assert!(beeps(&collect(&receiver, Track::Audio, 50)).is_empty(), "who is muted stays so");
    producer.set_muted(false);
    let back = collect(&receiver, Track::Audio, 60);
    units.extend(back.iter().cloned());
    assert!(units.is_sorted_by(|one, next| one.pts < next.pts));
    let beep = *beeps(&back).last().unwrap();
    let off = beep.as_micros().rem_euclid(1_000_000);
    assert!(off.min(1_000_000 - off) < 50_000, "{beep:?} is no whole second");
    producer.stop();
}

#[test]
fn what_a_source_cannot_do_is_said() {
    let (mut producer, _receiver) = start(Config { audio: None, ..small() });
    let error = producer.set_torch(true).unwrap_err().to_string();
    assert!(error.contains("torch"), "{error}");
    assert!(producer.set_zoom(2.0).is_err());
    assert_eq!(producer.hear(Heard::Muted), Err(Error::NoTrack(Track::Audio)));
}

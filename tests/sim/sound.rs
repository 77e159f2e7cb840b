//! Sound that takes less where there is little: what is left for the picture, and what is heard.

use std::time::Duration;

use golive_proto::media::Track;
use golive_proto::mux::mpegts::TIMELINE_OFFSET;
use golive_proto::session::{Config, Event, TargetReason};
use golive_proto::transport::srt;
use golive_proto::units::{Bitrate, ByteCount, Time};
use golive_tests::network::{Conditions, Path, RateLimit};
use golive_tests::simulation::{BroadcastSimulation, Received, config};

use crate::story::{millis, seconds};

fn link(kilobits: u64) -> Conditions {
    let bitrate = Bitrate::from_kilobits_per_second(kilobits);
    let rate = RateLimit { bitrate, queue: ByteCount::new(100_000) };
    Conditions { rate: Some(rate), ..Conditions::delay(millis(30)) }
}

fn start(kilobits: u64, change: impl FnOnce(&mut Config)) -> BroadcastSimulation {
    let mut config = config();
    config.transport = srt::Config { latency: LATENCY, ..config.transport };
    change(&mut config);
    BroadcastSimulation::new(config, &Path::symmetric(link(kilobits), 3))
}

const LATENCY: Duration = Duration::from_millis(500);
/// A receiver of SRT moves its clock by up to a hundred milliseconds when packets stand on the way
/// for long.
const BUDGET: Duration = Duration::from_millis(500 + 30 + 120);

/// The sound's bitrate, when it was changed, and why.
fn steps(broadcast: &BroadcastSimulation) -> Vec<(Time, u64, TargetReason)> {
    let mut steps: Vec<(Time, u64, TargetReason)> = Vec::new();
    for (at, event) in broadcast.events() {
        let Event::TargetChanged { target, reason } = event else { continue };
        let bitrate = target.audio_bitrate.as_kilobits_per_second();
        if steps.last().map_or(128, |(_, before, _)| *before) != bitrate {
            steps.push((*at, bitrate, *reason));
        }
    }
    steps
}

fn after(broadcast: &BroadcastSimulation, track: Track, from: Time) -> Vec<Received> {
    let units = broadcast.received().iter().copied();
    units.filter(|unit| unit.track == track && unit.at > from).collect()
}

/// How long each unit took from its capture to the ingest's reader.
fn delays(units: &[Received]) -> Vec<Duration> {
    let captured = |unit: &Received| {
        Time::from_micros(unit.pts.as_micros().max(0).unsigned_abs())
            .saturating_sub(TIMELINE_OFFSET)
    };
    units.iter().map(|unit| unit.at.since(captured(unit))).collect()
}

/// So long after the fall or the beginning, it is as it will be.
const SETTLING: Duration = Duration::from_secs(15);

/// Lets a minute pass once it has settled. What came in it: sound, and pictures; and how many of
/// each came too late.
fn minute(broadcast: &mut BroadcastSimulation) -> [(usize, usize); 2] {
    broadcast.run(SETTLING);
    let settled = broadcast.now();
    broadcast.run(seconds(60));
    [Track::Audio, Track::Video].map(|track| {
        let units = after(broadcast, track, settled);
        let late = delays(&units).into_iter().filter(|delay| *delay > BUDGET).count();
        (units.len(), late)
    })
}

#[test]
fn on_a_link_of_150_kilobits_there_is_room_for_a_picture_beside_the_sound() {
    for kilobits in [150, 200, 300] {
        let mut broadcast = start(kilobits, |_| {});
        let [(sound, late_sound), (pictures, late_pictures)] = minute(&mut broadcast);
        let told = format!(
            "{kilobits} kb/s: of 2,812 frames of sound {sound} came, {late_sound} of them too \
             late; of 900 pictures {pictures}, {late_pictures} too late"
        );
        eprintln!("{told}");
        assert!(sound > 2_780 && pictures > 870, "{told}");
        assert_eq!((late_sound, late_pictures), (0, 0), "{told}");
        let health = broadcast.health();
        assert!(health.audio_target < Bitrate::from_kilobits_per_second(64), "{health:?}");
        let produced = health.audio_produced.as_kilobits_per_second();
        let asked = health.audio_target.as_kilobits_per_second();
        assert!(produced.abs_diff(asked) < 4, "{produced} kb/s of sound for {asked}");
    }
    for kilobits in [150, 200, 300] {
        let mut fixed = start(kilobits, |config| config.adaptation.sound = false);
        let [(sound, late_sound), (pictures, late)] = minute(&mut fixed);
        eprintln!(
            "{kilobits} kb/s and 128 of sound: {sound} frames, {late_sound} too late; \
             {pictures} pictures, {late} too late"
        );
        let seen = pictures - late;
        assert!(kilobits > 150 || seen < 450, "it took no sound to spare: {seen} pictures");
        assert_eq!(steps(&fixed), []);
    }
}

#[test]
fn a_link_that_falls_to_a_tenth_takes_the_sound_down_and_its_return_brings_it_back_once() {
    let mut broadcast = start(2_000, |_| {});
    broadcast.run(seconds(20));
    assert_eq!(steps(&broadcast), [], "a comfortable link is none of the sound's business");
    broadcast.change(&link(200));
    let fell = broadcast.now();
    broadcast.run(seconds(40));
    let down = steps(&broadcast);
    let (at, bitrate, _) = down[0];
    assert!(at.since(fell) < seconds(3) && bitrate <= 64, "{bitrate} kb/s at {at}");
    assert!(down.iter().all(|(_, _, reason)| *reason == TargetReason::LessSound), "{down:?}");
    assert!(down.len() <= 2 && down.is_sorted_by_key(|(_, bitrate, _)| 128 - bitrate), "{down:?}");

    broadcast.change(&link(2_000));
    let back = broadcast.now();
    broadcast.run(seconds(40));
    let up = steps(&broadcast).split_off(down.len());
    let [(at, 128, TargetReason::MoreSound)] = up[..] else { panic!("{up:?}") };
    assert!(at.since(back) < seconds(10), "only {:?} later", at.since(back));
    let sound = after(&broadcast, Track::Audio, back + seconds(15));
    let bytes = sound.iter().map(|unit| unit.length).sum::<ByteCount>();
    let rate = Bitrate::average(bytes, seconds(25)).as_kilobits_per_second();
    assert!((120..=130).contains(&rate), "{rate} kb/s of sound");
}

#[test]
fn a_link_at_a_limit_does_not_make_the_sound_flap() {
    for kilobits in [120, 200, 300, 400, 500, 600] {
        let mut broadcast = start(kilobits, |_| {});
        broadcast.run(seconds(300));
        let settled = Time::ZERO + seconds(60);
        let settled = steps(&broadcast).into_iter().filter(|(at, ..)| *at > settled).count();
        assert!(settled <= 8, "{settled} steps in four minutes at {kilobits} kb/s");
    }
}

#[test]
fn where_latency_is_short_sound_waits_less_and_comes_in_time_all_the_same() {
    let latency = millis(160);
    let change = |config: &mut Config| config.transport.latency = latency;
    let mut broadcast = start(250, change);
    let [(sound, _), (pictures, _)] = minute(&mut broadcast);
    assert!(sound > 2_700 && pictures > 840, "{sound} frames of sound, {pictures} pictures");
    let heard = after(&broadcast, Track::Audio, broadcast.now().saturating_sub(seconds(60)));
    let longest = delays(&heard).into_iter().max().expect("sound");
    assert!(longest < latency + millis(30 + 120), "{longest:?}");
}

//! Stories of a broadcast: these conditions, this long, this outcome.

mod world;

use std::time::Duration;

use world::{Ingest, World};

use super::{EndCause, Event, Input, Interruption, State};
use crate::media::{NalKind, Track, VideoCodec};
use crate::mux::mpegts;
use crate::transport::srt::{Passphrase, Rejection};
use crate::units::{Bitrate, ByteCount, MediaTime};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn is_live(event: &Event) -> bool {
    matches!(event, Event::Live { .. } | Event::Returned)
}

#[test]
fn a_broadcast_goes_live_at_once_and_everything_arrives_in_order() {
    let mut world = World::new(|_| {});
    world.run(seconds(10));
    let live = world.happened(is_live).expect("it never went live");
    assert!(live.as_micros() < 200_000, "live only at {live}");
    let pictures: Vec<_> =
        world.received.iter().filter(|(_, unit)| unit.track == Track::Video).collect();
    assert!(pictures.len() > 290, "{} pictures of 300", pictures.len());
    assert!(pictures[0].1.keyframe, "it begins with a key frame");
    assert!(pictures.is_sorted_by_key(|(_, unit)| unit.pts));
    let health = world.session.health(world.now);
    assert_eq!(health.state, State::Live);
    assert_eq!(health.totals.video_frames_dropped, 0);
    assert!(health.round_trip_time.is_some_and(|rtt| rtt < Duration::from_millis(50)));
}

#[test]
fn parameter_sets_told_with_a_picture_that_nobody_got_come_with_every_key_frame() {
    let mut world = World::new(|_| {});
    world.tells_sets_once = true;
    world.run(seconds(3));
    world.ingest = None;
    world.run(seconds(2));
    world.ingest = Some(Ingest::new(world.now, 10));
    world.run(seconds(3));
    let keyframes: Vec<_> = world
        .received
        .iter()
        .filter(|(_, unit)| unit.track == Track::Video && unit.keyframe)
        .map(|(_, unit)| unit)
        .collect();
    assert!(keyframes.len() >= 3, "{} key frames", keyframes.len());
    let first = keyframes[0].pts - mpegts::TIMELINE_OFFSET;
    assert!(first > MediaTime::ZERO, "the first picture was made before anyone was there");
    for unit in keyframes {
        let kinds: Vec<_> = VideoCodec::H264
            .leading_nal_units(&unit.data)
            .map(|nal| VideoCodec::H264.nal_kind(nal.header()))
            .collect();
        assert_eq!(kinds, [NalKind::AccessUnitDelimiter, NalKind::Sps, NalKind::Pps]);
    }
}

#[test]
fn an_ingest_that_restarts_is_found_again_within_a_second_and_time_goes_on() {
    let mut world = World::new(|_| {});
    for round in 0..10 {
        world.run(seconds(3));
        assert_eq!(world.session.health(world.now).state, State::Live, "round {round}");
        world.ingest = None;
        world.run(seconds(3));
        assert_eq!(world.session.health(world.now).state, State::Recovering, "round {round}");
        world.ingest = Some(Ingest::new(world.now, 10 + round));
        let restarted = world.now;
        world.run(seconds(1));
        let live = world.happened(is_live).expect("live before");
        assert!(live > restarted, "not back within a second in round {round}");
    }
    let times: Vec<_> = world
        .received
        .iter()
        .filter(|(_, unit)| unit.track == Track::Video)
        .map(|(_, unit)| unit.pts)
        .collect();
    assert!(times.is_sorted(), "the timeline jumped back");
    assert_eq!(world.session.health(world.now).totals.reconnections, 10);
}

#[test]
fn a_broadcaster_that_pauses_does_not_take_the_ingest_for_gone() {
    let mut world = World::new(|_| {});
    world.run(seconds(3));
    for tenths in 5..22 {
        // Its keepalive, one a second, is lost or late.
        (world.captures, world.connected) = (false, false);
        world.run(Duration::from_millis(tenths * 100));
        (world.captures, world.connected) = (true, true);
        world.run(Duration::from_millis(300));
    }
    let recovering = world.happened(|event| matches!(event, Event::Recovering { .. }));
    assert_eq!(recovering, None, "nobody had asked it anything");
}

#[test]
fn after_two_dark_seconds_a_fresh_key_frame_follows_at_once() {
    let mut world = World::new(|_| {});
    world.run(seconds(5));
    world.connected = false;
    world.run(seconds(2));
    assert!(matches!(
        world.events.last(),
        Some((_, Event::Recovering { cause: Interruption::Silence(_) } | Event::Connecting { .. }))
    ));
    world.connected = true;
    let back = world.now;
    world.run(seconds(2));
    let live = world.happened(is_live).expect("live before");
    assert!(live > back && live.since(back) < seconds(1), "back only at {live}");
    let first = world.received.iter().find(|(at, unit)| *at > live && unit.track == Track::Video);
    let (at, unit) = first.expect("pictures follow");
    assert!(unit.keyframe, "the receiver can decode what comes first");
    assert!(at.since(live) < Duration::from_millis(400), "first picture only at {at}");
}

#[test]
fn an_uplink_that_halves_is_followed_and_its_return_as_well() {
    let mut world = World::new(|_| {});
    world.run(seconds(10));
    let full = world.session.target().bitrate;
    assert_eq!(full, Bitrate::from_kilobits_per_second(2_000), "a link with room is left alone");

    world.capacity = Some(Bitrate::from_kilobits_per_second(1_100));
    world.run(seconds(15));
    let mut targets = ByteCount::ZERO;
    for _ in 0..50 {
        world.run(Duration::from_millis(100));
        targets += world.session.target().bitrate.bytes_in(Duration::from_millis(100));
    }
    let lowered = Bitrate::average(targets, seconds(5));
    assert!(lowered < Bitrate::from_kilobits_per_second(1_000), "{lowered}");
    assert!(lowered > Bitrate::from_kilobits_per_second(400), "not to the floor: {lowered}");
    let late = world.latest_delay(seconds(5));
    assert!(late < Duration::from_millis(900), "what built up has drained: {late:?}");

    world.capacity = None;
    world.run(seconds(25));
    assert_eq!(world.session.target().bitrate, full, "it comes all the way back");
}

#[test]
fn an_ingest_that_refuses_ends_a_first_attempt_with_its_reason() {
    let mut world = World::new(|_| {});
    world.ingest.as_mut().unwrap().rejects = Some(Rejection::UNAUTHORIZED);
    world.run(seconds(5));
    let refused = |event: &Event| {
        *event == Event::Ended { cause: EndCause::Refused(Rejection::UNAUTHORIZED) }
    };
    assert!(world.happened(refused).is_some(), "{:?}", world.events);
    assert!(world.ended);
}

#[test]
fn a_wrong_passphrase_is_told_apart_from_a_dead_address() {
    let mut world = World::new(|config| {
        config.transport.passphrase = Some(Passphrase::new("not what it knows").unwrap());
    });
    world.run(seconds(5));
    let refused = |event: &Event| matches!(event, Event::Ended { cause: EndCause::Refused(_) });
    assert!(world.happened(refused).is_some(), "{:?}", world.events);

    let mut world = World::new(|_| {});
    world.ingest = None;
    world.run(seconds(15));
    let unreachable =
        |event: &Event| matches!(event, Event::Ended { cause: EndCause::Unreachable(_) });
    let at = world.happened(unreachable).expect("it gives up");
    assert_eq!(at.as_micros() / 1_000_000, 10);
    assert!(world.ended);
}

#[test]
fn stopping_carries_everything_that_was_produced() {
    let mut world = World::new(|_| {});
    world.run(seconds(3));
    let produced = world.session.health(world.now).totals.video_frames;
    world.session.handle(world.now, Input::Stop);
    world.run(seconds(5));
    assert!(world.ended, "it ends by itself");
    let before_live = 3;
    let received = world.received.iter().filter(|(_, unit)| unit.track == Track::Video).count();
    assert!(received as u64 + before_live >= produced, "{received} of {produced}");
}

//! The ladder in a whole broadcast: what a viewer gets of a link that carries next to nothing.

use golive_proto::media::Track;
use golive_proto::rate::EncoderTarget;
use golive_proto::session::{Event, TargetReason};
use golive_proto::units::{Bitrate, ByteCount, Time};
use golive_tests::network::{Conditions, Path, RateLimit};
use golive_tests::simulation::{BroadcastSimulation, config};

use crate::story::{millis, seconds};

fn link(kilobits: u64) -> Conditions {
    let bitrate = Bitrate::from_kilobits_per_second(kilobits);
    let rate = RateLimit { bitrate, queue: ByteCount::new(100_000) };
    Conditions { rate: Some(rate), ..Conditions::delay(millis(30)) }
}

fn home() -> Conditions {
    Conditions::delay(millis(30))
}

/// What the encoder was asked for, when, and why, where more than the bitrate changed.
fn steps(broadcast: &BroadcastSimulation) -> Vec<(Time, EncoderTarget, TargetReason)> {
    let mut steps: Vec<(Time, EncoderTarget, TargetReason)> = Vec::new();
    for (at, event) in broadcast.events() {
        let Event::TargetChanged { target, reason } = event else { continue };
        let before = steps.last().map_or(config().target, |(_, target, _)| *target);
        if (target.size, target.frame_rate) != (before.size, before.frame_rate) {
            steps.push((*at, *target, *reason));
        }
    }
    steps
}

#[test]
fn a_link_far_below_the_picture_asked_for_still_carries_one_and_all_of_it_comes_back() {
    let mut broadcast = BroadcastSimulation::new(config(), &Path::symmetric(home(), 1));
    broadcast.run(seconds(10));
    assert!(steps(&broadcast).is_empty(), "{:?}", steps(&broadcast));

    broadcast.change(&link(350));
    let narrowed = broadcast.now();
    broadcast.run(seconds(40));
    let down = steps(&broadcast);
    let (at, target, reason) = down[0];
    assert_eq!((target.frame_rate.as_u32(), reason), (15, TargetReason::FewerPictures));
    assert!(at.since(narrowed) < seconds(2), "fewer pictures only {:?} later", at.since(narrowed));
    let (_, target, reason) = down[1];
    assert!(target.size.height < 720 && reason == TargetReason::SmallerPictures, "{down:?}");
    let pictures = broadcast
        .received()
        .iter()
        .filter(|unit| unit.track == Track::Video && unit.at > narrowed + seconds(10));
    let share = pictures.count() as f64 / (30.0 * 15.0);
    assert!(share > 0.85, "{:.0} % of 15 pictures a second arrive", share * 100.0);

    broadcast.change(&home());
    broadcast.run(seconds(30));
    let (_, target, reason) = *steps(&broadcast).last().expect("steps");
    assert_eq!(target.size, config().target.size);
    assert_eq!(target.frame_rate, config().target.frame_rate);
    assert!(matches!(reason, TargetReason::LargerPictures | TargetReason::MorePictures));
}

#[test]
fn a_link_at_a_floor_does_not_make_the_picture_flap() {
    for kilobits in [400, 500, 600, 700, 800, 900] {
        let mut broadcast = BroadcastSimulation::new(config(), &Path::symmetric(link(kilobits), 2));
        broadcast.run(seconds(300));
        let steps = steps(&broadcast);
        let settled = steps.iter().filter(|(at, ..)| *at > Time::ZERO + seconds(60));
        let settled = settled.count();
        assert!(settled <= 12, "{settled} steps in four minutes at {kilobits} kb/s: {steps:?}");
    }
}

#[test]
fn a_broadcast_goes_on_in_one_piece_over_every_step() {
    let mut broadcast = BroadcastSimulation::new(config(), &Path::symmetric(home(), 3));
    for round in 0..10 {
        broadcast.run(seconds(12));
        broadcast.change(&if round % 2 == 0 { link(300) } else { home() });
    }
    assert!(steps(&broadcast).len() >= 8, "{:?}", steps(&broadcast));
    let pictures: Vec<_> =
        broadcast.received().iter().filter(|unit| unit.track == Track::Video).collect();
    for pair in pictures.windows(2) {
        assert!(pair[1].pts > pair[0].pts, "{pair:?}");
        let gap = pair[1].pts.since(pair[0].pts);
        assert!(gap < seconds(3), "{gap:?} without a picture at {}", pair[1].at);
    }
}

//! Encoders that do not keep their word, in a whole broadcast: what becomes of the link, and what
//! the app is told.

use golive_proto::media::Track;
use golive_proto::session::{EncoderFault, EncoderRemedy, Event};
use golive_proto::units::{Bitrate, ByteCount, Time};
use golive_tests::network::{Conditions, Path, RateLimit};
use golive_tests::simulation::{BroadcastSimulation, Temper, config};

use crate::story::{millis, seconds};

fn faults(broadcast: &BroadcastSimulation) -> Vec<(Time, EncoderFault, EncoderRemedy)> {
    let fault = |(at, event): &(Time, Event)| match event {
        Event::Encoder { fault, remedy } => Some((*at, *fault, *remedy)),
        _ => None,
    };
    broadcast.events().iter().filter_map(fault).collect()
}

fn link(kilobits: u64) -> Conditions {
    let bitrate = Bitrate::from_kilobits_per_second(kilobits);
    let rate = RateLimit { bitrate, queue: ByteCount::new(200_000) };
    Conditions { rate: Some(rate), ..Conditions::delay(millis(30)) }
}

fn start(temper: Temper, conditions: Conditions) -> BroadcastSimulation {
    let mut broadcast = BroadcastSimulation::new(config(), &Path::symmetric(conditions, 5));
    broadcast.set_temper(temper);
    broadcast
}

/// The longest time without a picture between two moments, and the share of pictures' bits.
fn seen(broadcast: &BroadcastSimulation, from: Time) -> (std::time::Duration, Bitrate) {
    let pictures: Vec<_> = broadcast
        .received()
        .iter()
        .filter(|unit| unit.track == Track::Video && unit.at > from)
        .collect();
    let gaps = pictures.windows(2).map(|pair| pair[1].at.since(pair[0].at));
    let bytes = pictures.iter().map(|unit| unit.length).sum::<ByteCount>();
    (gaps.max().unwrap_or(seconds(3_600)), Bitrate::average(bytes, broadcast.now().since(from)))
}

#[test]
fn a_link_is_not_flooded_though_the_encoder_makes_five_times_what_it_is_asked() {
    let mut broadcast = start(Temper::Overshooting(5.0), link(4_000));
    broadcast.run(seconds(10));
    let settled = broadcast.now();
    broadcast.run(seconds(60));
    let told = faults(&broadcast);
    let (at, fault, remedy) = told.first().copied().expect("it is noticed");
    assert!(matches!(fault, EncoderFault::Overshoots { .. }), "{fault:?}");
    assert!(matches!(remedy, EncoderRemedy::ToldLess(_)), "{remedy:?}");
    assert!(at < Time::from_millis(5_000), "only at {at}");
    let (gap, rate) = seen(&broadcast, settled);
    assert!(gap < millis(500), "no picture for {gap:?}");
    let rate = rate.as_kilobits_per_second();
    assert!((1_800..3_000).contains(&rate), "{rate} kb/s arrive of the 2500 that are wanted");
    assert!(told.len() < 10, "told of {} times in a minute", told.len());
    let dropped = broadcast.health().totals.video_frames_dropped;
    assert!(dropped < 100, "{dropped} pictures dropped");
}

#[test]
fn one_that_ignores_a_narrow_link_is_asked_again_and_made_anew_on_one_timeline() {
    let mut broadcast = start(Temper::Deaf, Conditions::delay(millis(30)));
    broadcast.run(seconds(15));
    assert!(faults(&broadcast).is_empty(), "it does what it is asked: {:?}", faults(&broadcast));
    broadcast.change(&link(1_000));
    broadcast.run(seconds(15));
    let remedies: Vec<EncoderRemedy> =
        faults(&broadcast).into_iter().map(|(_, _, remedy)| remedy).collect();
    assert!(remedies.contains(&EncoderRemedy::AskedAgain), "{remedies:?}");
    assert!(remedies.contains(&EncoderRemedy::Restarted), "{remedies:?}");
    let restarted = broadcast.now();
    broadcast.run(seconds(30));
    let (gap, _) = seen(&broadcast, restarted);
    assert!(gap < seconds(1), "no picture for {gap:?}");
    let pictures = broadcast.received().iter().filter(|unit| unit.track == Track::Video);
    assert!(pictures.is_sorted_by(|one, next| one.pts < next.pts), "the timeline jumped back");
}

#[test]
fn one_that_freezes_delivers_again_within_three_seconds() {
    let frozen = Time::from_millis(20_000);
    let mut broadcast = start(Temper::Freezing(frozen), Conditions::delay(millis(30)));
    broadcast.run(seconds(40));
    let told = faults(&broadcast);
    let remedies: Vec<EncoderRemedy> = told.iter().map(|(_, _, remedy)| *remedy).collect();
    assert_eq!(remedies, [EncoderRemedy::KeyframeRequested, EncoderRemedy::Restarted]);
    let (gap, _) = seen(&broadcast, Time::from_millis(15_000));
    assert!(gap < seconds(3), "no picture for {gap:?}");
}

#[test]
fn one_that_keeps_size_and_frame_rate_whatever_is_done_is_left_with_them() {
    let mut broadcast = start(Temper::Stubborn, link(500));
    broadcast.run(seconds(120));
    let told = faults(&broadcast);
    let restarts = told.iter().filter(|(_, _, remedy)| *remedy == EncoderRemedy::Restarted).count();
    assert!((1..=6).contains(&restarts), "{told:?}");
    let accepted = |wanted: fn(&EncoderFault) -> bool| {
        told.iter().any(|(_, fault, remedy)| wanted(fault) && *remedy == EncoderRemedy::Accepted)
    };
    assert!(accepted(|fault| matches!(fault, EncoderFault::IgnoresSize { .. })), "{told:?}");
    assert!(accepted(|fault| matches!(fault, EncoderFault::IgnoresFrameRate { .. })), "{told:?}");
    assert!(told.len() < 40, "told of {} times in two minutes", told.len());
}

#[test]
fn honest_encoders_are_not_accused_whatever_the_link_does() {
    let still = Temper::Still(Bitrate::from_kilobits_per_second(150));
    for temper in [Temper::Obedient, still] {
        let mut broadcast = start(temper, link(3_000));
        for kilobits in [3_000, 700, 300, 5_000, 200, 1_000, 4_000, 150, 2_000] {
            broadcast.change(&link(kilobits));
            broadcast.run(seconds(20));
        }
        assert!(faults(&broadcast).is_empty(), "{temper:?}: {:?}", faults(&broadcast));
    }
}

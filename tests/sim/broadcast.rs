//! Hours on air: a whole broadcast over a network that does what networks do.

use std::time::Duration;

use golive_proto::media::Track;
use golive_proto::session::{Event, State};
use golive_proto::units::{Bitrate, ByteCount, Time};
use golive_tests::network::{Conditions, Loss, Path, RateLimit};
use golive_tests::peers::long;
use golive_tests::simulation::{BroadcastSimulation, Received, config};

use crate::story::{Draws, millis, seconds};

/// How long what follows a gap may be undecodable.
const IDR_AFTER_GAP: Duration = Duration::from_millis(500);

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Nothing gets through.
    Blackout,
    /// The ingest dies, and comes back.
    IngestRestarts,
    /// A tenth of all packets is lost.
    Loss,
    /// The uplink carries 1 Mb/s.
    Congestion,
    /// Everything takes 150 ms longer.
    Detour,
}

const FAULTS: [Fault; 5] =
    [Fault::Blackout, Fault::IngestRestarts, Fault::Loss, Fault::Congestion, Fault::Detour];

#[test]
fn an_hour_on_air_with_a_fault_a_minute_is_one_broadcast_on_one_timeline() {
    let seeds = if long() { 1..=20 } else { 1..=1 };
    for seed in seeds {
        let broadcast = hour(seed, seconds(3_600));
        check(seed, &broadcast);
    }
}

#[test]
fn the_same_seed_makes_the_same_broadcast_again() {
    let (first, second) = (hour(7, seconds(300)), hour(7, seconds(300)));
    assert_eq!(first.received(), second.received());
    assert_eq!(first.events(), second.events());
    assert_ne!(first.received(), hour(8, seconds(300)).received());
}

#[test]
fn an_ingest_that_is_restarted_ten_times_a_minute_has_the_broadcast_back_within_a_second() {
    let path = Path::symmetric(home(), 3);
    let mut broadcast = BroadcastSimulation::new(config(), &path);
    broadcast.run(seconds(3));
    for round in 0..10 {
        broadcast.kill_ingest();
        broadcast.run(seconds(3));
        broadcast.start_ingest();
        let restarted = broadcast.now();
        broadcast.run(seconds(3));
        let live = first_live_after(&broadcast, restarted);
        let after = live.map(|live| live.since(restarted));
        assert!(after.is_some_and(|after| after < seconds(1)), "round {round}: {after:?}");
    }
    one_timeline(broadcast.received());
}

/// A broadcast from home: 20 ms there and back, a packet lost in a thousand.
fn home() -> Conditions {
    Conditions { jitter: millis(5), ..Conditions::delay(millis(10)) }.with_loss(Loss::random(0.001))
}

/// `duration` of broadcasting with a fault about every minute, all drawn from `seed`.
fn hour(seed: u64, duration: Duration) -> BroadcastSimulation {
    let mut draws = Draws::new(seed);
    let mut broadcast = BroadcastSimulation::new(config(), &Path::symmetric(home(), seed));
    while broadcast.now() < Time::ZERO + duration {
        broadcast.run(seconds(30 + draws.below(40)));
        let live = broadcast.health().state;
        assert_eq!(live, State::Live, "seed {seed} at {}", broadcast.now());
        let fault = draws.one_of(&FAULTS);
        let length = millis(500 + draws.below(8_000));
        let before = broadcast.now();
        begin(&mut broadcast, fault);
        broadcast.run(length);
        end(&mut broadcast, fault);
        let ended = broadcast.now();
        broadcast.run(seconds(5));
        let back = broadcast.received().iter().rev().find(|unit| unit.at > ended);
        assert!(back.is_some(), "seed {seed}: nothing after {fault:?} from {before} to {ended}");
        let state = broadcast.health().state;
        assert_eq!(state, State::Live, "seed {seed}: {fault:?} from {before} to {ended}");
        let interrupted = matches!(fault, Fault::Blackout | Fault::IngestRestarts);
        if interrupted && length > seconds(2) {
            let live = first_live_after(&broadcast, ended).unwrap_or(Time::ZERO + Duration::MAX);
            let after = live.since(ended);
            assert!(after < millis(1_500), "seed {seed}: back {after:?} after {fault:?}");
        }
    }
    broadcast
}

fn begin(broadcast: &mut BroadcastSimulation, fault: Fault) {
    match fault {
        Fault::Blackout => broadcast.change(&home().with_loss(Loss::BLACKOUT)),
        Fault::IngestRestarts => broadcast.kill_ingest(),
        Fault::Loss => broadcast.change(&home().with_loss(Loss::bursty(0.1, 2.0))),
        Fault::Congestion => {
            let bitrate = Bitrate::from_kilobits_per_second(1_000);
            let queue = ByteCount::new(60_000);
            broadcast.change(&Conditions { rate: Some(RateLimit { bitrate, queue }), ..home() });
        }
        Fault::Detour => broadcast.change(&Conditions { delay: millis(85), ..home() }),
    }
}

fn end(broadcast: &mut BroadcastSimulation, fault: Fault) {
    match fault {
        Fault::IngestRestarts => broadcast.start_ingest(),
        _ => broadcast.change(&home()),
    }
}

fn check(seed: u64, broadcast: &BroadcastSimulation) {
    one_timeline(broadcast.received());
    let pictures = broadcast.received().iter().filter(|unit| unit.track == Track::Video).count();
    let possible = broadcast.now().as_micros() as f64 / 1e6 * 30.0;
    let share = pictures as f64 / possible;
    // Faults take about a tenth of the time, and a few seconds each to get over.
    assert!(share > 0.85, "seed {seed}: only {:.1} % of all pictures arrived", share * 100.0);
    let bound = config().queue_limit + millis(100);
    let longest = broadcast.longest_queue();
    assert!(longest <= bound, "seed {seed}: an access unit waited for {longest:?}");
    let ended = broadcast.events().iter().any(|(_, event)| matches!(event, Event::Ended { .. }));
    assert!(!ended && !broadcast.ended(), "seed {seed}: the broadcast ended by itself");
}

/// A recording of all that arrived shows gaps, but never a step back.
pub(crate) fn in_order(received: &[Received]) {
    for track in [Track::Video, Track::Audio] {
        let units: Vec<&Received> = received.iter().filter(|unit| unit.track == track).collect();
        for pair in units.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            assert!(after.pts > before.pts, "{track:?} at {}: {before:?}, {after:?}", after.at);
        }
    }
}

/// The same, and what follows a gap can soon be decoded.
fn one_timeline(received: &[Received]) {
    in_order(received);
    let pictures: Vec<&Received> =
        received.iter().filter(|unit| unit.track == Track::Video).collect();
    for (number, pair) in pictures.windows(2).enumerate() {
        let gap = pair[1].pts.since(pair[0].pts);
        // After seconds without a picture, nothing before an IDR can be shown.
        if gap > seconds(1) {
            let idr = pictures.iter().skip(number + 1).find(|picture| picture.keyframe);
            let wait = idr.map(|idr| idr.pts.since(pair[1].pts));
            let in_time = wait.is_none_or(|wait| wait < IDR_AFTER_GAP);
            assert!(in_time, "after a gap of {gap:?} an IDR comes {wait:?} later: {:?}", pair[1]);
        }
    }
}

fn first_live_after(broadcast: &BroadcastSimulation, moment: Time) -> Option<Time> {
    let lives = broadcast
        .events()
        .iter()
        .filter(|(_, event)| matches!(event, Event::Live { .. } | Event::Returned));
    lives.map(|(at, _)| *at).find(|at| *at >= moment)
}

//! What counters tell of a path.

use super::*;

const RATE: Bitrate = Bitrate::from_kilobits_per_second(2_000);
const ROUND_TRIP: Duration = Duration::from_millis(60);

/// A path that has carried the rate for two seconds, every 10 ms of it measured.
fn steady() -> (PathEstimate, Time, Measurement) {
    let mut path = PathEstimate::new(Bitrate::from_kilobits_per_second(300), Time::ZERO);
    let mut measurement = Measurement::default();
    let mut now = Time::ZERO;
    for _ in 0..200 {
        now += Duration::from_millis(10);
        measurement = Measurement {
            round_trip_time: Some(ROUND_TRIP),
            acknowledged: RATE.bytes_in(now.since(Time::ZERO)),
            in_flight: RATE.bytes_in(ROUND_TRIP),
            ..Measurement::default()
        };
        path.measure(now, &measurement);
        path.update(now, &measurement);
    }
    (path, now, measurement)
}

/// The same path from now on: this share of the rate gets through, and all of it is sent.
fn pass(
    path: &mut PathEstimate,
    now: &mut Time,
    measurement: &mut Measurement,
    millis: u64,
    share: f64,
) {
    for _ in 0..millis / 10 {
        *now += Duration::from_millis(10);
        let sent = RATE.bytes_in(Duration::from_millis(10));
        let carried = RATE.scaled(share).bytes_in(Duration::from_millis(10));
        measurement.acknowledged += carried;
        measurement.in_flight = (measurement.in_flight + sent).saturating_sub(carried);
        path.measure(*now, measurement);
        path.update(*now, measurement);
    }
}

#[test]
fn what_is_acknowledged_is_what_is_carried() {
    let (path, now, _) = steady();
    assert!(path.capacity() > RATE.scaled(0.95) && path.capacity() < RATE.scaled(1.05));
    assert!(path.waiting() < Duration::from_millis(20), "{:?}", path.waiting());
    assert!(path.standing() < Duration::from_millis(5), "{:?}", path.standing());
    assert!(!path.is_stalled(now));
}

#[test]
fn acknowledgements_that_stop_are_noticed_before_any_round_trip_says_so() {
    let (mut path, mut now, mut measurement) = steady();
    pass(&mut path, &mut now, &mut measurement, 80, 0.0);
    assert!(path.waiting() >= Duration::from_millis(50), "{:?}", path.waiting());
    assert!(!path.is_stalled(now));
    pass(&mut path, &mut now, &mut measurement, 150, 0.0);
    assert!(path.is_stalled(now));
    assert!(path.stalled_for(now) >= Duration::from_millis(220));
}

#[test]
fn a_dip_leaves_a_queue_and_does_not_change_what_is_carried_by_much() {
    let (mut path, mut now, mut measurement) = steady();
    pass(&mut path, &mut now, &mut measurement, 100, 0.1);
    assert!(path.capacity() > RATE.scaled(0.75), "{}", path.capacity());
    assert!(path.waiting() > Duration::from_millis(60), "{:?}", path.waiting());
}

#[test]
fn a_link_that_carries_less_from_now_on_is_learnt_within_seconds() {
    let (mut path, mut now, mut measurement) = steady();
    pass(&mut path, &mut now, &mut measurement, 3_000, 0.3);
    let carried = path.capacity();
    assert!(carried > RATE.scaled(0.25) && carried < RATE.scaled(0.4), "{carried}");
    assert!(path.standing() > Duration::from_secs(2), "{:?}", path.standing());
}

#[test]
fn while_nothing_gets_through_nothing_is_forgotten_and_its_end_is_noticed_at_once() {
    let (mut path, mut now, mut measurement) = steady();
    pass(&mut path, &mut now, &mut measurement, 300, 0.0);
    let before = path.capacity();
    // What is sent while nothing gets through says nothing either.
    measurement.in_flight = ByteCount::new(4_000);
    for _ in 0..500 {
        now += Duration::from_millis(10);
        path.measure(now, &measurement);
        path.update(now, &measurement);
    }
    assert_eq!(path.capacity(), before);
    measurement.acknowledged += ByteCount::new(1_000);
    path.measure(now, &measurement);
    assert!(!path.is_stalled(now));
}

#[test]
fn a_loss_that_holds_acknowledgements_back_is_no_queue() {
    let (mut path, mut now, mut measurement) = steady();
    for number in 1..=20 {
        measurement.lost_packets = number;
        pass(&mut path, &mut now, &mut measurement, 80, 0.0);
        // The repair arrives, and with it all that was held back.
        let held = RATE.bytes_in(Duration::from_millis(90));
        measurement.acknowledged += held;
        measurement.in_flight = measurement.in_flight.saturating_sub(held);
        pass(&mut path, &mut now, &mut measurement, 10, 1.0);
        assert!(path.waiting() < Duration::from_millis(30), "{number}: {:?}", path.waiting());
    }
}

#[test]
fn a_machine_that_had_no_time_to_look_takes_no_link_for_dead() {
    let (mut path, mut now, measurement) = steady();
    now += Duration::from_millis(400);
    path.measure(now, &measurement);
    assert!(!path.is_stalled(now));
}

#[test]
fn what_is_on_the_longer_of_two_ways_waits_no_more_than_it_must() {
    let longest = ROUND_TRIP * 2;
    for (longest_way, waits) in [(Some(longest), false), (None, true)] {
        let mut path = PathEstimate::new(Bitrate::from_kilobits_per_second(300), Time::ZERO);
        for step in 1..=200 {
            let now = Time::from_millis(step * 10);
            // What goes the shorter way is acknowledged sooner, as long as nothing on the longer
            // one is missed before it: once in a while.
            let round_trip = if step.is_multiple_of(50) { ROUND_TRIP } else { longest };
            let measurement = Measurement {
                round_trip_time: Some(round_trip),
                longest_way,
                acknowledged: RATE.bytes_in(now.since(Time::ZERO + longest)),
                in_flight: RATE.bytes_in(longest.min(now.since(Time::ZERO))),
                ..Measurement::default()
            };
            path.measure(now, &measurement);
            path.update(now, &measurement);
        }
        let waiting = path.waiting();
        assert_eq!(waiting > Duration::from_millis(30), waits, "{longest_way:?}: {waiting:?}");
    }
}

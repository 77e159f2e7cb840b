//! Links that change, and what the rate does.

use super::*;

const RANGE: BitrateRange = BitrateRange {
    minimum: Bitrate::from_kilobits_per_second(300),
    maximum: Bitrate::from_kilobits_per_second(4_000),
};
const LATENCY: Duration = Duration::from_millis(500);
const STEP: Duration = Duration::from_millis(10);

/// An encoder that obeys at once, a link of a given capacity, and a buffer in front of it.
struct Uplink {
    now: Time,
    buffered: f64,
    acknowledged: f64,
    beside: Bitrate,
}

impl Uplink {
    fn new() -> Self {
        Self { now: Time::ZERO, buffered: 0.0, acknowledged: 0.0, beside: Bitrate::ZERO }
    }

    /// Runs for `seconds`; answers with the worst delay in the buffer during the last half.
    fn run(&mut self, controller: &mut Controller, seconds: u64, capacity_kbps: u64) -> Duration {
        let capacity = capacity_kbps as f64 * 1_000.0 / 8.0;
        let end = self.now + Duration::from_secs(seconds);
        let half = self.now + Duration::from_millis(seconds * 500);
        let mut worst = Duration::ZERO;
        while self.now < end {
            self.now += STEP;
            let rate = controller.target().saturating_add(self.beside);
            let produced = rate.bytes_in(STEP).as_u64() as f64;
            let carried = (capacity * STEP.as_secs_f64()).min(self.buffered + produced);
            self.buffered += produced - carried;
            self.acknowledged += carried;
            let delay = Duration::from_secs_f64(self.buffered / capacity);
            if self.now > half {
                worst = worst.max(delay);
            }
            controller.measure(
                self.now,
                &Measurement {
                    round_trip_time: Some(Duration::from_millis(40) + delay),
                    latency: LATENCY,
                    beside: self.beside,
                    acknowledged: ByteCount::new(self.acknowledged as u64),
                    in_flight: ByteCount::new(self.buffered as u64),
                    ..Measurement::default()
                },
            );
        }
        worst
    }
}

#[test]
fn a_link_that_halves_is_followed_and_its_return_as_well() {
    let mut controller = Controller::new(RANGE, Time::ZERO);
    let mut uplink = Uplink::new();
    uplink.run(&mut controller, 5, 10_000);
    assert_eq!(controller.target(), RANGE.maximum, "a link with room leaves the rate alone");

    let delay = uplink.run(&mut controller, 10, 1_500);
    assert!(controller.target() < Bitrate::from_kilobits_per_second(1_800));
    assert!(controller.target() > Bitrate::from_kilobits_per_second(700), "not to the floor");
    assert!(delay < Duration::from_millis(400), "what built up has drained: {delay:?}");

    uplink.run(&mut controller, 20, 10_000);
    assert_eq!(controller.target(), RANGE.maximum, "it comes all the way back");
}

#[test]
fn a_dead_link_goes_to_the_floor_and_never_below() {
    let mut controller = Controller::new(RANGE, Time::ZERO);
    for millis in (0..5_000).step_by(10) {
        let measurement = Measurement {
            round_trip_time: Some(Duration::from_millis(40)),
            in_flight: ByteCount::new(30_000),
            queued: ByteCount::new(millis * 500),
            latency: LATENCY,
            ..Measurement::default()
        };
        controller.measure(Time::from_millis(millis), &measurement);
    }
    assert_eq!(controller.target(), RANGE.minimum);
    assert!(controller.path().is_stalled(Time::from_millis(5_000)));
}

/// What a transport measures that carries the maximum, with what else is in flight and lost at a
/// given moment.
fn steady(millis: u64, extra: u64, lost_packets: u64) -> Measurement {
    let bytes = RANGE.maximum.bytes_in(Duration::from_millis(millis));
    Measurement {
        round_trip_time: Some(Duration::from_millis(40)),
        acknowledged: bytes,
        in_flight: RANGE.maximum.bytes_in(Duration::from_millis(40)) + ByteCount::new(extra),
        lost_packets,
        latency: LATENCY,
        ..Measurement::default()
    }
}

#[test]
fn a_key_frame_that_passes_is_no_congestion() {
    let mut controller = Controller::new(RANGE, Time::ZERO);
    for millis in (0..10_000).step_by(10) {
        // 30 kB more than usual, gone within 100 ms.
        let extra = 30_000_u64.saturating_sub(millis % 2_000 * 300);
        controller.measure(Time::from_millis(millis), &steady(millis, extra, 0));
    }
    assert_eq!(controller.target(), RANGE.maximum);
}

#[test]
fn repairs_that_hold_acknowledgements_back_are_no_congestion() {
    let mut controller = Controller::new(RANGE, Time::ZERO);
    for millis in (0..10_000).step_by(10) {
        // Every tenth of a second a hole stands for 70 ms.
        let held = (millis % 100).min(70);
        let extra = RANGE.maximum.bytes_in(Duration::from_millis(held)).as_u64();
        let since = if held < 70 { extra } else { 0 };
        let measurement = Measurement {
            acknowledged: steady(millis, 0, 0).acknowledged.saturating_sub(ByteCount::new(since)),
            ..steady(millis, since, millis / 100)
        };
        controller.measure(Time::from_millis(millis), &measurement);
    }
    assert!(controller.target() > RANGE.maximum.scaled(0.9), "{}", controller.target());
}

#[test]
fn a_key_frame_larger_than_all_that_is_kept_is_no_congestion_if_the_encoder_makes_up_for_it() {
    let mut controller = Controller::new(RANGE, Time::ZERO);
    let mut burst = crate::rate::Burst::default();
    let frame = Duration::from_millis(40);
    for millis in (0..10_000).step_by(10) {
        let now = Time::from_millis(millis);
        if millis % 2_000 == 0 {
            burst.note(now, RANGE.maximum.bytes_in(frame * 5), RANGE.maximum);
        }
        let left = burst.left(now);
        let measurement = Measurement { burst: left, ..steady(millis, left.as_u64(), 0) };
        controller.measure(now, &measurement);
    }
    assert_eq!(controller.target(), RANGE.maximum);
}

#[test]
fn sound_has_its_share_of_what_is_carried() {
    let target = |beside| {
        let mut controller = Controller::new(RANGE, Time::ZERO);
        let mut uplink = Uplink::new();
        uplink.beside = beside;
        uplink.run(&mut controller, 20, 1_000);
        controller.target().as_kilobits_per_second()
    };
    let (alone, beside) = (target(Bitrate::ZERO), target(Bitrate::from_kilobits_per_second(200)));
    assert!(alone > 700 && beside < alone - 100, "{alone} kb/s alone, {beside} beside sound");
}

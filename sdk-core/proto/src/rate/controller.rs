//! Adaptive bitrate: what the uplink carries decides what the encoder produces.
//!
//! One pure policy over cumulative, transport-neutral counters. It lowers the rate when media
//! stands still somewhere between encoder and receiver: in the queue in front of the transport,
//! in flight for longer than the link explains, or in a buffer on the way, which shows in the
//! round-trip time. It comes back in small steps while nothing stands. Loss alone is no reason:
//! retransmission is there for it.

use std::time::Duration;

use super::window::{WindowedMinimum, WindowedRate};
use crate::units::{Bitrate, ByteCount, Time};

/// Between which bounds the bitrate moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BitrateRange {
    /// Lowest video bitrate: below it the picture is not worth sending.
    pub minimum: Bitrate,
    /// Highest video bitrate, and the one to begin with.
    pub maximum: Bitrate,
}

/// What was measured, as totals since the connection began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measurement {
    /// Smoothed round-trip time.
    pub round_trip_time: Option<Duration>,
    /// How long the oldest access unit has waited in the queue.
    pub queue_delay: Duration,
    /// Media bytes that the receiver has acknowledged.
    pub acknowledged: ByteCount,
    /// Media bytes sent and not acknowledged yet.
    pub in_flight: ByteCount,
}

/// Why the rate moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Media stands still somewhere.
    Down,
    /// There was room for a while.
    Up,
}

/// The controller's state: a few windows over what was measured, and the current rate.
#[derive(Debug)]
pub struct Controller {
    range: BitrateRange,
    target: Bitrate,
    acknowledged: WindowedRate,
    base_round_trip_time: WindowedMinimum,
    standing: WindowedMinimum,
    next_decision: Time,
    last_decrease: Option<Time>,
    last_increase: Time,
}

/// From one decision to the next.
const DECISION_INTERVAL: Duration = Duration::from_millis(50);
/// Before this, windows hold too little to tell a key frame on its way from a queue.
const SETTLING: Duration = Duration::from_millis(800);
/// What never drains within this window is standing; what does is only a key frame.
const STANDING_WINDOW: Duration = Duration::from_millis(400);
/// The shortest round-trip time in this window is the link's own.
const BASE_WINDOW: Duration = Duration::from_secs(15);
/// Over how long the acknowledged rate is taken.
const RATE_WINDOW: Duration = Duration::from_millis(700);
/// Media that stands for this long means congestion.
const CONGESTED: Duration = Duration::from_millis(120);
/// Media that stands for this long leaves no time for a gentle step.
const SEVERELY_CONGESTED: Duration = Duration::from_millis(350);
/// After a step down its effect must show before the next.
const DECREASE_INTERVAL: Duration = Duration::from_millis(300);
/// After a step down the link is believed this long before the rate climbs again.
const HOLD_AFTER_DECREASE: Duration = Duration::from_millis(1_500);
/// From one step up to the next.
const INCREASE_INTERVAL: Duration = Duration::from_millis(400);
/// A step up: a share of the rate and a constant, so that a low rate climbs as well.
const INCREASE_FACTOR: f64 = 1.05;
const INCREASE_STEP: Bitrate = Bitrate::from_kilobits_per_second(30);

impl Controller {
    /// A controller that begins at the highest rate.
    pub fn new(range: BitrateRange, now: Time) -> Self {
        Self {
            range,
            target: range.maximum.max(range.minimum),
            acknowledged: WindowedRate::new(RATE_WINDOW),
            base_round_trip_time: WindowedMinimum::new(BASE_WINDOW),
            standing: WindowedMinimum::new(STANDING_WINDOW),
            next_decision: now + SETTLING,
            last_decrease: None,
            last_increase: now,
        }
    }

    /// The video bitrate that the uplink is believed to carry.
    pub fn target(&self) -> Bitrate {
        self.target
    }

    /// The bounds, as set last.
    pub fn range(&self) -> BitrateRange {
        self.range
    }

    /// Sets new bounds; the rate moves into them at once.
    pub fn set_range(&mut self, range: BitrateRange) {
        self.range = range;
        self.target = self.clamp(self.target);
    }

    /// Forgets the old connection's measurements; the rate stays, for the uplink is the same.
    pub fn reconnected(&mut self, now: Time) {
        let target = self.target;
        *self = Self { target, ..Self::new(self.range, now) };
    }

    /// Takes a measurement; answers with the direction if the rate moved.
    pub fn measure(&mut self, now: Time, measurement: &Measurement) -> Option<Direction> {
        self.acknowledged.add(now, measurement.acknowledged);
        if let Some(round_trip_time) = measurement.round_trip_time {
            self.base_round_trip_time.add(now, round_trip_time);
        }
        self.standing.add(now, measurement.queue_delay.max(self.overdue(measurement)));
        if now < self.next_decision {
            return None;
        }
        self.next_decision = now + DECISION_INTERVAL;
        let standing = self.standing.minimum().unwrap_or_default().max(self.buffered(measurement));
        if standing > CONGESTED {
            self.decrease(now, standing)
        } else {
            self.increase(now, standing)
        }
    }

    /// How much longer what is in flight takes than the link, and repairs on it, explain.
    fn overdue(&self, measurement: &Measurement) -> Duration {
        let Some(base) = self.base_round_trip_time.minimum() else { return Duration::ZERO };
        match self.acknowledged.rate() {
            // Without progress there is no rate to divide by; the queue and the silence tell.
            Bitrate::ZERO => Duration::ZERO,
            // A hole that is being repaired holds the acknowledgements back for some round trips.
            rate => rate.time_for(measurement.in_flight).saturating_sub(base * 4),
        }
    }

    /// How long packets wait in buffers on the way, as the round-trip time shows.
    fn buffered(&self, measurement: &Measurement) -> Duration {
        match (measurement.round_trip_time, self.base_round_trip_time.minimum()) {
            (Some(round_trip_time), Some(base)) => round_trip_time.saturating_sub(base),
            _ => Duration::ZERO,
        }
    }

    fn decrease(&mut self, now: Time, standing: Duration) -> Option<Direction> {
        if self.last_decrease.is_some_and(|last| now.since(last) < DECREASE_INTERVAL) {
            return None;
        }
        let carried = self.acknowledged.rate();
        let lower = if standing > SEVERELY_CONGESTED {
            // What stands must drain as well: stay clearly under what was carried.
            self.target.scaled(0.7).min(carried.scaled(0.8).max(self.target.scaled(0.3)))
        } else {
            self.target.scaled(0.85)
        };
        self.last_decrease = Some(now);
        self.set_target(lower).then_some(Direction::Down)
    }

    fn increase(&mut self, now: Time, standing: Duration) -> Option<Direction> {
        let held = self.last_decrease.is_some_and(|last| now.since(last) < HOLD_AFTER_DECREASE);
        let too_soon = now.since(self.last_increase) < INCREASE_INTERVAL;
        if held || too_soon || standing > CONGESTED / 2 {
            return None;
        }
        self.last_increase = now;
        let higher = self.target.scaled(INCREASE_FACTOR).saturating_add(INCREASE_STEP);
        self.set_target(higher).then_some(Direction::Up)
    }

    fn set_target(&mut self, target: Bitrate) -> bool {
        let before = self.target;
        self.target = self.clamp(target);
        self.target != before
    }

    fn clamp(&self, target: Bitrate) -> Bitrate {
        target.min(self.range.maximum).max(self.range.minimum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: BitrateRange = BitrateRange {
        minimum: Bitrate::from_kilobits_per_second(300),
        maximum: Bitrate::from_kilobits_per_second(4_000),
    };
    const STEP: Duration = Duration::from_millis(10);

    /// An encoder that obeys at once, a link of a given capacity, and a buffer in front of it.
    struct Uplink {
        now: Time,
        buffered: f64,
        acknowledged: f64,
    }

    impl Uplink {
        fn new() -> Self {
            Self { now: Time::ZERO, buffered: 0.0, acknowledged: 0.0 }
        }

        /// Runs for `seconds`; answers with the worst delay in the buffer during the last half.
        fn run(
            &mut self,
            controller: &mut Controller,
            seconds: u64,
            capacity_kbps: u64,
        ) -> Duration {
            let capacity = capacity_kbps as f64 * 1_000.0 / 8.0;
            let end = self.now + Duration::from_secs(seconds);
            let half = self.now + Duration::from_millis(seconds * 500);
            let mut worst = Duration::ZERO;
            while self.now < end {
                self.now += STEP;
                let produced = controller.target().bytes_in(STEP).as_u64() as f64;
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
                        queue_delay: Duration::ZERO,
                        acknowledged: ByteCount::new(self.acknowledged as u64),
                        in_flight: ByteCount::new(self.buffered as u64),
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
                queue_delay: Duration::from_millis(millis),
                ..Measurement::default()
            };
            controller.measure(Time::from_millis(millis), &measurement);
        }
        assert_eq!(controller.target(), RANGE.minimum);
    }

    #[test]
    fn a_key_frame_that_passes_through_the_queue_is_no_congestion() {
        let mut controller = Controller::new(RANGE, Time::ZERO);
        for millis in (0..10_000).step_by(10) {
            let since_keyframe = millis % 2_000;
            let measurement = Measurement {
                round_trip_time: Some(Duration::from_millis(40)),
                queue_delay: Duration::from_millis(200_u64.saturating_sub(since_keyframe)),
                ..Measurement::default()
            };
            controller.measure(Time::from_millis(millis), &measurement);
        }
        assert_eq!(controller.target(), RANGE.maximum);
    }
}

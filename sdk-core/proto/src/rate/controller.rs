//! Adaptive bitrate: what the uplink carries decides what the encoder produces.
//!
//! One pure policy over cumulative, transport-neutral counters. A small queue is kept on the way,
//! far below what the receiver waits for: as long as it stands, whatever is acknowledged is what
//! the link carries, and the rate follows that up and down; when it is gone there is room, and
//! the rate climbs until it stands again. How long media waits is taken from the round trips of
//! single packets, from acknowledgements that do not come, and from the queue in front of the
//! transport. Loss alone is no reason to change anything: retransmission is there for it.

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
    /// From sending the newest packet acknowledged to its acknowledgement.
    pub round_trip_time: Option<Duration>,
    /// Media that waits in the queue, or has been accepted and not sent yet.
    pub queued: ByteCount,
    /// Packets that were reported missing.
    pub lost_packets: u64,
    /// Media bytes that the receiver has acknowledged.
    pub acknowledged: ByteCount,
    /// Media bytes sent and not acknowledged yet.
    pub in_flight: ByteCount,
    /// How long the receiver holds media back: what is later than this is lost.
    pub latency: Duration,
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
    /// What the uplink is believed to carry.
    wanted: Bitrate,
    /// The same as it was last told: small changes are kept back.
    target: Bitrate,
    acknowledged: WindowedRate,
    /// All that is acknowledged, since when, and when something was last in flight.
    total: ByteCount,
    progressed: Time,
    in_flight_at: Time,
    /// What was carried lately while the path was full, or more.
    carried: Bitrate,
    /// Round trips of single packets: over a long while, and now.
    base: WindowedMinimum,
    recent: WindowedMinimum,
    /// How long media waits: over the time of a repair, and over that of a key frame.
    waiting: WindowedMinimum,
    passing: WindowedMinimum,
    lost_packets: u64,
    lossy_until: Time,
    began: Time,
    next_decision: Time,
}

/// From one decision to the next.
const DECISION_INTERVAL: Duration = Duration::from_millis(20);
/// Before this, windows hold too little to tell a key frame on its way from a queue.
const SETTLING: Duration = Duration::from_millis(400);
/// The shortest round trip in this window is the link's own.
const BASE_WINDOW: Duration = Duration::from_secs(15);
/// The shortest round trip in this window tells the queue on the way: an acknowledgement that
/// waited for a repair is followed by one that did not.
const RECENT_WINDOW: Duration = Duration::from_millis(100);
/// Over how long the acknowledged rate is taken.
const RATE_WINDOW: Duration = Duration::from_millis(300);
/// An acknowledgement may be late by this much beyond its round trip without meaning anything.
const STALL_SLACK: Duration = Duration::from_millis(40);
/// Round trips differ by this much without a queue: acknowledgements come every 10 ms.
const NOISE: Duration = Duration::from_millis(10);
/// A loss holds acknowledgements back, and what is in flight seems to grow. Within this window of
/// it the least that was seen counts.
const REPAIR_WINDOW: Duration = Duration::from_millis(120);
/// Acknowledgements that do not come for this long beyond a round trip mean that nothing gets
/// through.
const STALLED: Duration = Duration::from_millis(150);
const FIRST_ROUND_TRIP: Duration = Duration::from_millis(300);
/// With nothing in flight for this long there is nothing to be acknowledged.
const IDLE: Duration = Duration::from_millis(300);
/// What may be under way while nothing gets through, so that its end is noticed.
const PROBE_WINDOW: ByteCount = ByteCount::new(4_000);
/// The same for a key frame that passes through.
const PASSING_WINDOW: Duration = Duration::from_millis(80);
/// The queue that is kept is this share of what the receiver waits for beyond the round trip.
const KEPT_SHARE: f64 = 0.2;
/// Bounds of the queue that is kept.
const LEAST_KEPT: Duration = Duration::from_millis(15);
const MOST_KEPT: Duration = Duration::from_millis(120);
/// The rate is never cut below this share of what is carried.
const DEEPEST_CUT: f64 = 0.25;
/// How fast the rate climbs, with each decision, beyond what is known to be carried.
const CLIMB: f64 = 1.03;
/// How fast it returns to this share of what was carried lately.
const RETURN_CLIMB: f64 = 1.15;
const RETURN_SHARE: f64 = 0.75;
/// How much of what is carried now goes into what was carried lately, with each decision.
const RISE_WEIGHT: f64 = 0.2;
const FALL_WEIGHT: f64 = 0.06;
/// Beyond what was last seen to be carried, it climbs to at most this multiple and step.
const PROVEN_FACTOR: f64 = 1.7;
const PROVEN_STEP: Bitrate = Bitrate::from_kilobits_per_second(1_000);
/// Headers of container and packets, and a little for repairs: media is this share of the whole.
const MEDIA_SHARE: f64 = 0.92;
/// Changes smaller than this are not worth telling the encoder.
const WORTH_TELLING: f64 = 0.03;
/// What may be under way at once: so many round trips, for repairs, and so much more, at the rate
/// that is carried.
const WINDOW_ROUND_TRIPS: u32 = 3;
const WINDOW_QUEUE: Duration = Duration::from_millis(200);
/// Less would keep a key frame from leaving.
const LEAST_WINDOW: ByteCount = ByteCount::new(12_000);

impl Controller {
    /// A controller that begins at the highest rate.
    pub fn new(range: BitrateRange, now: Time) -> Self {
        let target = range.maximum.max(range.minimum);
        Self {
            range,
            wanted: target,
            target,
            acknowledged: WindowedRate::new(RATE_WINDOW),
            total: ByteCount::ZERO,
            progressed: now,
            in_flight_at: now,
            carried: Bitrate::ZERO,
            base: WindowedMinimum::new(BASE_WINDOW),
            recent: WindowedMinimum::new(RECENT_WINDOW),
            waiting: WindowedMinimum::new(REPAIR_WINDOW),
            passing: WindowedMinimum::new(PASSING_WINDOW),
            lost_packets: 0,
            lossy_until: now,
            began: now,
            next_decision: now,
        }
    }

    /// The video bitrate that the uplink is believed to carry.
    pub fn target(&self) -> Bitrate {
        self.target
    }

    /// What was last seen to be carried, headers and all; nothing yet before the first measurement.
    pub fn carried(&self) -> Bitrate {
        self.carried
    }

    /// The bounds, as set last.
    pub fn range(&self) -> BitrateRange {
        self.range
    }

    /// Sets new bounds; the rate moves into them at once.
    pub fn set_range(&mut self, range: BitrateRange) {
        self.range = range;
        self.wanted = self.clamp(self.wanted);
        self.target = self.wanted;
    }

    /// Forgets the old connection's measurements; the rate stays, for the uplink is the same.
    pub fn reconnected(&mut self, now: Time) {
        let (wanted, carried) = (self.wanted, self.carried);
        *self = Self { wanted, target: wanted, carried, ..Self::new(self.range, now) };
    }

    /// How much may be under way at once: what stands on the way can no longer be dropped when
    /// the link does not carry it.
    pub fn window(&self, now: Time) -> ByteCount {
        if self.is_stalled(now) {
            return PROBE_WINDOW;
        }
        let base = self.base.minimum().unwrap_or(WINDOW_QUEUE);
        let span = base * WINDOW_ROUND_TRIPS + WINDOW_QUEUE;
        // Before anything is known, what is produced has to leave.
        let settled = now.since(self.began) >= SETTLING;
        let least = if settled { self.range.minimum } else { self.target };
        self.carried.max(least).bytes_in(span).max(LEAST_WINDOW)
    }

    /// How long packets that leave now stand in queues on the way.
    pub fn standing(&self, now: Time) -> Duration {
        let base = self.base.minimum().unwrap_or_default();
        let recent = self.recent.minimum().unwrap_or(base);
        recent.saturating_sub(base + NOISE).max(self.stalled_for(now))
    }

    /// Whether nothing gets through at the moment, for all that is known.
    pub fn is_stalled(&self, now: Time) -> bool {
        let base = self.base.minimum().unwrap_or(FIRST_ROUND_TRIP);
        now.since(self.progressed) > base + STALLED
    }

    /// Takes a measurement; answers with the direction if the rate moved.
    pub fn measure(&mut self, now: Time, measurement: &Measurement) -> Option<Direction> {
        self.acknowledged.add(now, measurement.acknowledged);
        if measurement.in_flight > ByteCount::ZERO {
            self.in_flight_at = now;
        }
        // What was given up is no longer in flight, and may stand on the way all the same.
        let idle = now.since(self.in_flight_at) > IDLE;
        if measurement.acknowledged > self.total || idle {
            self.total = measurement.acknowledged;
            self.progressed = now;
            if let Some(round_trip_time) = measurement.round_trip_time {
                self.base.add(now, round_trip_time);
                self.recent.add(now, round_trip_time);
            }
        }
        if now < self.next_decision {
            return None;
        }
        self.next_decision = now + DECISION_INTERVAL;
        let rate = self.acknowledged.rate();
        let delay = self.measure_delay(now, measurement, rate);
        self.note_carried(rate, delay);
        if now.since(self.began) < SETTLING && delay < measurement.latency {
            return None;
        }
        self.wanted = self.decide(rate, delay, self.kept(measurement));
        self.tell()
    }

    /// How long what is produced now will wait on its way.
    fn measure_delay(&mut self, now: Time, measurement: &Measurement, rate: Bitrate) -> Duration {
        if measurement.lost_packets > self.lost_packets {
            self.lost_packets = measurement.lost_packets;
            self.lossy_until = now + REPAIR_WINDOW;
        }
        let base = self.base.minimum().unwrap_or_default();
        let ahead = measurement.in_flight + measurement.queued;
        let carried = rate.max(self.carried).max(self.range.minimum.scaled(0.25));
        let waiting = carried.time_for(ahead).saturating_sub(base + NOISE);
        self.waiting.add(now, waiting);
        self.passing.add(now, waiting);
        let lossy = now < self.lossy_until;
        let least = if lossy { &self.waiting } else { &self.passing };
        let waiting = least.minimum().unwrap_or_default();
        waiting.max(self.stalled_for(now))
    }

    /// For how long acknowledgements have been overdue.
    fn stalled_for(&self, now: Time) -> Duration {
        let base = self.base.minimum().unwrap_or_default();
        now.since(self.progressed).saturating_sub(base + STALL_SLACK)
    }

    /// The queue that is kept on purpose.
    fn kept(&self, measurement: &Measurement) -> Duration {
        let base = self.base.minimum().unwrap_or_default();
        let room = measurement.latency.saturating_sub(base + base / 2);
        room.mul_f64(KEPT_SHARE).clamp(LEAST_KEPT, MOST_KEPT)
    }

    /// Keeps in mind what the path carries.
    fn note_carried(&mut self, rate: Bitrate, delay: Duration) {
        // While nothing waits, more may be carried than is sent.
        let weight = match (rate > self.carried, delay > LEAST_KEPT) {
            (true, _) => RISE_WEIGHT,
            (false, true) => FALL_WEIGHT,
            (false, false) => return,
        };
        let before = self.carried.scaled(1.0 - weight);
        self.carried = before.saturating_add(rate.scaled(weight));
    }

    /// The rate from now on: below what is carried if more waits than is kept, higher if hardly
    /// anything does.
    fn decide(&self, rate: Bitrate, delay: Duration, kept: Duration) -> Bitrate {
        let filled = delay.as_secs_f64() / kept.as_secs_f64();
        if filled >= 1.0 {
            // Beyond what is kept, the rate falls under what is carried, so that it drains.
            let share = (1.0 - 0.25 * (filled - 1.0)).max(DEEPEST_CUT);
            return self.clamp(self.carried.scaled(MEDIA_SHARE * share)).min(self.wanted);
        }
        if filled > 0.5 {
            return self.wanted;
        }
        // What has just been carried is carried still; up to what was carried lately it is
        // quickly tried; beyond, step by step.
        let known = self.carried.scaled(MEDIA_SHARE * RETURN_SHARE);
        let climb = if self.wanted < known { RETURN_CLIMB } else { CLIMB };
        let climbing = self.wanted.scaled(climb).max(rate.scaled(MEDIA_SHARE * RETURN_SHARE));
        // A picture that stands still proves nothing: what was reached stays, up to what was
        // proven before.
        let proven =
            self.carried.scaled(PROVEN_FACTOR).max(self.carried.saturating_add(PROVEN_STEP));
        self.clamp(climbing.min(proven).max(self.wanted))
    }

    /// Makes the rate known, if it has changed enough.
    fn tell(&mut self) -> Option<Direction> {
        let (wanted, told) = (self.wanted, self.target);
        let at_a_bound = wanted == self.range.minimum || wanted == self.range.maximum;
        let change = wanted.max(told).saturating_sub(wanted.min(told));
        if wanted == told || (change < told.scaled(WORTH_TELLING) && !at_a_bound) {
            return None;
        }
        self.target = wanted;
        Some(if wanted < told { Direction::Down } else { Direction::Up })
    }

    fn clamp(&self, target: Bitrate) -> Bitrate {
        target.min(self.range.maximum).max(self.range.minimum)
    }
}

#[cfg(test)]
mod tests;

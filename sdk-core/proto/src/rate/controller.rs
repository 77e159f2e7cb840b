//! Adaptive bitrate: what the uplink carries decides what the encoder produces.
//!
//! One pure policy over what [`PathEstimate`] knows. A small queue is kept on the way, far below
//! what the receiver waits for: as long as it stands, whatever is acknowledged is what the link
//! carries, and the rate follows that up and down; when it is gone there is room, and the rate
//! climbs until it stands again. Loss alone is no reason to change anything: retransmission is
//! there for it.

use std::time::Duration;

use super::path::{Measurement, PathEstimate};
use super::rivalry::{Rivalry, Sight, Verdict};
use crate::pace::{Forecast, Fresh};
use crate::units::{Bitrate, ByteCount, Time};

/// Between which bounds the bitrate moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BitrateRange {
    /// Lowest video bitrate: below it the picture is not worth sending.
    pub minimum: Bitrate,
    /// Highest video bitrate, and the one to begin with.
    pub maximum: Bitrate,
}

/// What is going to be sent, for a forecast of what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What is asked of the video encoder.
    pub video: Bitrate,
    /// What all encoders make together.
    pub produced: Bitrate,
    /// What is sent beside the video, as carried: sound.
    pub beside: Bitrate,
    /// From one picture to the next.
    pub frame: Duration,
    /// How late a picture may arrive.
    pub limit: Duration,
}

/// Why the rate moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Media stands still somewhere.
    Down,
    /// There was room for a while.
    Up,
}

/// The controller's state: what is known of the path, and the current rate.
#[derive(Debug)]
pub struct Controller {
    range: BitrateRange,
    /// What the uplink is believed to carry.
    wanted: Bitrate,
    /// The same as it was last told: small changes are kept back.
    target: Bitrate,
    path: PathEstimate,
    rivalry: Rivalry,
    /// The longest queue that is shared, while one is.
    shared_queue: Option<Duration>,
    next_decision: Time,
}

/// From one decision to the next.
const DECISION_INTERVAL: Duration = Duration::from_millis(20);
/// Before this, windows hold too little to tell a key frame on its way from a queue.
const SETTLING: Duration = Duration::from_millis(400);
/// The queue that is kept is this share of what the receiver waits for beyond the round trip: a
/// link that is gone for as long again and more, or carries a fifth, is survived.
const KEPT_SHARE: f64 = 0.17;
/// Bounds of the queue that is kept: pictures come whole, so one is always there.
const LEAST_KEPT: Duration = Duration::from_millis(40);
const MOST_KEPT: Duration = Duration::from_millis(120);
/// What is beyond it drains in so many times the time that it stands for.
const DRAINED_IN: f64 = 1.2;
/// A queue that others fill is shared up to this share of the same.
const SHARED_SHARE: f64 = 0.7;
/// The rate is never cut below this share of what is carried.
const DEEPEST_CUT: f64 = 0.1;
/// Below this share of the queue that is kept, there is room.
const ROOM: f64 = 0.7;
/// How fast the rate climbs, with each decision.
const CLIMB: f64 = 0.03;
/// How fast it returns to this share of what was carried lately.
const RETURN_CLIMB: f64 = 0.08;
const RETURN_SHARE: f64 = 0.75;
/// Beyond what was last seen to be carried, it climbs to at most this multiple and step.
const PROVEN_FACTOR: f64 = 1.7;
const PROVEN_STEP: Bitrate = Bitrate::from_kilobits_per_second(1_000);
/// Headers of container and packets: media is this share of the whole.
const MEDIA_SHARE: f64 = 0.95;
/// Changes smaller than this are not worth telling the encoder.
const WORTH_TELLING: f64 = 0.03;
/// What may be under way beyond a round trip: as much as is kept waiting, more or less. Whatever
/// else waits can still be dropped.
const WINDOW_QUEUE: Duration = Duration::from_millis(70);
/// While a loss is repaired, acknowledgements are late by a round trip and the time of a report.
const WINDOW_REPAIR: Duration = Duration::from_millis(85);
/// Before the first round trip.
const FIRST_WINDOW: Duration = Duration::from_millis(270);
/// Three packets: fewer are no flow.
const LEAST_WINDOW: ByteCount = ByteCount::new(4_000);

/// A key frame is taken for so many pictures of the mean size.
const KEYFRAME_PICTURES: u64 = 6;
/// A forecast takes a link for carrying at least this share of the lowest bitrate: below it
/// nothing can be saved.
const LEAST_CARRIED: f64 = 0.5;
/// Before acknowledgements have come for so long, nothing says what is carried.
const FIRST_LOOK: Duration = Duration::from_millis(200);

impl Controller {
    /// A controller that begins at the highest rate.
    pub fn new(range: BitrateRange, now: Time) -> Self {
        let target = range.maximum.max(range.minimum);
        let path = PathEstimate::new(range.minimum, now);
        Self {
            range,
            wanted: target,
            target,
            path,
            rivalry: Rivalry::default(),
            shared_queue: None,
            next_decision: now,
        }
    }

    /// What is known of the path.
    pub fn path(&self) -> &PathEstimate {
        &self.path
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
        self.path.set_minimum(range.minimum);
        self.wanted = self.clamp(self.wanted);
        self.target = self.wanted;
    }

    /// Forgets the old connection's measurements; the rate stays, for the uplink is the same.
    pub fn reconnected(&mut self, now: Time) {
        self.path.reconnected(now);
        (self.rivalry, self.shared_queue) = (Rivalry::default(), None);
        self.next_decision = now;
    }

    /// How much may be under way at once: what stands on the way can no longer be dropped when
    /// the link does not carry it. Nothing, while nothing gets through.
    pub fn window(&self, now: Time) -> ByteCount {
        if self.path.is_stalled(now) {
            return ByteCount::ZERO;
        }
        let base = self.path.base();
        let mut span = base.map_or(FIRST_WINDOW, |base| base + WINDOW_QUEUE);
        if self.path.is_lossy(now) {
            span += base.unwrap_or_default() + WINDOW_REPAIR;
        }
        // What others fill delays what is in it, whoever sends less.
        span += self.shared_queue.unwrap_or_default();
        // Before anything is known, what is produced has to leave.
        let settled = self.path.age(now) >= SETTLING;
        let least = if settled { self.range.minimum } else { self.target };
        self.path.capacity().max(least).bytes_in(span).max(LEAST_WINDOW)
    }

    /// What becomes of media on its way, for whoever decides what is dropped.
    pub fn forecast(&self, now: Time, plan: &Plan) -> Forecast {
        let stalled = self.path.is_stalled(now);
        let least = self.range.minimum.saturating_add(plan.beside).scaled(LEAST_CARRIED);
        let picture = plan.video.bytes_in(plan.frame).as_u64();
        let fresh = Fresh { bytes: ByteCount::new(picture * KEYFRAME_PICTURES) };
        Forecast {
            // When nothing gets through, nobody knows when that ends: perhaps now.
            standing: if stalled { Duration::ZERO } else { self.path.standing() },
            carried: self.path.capacity().max(least),
            limit: plan.limit,
            produced: plan.produced,
            frame: plan.frame,
            fresh: (!stalled).then_some(fresh),
        }
    }

    /// Takes a measurement; answers with the direction if the rate moved.
    pub fn measure(&mut self, now: Time, measurement: &Measurement) -> Option<Direction> {
        self.path.measure(now, measurement);
        if now < self.next_decision {
            return None;
        }
        self.next_decision = now + DECISION_INTERVAL;
        self.path.update(now, measurement);
        let age = self.path.age(now);
        let is_seen = self.path.base().is_some_and(|base| age > base + FIRST_LOOK);
        if age < SETTLING && (!is_seen || self.path.waiting() < measurement.latency) {
            return None;
        }
        self.wanted = match self.share(now, measurement) {
            Some(share) => self.clamp(video(measurement, share, 1.0)),
            None => self.decide(now, measurement),
        };
        self.tell()
    }

    /// What to take of a link whose queue others fill.
    fn share(&mut self, now: Time, measurement: &Measurement) -> Option<Bitrate> {
        let base = self.path.base().unwrap_or_default();
        let carried =
            |video: Bitrate| video.saturating_add(measurement.beside).scaled(1.0 / MEDIA_SHARE);
        let sight = Sight {
            standing: self.path.stood(),
            kept: self.kept(measurement.latency),
            limit: self.room(measurement.latency).mul_f64(SHARED_SHARE),
            base,
            carried: self.path.rate(),
            steadily: self.path.capacity(),
            bounds: (carried(self.range.minimum), carried(self.range.maximum)),
            lost_packets: measurement.lost_packets,
        };
        let verdict = match self.path.is_stalled(now) {
            true => self.rivalry.pause(now),
            false => self.rivalry.update(now, &sight),
        };
        let share = match verdict {
            Verdict::Own => None,
            Verdict::Share(share) => Some(share),
            Verdict::LongerWay => {
                self.path.forget_base();
                None
            }
        };
        self.shared_queue = share.map(|_| sight.limit);
        self.path.keep_base(share.is_some());
        share
    }

    /// What of the latency is left for queues: a round trip and a half are for a repair.
    fn room(&self, latency: Duration) -> Duration {
        let base = self.path.base().unwrap_or_default();
        latency.saturating_sub(base + base / 2)
    }

    /// The queue that is kept on purpose.
    fn kept(&self, latency: Duration) -> Duration {
        self.room(latency).mul_f64(KEPT_SHARE).clamp(LEAST_KEPT, MOST_KEPT)
    }

    /// The rate from now on: below what is carried if more waits than is kept, higher if hardly
    /// anything does.
    fn decide(&self, now: Time, measurement: &Measurement) -> Bitrate {
        let carried = self.path.capacity();
        let video = |carried, share| video(measurement, carried, share);
        let kept = self.kept(measurement.latency);
        let filled = self.path.waiting().as_secs_f64() / kept.as_secs_f64();
        if filled >= 1.0 {
            // Beyond what is kept, the rate falls under what is carried, so that it drains.
            let share = (1.0 - (filled - 1.0) / DRAINED_IN).max(DEEPEST_CUT);
            return self.clamp(video(carried, share)).min(self.wanted);
        }
        if filled >= ROOM {
            return self.wanted;
        }
        // What has just been carried is carried still; up to what was carried lately it is
        // quickly tried; beyond, step by step, and more slowly as the queue fills.
        let climb = if self.wanted < video(carried, RETURN_SHARE) {
            RETURN_CLIMB
        } else if self.wanted < video(carried, 1.0) {
            CLIMB
        } else {
            CLIMB * (1.0 - filled / ROOM)
        };
        let climbing = self.wanted.scaled(1.0 + climb).max(video(self.path.rate(), RETURN_SHARE));
        // A picture that stands still proves nothing: what was reached stays, up to what was
        // proven before.
        let proven = if self.path.is_lossy(now) {
            // A queue that grows is not seen so well: no more is tried than what is proven.
            video(carried, 1.0)
        } else {
            carried.scaled(PROVEN_FACTOR).max(carried.saturating_add(PROVEN_STEP))
        };
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

/// What is left for the video of a share of what is carried.
fn video(measurement: &Measurement, carried: Bitrate, share: f64) -> Bitrate {
    carried.scaled(MEDIA_SHARE * share).saturating_sub(measurement.beside)
}

#[cfg(test)]
mod tests;

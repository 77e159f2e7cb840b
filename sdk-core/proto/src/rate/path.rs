//! What the path to the receiver carries at the moment, and how long media waits on it.
//!
//! Everything is taken from cumulative, transport-neutral counters. What is acknowledged while
//! something waits is what the path carries. How long media stands on the way is told by the
//! round trips of single packets; and before those come, by the age of the oldest byte that is
//! not acknowledged yet. A loss holds acknowledgements back as well: for the time of a repair,
//! the least that was seen counts.

use std::collections::VecDeque;
use std::time::Duration;

use super::window::{WindowedMinimum, WindowedRate};
use crate::units::{Bitrate, ByteCount, Time};

/// What was measured, as totals since the connection began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measurement {
    /// From sending the newest packet acknowledged to its acknowledgement.
    pub round_trip_time: Option<Duration>,
    /// What the longest of several ways takes with empty queues.
    pub longest_way: Option<Duration>,
    /// Media that waits in the queue, or has been accepted and not sent yet.
    pub queued: ByteCount,
    /// Of what waits or is under way: what is there only because the encoder has just made a large
    /// picture, a key frame. It is gone when the mean has come round, and no congestion.
    pub burst: ByteCount,
    /// Packets that were reported missing.
    pub lost_packets: u64,
    /// Media bytes that the receiver has acknowledged.
    pub acknowledged: ByteCount,
    /// Media bytes sent and not acknowledged yet.
    pub in_flight: ByteCount,
    /// Everything that was put on the wire: media, what was sent again, repair.
    pub sent: ByteCount,
    /// Since when the oldest byte in flight has been on its way again, because it was lost; nothing,
    /// if that is not known.
    pub repairing_since: Option<Time>,
    /// What is sent beside the video: sound.
    pub beside: Bitrate,
    /// How long the receiver holds media back: what is later than this is lost.
    pub latency: Duration,
}

/// See the module.
#[derive(Debug)]
pub struct PathEstimate {
    /// Less than a share of this is not believed.
    minimum: Bitrate,
    began: Time,
    /// What is acknowledged: over a few pictures, and over a while since nothing got through.
    acknowledged: WindowedRate,
    steady: WindowedRate,
    /// All that leaves, and of it the media that leaves for the first time.
    sent: WindowedRate,
    media: WindowedRate,
    /// When what was sent last stood anywhere.
    stood_at: Time,
    taken: Bitrate,
    /// What is carried while the path is full, or more.
    capacity: Bitrate,
    /// When the bytes left that are not acknowledged yet, as totals.
    departures: VecDeque<(Time, ByteCount)>,
    in_flight: ByteCount,
    /// All that is acknowledged, since when, and when something was last in flight.
    total: ByteCount,
    progressed: Time,
    measured: Time,
    in_flight_at: Time,
    /// Round trips of single packets: over a long while, and now.
    base: WindowedMinimum,
    recent: WindowedMinimum,
    lately: WindowedMinimum,
    /// The longest of several ways, empty.
    longest_way: Option<Duration>,
    /// Over the time of a repair: how long acknowledgements are overdue.
    overdue: WindowedMinimum,
    waiting: Duration,
    /// Whether the shortest round trip stays, however long ago it was.
    keeps_base: bool,
    lost_packets: u64,
    lossy_until: Time,
}

/// The shortest round trip in this window is the link's own.
const BASE_WINDOW: Duration = Duration::from_secs(15);
/// The shortest round trip in this window tells the queue on the way: an acknowledgement that
/// waited for a repair is followed by one that did not.
const RECENT_WINDOW: Duration = Duration::from_millis(100);
/// Over how long the acknowledged rate is taken: four pictures, so that one does not decide.
const RATE_WINDOW: Duration = Duration::from_millis(120);
/// The same for a forecast, which a single dip must not spoil; half of it has to be known.
const STEADY_WINDOW: Duration = Duration::from_millis(400);
/// The same where much is lost, and few packets are acknowledged without waiting for others.
const LATELY_WINDOW: Duration = Duration::from_millis(400);
/// Nothing stands on a path where nothing has stood for so long: a full one has a queue more often.
const CLEAR: Duration = Duration::from_secs(2);
/// What is lost for other reasons takes at most so many times what gets through to be repaired.
const MOST_TAKEN: f64 = 2.5;
/// Over how long it is taken what leaves: as long as what may leave is accounted for.
const SENT_WINDOW: Duration = Duration::from_secs(1);
/// An acknowledgement may be overdue by this much without meaning anything: they come every
/// 10 ms.
const OVERDUE_SLACK: Duration = Duration::from_millis(15);
/// Round trips differ by this much without a queue.
const NOISE: Duration = Duration::from_millis(10);
/// Waiting for longer than this means that the path is full.
const FULL: Duration = Duration::from_millis(15);
/// A loss holds acknowledgements back, and what is in flight seems to grow. Within this window of
/// it the least that was seen counts.
const REPAIR_WINDOW: Duration = Duration::from_millis(120);
/// Acknowledgements that do not come for this long beyond a round trip mean that nothing gets
/// through.
const STALLED: Duration = Duration::from_millis(150);
/// Measurements are no further apart than this, unless the machine had no time for them.
const LONGEST_LOOK: Duration = Duration::from_millis(60);
const FIRST_ROUND_TRIP: Duration = Duration::from_millis(300);
/// With nothing in flight for this long there is nothing to be acknowledged.
const IDLE: Duration = Duration::from_millis(300);
/// How much of what is acknowledged now goes into what is carried, with each update. It falls
/// slowly: a dip is answered for the queue that it leaves, not by forgetting the link.
const RISE_WEIGHT: f64 = 0.2;
const LOSSY_RISE_WEIGHT: f64 = 0.05;
const FALL_WEIGHT: f64 = 0.03;
/// A path is taken to carry at least this share of the lowest bitrate.
const LEAST_SHARE: f64 = 0.25;
/// Moments of sending that are kept; with one in 20 ms, for ten seconds.
const MOST_SENT: usize = 512;

impl PathEstimate {
    /// Nothing is known yet; `minimum` is the lowest bitrate that will be sent.
    pub fn new(minimum: Bitrate, now: Time) -> Self {
        Self {
            minimum,
            began: now,
            acknowledged: WindowedRate::new(RATE_WINDOW),
            steady: WindowedRate::new(STEADY_WINDOW),
            sent: WindowedRate::new(SENT_WINDOW),
            media: WindowedRate::new(SENT_WINDOW),
            stood_at: now,
            taken: Bitrate::ZERO,
            capacity: Bitrate::ZERO,
            departures: VecDeque::new(),
            in_flight: ByteCount::ZERO,
            total: ByteCount::ZERO,
            progressed: now,
            measured: now,
            in_flight_at: now,
            base: WindowedMinimum::new(BASE_WINDOW),
            recent: WindowedMinimum::new(RECENT_WINDOW),
            lately: WindowedMinimum::new(LATELY_WINDOW),
            longest_way: None,
            overdue: WindowedMinimum::new(REPAIR_WINDOW),
            waiting: Duration::ZERO,
            keeps_base: false,
            lost_packets: 0,
            lossy_until: now,
        }
    }

    /// Forgets the old connection's counters; what the uplink carried is known still.
    pub fn reconnected(&mut self, now: Time) {
        *self = Self { capacity: self.capacity, ..Self::new(self.minimum, now) };
    }

    /// The lowest bitrate that will be sent is this from now on.
    pub fn set_minimum(&mut self, minimum: Bitrate) {
        self.minimum = minimum;
    }

    /// For how long the connection has been measured.
    pub fn age(&self, now: Time) -> Duration {
        now.since(self.began)
    }

    /// The shortest round trip of the last while, if there was any; of the longest way, if there
    /// are several.
    pub fn base(&self) -> Option<Duration> {
        self.base.minimum().max(self.longest_way)
    }

    /// What was acknowledged over the last few pictures.
    pub fn rate(&self) -> Bitrate {
        self.acknowledged.rate()
    }

    /// What is carried while the path is full, or more.
    pub fn capacity(&self) -> Bitrate {
        self.capacity
    }

    /// How long what is produced now will wait before and on its way, what a burst of the encoder
    /// adds left out.
    pub fn waiting(&self) -> Duration {
        self.waiting
    }

    /// How long what leaves now will stand on its way behind what is in flight.
    pub fn standing(&self) -> Duration {
        let known = self.steady.span() >= STEADY_WINDOW / 2;
        let carried = if known { self.capacity.min(self.steady.rate()) } else { self.capacity };
        let base = self.base().unwrap_or_default();
        carried.max(self.least()).time_for(self.in_flight).saturating_sub(base)
    }

    /// How long single packets have stood on their way lately.
    pub fn stood(&self) -> Duration {
        let base = self.base().unwrap_or_default();
        self.recent.minimum().unwrap_or(base).saturating_sub(base)
    }

    /// Everything that left over the last while, if none of it has had to stand anywhere: so much
    /// the path takes, whatever it loses for other reasons. Zero if there was a queue.
    pub fn taken(&self) -> Bitrate {
        self.taken
    }

    /// What of it was not media for the first time.
    pub fn taken_for_repair(&self) -> Bitrate {
        self.taken.saturating_sub(self.media.rate())
    }

    /// The way has become longer: the shortest round trip is the one of now.
    pub fn forget_base(&mut self) {
        self.base = WindowedMinimum::new(BASE_WINDOW);
        if let Some(recent) = self.recent.minimum() {
            self.base.add(self.measured, recent);
        }
    }

    /// Whether the shortest round trip stays from now on, however long ago it was: the queue on the
    /// way is somebody else's, and will not be empty while it is shared.
    pub fn keep_base(&mut self, keeps_base: bool) {
        self.keeps_base = keeps_base;
    }

    /// Whether a loss is being repaired, for all that is known.
    pub fn is_lossy(&self, now: Time) -> bool {
        now < self.lossy_until
    }

    /// For how long nothing has got through; zero if that is no longer than it may be.
    pub fn stalled_for(&self, now: Time) -> Duration {
        let base = self.base().unwrap_or(FIRST_ROUND_TRIP);
        let silent = now.since(self.progressed);
        if silent > base + STALLED { silent } else { Duration::ZERO }
    }

    /// Whether nothing gets through at the moment.
    pub fn is_stalled(&self, now: Time) -> bool {
        !self.stalled_for(now).is_zero()
    }

    /// Takes a measurement.
    pub fn measure(&mut self, now: Time, measurement: &Measurement) {
        // While nobody looked, acknowledgements may have come: a busy machine is no dead link.
        let unseen = now.since(self.measured);
        if unseen > LONGEST_LOOK {
            self.progressed += unseen;
        }
        self.measured = now;
        self.longest_way = measurement.longest_way;
        self.note_sent(now, measurement);
        self.note_progress(now, measurement);
        self.acknowledged.add(now, measurement.acknowledged);
        self.steady.add(now, measurement.acknowledged);
        self.sent.add(now, measurement.sent);
        self.media.add(now, measurement.acknowledged + measurement.in_flight);
        let is_lost = measurement.lost_packets > self.lost_packets;
        if is_lost || measurement.repairing_since.is_some() {
            self.lost_packets = measurement.lost_packets;
            self.lossy_until = now + REPAIR_WINDOW;
        }
    }

    /// Draws the conclusions, once in a decision interval.
    pub fn update(&mut self, now: Time, measurement: &Measurement) {
        let lossy = self.is_lossy(now);
        let base = self.base().unwrap_or_default();
        let age = self.departures.front().map_or(Duration::ZERO, |(at, _)| now.since(*at));
        // What follows a loss is acknowledged when it has been repaired.
        let repairing = measurement.repairing_since.map(|since| now.since(since));
        let age = repairing.map_or(age, |repairing| age.min(repairing));
        let overdue = age.saturating_sub(base + OVERDUE_SLACK);
        self.overdue.add(now, overdue);
        let overdue = least(lossy, overdue, &self.overdue);
        let round_trip = self.recent.minimum().unwrap_or(base);
        let standing = round_trip.saturating_sub(base + NOISE).max(overdue);
        self.note_capacity(now, standing.max(self.waiting));

        let ahead = (measurement.in_flight + measurement.queued).saturating_sub(measurement.burst);
        let carried = self.capacity.max(self.rate()).max(self.least());
        let mut waiting = carried.time_for(ahead).saturating_sub(base + NOISE);
        if lossy {
            // Much of what is in flight has arrived, and waits only to be acknowledged.
            let way = round_trip.saturating_sub(base + NOISE);
            let before = carried.time_for(measurement.queued.saturating_sub(measurement.burst));
            waiting = waiting.min(way.saturating_add(before));
        }
        self.waiting = waiting.max(overdue);
        self.note_taken(now, base);
    }

    fn note_taken(&mut self, now: Time, base: Duration) {
        let stands = self.lately.minimum().is_none_or(|least| least > base + NOISE);
        if stands || self.is_stalled(now) {
            self.stood_at = now;
        }
        let is_clear = now.since(self.stood_at) >= CLEAR;
        // Where packets are dropped without a queue, nothing stands either: what is acknowledged bounds it.
        let most = self.media.rate().min(self.steady.rate()).scaled(MOST_TAKEN);
        self.taken = if is_clear { self.sent.rate().min(most) } else { Bitrate::ZERO };
    }

    fn least(&self) -> Bitrate {
        self.minimum.scaled(LEAST_SHARE)
    }

    /// Keeps in mind when what is in flight was sent.
    fn note_sent(&mut self, now: Time, measurement: &Measurement) {
        let total = measurement.acknowledged + measurement.in_flight;
        let before = self.departures.back().map_or(ByteCount::ZERO, |last| last.1);
        if total < before {
            // Something was given up: what is left in flight was sent until now.
            self.departures.clear();
        }
        if total != before && self.departures.len() < MOST_SENT {
            self.departures.push_back((now, total));
        }
        while self.departures.front().is_some_and(|first| first.1 <= measurement.acknowledged) {
            self.departures.pop_front();
        }
        self.in_flight = measurement.in_flight;
        if measurement.in_flight > ByteCount::ZERO {
            self.in_flight_at = now;
        }
    }

    fn note_progress(&mut self, now: Time, measurement: &Measurement) {
        // What was given up is no longer in flight, and may stand on the way all the same.
        let idle = now.since(self.in_flight_at) > IDLE;
        if measurement.acknowledged <= self.total && !idle {
            return;
        }
        if self.is_stalled(now) {
            // How long nothing got through says nothing about what gets through now.
            self.steady = WindowedRate::new(STEADY_WINDOW);
        }
        self.total = measurement.acknowledged;
        self.progressed = now;
        if let Some(round_trip_time) = measurement.round_trip_time {
            match self.keeps_base {
                true => self.base.keep(now, round_trip_time),
                false => self.base.add(now, round_trip_time),
            }
            self.recent.add(now, round_trip_time);
            self.lately.add(now, round_trip_time);
        }
    }

    /// While nothing waits, more may be carried than is sent; while nothing at all gets through,
    /// nothing is learnt.
    fn note_capacity(&mut self, now: Time, waiting: Duration) {
        let lossy = self.is_lossy(now);
        // What a repair has held back is acknowledged at once: that is no rate.
        let rate = if lossy { self.steady.rate() } else { self.rate() };
        let weight = match rate > self.capacity {
            true if lossy => LOSSY_RISE_WEIGHT,
            true => RISE_WEIGHT,
            false if waiting > FULL && !self.is_stalled(now) => FALL_WEIGHT,
            false => return,
        };
        let before = self.capacity.scaled(1.0 - weight);
        self.capacity = before.saturating_add(rate.scaled(weight));
    }
}

/// The newest value; or, while a loss is repaired, the least over the time that this takes.
fn least(lossy: bool, newest: Duration, window: &WindowedMinimum) -> Duration {
    if lossy { window.minimum().unwrap_or(newest) } else { newest }
}

#[cfg(test)]
mod tests;

//! A queue that others fill.
//!
//! A queue of one's own is gone soon after less was sent than is carried. One that stays as long as
//! it was, however little is sent, belongs to somebody else: a flow that fills whatever queue there
//! is, as TCP does. To keep out of such a queue is to leave the link to it. So as long as it stands,
//! and is no longer than media may wait, it is shared the way those flows share it among themselves:
//! more is sent step by step, and less by a part when the queue overflows (additive increase and
//! multiplicative decrease, RFC 5681; the part is CUBIC's, RFC 9438, 4.6).

use std::time::Duration;

use crate::units::{Bitrate, ByteCount, Time};

/// What is to be done about a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is one's own, if there is one.
    Own,
    /// To take so much of the link, as carried.
    Share(Bitrate),
    /// It is none: the way has become longer.
    LongerWay,
}

/// What is seen of the queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    /// How long packets stand on the way.
    pub(super) standing: Duration,
    /// The queue that is kept on purpose.
    pub(super) kept: Duration,
    /// The longest queue that may be shared.
    pub(super) limit: Duration,
    /// A round trip with empty queues.
    pub(super) base: Duration,
    /// What is acknowledged, over a few pictures and smoothed.
    pub(super) carried: Bitrate,
    pub(super) steadily: Bitrate,
    /// The least and the most that may be taken, as carried.
    pub(super) bounds: (Bitrate, Bitrate),
    /// Packets that were reported missing, in all.
    pub(super) lost_packets: u64,
}

impl Sight {
    fn clamp(&self, share: Bitrate) -> Bitrate {
        share.min(self.bounds.1).max(self.bounds.0)
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Rivalry {
    standing: Option<Standing>,
    /// The same, as long as it does not even move.
    even: Option<Standing>,
    sharing: Option<Sharing>,
    /// When a queue was last shared for a while.
    shared_at: Option<Time>,
    /// When there was last a queue.
    stood_at: Time,
    /// The most that was carried lately.
    peak: Bitrate,
    lost_packets: u64,
    updated: Time,
}

/// A queue that does not go away.
#[derive(Clone, Copy, Debug)]
struct Standing {
    since: Time,
    /// What was carried when it began.
    carried: Bitrate,
    shortest: Duration,
    longest: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Sharing {
    since: Time,
    /// What is taken of the link.
    share: Bitrate,
    /// The longest queue since the last overflow, and the one of then.
    longest: Duration,
    /// Losses before this moment belong to the overflow that was answered last.
    answered_until: Time,
}

/// For how long a queue has to stand. One's own would be gone.
const STANDS: Duration = Duration::from_millis(1_500);
/// The same if one was shared a while ago.
const STANDS_AGAIN: Duration = Duration::from_millis(400);
const REMEMBERED: Duration = Duration::from_secs(20);
/// Only what was shared for so long was another's for certain.
const CERTAIN: Duration = Duration::from_secs(3);
/// It stands if it differs by no more than this, as a share of the longest or in time: where the
/// link itself changes, a queue grows and shrinks by more.
const SPREAD: f64 = 0.3;
const LEAST_SPREAD: Duration = Duration::from_millis(40);
/// Nobody's queue stays this even for so long: that is a way that has become longer. It is less than
/// what is taken of a link takes to grow from one overflow to the next.
const EVEN: Duration = Duration::from_millis(12);
const EVEN_FOR: Duration = Duration::from_millis(2_500);
/// Way was given if no more than this is carried of the most that was, which is forgotten over so
/// long. A link that never carried more has only one's own queue, however little is sent.
const GAVE_WAY: f64 = 0.6;
const PEAK_MEMORY: Duration = Duration::from_secs(30);
/// Below this share of the queue that is kept for so long, there is room, and nobody to share with.
const EMPTY: f64 = 0.5;
const GONE: Duration = Duration::from_millis(300);
/// So far beyond the limit a queue is no longer shared.
const BEYOND: f64 = 1.4;
/// What is left after an overflow.
const LEFT: f64 = 0.7;
/// A queue this full, as a share of the longest, may have overflowed.
const FULL: f64 = 0.6;
/// How much more is sent in a second: this share, or a packet a round trip in each round trip.
const GROWTH: f64 = 0.1;
const PACKET: ByteCount = ByteCount::new(1_500);
/// Round trips are not taken for shorter.
const LEAST_ROUND_TRIP: Duration = Duration::from_millis(100);

impl Rivalry {
    /// Takes a look at the queue.
    pub(super) fn update(&mut self, now: Time, sight: &Sight) -> Verdict {
        let is_lost = sight.lost_packets > self.lost_packets;
        let passed = now.since(self.updated);
        (self.lost_packets, self.updated) = (sight.lost_packets, now);
        let forgotten = (passed.as_secs_f64() / PEAK_MEMORY.as_secs_f64()).min(1.0);
        self.peak = self.peak.scaled(1.0 - forgotten).max(sight.steadily);
        if sight.standing >= sight.kept.mul_f64(EMPTY) {
            self.stood_at = now;
        }
        let too_long = sight.standing > sight.limit.mul_f64(BEYOND);
        if self.is_longer_way(now, sight) {
            *self = Self { lost_packets: self.lost_packets, updated: now, ..Self::default() };
            return Verdict::LongerWay;
        }
        if too_long || now.since(self.stood_at) >= GONE {
            (self.standing, self.sharing) = (None, None);
            self.shared_at = self.shared_at.filter(|_| !too_long);
        } else if let Some(sharing) = &mut self.sharing {
            sharing.go_on(now, passed, is_lost, sight);
            if now.since(sharing.since) > CERTAIN {
                self.shared_at = Some(now);
            }
        } else {
            self.watch(now, sight);
        }
        self.sharing.map_or(Verdict::Own, |sharing| Verdict::Share(sharing.share))
    }

    /// Nothing gets through: that says nothing of the queue, and what is taken stays as it is.
    pub(super) fn pause(&mut self, now: Time) -> Verdict {
        self.updated = now;
        (self.standing, self.even) = (None, None);
        self.sharing.map_or(Verdict::Own, |sharing| Verdict::Share(sharing.share))
    }

    fn is_longer_way(&mut self, now: Time, sight: &Sight) -> bool {
        let even = Standing::look(self.even, now, sight);
        // A queue that is kept on purpose may be even, but nobody gave way to it.
        let gave_way = self.sharing.is_some() || self.gave_way(sight);
        let stands = sight.standing >= sight.kept.mul_f64(EMPTY) && gave_way;
        let is_even = stands && even.spread() <= EVEN;
        self.even = Some(if is_even { even } else { Standing::look(None, now, sight) });
        is_even && now.since(even.since) >= EVEN_FOR
    }

    /// Whether much less is carried than was.
    fn gave_way(&self, sight: &Sight) -> bool {
        sight.steadily < self.peak.scaled(GAVE_WAY)
    }

    /// Looks whether a queue goes away.
    fn watch(&mut self, now: Time, sight: &Sight) {
        let standing = Standing::look(self.standing, now, sight);
        let spread = standing.longest.mul_f64(SPREAD).max(LEAST_SPREAD);
        if sight.standing < sight.kept || standing.spread() > spread {
            self.standing = None;
            return;
        }
        self.standing = Some(standing);
        let known = self.shared_at.is_some_and(|at| now.since(at) < REMEMBERED);
        let stands = if known { STANDS_AGAIN } else { STANDS };
        if (known || self.gave_way(sight)) && now.since(standing.since) >= stands {
            self.standing = None;
            let share = sight.clamp(standing.carried.scaled(LEFT).max(sight.carried));
            let longest = sight.standing;
            self.sharing = Some(Sharing { since: now, share, longest, answered_until: now });
        }
    }
}

impl Standing {
    /// Another look at one that has been there since `before`.
    fn look(before: Option<Self>, now: Time, sight: &Sight) -> Self {
        let seen = sight.standing;
        let first = Self { since: now, carried: sight.carried, shortest: seen, longest: seen };
        let before = before.unwrap_or(first);
        let (shortest, longest) = (before.shortest.min(seen), before.longest.max(seen));
        Self { shortest, longest, ..before }
    }

    fn spread(&self) -> Duration {
        self.longest - self.shortest
    }
}

impl Sharing {
    fn go_on(&mut self, now: Time, passed: Duration, is_lost: bool, sight: &Sight) {
        self.longest = self.longest.max(sight.standing);
        let round_trip = (sight.base + sight.standing).max(LEAST_ROUND_TRIP);
        let overflowed = is_lost && sight.standing > self.longest.mul_f64(FULL);
        if (overflowed || sight.standing > sight.limit) && now >= self.answered_until {
            self.answered_until = now + round_trip + round_trip / 2;
            self.longest = sight.standing;
            self.share = sight.clamp(self.share.scaled(LEFT));
            return;
        }
        let a_packet_more = Bitrate::average(PACKET, round_trip);
        let growth = a_packet_more.scaled(1.0 / round_trip.as_secs_f64());
        let growth = growth.max(self.share.scaled(GROWTH));
        self.share = sight.clamp(self.share.saturating_add(growth.scaled(passed.as_secs_f64())));
    }
}

#[cfg(test)]
mod tests;

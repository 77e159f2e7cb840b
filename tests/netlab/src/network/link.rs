//! One direction of a path.

use std::collections::VecDeque;
use std::time::Duration;

use golive_proto::units::{ByteCount, Time};

use super::dice::{Dice, Question};
use super::{Conditions, Trace, TraceLimit};

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives at this time.
    Arrives(Time),
    /// It arrives at both times.
    ArrivesTwice(Time, Time),
    /// It is lost by chance.
    Lost,
    /// The queue before the bottleneck is full.
    Overflowed,
}

impl Fate {
    /// When it arrives: never, once or twice.
    pub fn arrivals(self) -> impl Iterator<Item = Time> {
        let (first, second) = match self {
            Fate::Arrives(at) => (Some(at), None),
            Fate::ArrivesTwice(first, second) => (Some(first), Some(second)),
            Fate::Lost | Fate::Overflowed => (None, None),
        };
        first.into_iter().chain(second)
    }
}

/// How many packets went which way, since the link was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that were given to the link.
    pub offered: u64,
    /// Their bytes, with 28 bytes of IPv4 and UDP header each.
    pub offered_bytes: ByteCount,
    /// Packets that arrive, duplicates not counted.
    pub passed: u64,
    /// Packets lost by chance.
    pub lost: u64,
    /// Packets that found the queue full.
    pub overflowed: u64,
    /// Packets that arrive a second time.
    pub duplicated: u64,
    /// Packets that were held back and may be overtaken.
    pub reordered: u64,
}

/// One direction of a path, packet by packet.
#[derive(Clone, Debug)]
pub struct Link {
    conditions: Conditions,
    dice: Dice,
    counters: Counters,
    /// Whether the Gilbert-Elliott chain is in its bad state.
    in_burst: bool,
    /// When the bottleneck has sent all that waits.
    idle_at: Time,
    recorded: Recorded,
    /// The latest arrival of those that keep their order.
    latest: Time,
}

/// IPv4 and UDP headers, which a bottleneck carries too.
const HEADERS: ByteCount = ByteCount::new(28);
/// Between a packet and its copy.
const COPY_AFTER: Duration = Duration::from_millis(1);
/// How long a packet is held so that others overtake it.
const HELD: Duration = Duration::from_millis(20);

/// What waits before a recorded bottleneck.
#[derive(Clone, Debug, Default)]
struct Recorded {
    /// The opportunity that is being used, and what it can still take.
    opportunity: u64,
    room: u64,
    /// When each packet leaves, and how long it is.
    waiting: VecDeque<(Time, ByteCount)>,
    waiting_bytes: ByteCount,
}

impl Recorded {
    /// When the packet has been sent; nothing if there is no room for it.
    fn queue(&mut self, now: Time, length: ByteCount, limit: &TraceLimit) -> Option<Time> {
        while let Some((at, sent)) = self.waiting.front()
            && *at <= now
        {
            self.waiting_bytes = self.waiting_bytes.saturating_sub(*sent);
            self.waiting.pop_front();
        }
        if self.waiting_bytes + length > limit.queue {
            return None;
        }
        let first = limit.trace.first_at(now);
        if self.opportunity < first {
            (self.opportunity, self.room) = (first, Trace::PACKET.as_u64());
        }
        let mut left = length.as_u64();
        while left > self.room {
            left -= self.room;
            (self.opportunity, self.room) = (self.opportunity + 1, Trace::PACKET.as_u64());
        }
        self.room -= left;
        let at = limit.trace.time_of(self.opportunity).max(now);
        self.waiting.push_back((at, length));
        self.waiting_bytes += length;
        Some(at)
    }
}

impl Link {
    /// A link on which nothing has been sent yet.
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        Self {
            conditions,
            dice: Dice::new(seed),
            counters: Counters::default(),
            in_burst: false,
            idle_at: Time::ZERO,
            recorded: Recorded::default(),
            latest: Time::ZERO,
        }
    }

    /// What it is like now.
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// Changes what it is like; packets that are under way stay as decided. Another bottleneck is
    /// another way: what waits before the old one delays nothing that comes by the new one, and is
    /// overtaken.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        let (before, after) = (&self.conditions, &conditions);
        if (before.rate, &before.trace) != (after.rate, &after.trace) {
            self.idle_at = Time::ZERO;
            self.recorded = Recorded::default();
            self.latest = Time::ZERO;
        }
        self.conditions = conditions;
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Decides about a datagram of `length` bytes offered at `now`, which never goes back.
    pub fn carry(&mut self, now: Time, length: ByteCount) -> Fate {
        let index = self.counters.offered;
        self.counters.offered += 1;
        self.counters.offered_bytes += length + HEADERS;
        // Rolled for every packet, whatever else happens to it, so that the pattern of losses
        // is a matter of the seed alone.
        let lost = self.roll_loss(index);
        let Some(departure) = self.queue(now, length + HEADERS) else {
            self.counters.overflowed += 1;
            return Fate::Overflowed;
        };
        if lost {
            self.counters.lost += 1;
            return Fate::Lost;
        }
        self.counters.passed += 1;
        let arrival = self.arrival(departure, index);
        if self.dice.roll(Question::Duplicated, index) < self.conditions.duplicated {
            self.counters.duplicated += 1;
            return Fate::ArrivesTwice(arrival, arrival + COPY_AFTER);
        }
        Fate::Arrives(arrival)
    }

    fn roll_loss(&mut self, index: u64) -> bool {
        let loss = self.conditions.loss;
        let roll = self.dice.roll(Question::Lost, index);
        if loss.burst <= 1.0 || loss.mean >= 1.0 {
            self.in_burst = false;
            return roll < loss.mean;
        }
        // The share of time in the bad state is enter / (enter + leave), which is to be the mean.
        let leave = 1.0 / loss.burst;
        let enter = leave * loss.mean / (1.0 - loss.mean);
        self.in_burst = if self.in_burst { roll >= leave } else { roll < enter };
        self.in_burst
    }

    /// When the bottleneck has sent the packet; nothing if there is no room for it.
    fn queue(&mut self, now: Time, length: ByteCount) -> Option<Time> {
        let Some(limit) = self.conditions.rate else {
            return self.queue_recorded(now, length);
        };
        let waiting = limit.bitrate.bytes_in(self.idle_at.since(now));
        if waiting + length > limit.queue {
            return None;
        }
        self.idle_at = self.idle_at.max(now) + limit.bitrate.time_for(length);
        self.queue_recorded(self.idle_at, length)
    }

    /// The same for the recorded bottleneck, which follows the other one.
    fn queue_recorded(&mut self, now: Time, length: ByteCount) -> Option<Time> {
        match &self.conditions.trace {
            Some(limit) => self.recorded.queue(now, length, limit),
            None => Some(now),
        }
    }

    fn arrival(&mut self, departure: Time, index: u64) -> Time {
        let jitter = self.conditions.jitter.mul_f64(self.dice.roll(Question::Jitter, index));
        let arrival = departure + self.conditions.delay + jitter;
        if self.dice.roll(Question::Reordered, index) < self.conditions.reordered {
            self.counters.reordered += 1;
            return arrival + HELD;
        }
        self.latest = self.latest.max(arrival);
        self.latest
    }
}

#[cfg(test)]
mod tests {
    use golive_proto::units::Bitrate;

    use super::super::{Loss, RateLimit};
    use super::*;

    const PACKET: ByteCount = ByteCount::new(1_332);

    /// Offers a packet every 2 ms.
    fn offer(link: &mut Link, count: u64) -> Vec<Fate> {
        (0..count).map(|number| link.carry(Time::from_millis(2 * number), PACKET)).collect()
    }

    #[test]
    fn losses_come_at_the_mean_and_in_bursts_as_asked() {
        for (mean, burst) in [(0.01, 1.0), (0.05, 3.0), (0.2, 3.0), (0.1, 10.0)] {
            let conditions = Conditions::default().with_loss(Loss::bursty(mean, burst));
            let fates = offer(&mut Link::new(conditions, 1), 400_000);
            let lost = fates.iter().filter(|fate| **fate == Fate::Lost).count();
            let share = lost as f64 / fates.len() as f64;
            assert!((share / mean - 1.0).abs() < 0.1, "{share} for {mean}");
            let starts = fates
                .windows(2)
                .filter(|pair| pair[0] != Fate::Lost && pair[1] == Fate::Lost)
                .count();
            let length = lost as f64 / starts as f64;
            // Independent losses at 1 % come 1 / 0.99 in a row.
            assert!((length / burst - 1.0).abs() < 0.1, "{length} for {burst}");
        }
    }

    #[test]
    fn the_same_seed_loses_the_same_packets_whatever_else_changes() {
        let loss = Loss::bursty(0.05, 3.0);
        let plain = Conditions::default().with_loss(loss);
        let other = Conditions {
            delay: Duration::from_millis(40),
            jitter: Duration::from_millis(9),
            duplicated: 0.1,
            reordered: 0.1,
            ..plain.clone()
        };
        let lost = |conditions: &Conditions, seed| -> Vec<bool> {
            let fates = offer(&mut Link::new(conditions.clone(), seed), 5_000);
            fates.iter().map(|fate| *fate == Fate::Lost).collect()
        };
        assert_eq!(lost(&plain, 3), lost(&other, 3));
        assert_ne!(lost(&plain, 3), lost(&plain, 4));
    }

    #[test]
    fn jitter_keeps_the_order_and_reordering_does_not() {
        let arrivals = |conditions: Conditions| -> Vec<Time> {
            let fates = offer(&mut Link::new(conditions, 5), 2_000);
            fates
                .iter()
                .map(|fate| match fate {
                    Fate::Arrives(at) => *at,
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        let jitter = Conditions { jitter: Duration::from_millis(10), ..Conditions::default() };
        assert!(arrivals(jitter.clone()).is_sorted());
        assert!(!arrivals(Conditions { reordered: 0.05, ..jitter }).is_sorted());
    }

    #[test]
    fn a_bottleneck_passes_its_rate_and_drops_what_its_queue_cannot_hold() {
        let limit = RateLimit {
            bitrate: Bitrate::from_kilobits_per_second(2_000),
            queue: ByteCount::new(50_000),
        };
        let conditions = Conditions { rate: Some(limit), ..Conditions::default() };
        let mut link = Link::new(conditions, 0);
        let fates = offer(&mut link, 5_000);
        let last = fates.iter().rev().find_map(|fate| match fate {
            Fate::Arrives(at) => Some(*at),
            _ => None,
        });
        let delay = last.unwrap().since(Time::from_millis(10_000));
        assert!(delay > Duration::from_millis(180), "a full queue of 200 ms, not {delay:?}");
        assert!(delay <= Duration::from_millis(205), "a full queue of 200 ms, not {delay:?}");
        let carried = link.counters().passed * (1_332 + 28) * 8;
        let rate = carried as f64 / 10.2;
        assert!((rate / 2e6 - 1.0).abs() < 0.02, "{rate} b/s");
        assert_eq!(link.counters().passed + link.counters().overflowed, 5_000);
    }

    #[test]
    fn a_recorded_bottleneck_passes_what_was_recorded_and_no_more() {
        // A packet every 10 ms, and none in the last half of the second.
        let lines: Vec<String> = (1..=50).map(|n| (n * 10).to_string()).collect();
        let trace = Trace::parse(&format!("{}\n1000\n", lines.join("\n"))).unwrap();
        let limit = TraceLimit { trace, queue: ByteCount::new(13_600) };
        let conditions = Conditions { trace: Some(limit), ..Conditions::default() };
        let mut link = Link::new(conditions, 0);
        let fates = offer(&mut link, 1_000);
        let arrivals: Vec<u64> = fates
            .iter()
            .filter_map(|fate| match fate {
                Fate::Arrives(at) => Some(at.as_micros() / 1_000),
                _ => None,
            })
            .collect();
        assert!(arrivals.is_sorted());
        // 51 opportunities of 1,500 bytes a second, for packets of 1,360, and ten that wait.
        let within = |from, until| arrivals.iter().filter(|at| (from..until).contains(*at)).count();
        assert!((54..=57).contains(&within(0, 1_000)), "{}", within(0, 1_000));
        assert_eq!(within(510, 1_000), 0);
        assert!(link.counters().overflowed > 800);
    }

    #[test]
    fn what_waits_before_a_slow_bottleneck_does_not_hold_up_a_fast_one() {
        let slow = RateLimit {
            bitrate: Bitrate::from_kilobits_per_second(100),
            queue: ByteCount::new(200_000),
        };
        let fast = RateLimit { bitrate: slow.bitrate.scaled(100.0), ..slow };
        let through = |rate| Conditions { rate: Some(rate), ..Conditions::default() };
        let mut link = Link::new(through(slow), 0);
        assert!(offer(&mut link, 500).contains(&Fate::Overflowed));
        let now = Time::from_millis(1_000);
        link.set_conditions(Conditions { delay: Duration::from_millis(5), ..through(slow) });
        assert_eq!(link.carry(now, PACKET), Fate::Overflowed, "the same bottleneck, further away");
        link.set_conditions(through(fast));
        let Fate::Arrives(at) = link.carry(now, PACKET) else { panic!("it is not carried") };
        assert!(at.since(now) < Duration::from_millis(2), "it arrives at {at}");
    }

    #[test]
    fn a_blackout_lets_nothing_through_and_ends() {
        let mut link = Link::new(Conditions::default().with_loss(Loss::BLACKOUT), 9);
        assert!(offer(&mut link, 500).iter().all(|fate| *fate == Fate::Lost));
        link.set_conditions(Conditions::default());
        let now = Time::from_millis(2_000);
        assert_eq!(link.carry(now, PACKET), Fate::Arrives(now));
    }
}

//! How often a lost packet is sent again, and when: planned from the time that is left.
//!
//! While the peer can still miss a packet a second time, say so, and be answered in time, one
//! copy is enough: the next report decides. Once it cannot, this is the last round, and several
//! copies leave, so far apart that one burst does not take them all; the peer discards what it
//! has. Copies beyond the first are paid from an allowance that losses earn, so that copies are in
//! proportion to them; what much depends on gets more copies, and the last of what can be paid.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::transport::Priority;
use crate::units::Time;

/// Copies in the last round beyond the first. Eight were seen to gain little more than these.
const LAST_ROUND_COPIES: u8 = 2;

/// The same for what other pictures depend on, and for sound.
const MOST_COPIES: u8 = 4;

/// Copies are at least so far apart, where there is time, even if bursts seem to be shorter.
const LEAST_SPACING: Duration = Duration::from_millis(4);

/// Copies are so many mean bursts apart. Their lengths are about exponentially distributed:
/// three means are exceeded by one in twenty.
const BURSTS_APART: u32 = 3;

/// The last copy leaves so long before the deadline, for clocks and jitter.
const MARGIN: Duration = Duration::from_millis(1);

/// What a lost packet earns, in packets, beyond the first time that it is sent again. libsrt sends
/// again by 10 to 25 per cent more than is lost, as its receiver asks twice: this comes to about
/// three times as much.
const EARNED_COPIES: f64 = 2.4;

/// What can be saved up: bursts come after a time without any.
const MOST_SAVED: usize = 64 << 10;

/// Radio links that are any use lose less than this; links with too much to carry lose more.
const HIGHEST_SHARE: f64 = 0.27;

/// The share is taken over so many packets.
const SHARE_SPAN: u32 = 256;

/// How much of what was known is kept after another span.
const FORGETTING: f64 = 0.75;

/// Copies that wait for their moment, at most; more are left out.
const MOST_WAITING: usize = 4_096;

/// Further copies of a packet, and how far apart they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Copies {
    pub(super) left: u8,
    pub(super) spacing: Duration,
}

impl Copies {
    /// What to send beyond the copy that leaves now, with `left` to go until the deadline, if a
    /// report on it takes `round` to come and bursts of losses last for `burst` on average.
    pub(super) fn plan(
        left: Duration,
        round: Duration,
        burst: Duration,
        priority: Priority,
    ) -> Self {
        let time = left.saturating_sub(MARGIN);
        if left > round || time.is_zero() {
            return Self::default();
        }
        let wanted = (burst * BURSTS_APART).max(LEAST_SPACING);
        let copies = if priority == Priority::High { MOST_COPIES } else { LAST_ROUND_COPIES };
        Self { left: copies, spacing: wanted.min(time / u32::from(copies)) }
    }

    /// No more than so many of them.
    pub(super) fn at_most(self, copies: u8) -> Self {
        Self { left: self.left.min(copies), ..self }
    }
}

/// How long bursts of losses last, from the first packet sent of one to the last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bursts {
    mean: Duration,
    packets: f64,
}

impl Bursts {
    /// Takes note of packets in a row that were lost, the last sent `span` after the first.
    pub(super) fn note(&mut self, span: Duration, packets: usize) {
        self.mean = (self.mean * 7 + span) / 8;
        self.packets = (self.packets * 7.0 + packets as f64) / 8.0;
    }

    /// How many packets a burst takes on average.
    pub(super) fn packets(self) -> f64 {
        self.packets.max(1.0)
    }

    pub(super) fn mean(self) -> Duration {
        self.mean
    }
}

/// What share of the packets is lost the first time, and how often one is sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LossShare {
    sent: u32,
    lost: u32,
    began: Option<Time>,
    is_high: bool,
    mean: f64,
    share: f64,
    interval: Option<Duration>,
}

impl LossShare {
    pub(super) fn lost(&mut self) {
        self.lost += 1;
    }

    pub(super) fn sent(&mut self, now: Time) {
        let began = *self.began.get_or_insert(now);
        self.sent += 1;
        if self.sent == SHARE_SPAN {
            // What was sent in an earlier span may be reported in this one.
            let share = (f64::from(self.lost) / f64::from(self.sent)).min(1.0);
            // What has become worse is believed at once, what has become better in a while.
            self.mean = self.mean * FORGETTING + share * (1.0 - FORGETTING);
            self.is_high = self.mean > HIGHEST_SHARE;
            self.share = share.max(self.share * FORGETTING + share * (1.0 - FORGETTING));
            self.interval = Some(now.since(began) / SHARE_SPAN);
            (self.sent, self.lost, self.began) = (0, 0, Some(now));
        }
    }

    /// The share, falling slowly.
    pub(super) fn share(self) -> f64 {
        self.share
    }

    /// From one packet to the next on average, once it is known.
    pub(super) fn interval(self) -> Option<Duration> {
        self.interval
    }

    /// Whether so much is lost that the path is more likely to be full than to be bad.
    pub(super) fn is_high(self) -> bool {
        self.is_high
    }
}

/// Copies that wait for their moment, and what is there to pay them from.
#[derive(Debug)]
pub(super) struct Waiting {
    due: BinaryHeap<Reverse<(Time, u32)>>,
    allowance: usize,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Self { due: BinaryHeap::with_capacity(MOST_WAITING), allowance: MOST_SAVED }
    }

    /// A packet of so many bytes was reported for the first time.
    pub(super) fn earn(&mut self, bytes: usize) {
        self.allowance = (self.allowance + (bytes as f64 * EARNED_COPIES) as usize).min(MOST_SAVED);
    }

    /// Whether a copy of so many bytes can be paid; it is paid then. The last copy of several brings
    /// the least, and so does one of what nothing depends on: these are not paid from what is kept
    /// for others.
    pub(super) fn spend(&mut self, bytes: usize, priority: Priority, is_last: bool) -> bool {
        let of_little_use = usize::from(priority == Priority::Low);
        let reserve = MOST_SAVED / 4 * (2 * usize::from(is_last) + of_little_use);
        let left = self.allowance.checked_sub(bytes).filter(|left| *left >= reserve);
        self.allowance = left.unwrap_or(self.allowance);
        left.is_some()
    }

    /// Keeps a packet's number until then; false if too many wait already.
    pub(super) fn add(&mut self, at: Time, number: u32) -> bool {
        let room = self.due.len() < MOST_WAITING;
        if room {
            self.due.push(Reverse((at, number)));
        }
        room
    }

    /// The next number whose moment has come.
    pub(super) fn take(&mut self, now: Time) -> Option<u32> {
        self.next_at().filter(|at| *at <= now)?;
        self.due.pop().map(|Reverse((_, number))| number)
    }

    /// When the next one's moment comes.
    pub(super) fn next_at(&self) -> Option<Time> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// With so many milliseconds left, bursts of so many, and 150 for a round.
    fn planned(left: u64, burst: u64) -> Copies {
        Copies::plan(millis(left), millis(150), millis(burst), Priority::Ordinary)
    }

    #[test]
    fn one_copy_suffices_while_a_report_on_it_can_come_in_time() {
        assert_eq!(planned(151, 6), Copies::default());
        assert_eq!(planned(150, 6).left, LAST_ROUND_COPIES);
    }

    #[test]
    fn the_last_copies_are_further_apart_than_bursts_last_where_there_is_time() {
        assert_eq!(planned(100, 6).spacing, millis(18));
        assert_eq!(planned(100, 0).spacing, LEAST_SPACING);
        let in_time = Duration::from_micros(9_500);
        assert_eq!(planned(20, 6).spacing, in_time, "the last one leaves in time");
        assert_eq!(planned(1, 6), Copies::default());
    }

    #[test]
    fn losses_beyond_a_quarter_are_taken_for_a_full_path() {
        for (of_a_hundred, high) in [(20, false), (35, true)] {
            let mut share = LossShare::default();
            for number in 0..8 * SHARE_SPAN {
                share.sent(Time::ZERO);
                if number % 100 < of_a_hundred {
                    share.lost();
                }
            }
            assert_eq!(share.is_high(), high, "{of_a_hundred} %");
        }
    }

    #[test]
    fn no_more_than_everything_is_lost_however_late_it_is_reported() {
        let mut share = LossShare::default();
        (0..400).for_each(|_| share.lost());
        (0..SHARE_SPAN).for_each(|_| share.sent(Time::ZERO));
        assert_eq!(share.share(), 1.0);
    }

    #[test]
    fn copies_wait_in_order_and_are_paid_by_losses() {
        let mut waiting = Waiting::new();
        assert!(waiting.add(Time::from_millis(9), 1));
        assert!(waiting.add(Time::from_millis(5), 2));
        assert_eq!(waiting.take(Time::from_millis(4)), None);
        assert_eq!(waiting.take(Time::from_millis(9)), Some(2));
        assert_eq!(waiting.take(Time::from_millis(9)), Some(1));
        let mut spend = |bytes| waiting.spend(bytes, Priority::Ordinary, false);
        assert!(spend(MOST_SAVED));
        assert!(!spend(1_000));
        waiting.earn(500);
        assert!(waiting.spend(1_200, Priority::Ordinary, false));
        assert!(!waiting.spend(1, Priority::High, false));
    }

    #[test]
    fn when_little_is_left_it_is_for_what_much_depends_on() {
        let mut waiting = Waiting::new();
        let mut paid = |priority, is_last| {
            let mut copies = 0;
            while waiting.spend(1_000, priority, is_last) {
                copies += 1;
            }
            copies
        };
        assert_eq!(paid(Priority::Low, true), 16, "a quarter of 65");
        assert_eq!(paid(Priority::Ordinary, true), 16);
        assert_eq!(paid(Priority::Low, false), 17);
        assert_eq!(paid(Priority::Ordinary, false), 16);
        assert!(Copies::plan(millis(50), millis(150), millis(6), Priority::High).left > 2);
    }
}

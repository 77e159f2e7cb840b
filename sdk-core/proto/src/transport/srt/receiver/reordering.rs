//! How long packets were seen to be overtaken for, so that one on its way is not taken for lost.
//!
//! A gap is a loss, as long as nothing else was ever seen: on a single way nothing overtakes. What
//! fills a gap and was not sent again, though, had only been overtaken: on several ways, or over
//! some radio links. From then on a gap is reported when it has been there for as long as the
//! longest that filled by itself of late. libsrt has the same in packets, as an option of the
//! receiver's (`lossmaxttl`); what makes packets late are ways and queues, so here it is a time.

use std::collections::VecDeque;
use std::time::Duration;

use crate::units::Time;

use super::super::number::SequenceNumber;

/// The longest of so many spans is what counts, so it is forgotten within that time.
const SPAN: Duration = Duration::from_millis(500);
const SPANS: usize = 8;

/// As long as was seen, and this share and time more: queues grow.
const MARGIN_SHARE: u32 = 8;
const MARGIN: Duration = Duration::from_millis(3);

/// What comes by itself more often than this does so usually.
const USUAL_SHARE: f64 = 0.5;
/// The share of one packet in that share.
const SHARE_GAIN: f64 = 1.0 / 32.0;

/// Packets sent again in vain, as far as is known, that are remembered at most.
const MAX_REPLACED: usize = 128;

/// See the module.
pub(crate) struct Reordering {
    /// What comes later than this is of no use.
    latency: Duration,
    /// The longest of each span, and the number of the newest.
    longest: [Duration; SPANS],
    newest: u64,
    /// The share of what had been missing that came by itself.
    overtaken_share: f64,
    /// Missing packets that were sent again before they came by themselves, and since when they
    /// had been missing.
    replaced: VecDeque<(SequenceNumber, Time)>,
}

impl Reordering {
    /// Nothing was seen yet; packets are of use for `latency`.
    pub(crate) fn new(latency: Duration) -> Self {
        Self {
            latency,
            longest: [Duration::ZERO; SPANS],
            newest: 0,
            overtaken_share: 0.0,
            replaced: VecDeque::with_capacity(MAX_REPLACED),
        }
    }

    /// A packet that had been missing since then came, by itself or `again`.
    pub(crate) fn found(&mut self, now: Time, number: SequenceNumber, since: Time, again: bool) {
        if !again {
            self.overtaken(now, now.since(since));
            return;
        }
        self.overtaken_share -= self.overtaken_share * SHARE_GAIN;
        if self.replaced.len() == MAX_REPLACED {
            self.replaced.pop_front();
        }
        self.replaced.push_back((number, since));
    }

    /// A packet came by itself that is here already: it may have been replaced too soon.
    pub(crate) fn found_twice(&mut self, now: Time, number: SequenceNumber) {
        let is_it = |replaced: &(SequenceNumber, Time)| replaced.0 == number;
        if let Some(index) = self.replaced.iter().position(is_it)
            && let Some((_, since)) = self.replaced.remove(index)
        {
            self.overtaken(now, now.since(since));
        }
    }

    /// How long to wait for what is missing before it is reported, if it has to be reported within
    /// `left` to be sent again in time.
    ///
    /// Where there is no time to wait and have it sent again, what usually comes by itself is
    /// waited for all the same: to have all that is overtaken sent again fills the ways, and makes
    /// everything later still.
    pub(crate) fn patience(&mut self, now: Time, left: Duration) -> Duration {
        self.advance(now);
        let longest = self.longest.iter().max().copied().unwrap_or_default();
        if longest.is_zero() {
            return longest;
        }
        let patience = longest + longest / MARGIN_SHARE + MARGIN;
        if self.overtaken_share >= USUAL_SHARE { patience } else { patience.min(left) }
    }

    fn overtaken(&mut self, now: Time, by: Duration) {
        if by > self.latency {
            return;
        }
        self.advance(now);
        self.overtaken_share += (1.0 - self.overtaken_share) * SHARE_GAIN;
        if let Some(longest) = self.longest.get_mut((self.newest % SPANS as u64) as usize) {
            *longest = by.max(*longest);
        }
    }

    /// Forgets what is too long ago.
    fn advance(&mut self, now: Time) {
        let span = now.as_micros() / SPAN.as_micros() as u64;
        let passed = span.saturating_sub(self.newest).min(SPANS as u64);
        for number in span + 1 - passed..=span {
            if let Some(longest) = self.longest.get_mut((number % SPANS as u64) as usize) {
                *longest = Duration::ZERO;
            }
        }
        self.newest = self.newest.max(span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATENCY: Duration = Duration::from_millis(250);

    fn number(value: u32) -> SequenceNumber {
        SequenceNumber::new(value)
    }

    fn at(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    fn patience(reordering: &mut Reordering, millis: u64) -> Duration {
        reordering.patience(at(millis), LATENCY)
    }

    #[test]
    fn what_is_only_sent_again_is_no_reordering() {
        let mut reordering = Reordering::new(LATENCY);
        for value in 0..1_000 {
            reordering.found(at(60), number(value), at(10), true);
        }
        assert_eq!(patience(&mut reordering, 60), Duration::ZERO);
    }

    #[test]
    fn a_gap_may_last_as_long_as_was_seen_until_that_is_long_ago() {
        let mut reordering = Reordering::new(LATENCY);
        reordering.found(at(1_040), number(1), at(1_000), false);
        reordering.found(at(1_110), number(2), at(1_100), false);
        assert_eq!(patience(&mut reordering, 1_110), Duration::from_millis(48));
        assert_eq!(patience(&mut reordering, 4_900), Duration::from_millis(48));
        assert_eq!(patience(&mut reordering, 5_100), Duration::ZERO);
        assert_eq!(patience(&mut reordering, 100_000), Duration::ZERO);
    }

    #[test]
    fn what_was_replaced_before_it_came_tells_as_well_but_not_once_it_is_of_no_use() {
        let mut reordering = Reordering::new(LATENCY);
        reordering.found(at(1_060), number(1), at(1_000), true);
        reordering.found(at(1_060), number(2), at(1_000), true);
        reordering.found_twice(at(1_070), number(3));
        assert_eq!(patience(&mut reordering, 1_070), Duration::ZERO);
        reordering.found_twice(at(1_080), number(2));
        assert_eq!(patience(&mut reordering, 1_080), Duration::from_millis(93));
        reordering.found_twice(at(1_300), number(1));
        assert_eq!(patience(&mut reordering, 1_300), Duration::from_millis(93));
    }

    #[test]
    fn where_time_is_short_only_what_usually_comes_by_itself_is_waited_for() {
        let mut reordering = Reordering::new(LATENCY);
        let left = Duration::from_millis(20);
        for value in 0..100 {
            let again = value % 10 > 0;
            reordering.found(at(1_040), number(value), at(1_000), again);
        }
        assert_eq!(reordering.patience(at(1_040), left), left);
        for value in 100..200 {
            let again = value % 10 == 0;
            reordering.found(at(1_040), number(value), at(1_000), again);
        }
        assert_eq!(reordering.patience(at(1_040), left), Duration::from_millis(48));
    }
}

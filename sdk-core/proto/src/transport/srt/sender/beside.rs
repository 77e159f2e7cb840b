//! What is sent again beside a packet filter.
//!
//! Where the receiver reports every loss at once (`arq:always`), most of what is reported the filter brings back, only not yet: the repair packets of its row and
//! column are still under way, or still to leave. So a reported packet is judged by what is known of
//! the packets that it is protected with: what reports name, what is too young to be reported on,
//! and repair packets, of which nothing is ever heard. What the filter will not bring back is sent
//! again at once. The rest waits until an acknowledgement or a report would have shown whether it is
//! there, or as long as there is time, and is then sent again as often as is still needed.
//!
//! Where it reports only what it could not rebuild (`arq:onreq`), acknowledgements, which stop at the
//! first packet that is missing, tell of that one earlier.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::fec::{Group, Matrix};
use crate::units::Time;

use super::super::filter::Retransmission;
use super::super::round_trip::RoundTrip;
use super::retransmit::is_congested;
use super::{Sender, Terms, Wanted};

/// Packets that wait to be decided on, at most; more are decided on at once.
const MOST_POSTPONED: usize = 4_096;

/// Packets that are judged for one report, at most; more are sent again at once.
const MOST_JUDGED: usize = 256;

/// With so many others missing, a row or a column is not looked into: it is as good as gone.
const MOST_MISSING: u32 = 6;

/// A packet that the filter fails to bring back with this probability is sent again at once.
const HOPELESS: f64 = 0.5;

/// It is sent as often as it takes for this probability that it stays lost.
const LEFT_LOST: f64 = 0.01;

/// What share of the packets is lost, before anything is known of it.
const UNKNOWN_SHARE: f64 = 0.1;

/// What is decided on last leaves so long before the deadline, beside two deviations of the round
/// trip: for clocks.
const MARGIN: Duration = Duration::from_millis(4);

/// An acknowledgement tells of what arrived so long before it.
const HOLE_SLACK: Duration = Duration::from_millis(4);

/// How often it is looked into whether what misses in a group is brought back by another.
const CROSSINGS: u8 = 2;

/// Of packets that are lost beside a filter, this share at most stays lost: for what is not judged
/// one by one.
const STAYS_LOST: f64 = 0.7;

/// What a packet's sender knows of it beside a filter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) first_sent: Time,
    /// What left until then had arrived, or was lost, when the peer still missed the packet.
    missing_as_of: Option<Time>,
    /// Named in the report that is being read.
    named: bool,
    /// When it is decided on.
    decided_at: Option<Time>,
    /// How likely the filter fails to bring it back.
    fails: f64,
}

impl Known {
    /// It was given up before it was sent: the peer misses it.
    pub(super) fn skipped(&mut self, now: Time) {
        (self.first_sent, self.missing_as_of) = (now, Some(now));
    }
}

impl Default for Known {
    fn default() -> Self {
        Self {
            first_sent: Time::ZERO,
            missing_as_of: None,
            named: false,
            decided_at: None,
            fails: 1.0,
        }
    }
}

impl Known {
    /// Whether it waits to be decided on.
    pub(super) fn is_postponed(&self) -> bool {
        self.decided_at.is_some()
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Beside {
    matrix: Matrix,
    /// Whether the peer reports what is lost at once, rather than what could not be rebuilt.
    all_is_reported: bool,
    postponed: BinaryHeap<Reverse<(Time, u32)>>,
    /// The first and the last that the report being read names again.
    again: Option<(usize, usize)>,
    /// The first and the last that it names.
    named: Option<(usize, usize)>,
}

/// What becomes of a packet that is missing.
#[derive(Clone, Copy, Debug)]
struct Outlook {
    fails: f64,
    decide_at: Time,
}

/// What all of one judgement has in common.
#[derive(Clone, Copy)]
struct Judging {
    /// What left before this and is missing was reported, unless the report was lost.
    reported_before: Time,
    deadline: Time,
    share: f64,
    /// How likely a packet that may be lost stays so.
    lost: f64,
    /// The same for one that should have been reported.
    unreported: f64,
    /// Mean length of a burst of losses, in packets.
    burst: f64,
    /// How likely a repair packet is lost that follows a packet which was lost, and any other.
    repair_lost: (f64, f64),
}

impl Beside {
    /// None where there is nothing to plan.
    pub(super) fn new(terms: &Terms) -> Option<Self> {
        let plans = terms.plans_repair && terms.retransmission() != Retransmission::Never;
        let filter = terms.filter.filter(|_| plans)?;
        Some(Self {
            matrix: filter.matrix,
            all_is_reported: filter.retransmission == Retransmission::Always,
            postponed: BinaryHeap::with_capacity(MOST_POSTPONED),
            again: None,
            named: None,
        })
    }
}

impl Sender {
    /// A report names this packet. False if that alone is reason to send it again.
    pub(super) fn note_named(&mut self, now: Time, index: usize, round_trip: &RoundTrip) -> bool {
        let as_of = now.saturating_sub(crossing(round_trip));
        let beside = self.beside.as_mut().filter(|beside| beside.all_is_reported);
        let (Some(beside), Some(entry)) = (beside, self.ring.get_mut(index)) else {
            return false;
        };
        let widen = |range: Option<(usize, usize)>| {
            range.map_or((index, index), |(first, last)| (first.min(index), last.max(index)))
        };
        if entry.beside.missing_as_of.is_some() {
            beside.again = Some(widen(beside.again));
        }
        beside.named = Some(widen(beside.named));
        entry.beside.named = true;
        entry.beside.missing_as_of = Some(as_of);
        true
    }

    /// Decides what of a report is sent again now, and what later.
    pub(super) fn resolve_beside(&mut self, now: Time, round_trip: &RoundTrip) {
        let Some(beside) = &mut self.beside else { return };
        let (again, named) = (beside.again.take(), beside.named.take());
        let Some((first, last)) = named else { return };
        if let Some((first, last)) = again {
            self.note_rebuilt(first, last);
        }
        let span = usize::try_from(self.span()).unwrap_or(usize::MAX);
        let mut judged = 0;
        // Those that are missing together with it may have become hopeless by it.
        let from = first.saturating_sub(span);
        for index in from..last.saturating_add(span).saturating_add(1).min(self.sent) {
            let Some(entry) = self.ring.get_mut(index) else { break };
            let named = std::mem::take(&mut entry.beside.named);
            if named || entry.beside.is_postponed() {
                judged += 1;
                self.consider(now, index, round_trip, judged <= MOST_JUDGED);
            }
        }
    }

    /// A report that names packets again is of everything that is missing: what lies between them and
    /// is not named is there.
    fn note_rebuilt(&mut self, first: usize, last: usize) {
        for entry in self.ring.range_mut(first..=last) {
            if !entry.beside.named && entry.beside.missing_as_of.take().is_some() {
                entry.beside.decided_at = None;
                entry.copies.left = 0;
            }
        }
    }

    /// An acknowledgement has come that stops at the oldest packet. If it should not, it is missing.
    pub(super) fn check_hole_beside(&mut self, now: Time, round_trip: &RoundTrip) {
        let crossing = crossing(round_trip);
        let Some(oldest) = self.ring.front_mut().filter(|_| self.sent > 0) else { return };
        let told_by = oldest.last_sent + crossing + round_trip.variance() + HOLE_SLACK;
        if told_by < now && !is_congested(round_trip) {
            oldest.beside.missing_as_of = Some(now.saturating_sub(crossing));
            self.consider(now, 0, round_trip, true);
        }
    }

    /// Decides on what has waited for it.
    pub(crate) fn decide_postponed(&mut self, now: Time, round_trip: &RoundTrip) {
        while let Some(Reverse((at, number))) =
            self.beside.as_ref().and_then(|beside| beside.postponed.peek().copied())
            && at <= now
        {
            if let Some(beside) = &mut self.beside {
                beside.postponed.pop();
            }
            let number = super::SequenceNumber::new(number);
            let Some(index) = number.offset_from(self.first) else { continue };
            let is_due = |entry: &&mut super::Entry| entry.beside.decided_at == Some(at);
            let Some(entry) = self.ring.get_mut(index).filter(is_due) else { continue };
            entry.beside.decided_at = None;
            let outlook = self.outlook(now, index, round_trip);
            self.decide(now, index, outlook.fails);
        }
    }

    /// When [`Sender::decide_postponed`] would.
    pub(crate) fn postponed_due(&self) -> Option<Time> {
        let next = self.beside.as_ref()?.postponed.peek();
        next.map(|Reverse((at, _))| *at)
    }

    /// How many copies beyond the first a packet is worth that leaves now.
    pub(super) fn copies_beside(&self, index: usize) -> u8 {
        let (Some(_), Some(entry)) = (&self.beside, self.ring.get(index)) else { return u8::MAX };
        let share = self.known_share();
        let mut left = entry.beside.fails * share;
        let mut copies = 0;
        while left > LEFT_LOST && copies < u8::MAX {
            left *= share;
            copies += 1;
        }
        copies
    }

    /// Sends the packet again now, or puts off deciding on it.
    fn consider(&mut self, now: Time, index: usize, round_trip: &RoundTrip, judges: bool) {
        let Some(entry) = self.ring.get(index) else { return };
        let crossed = entry.retransmissions > 0
            && (entry.copies.left > 0 || now < entry.last_sent + crossing(round_trip));
        if crossed || entry.given_up || entry.wanted != Wanted::No {
            return;
        }
        let decided_at = entry.beside.decided_at;
        let outlook = if judges {
            self.outlook(now, index, round_trip)
        } else {
            Outlook { fails: 1.0, decide_at: now }
        };
        let waits = outlook.fails < HOPELESS && outlook.decide_at > now;
        let number = self.first.plus(index as u32).as_u32();
        let (Some(beside), Some(entry)) = (&mut self.beside, self.ring.get_mut(index)) else {
            return;
        };
        if !waits || beside.postponed.len() == MOST_POSTPONED {
            entry.beside.decided_at = None;
            self.decide(now, index, outlook.fails);
        } else if decided_at != Some(outlook.decide_at) {
            entry.beside.decided_at = Some(outlook.decide_at);
            beside.postponed.push(Reverse((outlook.decide_at, number)));
        }
    }

    fn decide(&mut self, now: Time, index: usize, fails: f64) {
        if let Some(entry) = self.ring.get_mut(index) {
            entry.beside.fails = fails;
            if fails > LEFT_LOST {
                entry.report_answered = now;
                self.want(index, Wanted::Lost);
            }
        }
    }

    fn span(&self) -> u64 {
        self.beside.as_ref().map_or(0, |beside| beside.matrix.span())
    }

    fn known_share(&self) -> f64 {
        let known = self.share.interval().map(|_| self.share.share());
        known.unwrap_or(UNKNOWN_SHARE).clamp(0.001, 0.5)
    }

    /// How likely the filter fails to bring back a packet that is missing, and when to decide on it.
    fn outlook(&self, now: Time, index: usize, round_trip: &RoundTrip) -> Outlook {
        let hopeless = Outlook { fails: 1.0, decide_at: now };
        let (Some(beside), Some(entry)) = (&self.beside, self.ring.get(index)) else {
            return hopeless;
        };
        let offset = self.gone + index as u64;
        let deadline = entry.origin + self.terms.latency;
        let share = self.known_share();
        let burst = self.bursts.packets();
        // That the next packet arrived is known: the burst ended before or after the repair packet.
        let within = (1.0 - 1.0 / burst) / (2.0 - 1.0 / burst);
        let judging = Judging {
            reported_before: now.saturating_sub(crossing(round_trip)),
            deadline,
            share,
            lost: share * STAYS_LOST,
            unreported: if beside.all_is_reported { share * share } else { share } * STAYS_LOST,
            burst,
            repair_lost: (within.max(share), share / burst),
        };
        let matrix = beside.matrix;
        let (mut fails, mut known_at) = (1.0, None);
        for group in [matrix.row(offset), matrix.column(offset)].into_iter().flatten() {
            let group_fails = self.group_fails(&judging, offset, &group, CROSSINGS);
            fails *= group_fails;
            if let Some(leaves_at) = self.leaves_at(&group).filter(|_| group_fails < 1.0) {
                known_at = known_at.max(Some(leaves_at));
            }
        }
        let reports = super::retransmit::report_interval(round_trip);
        let known_at = known_at.map(|left| left + crossing(round_trip) + reports);
        let margin = MARGIN + round_trip.variance() * 2;
        let last = deadline.saturating_sub(margin);
        Outlook { fails, decide_at: known_at.map_or(now, |known_at| known_at.min(last)) }
    }

    /// How likely a row or a column fails to bring back its packet at `offset`. Others of it that are
    /// missing may be brought back by the groups that cross it, `depth` times.
    fn group_fails(&self, judging: &Judging, offset: u64, group: &Group, depth: u8) -> f64 {
        let Some(leaves_at) = self.leaves_at(group).filter(|at| *at <= judging.deadline) else {
            return 1.0;
        };
        let entry = |offset: u64| {
            let index = offset.checked_sub(self.gone).and_then(|index| usize::try_from(index).ok());
            index.map(|index| self.ring.get(index).filter(|_| index < self.sent))
        };
        let as_of = entry(offset).flatten().and_then(|entry| entry.beside.missing_as_of);
        let as_of = as_of.unwrap_or(Time::ZERO);
        // In a row losses come in bursts: fewer than in a column, and then several.
        let young = if group.step == 1 { judging.lost / judging.burst } else { judging.lost };
        let mut missing = 0;
        let mut works = 1.0;
        let mut last_is_lost = false;
        let mut is_alone = leaves_at <= as_of;
        for position in 0..group.size {
            let other = group.offset(position);
            // What is no longer here has arrived; what has not left may be lost.
            let Some(known) = entry(other) else { continue };
            last_is_lost = known.is_some_and(|known| known.reported);
            if other == offset {
                continue;
            }
            works *= match known {
                Some(known) if known.beside.missing_as_of.is_some() => {
                    is_alone = false;
                    missing += 1;
                    let sent_again = known.wanted != Wanted::No
                        || known.beside.missing_as_of.is_some_and(|as_of| as_of < known.last_sent)
                            && known.retransmissions > 0;
                    if sent_again {
                        1.0 - judging.share
                    } else if depth == 0 || missing > MOST_MISSING {
                        return 1.0;
                    } else {
                        1.0 - self.crossing_fails(judging, other, group, depth - 1)
                    }
                }
                Some(known) if known.beside.first_sent < judging.reported_before => {
                    1.0 - judging.unreported
                }
                _ => {
                    is_alone = false;
                    1.0 - young
                }
            };
        }
        if is_alone {
            // Its repair packet was lost, or it would be there.
            return 1.0;
        }
        let (after_lost, after_other) = judging.repair_lost;
        1.0 - works * (1.0 - if last_is_lost { after_lost } else { after_other })
    }

    /// The same for the group that crosses `group` at `offset`.
    fn crossing_fails(&self, judging: &Judging, offset: u64, group: &Group, depth: u8) -> f64 {
        let Some(beside) = &self.beside else { return 1.0 };
        let groups = [beside.matrix.row(offset), beside.matrix.column(offset)];
        let crossing = groups.into_iter().flatten().find(|other| other != group);
        crossing.map_or(1.0, |other| self.group_fails(judging, offset, &other, depth))
    }

    /// When the repair packet of a group left, or will.
    fn leaves_at(&self, group: &Group) -> Option<Time> {
        let index = usize::try_from(group.last().checked_sub(self.gone)?).ok()?;
        if let Some(last) = self.ring.get(index).filter(|_| index < self.sent) {
            return Some(last.beside.first_sent);
        }
        let newest = self.sent.checked_sub(1)?;
        let ahead = u32::try_from(index - newest).ok()?;
        let sent = self.ring.get(newest)?.beside.first_sent;
        Some(sent + self.share.interval()?.saturating_mul(ahead))
    }
}

/// From sending a packet until a report on it may be here.
fn crossing(round_trip: &RoundTrip) -> Duration {
    round_trip.smoothed() + round_trip.variance()
}

//! What is to be sent again: what reports name, what acknowledgements betray, and the copies that
//! were planned for it.

use std::time::Duration;

use crate::units::Time;

use super::super::filter::{PathLosses, Retransmission};
use super::super::number::SequenceNumber;
use super::super::round_trip::RoundTrip;
use super::super::wire::LossRange;
use super::plan::Copies;
use super::{ACKNOWLEDGEMENT_SLACK, Entry, Sender, Wanted};

/// A peer that reports again does so no more often than this (section 4.8.2).
const SHORTEST_REPORT_INTERVAL: Duration = Duration::from_millis(20);

/// A round trip may vary so much, beside half its length, without a queue being the cause.
const STANDING: Duration = Duration::from_millis(20);

/// Where no more than this is lost, copies are next to nothing, and fill no queue.
const FEW: f64 = 0.1;

/// The last look at what was sent again is at this share of the latency.
const LAST_LOOK: f64 = 0.55;

/// A peer may take this long to look at what has arrived.
const HOLE_SLACK: Duration = Duration::from_millis(10);

impl Sender {
    /// The peer misses the packets in `range`; how many of them were looked at, so that a report
    /// that names the same packets over and over can be cut short.
    pub(crate) fn report_lost(
        &mut self,
        now: Time,
        range: LossRange,
        round_trip: &RoundTrip,
    ) -> usize {
        let crossing = round_trip.smoothed() + round_trip.variance();
        if let Some(gone) = self.gone(range) {
            self.request_drop(gone);
        }
        let start = range.first.offset_from(self.first).unwrap_or(0);
        let Some(last) = range.last.offset_from(self.first) else { return 1 };
        let end = self.sent.min(last.saturating_add(1));
        self.note_burst(start, end);
        for index in start..end {
            let Some(entry) = self.ring.get_mut(index) else { break };
            if entry.given_up {
                self.request_drop_of(index);
                continue;
            }
            if !entry.reported {
                entry.reported = true;
                self.known.forget(entry);
                self.share.lost();
                self.waiting.earn(entry.length);
                self.counts.reported_lost += 1;
            }
            if self.ahead.is_some() {
                entry.missing = true;
                continue;
            }
            if self.note_named(now, index, round_trip) {
                continue;
            }
            let Some(entry) = self.ring.get_mut(index) else { break };
            let crossed = entry.retransmissions > 0
                && (entry.copies.left > 0 || now < entry.last_sent + crossing);
            if !crossed {
                entry.report_answered = now;
                self.want(index, Wanted::Lost);
            }
        }
        end.saturating_sub(start).max(1)
    }

    /// Acknowledgements stop at the first hole. If one that has just come does not tell of the
    /// oldest packet although it should, the packet was lost, whether a report says so or not.
    pub(crate) fn check_hole(&mut self, now: Time, round_trip: &RoundTrip) {
        if self.beside.is_some() {
            return self.check_hole_beside(now, round_trip);
        }
        if self.terms.filter.is_some() || self.ahead.is_some() || !self.terms.plans_repair {
            return;
        }
        let Some(oldest) = self.forgotten_oldest() else { return };
        let missed = oldest.last_sent + self.patience(round_trip) + HOLE_SLACK < now;
        if missed && !is_congested(round_trip) {
            self.want(0, Wanted::Lost);
        }
    }

    /// Acknowledgements stop at the first hole. If the oldest packet should have been
    /// acknowledged by now and was not, and no report names it, then it, its retransmission or
    /// the report was lost: it is sent again, no more often than once a round trip. If the peer
    /// reports only once, then so is everything else that is as old: no report will come.
    pub(crate) fn check_oldest(&mut self, now: Time, round_trip: &RoundTrip) {
        if self.oldest_due(round_trip).is_none_or(|due| due > now) {
            return;
        }
        self.want(0, Wanted::Lost);
        if self.terms.reports_again {
            return;
        }
        let patience = self.patience(round_trip) + ACKNOWLEDGEMENT_SLACK;
        for index in 1..self.sent {
            if self.ring.get(index).is_some_and(|entry| entry.last_sent + patience <= now) {
                self.want(index, Wanted::Lost);
            }
        }
    }

    /// When [`Sender::check_oldest`] would send.
    pub(crate) fn oldest_due(&self, round_trip: &RoundTrip) -> Option<Time> {
        let oldest = self.forgotten_oldest().filter(|_| self.terms.plans_repair)?;
        // It may still be rebuilt until all that is protected together with it has arrived.
        let known = match self.terms.retransmission() {
            Retransmission::Always => oldest.last_sent,
            Retransmission::OnRequest => oldest.last_sent.max(self.rebuilt_by()?),
            Retransmission::Never => return None,
        };
        let due = known + self.patience(round_trip) + ACKNOWLEDGEMENT_SLACK;
        (due <= self.deadline(oldest)).then_some(due)
    }

    /// The oldest packet in flight, if it is neither to be sent again, now or later, nor given up.
    fn forgotten_oldest(&self) -> Option<&Entry> {
        let oldest = self.ring.front().filter(|_| self.sent > 0)?;
        let planned =
            oldest.wanted != Wanted::No || oldest.copies.left > 0 || oldest.beside.is_postponed();
        (!planned && !oldest.given_up).then_some(oldest)
    }

    /// Copies whose moment has come are to be sent; and what was sent again once, if no report can
    /// have told yet whether it arrived, and the next may come too late.
    pub(crate) fn take_copies(&mut self, now: Time, round_trip: &RoundTrip) {
        while let Some(number) = self.waiting.take(now) {
            // What has been acknowledged since is no longer here.
            let index = SequenceNumber::new(number).offset_from(self.first);
            let Some((index, entry)) = index.and_then(|i| Some((i, self.ring.get(i)?))) else {
                continue;
            };
            if entry.copies.left > 0 {
                // One that was planned before these were is none of them.
                if now >= entry.last_sent + entry.copies.spacing {
                    self.want(index, Wanted::Copy);
                }
            } else if self.is_unsure(now, entry, round_trip) {
                self.want(index, Wanted::Suspected);
            }
        }
    }

    /// Whether a report on what was sent again may still be on its way.
    fn is_unsure(&self, now: Time, entry: &Entry, round_trip: &RoundTrip) -> bool {
        let path = round_trip.smoothed().max(self.newest_round_trip.unwrap_or_default());
        let untold = now < entry.last_sent + path + report_interval(round_trip);
        entry.reported && untold && now >= self.last_look(entry)
    }

    /// When it is looked at for the last time whether a packet that was sent again has arrived: early
    /// enough for a queue that has grown since.
    fn last_look(&self, entry: &Entry) -> Time {
        entry.origin + self.terms.latency.mul_f64(LAST_LOOK)
    }

    /// When [`Sender::take_copies`] would send.
    pub(crate) fn copy_due(&self) -> Option<Time> {
        self.waiting.next_at()
    }

    /// Plans the copies that follow the one that is to leave now. False if that had better not
    /// leave either.
    pub(super) fn plan(
        &mut self,
        now: Time,
        index: usize,
        wanted: Wanted,
        round_trip: &RoundTrip,
    ) -> bool {
        let late = self.too_late(now, index, round_trip);
        if late && wanted == Wanted::Lost {
            self.give_up(index);
            return false;
        }
        let round = self.round(round_trip);
        let copies_beside = self.copies_beside(index);
        let Some(entry) = self.ring.get_mut(index) else { return false };
        let full = self.share.is_high() || (is_congested(round_trip) && self.share.share() > FEW);
        match wanted {
            Wanted::Suspected => {
                let allowed = self.copies_allowed && !full && !late;
                if !allowed || !self.waiting.spend(entry.length, entry.priority, false) {
                    return false;
                }
            }
            // What was planned has been called off meanwhile.
            Wanted::Copy if entry.copies.left == 0 => return false,
            Wanted::Copy => {
                entry.copies.left = entry.copies.left.saturating_sub(1);
                let is_last = entry.copies.left == 0;
                let allowed = self.copies_allowed && !late;
                if !allowed || !self.waiting.spend(entry.length, entry.priority, is_last) {
                    entry.copies.left = 0;
                    return false;
                }
            }
            Wanted::Lost | Wanted::No => {
                let left = (entry.origin + self.terms.latency).since(now);
                // Combinations make up for one that is lost.
                let combined = self.ahead.is_some() && self.share.interval().is_some();
                entry.copies = if combined || !self.terms.plans_repair || full {
                    Copies::default()
                } else {
                    let burst = self.bursts.mean();
                    Copies::plan(left, round, burst, entry.priority).at_most(copies_beside)
                };
            }
        }
        let number = self.first.plus(index as u32).as_u32();
        if entry.copies.left > 0 && !self.waiting.add(now + entry.copies.spacing, number) {
            entry.copies.left = 0;
        }
        self.look_again(now, index, wanted);
        true
    }

    /// One that leaves once, as a report on it would come in time, is looked at once more: the path
    /// may become longer, and then the report is late.
    fn look_again(&mut self, now: Time, index: usize, wanted: Wanted) {
        let Some(entry) = self.ring.get(index) else { return };
        let once = wanted == Wanted::Lost && entry.copies.left == 0 && self.ahead.is_none();
        let look = self.last_look(entry);
        if once && self.terms.plans_repair && look > now {
            self.waiting.add(look, self.first.plus(index as u32).as_u32());
        }
    }

    /// How long a report takes to come that a packet sent now was lost. A peer that reports again
    /// does so once in half a cautious round trip, but in no less than 20 ms (section 4.8.2).
    pub(super) fn round(&self, round_trip: &RoundTrip) -> Duration {
        if self.terms.reports_again {
            round_trip.smoothed() + report_interval(round_trip)
        } else {
            round_trip.cautious() + ACKNOWLEDGEMENT_SLACK
        }
    }

    /// What is lost of what is sent, once that is known and not because the path is full.
    pub(crate) fn path_losses(&self, round_trip: &RoundTrip) -> Option<PathLosses> {
        let interval = self.share.interval()?;
        if is_congested(round_trip) || self.share.is_high() {
            return None;
        }
        Some(PathLosses {
            share: self.share.share(),
            burst: self.bursts.packets(),
            interval,
            rtt: round_trip.smoothed(),
            round: self.round(round_trip),
            latency: self.terms.latency,
        })
    }

    /// Takes note of packets from `start` to before `end` that are reported for the first time.
    fn note_burst(&mut self, start: usize, end: usize) {
        let first = self.ring.get(start).filter(|entry| !entry.reported);
        let last = end.checked_sub(1).and_then(|last| self.ring.get(last));
        if let (Some(first), Some(last)) = (first, last) {
            self.bursts.note(last.last_sent.since(first.last_sent), end - start);
        }
    }

    pub(super) fn want(&mut self, index: usize, why: Wanted) {
        if let Some(entry) = self.ring.get_mut(index)
            && entry.wanted == Wanted::No
            && !entry.given_up
        {
            entry.wanted = why;
            self.wanted += 1;
            self.lowest_wanted = self.lowest_wanted.min(index);
        }
    }

    pub(super) fn take_wanted(&mut self) -> Option<(usize, Wanted)> {
        if self.wanted == 0 {
            self.lowest_wanted = self.sent;
            return None;
        }
        let wanted = self.ring.range_mut(self.lowest_wanted.min(self.sent)..self.sent);
        let (skipped, entry) = wanted.enumerate().find(|(_, entry)| entry.wanted != Wanted::No)?;
        let why = std::mem::replace(&mut entry.wanted, Wanted::No);
        self.wanted -= 1;
        let index = self.lowest_wanted + skipped;
        self.lowest_wanted = index + 1;
        Some((index, why))
    }
}

/// How often a peer that reports again does so (section 4.8.2).
pub(super) fn report_interval(round_trip: &RoundTrip) -> Duration {
    (round_trip.cautious() / 2).max(SHORTEST_REPORT_INTERVAL)
}

/// Whether packets stand in a queue on the way: what is lost there is lost because too much is
/// sent, and copies would make it worse.
pub(super) fn is_congested(round_trip: &RoundTrip) -> bool {
    let empty = round_trip.minimum();
    round_trip.smoothed() > empty + empty / 2 + STANDING
}

//! What the peer's silence tells.
//!
//! A lost packet whose report is lost as well is missed by nobody here until the next periodic
//! report, and that is often too late. But losses on the way back come in bursts too, and they
//! show: a periodic report is overdue, an acknowledgement is, or the numbers of acknowledgements
//! leave one out. From the last datagram before that to the first after it the peer was not heard.
//! What would have been reported in such a span, and has neither been acknowledged nor left out of
//! a later report of everything, is suspected: it is sent once more at the last moment. Where losses
//! come one by one the neighbours of a lost report tell nothing, and nothing is suspected.

use std::time::Duration;

use crate::units::Time;

use super::super::round_trip::RoundTrip;
use super::super::wire::LossRange;
use super::retransmit::report_interval;
use super::{Entry, Sender, Wanted};

/// A periodic report may be so late: a peer looks at its timers when a packet comes.
const REPORT_SLACK: Duration = Duration::from_millis(4);

/// An acknowledgement may be so late: they go every 10 ms.
const ACKNOWLEDGEMENT_SLACK: Duration = Duration::from_millis(12);

/// A packet that was lost is reported when the next one arrives: from so long after it would have
/// arrived itself, to so long.
const REPORTED_FROM: Duration = Duration::from_millis(1);
const REPORTED_UNTIL: Duration = Duration::from_millis(6);

/// What is suspected is sent so long before its deadline: late enough that a report may still make
/// it needless, early enough to arrive.
const LAST_MOMENT: Duration = Duration::from_millis(5);

/// Spans in which the peer was not heard that are remembered: more than fit into one latency.
const SPANS: usize = 4;

/// Acknowledgements are lost in bursts if as many in a row are on average. Of those lost one by
/// one, a fifth of all, it is 1.25.
const LEAST_RUN: f64 = 1.3;

/// How much of what was counted is kept when another run of them is lost.
const FORGETTING: f64 = 0.98;

/// In which the peer was not heard although it spoke.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    from: Time,
    until: Time,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// When the peer was heard last.
    heard: Time,
    /// Whether something has been due since then.
    overdue: bool,
    spans: [Span; SPANS],
    newest_span: usize,
    /// When everything that was missing was reported last.
    everything: Time,
    /// When that is to be expected again.
    expected: Option<Time>,
    /// When a packet that had been reported was sent again last.
    repaired: Time,
    /// Of the latest acknowledgement.
    number: Option<u32>,
    /// Acknowledgements that were lost, and in how many runs.
    lost: f64,
    runs: f64,
    /// Packets before this offset from the first have been judged.
    judged: u64,
}

impl Silence {
    fn hear(&mut self, now: Time) {
        if std::mem::take(&mut self.overdue) {
            self.note_span(now);
        }
        self.heard = now;
    }

    fn note_span(&mut self, until: Time) {
        self.newest_span = (self.newest_span + 1) % SPANS;
        if let Some(span) = self.spans.get_mut(self.newest_span) {
            *span = Span { from: self.heard, until };
        }
    }

    /// Takes note of the number of an acknowledgement, and of those that did not come before it.
    fn number(&mut self, now: Time, number: u32) {
        let previous = self.number.replace(number);
        let lost = previous.map_or(0, |previous| number.saturating_sub(previous.saturating_add(1)));
        if lost > 0 {
            self.lost = self.lost * FORGETTING + f64::from(lost);
            self.runs = self.runs * FORGETTING + 1.0;
            if !self.overdue {
                self.note_span(now);
            }
        }
    }

    /// Whether what surrounds a lost report was probably lost too.
    fn is_telling(&self) -> bool {
        self.runs > 0.0 && self.lost >= LEAST_RUN * self.runs
    }

    /// Whether a report on this packet would have come while the peer was not heard, and no later
    /// one makes up for it.
    fn is_suspect(&self, now: Time, entry: &Entry, round_trip: &RoundTrip) -> bool {
        let from = entry.last_sent + round_trip.smoothed() + REPORTED_FROM;
        let until = entry.last_sent + round_trip.smoothed() + REPORTED_UNTIL;
        let within = |span: &Span| span.from < until && from < span.until;
        let present = Span { from: self.heard, until: now };
        self.everything <= until
            && ((self.overdue && within(&present)) || self.spans.iter().any(within))
    }
}

impl Sender {
    /// A full acknowledgement with this number came.
    pub(crate) fn hear_acknowledgement(&mut self, now: Time, number: u32) {
        self.silence.number(now, number);
        self.silence.hear(now);
    }

    /// A report of losses came; these are its ranges. One that names what has been named before is
    /// a periodic one, of everything that is missing.
    pub(crate) fn hear_report(
        &mut self,
        now: Time,
        mut ranges: impl Iterator<Item = LossRange>,
        round_trip: &RoundTrip,
    ) {
        self.silence.hear(now);
        let is_known = |range: LossRange| {
            let index = range.first.offset_from(self.first);
            index.and_then(|index| self.ring.get(index)).is_none_or(|entry| entry.reported)
        };
        if ranges.any(is_known) {
            self.silence.everything = now;
            self.silence.expected = Some(now + report_interval(round_trip));
        }
    }

    /// A packet leaves again because it was reported.
    pub(super) fn note_repair(&mut self, now: Time) {
        self.silence.repaired = now;
    }

    /// Sends once more what is suspected to be lost, when it is due.
    pub(crate) fn check_silence(&mut self, now: Time, round_trip: &RoundTrip) {
        if !self.listens() {
            return;
        }
        self.silence.overdue |= self.is_overdue(now, round_trip);
        let first = self.silence.judged.saturating_sub(self.gone);
        let mut index = usize::try_from(first).unwrap_or(usize::MAX);
        while let Some(entry) = self.ring.get(index).filter(|_| index < self.sent) {
            if self.last_moment(entry) > now {
                break;
            }
            let fresh = entry.retransmissions == 0 && !entry.reported;
            let in_time = now < entry.origin + self.terms.latency;
            if fresh && in_time && self.silence.is_suspect(now, entry, round_trip) {
                self.want(index, Wanted::Suspected);
            }
            index += 1;
        }
        self.silence.judged = self.gone + index as u64;
    }

    /// When [`Sender::check_silence`] may have something to send.
    pub(crate) fn silence_due(&self) -> Option<Time> {
        if !self.listens() {
            return None;
        }
        let index = usize::try_from(self.silence.judged.saturating_sub(self.gone)).ok()?;
        let entry = self.ring.get(index).filter(|_| index < self.sent)?;
        let latest = self.silence.spans.get(self.silence.newest_span)?;
        let of_use = self.silence.overdue || entry.last_sent < latest.until;
        of_use.then(|| self.last_moment(entry))
    }

    /// Whether a peer of this kind can be suspected of having been misheard. To one that
    /// understands combinations, these bring back what no report tells of.
    fn listens(&self) -> bool {
        let reports = self.terms.reports_again && self.terms.plans_repair;
        reports && self.ahead.is_none() && self.silence.is_telling()
    }

    /// Whether the peer should have been heard since it was heard last.
    fn is_overdue(&mut self, now: Time, round_trip: &RoundTrip) -> bool {
        let silence = &mut self.silence;
        let mut overdue = false;
        if let Some(expected) = silence.expected.filter(|at| *at + REPORT_SLACK < now) {
            silence.expected = Some(expected + report_interval(round_trip));
            // While a repair is under way, something is missing: it would be reported.
            overdue = silence.repaired + round_trip.smoothed() >= expected;
        }
        let oldest = self.ring.front().filter(|_| self.sent > 0);
        overdue
            || oldest.is_some_and(|oldest| {
                let acknowledged = oldest.last_sent + round_trip.smoothed();
                let late = round_trip.variance() * 4 + ACKNOWLEDGEMENT_SLACK;
                silence.heard < acknowledged && acknowledged + late < now
            })
    }

    fn last_moment(&self, entry: &Entry) -> Time {
        entry.origin + self.terms.latency.saturating_sub(LAST_MOMENT)
    }
}

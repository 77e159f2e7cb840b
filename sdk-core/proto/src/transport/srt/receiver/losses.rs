//! What is missing, and when the peer is told.

use std::collections::VecDeque;
use std::time::Duration;

use crate::units::Time;

use super::super::number::SequenceNumber;
use super::super::wire::{LossRange, Writer, put_loss_range};

/// Losses are reported again no sooner than this (section 4.8.2).
const MIN_INTERVAL: Duration = Duration::from_millis(20);

/// Ranges that wait for their first report, or for its repetition; more wait for the periodic one.
const MAX_FRESH: usize = 64;

/// The first report is repeated after this where time is short: longer than most bursts of loss,
/// which would take both.
const REPEAT: Duration = Duration::from_millis(8);

/// What was reported within so little time is left out of a periodic report.
const JUST_REPORTED: Duration = Duration::from_millis(4);

#[derive(Clone, Copy)]
struct Loss {
    range: LossRange,
    /// When the gap was found.
    since: Time,
    /// It is not reported before.
    from: Time,
    reported: Time,
    /// To be reported; otherwise it may still be rebuilt.
    asked_for: bool,
}

/// Missing packets in order, in ranges that neither touch nor overlap.
pub(crate) struct Losses {
    missing: VecDeque<Loss>,
    /// What waits for its first report, and until when.
    fresh: VecDeque<(Time, LossRange)>,
    repeats: VecDeque<(Time, LossRange)>,
    report_at: Time,
    /// Whether gaps are reported when they are found.
    at_once: bool,
    /// Whether every report names everything that is missing.
    whole: bool,
}

impl Losses {
    /// `capacity` packets can be missing at most. If they are not to be reported `at_once`, then
    /// when [`Losses::ask_for`] says so.
    pub(crate) fn new(capacity: usize, at_once: bool) -> Self {
        Self {
            at_once,
            whole: false,
            missing: VecDeque::with_capacity(capacity / 2 + 1),
            fresh: VecDeque::with_capacity(MAX_FRESH),
            repeats: VecDeque::with_capacity(MAX_FRESH),
            report_at: Time::ZERO,
        }
    }

    /// Has every report name everything that is missing, if `whole`.
    pub(crate) fn whole_reports(self, whole: bool) -> Self {
        Self { whole, ..self }
    }

    /// Whether every report names everything that is missing.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// A gap was found after everything known so far. It is to be reported after `patience`, if it
    /// is there still, and again every `interval`; where time is `short`, also once in between,
    /// because a report that is lost could not be made up for by the next.
    pub(crate) fn add(
        &mut self,
        now: Time,
        range: LossRange,
        patience: Duration,
        interval: Duration,
        short: bool,
    ) {
        if self.missing.is_empty() {
            self.report_at = now + interval;
            self.fresh.clear();
            self.repeats.clear();
        }
        // Gaps are reported in the order in which they were found.
        let from = self.fresh.back().map_or(Time::ZERO, |last| last.0).max(now + patience);
        let asked_for = self.at_once;
        self.missing.push_back(Loss { range, since: now, from, reported: now, asked_for });
        if !self.at_once {
            return;
        }
        if self.fresh.len() < MAX_FRESH {
            self.fresh.push_back((from, range));
        }
        if short && self.repeats.len() < MAX_FRESH {
            self.repeats.push_back((from + REPEAT, range));
        }
    }

    /// This packet is to be reported from now on, if it is still missing.
    pub(crate) fn ask_for(&mut self, now: Time, number: SequenceNumber, interval: Duration) {
        let Some(loss) = self.remove(number) else { return };
        if self.report_at <= now {
            self.report_at = now + interval;
        }
        let range = LossRange { first: number, last: number };
        let index = self.position(number);
        self.missing.insert(index, Loss { range, asked_for: true, ..loss });
        if self.fresh.len() < MAX_FRESH {
            self.fresh.push_back((now, range));
        }
    }

    /// A packet arrived; since when it had been missing, if it had.
    pub(crate) fn found(&mut self, number: SequenceNumber) -> Option<Time> {
        self.remove(number).map(|loss| loss.since)
    }

    /// Stops waiting for everything before `number`.
    pub(crate) fn forget_before(&mut self, number: SequenceNumber) {
        while let Some(loss) = self.missing.front_mut()
            && loss.range.first.distance_from(number) < 0
        {
            if loss.range.last.distance_from(number) >= 0 {
                loss.range.first = number;
                break;
            }
            self.missing.pop_front();
        }
    }

    /// Stops waiting for the packets in `dropped`.
    pub(crate) fn forget(&mut self, dropped: LossRange) {
        let mut index = self.position(dropped.first);
        while let Some(loss) = self.missing.get_mut(index) {
            let LossRange { first, last } = loss.range;
            if first.distance_from(dropped.last) > 0 {
                break;
            }
            let keeps_head = first.distance_from(dropped.first) < 0;
            let keeps_tail = last.distance_from(dropped.last) > 0;
            let tail = LossRange { first: dropped.last.plus(1), last };
            match (keeps_head, keeps_tail) {
                (false, false) => {
                    self.missing.remove(index);
                    continue;
                }
                (false, true) => loss.range = tail,
                (true, false) => loss.range.last = dropped.first.previous(),
                (true, true) => {
                    loss.range.last = dropped.first.previous();
                    let tail = Loss { range: tail, ..*loss };
                    self.missing.insert(index + 1, tail);
                    break;
                }
            }
            index += 1;
        }
    }

    /// The first missing packet.
    pub(crate) fn first(&self) -> Option<SequenceNumber> {
        self.missing.front().map(|loss| loss.range.first)
    }

    /// When the next report is due.
    pub(crate) fn report_at(&self) -> Option<Time> {
        if self.missing.is_empty() || (!self.at_once && self.asked_for().is_none()) {
            return None;
        }
        let fresh = self.fresh.front().map(|(at, _)| *at);
        let repeat = self.repeats.front().map(|(at, _)| *at);
        [fresh, repeat].into_iter().flatten().chain([self.report_at]).min()
    }

    fn write_whole(&mut self, now: Time, interval: Duration, writer: &mut Writer<'_>) -> bool {
        self.fresh.clear();
        while self.repeats.front().is_some_and(|(at, _)| *at <= now) {
            self.repeats.pop_front();
        }
        self.report_at = now + interval;
        for loss in &mut self.missing {
            if !put_loss_range(writer, loss.range) {
                break;
            }
            loss.reported = now;
        }
        !self.missing.is_empty()
    }

    fn asked_for(&self) -> Option<&Loss> {
        self.missing.iter().find(|loss| loss.asked_for)
    }

    /// Writes the reports that are due: of the gaps that are new, of those to be repeated, and,
    /// every `interval`, of everything. False if there is nothing to say.
    pub(crate) fn write_report(
        &mut self,
        now: Time,
        interval: Duration,
        writer: &mut Writer<'_>,
    ) -> bool {
        let before = writer.length();
        if self.whole {
            return self.write_whole(now, interval, writer);
        }
        while let Some((at, range)) = self.fresh.front().copied()
            && at <= now
        {
            self.fresh.pop_front();
            self.write_missing(now, range, writer);
        }
        while let Some((at, range)) = self.repeats.front().copied()
            && at <= now
        {
            self.repeats.pop_front();
            self.write_missing(now, range, writer);
        }
        if self.report_at <= now {
            self.report_at = now + interval;
            let is_ripe = |loss: &&mut Loss| loss.asked_for && loss.from <= now;
            for loss in self.missing.iter_mut().filter(is_ripe) {
                let just_reported = now < loss.reported + JUST_REPORTED;
                if !just_reported && !put_loss_range(writer, loss.range) {
                    break;
                }
                loss.reported = now;
            }
        }
        writer.length() > before
    }

    /// Where the first range that does not end before `number` stands.
    fn position(&self, number: SequenceNumber) -> usize {
        self.missing.partition_point(|loss| loss.range.last.distance_from(number) < 0)
    }

    /// Takes a packet out of the range that it is in, which is shortened or split; answers with
    /// what was known of it.
    fn remove(&mut self, number: SequenceNumber) -> Option<Loss> {
        let index = self.position(number);
        let loss = self.missing.get_mut(index)?;
        let found = *loss;
        let LossRange { first, last } = found.range;
        if first.distance_from(number) > 0 {
            return None;
        }
        if first == last {
            self.missing.remove(index);
        } else if first == number {
            loss.range.first = number.plus(1);
        } else if last == number {
            loss.range.last = number.previous();
        } else {
            loss.range.last = number.previous();
            let range = LossRange { first: number.plus(1), last };
            self.missing.insert(index + 1, Loss { range, ..found });
        }
        Some(found)
    }

    /// Writes what of `range` is still missing.
    fn write_missing(&mut self, now: Time, range: LossRange, writer: &mut Writer<'_>) {
        let start = self.position(range.first);
        for loss in self.missing.range_mut(start..) {
            if loss.range.first.distance_from(range.last) > 0 || !put_loss_range(writer, loss.range)
            {
                break;
            }
            loss.reported = now;
        }
    }

    /// How often losses are reported for this round trip (section 4.8.2).
    pub(crate) fn interval(cautious_round_trip: Duration) -> Duration {
        (cautious_round_trip / 2).max(MIN_INTERVAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(20);

    fn range(first: u32, last: u32) -> LossRange {
        LossRange { first: SequenceNumber::new(first), last: SequenceNumber::new(last) }
    }

    fn ranges(losses: &Losses) -> Vec<LossRange> {
        losses.missing.iter().map(|loss| loss.range).collect()
    }

    fn losses(gaps: &[LossRange]) -> Losses {
        let mut losses = Losses::new(64, true);
        for gap in gaps {
            losses.add(Time::ZERO, *gap, Duration::ZERO, INTERVAL, false);
        }
        losses
    }

    #[test]
    fn a_packet_found_shortens_or_splits_its_range() {
        let mut losses = losses(&[range(0x7FFF_FFFE, 3)]);
        assert_eq!(losses.found(SequenceNumber::new(0)), Some(Time::ZERO));
        assert_eq!(ranges(&losses), [range(0x7FFF_FFFE, 0x7FFF_FFFF), range(1, 3)]);
        assert_eq!(losses.found(SequenceNumber::new(3)), Some(Time::ZERO));
        assert_eq!(losses.found(SequenceNumber::new(1)), Some(Time::ZERO));
        assert_eq!(losses.found(SequenceNumber::new(1)), None);
        assert_eq!(ranges(&losses), [range(0x7FFF_FFFE, 0x7FFF_FFFF), range(2, 2)]);
    }

    #[test]
    fn dropped_packets_are_waited_for_no_more() {
        let mut losses = losses(&[range(1, 4), range(6, 9), range(12, 12)]);
        losses.forget(range(3, 7));
        assert_eq!(ranges(&losses), [range(1, 2), range(8, 9), range(12, 12)]);
        losses.forget_before(SequenceNumber::new(9));
        assert_eq!(ranges(&losses), [range(9, 9), range(12, 12)]);
        losses.forget(range(0, 100));
        assert_eq!(losses.first(), None);
    }

    #[test]
    fn a_gap_is_reported_at_once_and_then_every_interval() {
        let mut losses = losses(&[range(1, 4)]);
        let report = |losses: &mut Losses, millis| {
            let mut buffer = [0; 64];
            let now = Time::from_millis(millis);
            losses.write_report(now, INTERVAL, &mut Writer::new(&mut buffer))
        };
        assert_eq!(losses.report_at(), Some(Time::ZERO));
        assert!(report(&mut losses, 0));
        assert!(!report(&mut losses, 19));
        assert_eq!(losses.report_at(), Some(Time::from_millis(20)));
        assert!(report(&mut losses, 20));
        losses.forget(range(1, 4));
        assert_eq!(losses.report_at(), None);
        assert!(!report(&mut losses, 60));
    }

    #[test]
    fn where_time_is_short_the_first_report_is_repeated_once_for_what_is_still_missing() {
        let mut losses = Losses::new(64, true);
        losses.add(Time::ZERO, range(1, 4), Duration::ZERO, INTERVAL, true);
        let mut buffer = [0; 64];
        assert!(losses.write_report(Time::ZERO, INTERVAL, &mut Writer::new(&mut buffer)));
        losses.found(SequenceNumber::new(1));
        assert_eq!(losses.report_at(), Some(Time::ZERO + REPEAT));
        let mut writer = Writer::new(&mut buffer);
        assert!(losses.write_report(Time::ZERO + REPEAT, INTERVAL, &mut writer));
        assert_eq!(buffer[..8], [0x80, 0, 0, 2, 0, 0, 0, 4]);
        assert_eq!(losses.report_at(), Some(Time::ZERO + INTERVAL));
    }

    #[test]
    fn a_gap_that_may_fill_by_itself_is_reported_once_it_has_had_its_time() {
        let patience = Duration::from_millis(30);
        let mut losses = Losses::new(64, true);
        losses.add(Time::ZERO, range(1, 4), patience, INTERVAL, false);
        let mut buffer = [0; 64];
        // The periodic report leaves it out too.
        let early = Time::from_millis(20);
        assert!(!losses.write_report(early, INTERVAL, &mut Writer::new(&mut buffer)));
        losses.found(SequenceNumber::new(1));
        losses.found(SequenceNumber::new(2));
        let due = Time::ZERO + patience;
        assert_eq!(losses.report_at(), Some(due));
        let mut writer = Writer::new(&mut buffer);
        assert!(losses.write_report(due, INTERVAL, &mut writer));
        assert_eq!(buffer[..8], [0x80, 0, 0, 3, 0, 0, 0, 4]);
    }
}

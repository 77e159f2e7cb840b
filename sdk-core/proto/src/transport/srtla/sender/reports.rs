//! Reports of losses: SRT's, as far as they can be true yet, and those that a silent link makes.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::super::srt::number::{SequenceNumber, SocketId};
use super::super::super::srt::wire::{
    ControlHeader, ControlKind, ControlPacket, HEADER_BYTES, LossRange, LossRanges, Writer,
    put_loss_range,
};
use super::Received;
use super::journal::{Entry, Journal};
use super::link::LinkId;
use crate::units::Time;

/// Packets that will be reported to SRT unless they turn up before.
#[derive(Debug, Default)]
pub(super) struct Reports {
    waiting: VecDeque<Waiting>,
    /// The SRT connection's socket, to which reports are addressed.
    connection: Option<SocketId>,
}

/// A packet that will be reported.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    at: Time,
    number: SequenceNumber,
    /// When the packet left that is missed: one that left since is another copy.
    sent: Time,
    /// Nothing if it is known to be lost. If it was said to be before it could arrive: for how
    /// long signs of that are looked for.
    until: Option<Time>,
}

/// Packets that wait to be reported, at most: more than two links ever have under way. SRT's
/// receiver repeats its reports, so what is beyond is told later.
const MAX_WAITING: usize = 4_096;
/// Packets that are due so close together are reported at once.
const GATHERED: Duration = Duration::from_millis(2);
/// SRT's receiver acknowledges so often: what has arrived may still be missing in the last one.
const ACKNOWLEDGEMENT_INTERVAL: Duration = Duration::from_millis(10);
/// How often, and for how long, it is looked whether a packet that should be there is lost.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);
const LOOKED_FOR: Duration = Duration::from_millis(50);
/// Bytes of a report at most.
const MAX_REPORT: usize = 1_400;

impl Reports {
    /// Something came for this socket of the SRT connection's.
    pub(super) fn note_connection(&mut self, id: SocketId) {
        self.connection = Some(id).filter(|id| *id != SocketId::LISTENER).or(self.connection);
    }

    /// Reports a packet that is lost, which left at `sent`.
    pub(super) fn add(&mut self, now: Time, number: SequenceNumber, sent: Time) {
        self.wait(Waiting { at: now, number, sent, until: None });
    }

    fn wait(&mut self, waiting: Waiting) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back(waiting);
        }
    }

    /// When the next report is due.
    pub(super) fn due(&self) -> Option<Time> {
        self.waiting.iter().map(|waiting| waiting.at).min()
    }

    /// Writes a report of what is due and has not turned up; how long it is. `lost` is told who
    /// lost a packet, once for each.
    ///
    /// What SRT's receiver missed too early is reported if it is the first packet that is missing
    /// still, or if it was `overtaken` on its own link. Otherwise it may have arrived since; if
    /// not, the receiver says so again.
    pub(super) fn poll(
        &mut self,
        now: Time,
        journal: &mut Journal,
        overtaken: impl Fn(&Entry) -> bool,
        lost: &mut Vec<LinkId>,
        buffer: &mut [u8],
    ) -> Option<usize> {
        if self.due()? > now {
            return None;
        }
        let mut numbers: Vec<SequenceNumber> = Vec::new();
        let (first_missing, _) = journal.span();
        self.waiting.retain_mut(|waiting| {
            if waiting.at > now + GATHERED {
                return true;
            }
            let number = waiting.number;
            let is_it = |entry: &&mut Entry| !entry.arrived && entry.probe.sent == waiting.sent;
            let entry = journal.get_mut(number).filter(is_it);
            let Some(entry) = entry else { return false };
            let Some(until) = waiting.until else {
                tell(entry, lost);
                numbers.push(number);
                return false;
            };
            if !entry.missing && (number == first_missing || overtaken(entry)) {
                tell(entry, lost);
                numbers.push(number);
                return false;
            }
            waiting.at = now + LOOK_INTERVAL;
            waiting.at <= until
        });
        let first = *numbers.first()?;
        numbers.sort_by_key(|number| number.distance_from(first));
        numbers.dedup();
        let header = ControlHeader {
            kind: ControlKind::LossReport,
            information: 0,
            timestamp: 0,
            destination: self.connection?,
        };
        let mut writer = Writer::new(buffer.get_mut(..MAX_REPORT)?);
        header.write(&mut writer);
        let mut ranges = Ranges::default();
        for number in numbers {
            ranges.add(&mut writer, number);
        }
        ranges.finish(&mut writer);
        Some(writer.length())
    }

    /// Takes out of a report of SRT's what cannot have arrived yet. `expected` says when a packet
    /// should have, if that is still to come; `lost` as in [`Reports::poll`].
    pub(super) fn filter(
        &mut self,
        datagram: &[u8],
        packet: &ControlPacket<'_>,
        journal: &mut Journal,
        expected: impl Fn(&Entry) -> Option<Time>,
        lost: &mut Vec<LinkId>,
        buffer: &mut [u8],
    ) -> Received {
        let (first, count) = journal.span();
        let Some(header) = datagram.get(..HEADER_BYTES) else { return Received::Srt };
        let Some(room) = buffer.get_mut(..datagram.len()) else { return Received::Srt };
        let mut writer = Writer::new(room);
        writer.put(header);
        let mut ranges = Ranges::default();
        let mut changed = false;
        // An honest report names each packet once.
        let mut budget = count + 1;
        for range in LossRanges::new(packet.body) {
            let start = range.first.distance_from(first).max(0);
            let end = range.last.distance_from(first).min(count as i32 - 1);
            if start > end {
                // Long acknowledged, or never sent: SRT knows what to say.
                ranges.finish(&mut writer);
                put_loss_range(&mut writer, range);
                continue;
            }
            for offset in start..=end {
                let Some(left) = budget.checked_sub(1) else { return Received::Srt };
                budget = left;
                let number = first.plus(offset as u32);
                let entry = journal.get_mut(number);
                if let Some(entry) = entry.as_deref()
                    && let Some(at) = expected(entry)
                {
                    let sent = entry.probe.sent;
                    changed = true;
                    let at = at + ACKNOWLEDGEMENT_INTERVAL;
                    self.wait(Waiting { at, number, sent, until: Some(at + LOOKED_FOR) });
                    continue;
                }
                if let Some(entry) = entry {
                    tell(entry, lost);
                }
                ranges.add(&mut writer, number);
            }
        }
        ranges.finish(&mut writer);
        let length = writer.length();
        match (changed, length > HEADER_BYTES) {
            (false, _) => Received::Srt,
            (true, true) => Received::Rewritten { length },
            (true, false) => Received::Ours,
        }
    }
}

/// A packet is missing: who lost it is noted the first time.
fn tell(entry: &mut Entry, lost: &mut Vec<LinkId>) {
    if !std::mem::replace(&mut entry.missing, true) {
        lost.push(entry.link);
    }
}

/// Joins numbers that follow one another.
#[derive(Default)]
struct Ranges {
    open: Option<LossRange>,
}

impl Ranges {
    fn add(&mut self, writer: &mut Writer<'_>, number: SequenceNumber) {
        match &mut self.open {
            Some(range) if range.last.plus(1) == number => range.last = number,
            _ => {
                self.finish(writer);
                self.open = Some(LossRange { first: number, last: number });
            }
        }
    }

    fn finish(&mut self, writer: &mut Writer<'_>) {
        if let Some(range) = self.open.take() {
            put_loss_range(writer, range);
        }
    }
}

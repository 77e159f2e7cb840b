//! Which link carried which data packet.

use std::collections::VecDeque;

use super::super::super::srt::number::SequenceNumber;
use super::link::LinkId;
use super::path::Probe;

/// A data packet that SRT has not acknowledged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Who carried it last.
    pub(super) link: LinkId,
    pub(super) probe: Probe,
    /// The receiver's end of the link has it.
    pub(super) arrived: bool,
    /// It has been sent more than once.
    pub(super) again: bool,
    /// It was told to be missing.
    pub(super) missing: bool,
}

/// Data packets by number, from the oldest that is not acknowledged on.
#[derive(Debug, Default)]
pub(super) struct Journal {
    first: Option<SequenceNumber>,
    entries: VecDeque<Option<Entry>>,
}

/// As many as the largest buffer of an SRT sender holds; older ones are forgotten.
const MAX_ENTRIES: usize = 65_536;

impl Journal {
    /// Notes that a packet left. One that is acknowledged already is left out.
    pub(super) fn put(&mut self, number: SequenceNumber, entry: Entry) {
        let first = *self.first.get_or_insert(number);
        let distance = number.distance_from(first);
        if distance < 0 {
            return;
        }
        let mut index = distance as usize;
        if index >= MAX_ENTRIES {
            // The packets before it were given up, or it is another connection's.
            self.entries.clear();
            self.first = Some(number);
            index = 0;
        }
        if index >= self.entries.len() {
            self.entries.resize(index + 1, None);
        }
        if let Some(place) = self.entries.get_mut(index) {
            *place = Some(entry);
        }
    }

    pub(super) fn get(&self, number: SequenceNumber) -> Option<&Entry> {
        let index = number.offset_from(self.first?)?;
        self.entries.get(index)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, number: SequenceNumber) -> Option<&mut Entry> {
        let index = number.offset_from(self.first?)?;
        self.entries.get_mut(index)?.as_mut()
    }

    /// Takes out the oldest packet before `next`, if there is one.
    pub(super) fn pop_before(&mut self, next: SequenceNumber) -> Option<Option<Entry>> {
        let first = self.first?;
        if next.distance_from(first) <= 0 {
            return None;
        }
        let entry = self.entries.pop_front()?;
        self.first = Some(first.plus(1));
        Some(entry)
    }

    /// The oldest packet and how many there are, holes included.
    pub(super) fn span(&self) -> (SequenceNumber, usize) {
        (self.first.unwrap_or(SequenceNumber::new(0)), self.entries.len())
    }

    /// Whether a packet is under way on this link, as far as is known.
    pub(super) fn is_on(&self, link: LinkId) -> bool {
        self.entries.iter().flatten().any(|entry| entry.link == link && !entry.arrived)
    }

    /// Every packet with its number.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (SequenceNumber, &mut Entry)> {
        let first = self.span().0;
        self.entries
            .iter_mut()
            .enumerate()
            .filter_map(move |(index, entry)| Some((first.plus(index as u32), entry.as_mut()?)))
    }
}

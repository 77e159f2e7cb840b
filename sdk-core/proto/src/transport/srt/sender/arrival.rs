//! What is known to have arrived before it is acknowledged.
//!
//! Acknowledgements stop at the first hole. A report of losses says more: the packet behind each
//! range that it names has arrived, or the peer would not know of the gap; and so has everything
//! before that which no report names. Without it a few losses at once would look like a path that
//! carries nothing for a round trip or two.
//!
//! That is so where every gap is reported when it is found. A filter may have the peer report only
//! what it could not rebuild, and over several ways a report tells what was overtaken, or is made by
//! the sender itself: there nothing is concluded.

use crate::units::{ByteCount, Time};

use super::super::filter::Retransmission;
use super::super::wire::LossRange;
use super::{Entry, Sender};

/// How far what is known reaches, and how much of it is still kept.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Offset of the first packet of which nothing is known, from the connection's first.
    end: u64,
    /// Bytes of packets that have arrived and are not acknowledged.
    bytes: usize,
}

impl Known {
    /// A packet is no longer kept, or has not arrived, whatever was thought.
    pub(super) fn forget(&mut self, entry: &mut Entry) {
        if std::mem::take(&mut entry.arrived) {
            self.bytes -= entry.length;
        }
    }
}

impl Sender {
    /// A report that has been dealt with named these ranges: the peer has what follows each of them.
    pub(crate) fn note_arrivals(&mut self, now: Time, ranges: impl Iterator<Item = LossRange>) {
        if self.terms.retransmission() != Retransmission::Always || self.has_ways {
            return;
        }
        for range in ranges {
            let behind = range.last.offset_from(self.first).map(|last| last.saturating_add(1));
            if let Some(index) = behind.filter(|index| *index < self.sent) {
                self.note_arrived(now, index);
            }
        }
    }

    fn note_arrived(&mut self, now: Time, index: usize) {
        let from = usize::try_from(self.known.end.saturating_sub(self.gone)).unwrap_or(index);
        for index in from..=index {
            let Some(entry) = self.ring.get_mut(index) else { break };
            if entry.reported || entry.given_up || entry.arrived {
                continue;
            }
            entry.arrived = true;
            self.known.bytes += entry.length;
            if !std::mem::replace(&mut entry.counted, true) {
                self.counts.bytes_delivered += entry.length.into();
            }
        }
        let newest = self.ring.get(index).filter(|entry| entry.arrived && from <= index);
        if let Some(newest) = newest.filter(|entry| entry.retransmissions == 0) {
            self.newest_round_trip = Some(now.since(newest.last_sent));
        }
        self.known.end = self.known.end.max(self.gone + index as u64 + 1);
    }

    /// Since when the oldest packet in flight has been under way again, because the peer reported
    /// it lost; nothing, if it did not. Until it has crossed the path, nothing is acknowledged.
    pub(crate) fn repairing_since(&self) -> Option<Time> {
        let oldest = self.ring.front().filter(|_| self.sent > 0)?;
        Some(oldest.report_answered).filter(|at| oldest.reported && *at > Time::ZERO)
    }

    /// What is in flight and not known to have arrived.
    pub(crate) fn unknown_bytes(&self) -> ByteCount {
        (self.in_flight_bytes - self.known.bytes).into()
    }
}

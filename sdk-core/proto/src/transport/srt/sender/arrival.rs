//! What is known to have arrived before it is acknowledged.
//!
//! Acknowledgements stop at the first hole. A report of losses says more: the packet behind each
//! range that it names has arrived, or the peer would not know of the gap; and so has everything
//! before that which no report names. Without it a few losses at once would look like a path that
//! carries nothing for a round trip or two.

use crate::units::{ByteCount, Time};

use super::Sender;

/// How far what is known reaches, and how much of it is still kept.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Offset of the first packet of which nothing is known, from the connection's first.
    end: u64,
    /// Bytes of packets that have arrived and are not acknowledged.
    bytes: usize,
}

impl Sender {
    /// The peer reported a range that ends before the packet at `index`, and has that one.
    pub(super) fn note_arrived(&mut self, now: Time, index: usize) {
        if index >= self.sent {
            return;
        }
        let from = usize::try_from(self.known.end.saturating_sub(self.gone)).unwrap_or(index);
        for index in from..=index {
            let Some(entry) = self.ring.get_mut(index) else { break };
            if entry.reported || entry.given_up || entry.arrived {
                continue;
            }
            entry.arrived = true;
            self.known.bytes += entry.length;
            self.counts.bytes_delivered += entry.length.into();
        }
        let newest = self.ring.get(index).filter(|entry| entry.arrived && from <= index);
        if let Some(newest) = newest.filter(|entry| entry.retransmissions == 0) {
            self.newest_round_trip = Some(now.since(newest.last_sent));
        }
        self.known.end = self.known.end.max(self.gone + index as u64 + 1);
    }

    /// A packet that has arrived is no longer kept.
    pub(super) fn forget_arrived(&mut self, length: usize) {
        self.known.bytes -= length;
    }

    /// Since when the oldest packet in flight has been under way again, because the peer reported
    /// it lost; nothing, if it did not. Until it has crossed the path, nothing is acknowledged.
    pub(crate) fn repairing_since(&self) -> Option<Time> {
        let oldest = self.ring.front().filter(|_| self.sent > 0)?;
        oldest.reported.then_some(oldest.report_answered)
    }

    /// What is in flight and not known to have arrived.
    pub(crate) fn unknown_bytes(&self) -> ByteCount {
        (self.in_flight_bytes - self.known.bytes).into()
    }
}

//! The receiving half of a filter: what is rebuilt, and what is beyond repair.

use std::collections::BTreeSet;

use crate::fec::{Matrix, Rebuilt, Source, XorDecoder};

use super::super::number::SequenceNumber;
use super::super::wire::LossRange;
use super::{AgreedFilter, RepairPacket, Retransmission};

/// Repair packets may be overtaken by so many source packets before a loss counts as beyond
/// repair.
const REORDERING: u64 = 2;

/// Losses that wait for their repair, at most; more are never asked for.
const MOST_WAITING: usize = 8_192;

/// See the module.
pub(crate) struct ReceivingFilter {
    decoder: XorDecoder,
    matrix: Matrix,
    retransmission: Retransmission,
    /// A packet's number and its offset from the connection's first.
    anchor: (SequenceNumber, u64),
    newest: u64,
    /// Missing packets by the offset after which nothing comes that could repair them.
    waiting: BTreeSet<(u64, u64)>,
}

impl ReceivingFilter {
    /// A filter on what begins with this number.
    pub(crate) fn new(agreed: AgreedFilter, first: SequenceNumber) -> Self {
        let AgreedFilter { matrix, retransmission } = agreed;
        Self {
            decoder: XorDecoder::new(matrix),
            matrix,
            retransmission,
            anchor: (first, 0),
            newest: 0,
            waiting: BTreeSet::new(),
        }
    }

    /// A packet arrived by itself, as it was on the wire.
    pub(crate) fn source(&mut self, number: SequenceNumber, source: &Source<'_>) {
        if let Some(offset) = self.offset(number) {
            self.newest = self.newest.max(offset);
            self.decoder.source(offset, source);
        }
    }

    /// A repair packet arrived, its number within what the receiver has room for.
    pub(crate) fn repair(&mut self, number: SequenceNumber, packet: &RepairPacket) {
        if let Some(last) = self.offset(number) {
            self.decoder.repair(last, packet.column, &packet.parity);
        }
    }

    /// The next packet that was rebuilt.
    pub(crate) fn take(&mut self) -> Option<(SequenceNumber, Rebuilt)> {
        let rebuilt = self.decoder.take()?;
        Some((self.number(rebuilt.offset), rebuilt))
    }

    /// These are missing. On request, they are not asked for before it is certain that they cannot
    /// be rebuilt.
    pub(crate) fn wait_for(&mut self, range: LossRange) {
        if self.retransmission != Retransmission::OnRequest {
            return;
        }
        let (Some(first), Some(last)) = (self.offset(range.first), self.offset(range.last)) else {
            return;
        };
        for offset in first..=last {
            if self.waiting.len() == MOST_WAITING {
                break;
            }
            let groups = [self.matrix.row(offset), self.matrix.column(offset)];
            let repaired_by = groups.into_iter().flatten().map(|group| group.last()).max();
            self.waiting.insert((repaired_by.unwrap_or(offset) + REORDERING, offset));
        }
    }

    /// The next packet that cannot be rebuilt any more if it is still missing.
    pub(crate) fn take_beyond_repair(&mut self) -> Option<SequenceNumber> {
        let (after, offset) = *self.waiting.first()?;
        if after >= self.newest {
            return None;
        }
        self.waiting.pop_first();
        Some(self.number(offset))
    }

    /// Nothing before this number is waited for any more.
    pub(crate) fn forget_before(&mut self, number: SequenceNumber) {
        if let Some(offset) = self.offset(number) {
            self.anchor = (number, offset);
            self.decoder.forget_before(offset);
        }
    }

    fn offset(&self, number: SequenceNumber) -> Option<u64> {
        let (anchor, offset) = self.anchor;
        offset.checked_add_signed(number.distance_from(anchor).into())
    }

    fn number(&self, offset: u64) -> SequenceNumber {
        let (anchor, at) = self.anchor;
        // Only the low bits matter: numbers wrap.
        anchor.plus(offset.wrapping_sub(at) as u32)
    }
}

//! The receiving half of repair: what is rebuilt, and what is beyond repair.
//!
//! From a packet filter's repair packets, or from combinations where both sides are Golive.

use std::collections::BTreeSet;

use crate::fec::{Combination, Rebuilt, Source, WindowDecoder, XorDecoder};

use super::super::number::SequenceNumber;
use super::super::wire::LossRange;
use super::{AgreedFilter, CombinationPacket, RepairPacket, Retransmission};

/// Repair packets may be overtaken by so many source packets before a loss counts as beyond
/// repair.
const REORDERING: u64 = 2;

/// Losses that wait for their repair, at most; more are never asked for.
const MOST_WAITING: usize = 8_192;

/// See the module.
pub(crate) struct Repairing {
    decoder: Decoder,
    /// A packet's number and its offset from the connection's first.
    anchor: (SequenceNumber, u64),
    newest: u64,
    /// Missing packets by the offset after which nothing comes that could repair them.
    waiting: BTreeSet<(u64, u64)>,
}

enum Decoder {
    Filter(Box<XorDecoder>, AgreedFilter),
    Combinations(Box<WindowDecoder>),
}

impl Repairing {
    /// By a filter, of what begins with this number.
    pub(crate) fn filter(agreed: AgreedFilter, first: SequenceNumber) -> Self {
        Self::new(Decoder::Filter(Box::new(XorDecoder::new(agreed.matrix)), agreed), first)
    }

    /// By combinations, of what begins with this number.
    pub(crate) fn combinations(first: SequenceNumber) -> Self {
        Self::new(Decoder::Combinations(Box::default()), first)
    }

    fn new(decoder: Decoder, first: SequenceNumber) -> Self {
        Self { decoder, anchor: (first, 0), newest: 0, waiting: BTreeSet::new() }
    }

    /// A packet arrived by itself, as it was on the wire.
    pub(crate) fn source(&mut self, number: SequenceNumber, source: &Source<'_>) {
        if let Some(offset) = self.offset(number) {
            self.newest = self.newest.max(offset);
            match &mut self.decoder {
                Decoder::Filter(decoder, _) => decoder.source(offset, source),
                Decoder::Combinations(decoder) => decoder.source(offset, source),
            }
        }
    }

    /// A repair packet of a filter arrived, its number within what the receiver has room for.
    pub(crate) fn repair(&mut self, number: SequenceNumber, packet: &RepairPacket) {
        if let (Some(last), Decoder::Filter(decoder, _)) = (self.offset(number), &mut self.decoder)
        {
            decoder.repair(last, packet.column, &packet.parity);
        }
    }

    /// A combination arrived.
    pub(crate) fn combination(&mut self, packet: &CombinationPacket<'_>) {
        let Some(first) = self.offset(packet.first) else { return };
        let combination = Combination::received(first, packet.count, packet.seed, packet.bytes);
        if let (Some(combination), Decoder::Combinations(decoder)) =
            (combination, &mut self.decoder)
        {
            decoder.combination(&combination);
        }
    }

    /// The next packet that was rebuilt.
    pub(crate) fn take(&mut self) -> Option<(SequenceNumber, Rebuilt)> {
        let rebuilt = match &mut self.decoder {
            Decoder::Filter(decoder, _) => decoder.take(),
            Decoder::Combinations(decoder) => decoder.take(),
        }?;
        Some((self.number(rebuilt.offset), rebuilt))
    }

    /// These are missing. On request, they are not asked for before it is certain that they cannot
    /// be rebuilt.
    pub(crate) fn wait_for(&mut self, range: LossRange) {
        let Decoder::Filter(_, AgreedFilter { matrix, retransmission: Retransmission::OnRequest }) =
            self.decoder
        else {
            return;
        };
        let (Some(first), Some(last)) = (self.offset(range.first), self.offset(range.last)) else {
            return;
        };
        for offset in first..=last {
            if self.waiting.len() == MOST_WAITING {
                break;
            }
            let groups = [matrix.row(offset), matrix.column(offset)];
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
            match &mut self.decoder {
                Decoder::Filter(decoder, _) => decoder.forget_before(offset),
                Decoder::Combinations(decoder) => decoder.forget_before(offset),
            }
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

//! Repair packets, as a packet filter has them.

use super::super::filter::{source_of, write_repair};
use super::super::wire::KeyParity;
use super::Sender;
use crate::units::Time;

impl Sender {
    /// Adds the packet to those that are protected: each once, in their order, whether it leaves
    /// or is skipped.
    pub(super) fn protect(&mut self, index: usize) {
        let (Some(repairs), Some(entry)) = (&mut self.repairs, self.ring.get(index)) else {
            return;
        };
        let datagram = self.pool.get(&entry.slot).get(..entry.length).unwrap_or_default();
        if let Some(source) = source_of(datagram) {
            repairs.add(&source);
            self.newest_key = KeyParity::from_bits(source.flags.into()).unwrap_or_default();
        }
    }

    /// When the last packet was sent that the oldest one may be rebuilt with, if it has been.
    pub(super) fn rebuilt_by(&self) -> Option<Time> {
        let filter = self.terms.filter?;
        let last = usize::try_from(filter.matrix.span()).ok()?;
        self.ring.get(last).filter(|_| last < self.sent).map(|entry| entry.last_sent)
    }

    /// Writes the repair packet that goes next, if one is ready, and how long it is.
    pub(super) fn write_repair(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let repairs = self.repairs.as_mut()?;
        let repair = repairs.take()?;
        // Only the low bits matter: numbers wrap.
        let last = self.first.plus(repair.last.wrapping_sub(self.gone) as u32);
        let destination = self.terms.destination;
        let length = write_repair(&repair, last, self.newest_key, destination, buffer);
        repairs.give_back(repair);
        self.counts.repairs += 1;
        self.counts.bytes_repair += length.into();
        Some(length)
    }
}

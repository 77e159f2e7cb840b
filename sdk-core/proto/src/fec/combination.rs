//! Random linear combinations of the packets in a sliding window.

use super::field;
use super::parity::{Source, lengthen};

/// Packets that one combination may be of, at most.
pub const MAX_WINDOW: u16 = 256;

/// Bytes of a packet's symbol before its payload: length, flags and timestamp.
pub(super) const PREFIX_BYTES: usize = 7;

/// A sum of multiples of packets in succession: any so many combinations of a window rebuild that
/// many packets of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Combination {
    /// Offset of the first packet.
    pub first: u64,
    /// How many packets: 1 to [`MAX_WINDOW`].
    pub count: u16,
    /// From which all factors follow.
    pub seed: u16,
    bytes: Vec<u8>,
}

impl Combination {
    /// What came over the wire; none if it is of no packet, or of too many.
    pub fn received(first: u64, count: u16, seed: u16, bytes: &[u8]) -> Option<Self> {
        let fits = (1..=MAX_WINDOW).contains(&count) && bytes.len() >= PREFIX_BYTES;
        fits.then(|| Self { first, count, seed, bytes: bytes.to_vec() })
    }

    /// Begins anew with the packet at `first`, and keeps its memory.
    pub fn begin(&mut self, first: u64, seed: u16) {
        self.bytes.clear();
        (self.first, self.count, self.seed) = (first, 0, seed);
    }

    /// Adds the next packet; ignored beyond [`MAX_WINDOW`].
    pub fn add(&mut self, source: &Source<'_>) {
        if self.count == MAX_WINDOW {
            return;
        }
        let factor = factor(self.seed, self.first + u64::from(self.count));
        self.count += 1;
        lengthen(&mut self.bytes, PREFIX_BYTES + source.payload.len());
        let (prefix, payload) = self.bytes.split_at_mut(PREFIX_BYTES);
        field::add_product(prefix, &prefix_of(source), factor);
        field::add_product(payload, source.payload, factor);
    }

    /// As it goes over the wire.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A packet as it is combined, before its payload.
pub(super) fn prefix_of(source: &Source<'_>) -> [u8; PREFIX_BYTES] {
    let [t0, t1, t2, t3] = source.timestamp.to_be_bytes();
    // No datagram is longer than 16 bits tell.
    let [l0, l1] = (source.payload.len() as u16).to_be_bytes();
    [l0, l1, source.flags, t0, t1, t2, t3]
}

/// What the packet at `offset` is multiplied by: never zero, and as good as random (the finalizer
/// of SplitMix64 spreads every bit).
pub(super) fn factor(seed: u16, offset: u64) -> u8 {
    let mut mixed = offset.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(seed) << 48;
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed >> 32) % 255 + 1) as u8
}

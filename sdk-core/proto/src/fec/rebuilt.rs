//! What decoders give back.

use super::combination::PREFIX_BYTES;
use super::parity::Source;

/// A source packet that was rebuilt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Which one.
    pub offset: u64,
    timestamp: u32,
    flags: u8,
    payload: Vec<u8>,
}

impl Rebuilt {
    /// The packet at `offset`.
    pub(super) fn new(offset: u64, source: &Source<'_>) -> Self {
        let Source { timestamp, flags, payload } = *source;
        Self { offset, timestamp, flags, payload: payload.to_vec() }
    }

    /// The packet at `offset` with its length, flags and timestamp before it; none if it is too
    /// short for its length.
    pub(super) fn read(offset: u64, bytes: &[u8]) -> Option<Self> {
        let (prefix, payload) = bytes.split_first_chunk::<PREFIX_BYTES>()?;
        let [l0, l1, flags, t0, t1, t2, t3] = *prefix;
        let payload = payload.get(..usize::from(u16::from_be_bytes([l0, l1])))?;
        let timestamp = u32::from_be_bytes([t0, t1, t2, t3]);
        Some(Self::new(offset, &Source { timestamp, flags, payload }))
    }

    /// The packet.
    pub fn source(&self) -> Source<'_> {
        Source { timestamp: self.timestamp, flags: self.flags, payload: &self.payload }
    }
}

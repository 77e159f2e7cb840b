//! NAL units, which H.264 and H.265 have in common: how they are found, framed, and read bit by
//! bit. What a unit's header says is each codec's own.
//!
//! Two framings exist for the same units. *Annex B* (start codes) is what encoders, MPEG-TS and
//! [`AccessUnit`](super::AccessUnit) hold; *length-prefixed* is what MP4 holds, beside a record
//! with the parameter sets.
//!
//! Specifications: ITU-T H.264 and ITU-T H.265 (clause 7.3.1 and annex B of either), ISO/IEC
//! 14496-15 clauses 5 and 8.

mod annex_b;
mod bits;
mod length_prefixed;

pub use annex_b::{NalUnits, nal_units};
pub(super) use annex_b::{first_slice, leading};
pub(super) use bits::BitReader;
pub use length_prefixed::{LengthPrefixed, length_prefixed, to_annex_b, to_length_prefixed};

/// The start code that Annex B wants before parameter sets and an access unit's first NAL unit
/// (B.1.2 of both codecs).
pub const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Why bytes that should be NAL units cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The data ends inside a structure.
    #[error("a {0} is cut short")]
    Truncated(&'static str),
    /// A value is outside what the specification allows.
    #[error("a {0} is not valid")]
    Invalid(&'static str),
}

/// A NAL unit within a larger piece of data: its header and what follows, escaped as it is
/// transmitted, without start code or length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NalUnit<'a> {
    header: u8,
    bytes: &'a [u8],
    offset: usize,
    end: usize,
}

impl<'a> NalUnit<'a> {
    /// The unit in `bytes`, which begin at `begin` of the data around them and their framing at
    /// `offset`; nothing if `bytes` is empty.
    fn new(bytes: &'a [u8], offset: usize, begin: usize) -> Option<Self> {
        let header = *bytes.first()?;
        Some(Self { header, bytes, offset, end: begin + bytes.len() })
    }

    /// The first byte, which tells its type in either codec.
    pub const fn header(&self) -> u8 {
        self.header
    }

    /// The header and everything after it.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where it ends in the data that it was found in.
    pub const fn end(&self) -> usize {
        self.end
    }

    /// Where its start code or length field begins in the data that it was found in.
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

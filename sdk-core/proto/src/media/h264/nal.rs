//! One NAL unit, and what it is.

/// The start code that Annex B wants before parameter sets and an access unit's first NAL unit
/// (H.264, B.1.2).
pub const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// An access unit delimiter that allows every slice type, with its start code (H.264, 7.3.2.4).
pub const ACCESS_UNIT_DELIMITER: [u8; 6] = [0, 0, 0, 1, 0x09, 0xF0];

/// What a NAL unit holds (H.264, table 7-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NalType {
    /// A slice of a picture that is not an IDR picture, or a partition of one (types 1 to 4).
    Slice,
    /// A slice of an IDR picture (type 5).
    Idr,
    /// Supplemental enhancement information (type 6).
    Sei,
    /// A sequence parameter set (type 7).
    Sps,
    /// A picture parameter set (type 8).
    Pps,
    /// An access unit delimiter (type 9).
    AccessUnitDelimiter,
    /// Anything else, by its number.
    Other(u8),
}

impl NalType {
    /// The type that a NAL unit's first byte announces.
    pub const fn of(header: u8) -> Self {
        match header & 0x1F {
            1..=4 => NalType::Slice,
            5 => NalType::Idr,
            6 => NalType::Sei,
            7 => NalType::Sps,
            8 => NalType::Pps,
            9 => NalType::AccessUnitDelimiter,
            other => NalType::Other(other),
        }
    }

    /// Whether it carries a part of a picture.
    pub const fn is_slice(self) -> bool {
        matches!(self, NalType::Slice | NalType::Idr)
    }
}

/// A NAL unit within a larger piece of data: its header byte and what follows, escaped as it is
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
    pub(super) fn new(bytes: &'a [u8], offset: usize, begin: usize) -> Option<Self> {
        let header = *bytes.first()?;
        Some(Self { header, bytes, offset, end: begin + bytes.len() })
    }

    /// What it holds.
    pub const fn nal_type(&self) -> NalType {
        NalType::of(self.header)
    }

    /// The header byte and everything after it.
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

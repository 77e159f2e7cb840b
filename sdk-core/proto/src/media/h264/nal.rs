//! What a NAL unit is, and what a picture's first slice says of it.

use crate::media::nal::{self, NalUnits};

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

/// The NAL units of `data` (Annex B) before its first slice: delimiter, parameter sets, SEI.
///
/// The slices, which are nearly all of a picture, are not looked through.
pub const fn leading_nal_units(data: &[u8]) -> NalUnits<'_> {
    nal::leading(data, is_slice)
}

/// Whether the picture in `data` (Annex B) is an IDR picture, which its first slice tells.
pub fn is_idr(data: &[u8]) -> bool {
    first_slice(data).is_some_and(|header| NalType::of(header) == NalType::Idr)
}

/// Whether other pictures may refer to the one in `data` (Annex B), which its first slice tells
/// (`nal_ref_idc`, 7.4.1). What has no slice is no picture, and true of it.
pub fn is_reference(data: &[u8]) -> bool {
    first_slice(data).is_none_or(|header| header & 0x60 != 0)
}

/// The first byte of the first slice.
fn first_slice(data: &[u8]) -> Option<u8> {
    nal::first_slice(data, is_slice)?.first().copied()
}

fn is_slice(header: u8) -> bool {
    NalType::of(header).is_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idr_is_known_by_its_first_slice() {
        assert!(is_idr(&[0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 1]));
        assert!(!is_idr(&[0, 0, 1, 0x41, 1, 0, 0, 1, 0x65, 1]));
        assert!(!is_idr(&[0, 0, 1, 0x67, 1]));
    }

    #[test]
    fn what_no_picture_refers_to_says_so_in_its_first_slice() {
        assert!(is_reference(&[0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 1]));
        assert!(is_reference(&[0, 0, 1, 0x09, 0xF0, 0, 0, 1, 0x41, 1]));
        assert!(!is_reference(&[0, 0, 1, 0x09, 0xF0, 0, 0, 1, 0x01, 1]));
        assert!(is_reference(&[0, 0, 1, 0x67, 1]));
    }
}

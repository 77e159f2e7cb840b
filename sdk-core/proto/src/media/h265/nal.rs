//! What a NAL unit is, and what a picture's first slice says of it.

use bytes::Bytes;

use crate::media::nal::{self, NalUnits};

/// An access unit delimiter that allows every slice type, with its start code (H.265, 7.3.2.5).
pub const ACCESS_UNIT_DELIMITER: [u8; 7] = [0, 0, 0, 1, 0x46, 0x01, 0x50];

/// The type of a BLA picture that decodable leading pictures may follow.
const BLA_W_RADL: u8 = 17;

/// What a NAL unit holds (H.265, table 7-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NalType {
    /// A slice of a picture that follows the key frame before it in every order (types 0 to 5:
    /// TRAIL, TSA, STSA).
    Trailing,
    /// A slice of a picture that is shown before the key frame that it follows, and can be decoded
    /// where decoding began there (types 6 and 7: RADL).
    DecodableLeading,
    /// The same, but it refers to pictures before that key frame: it can only be decoded where
    /// these were (types 8 and 9: RASL).
    SkippedLeading,
    /// A slice of a key frame after a cut: what leads it cannot be decoded (types 16 to 18: BLA).
    BrokenLink,
    /// A slice of an IDR picture (types 19 and 20: IDR_W_RADL, IDR_N_LP).
    Idr,
    /// A slice of a key frame in the middle of a stream: pictures that lead it may refer to some
    /// before it (type 21: CRA).
    CleanRandomAccess,
    /// A video parameter set (type 32).
    Vps,
    /// A sequence parameter set (type 33).
    Sps,
    /// A picture parameter set (type 34).
    Pps,
    /// An access unit delimiter (type 35).
    AccessUnitDelimiter,
    /// Supplemental enhancement information, before or after the slices (types 39 and 40).
    Sei,
    /// Anything else, by its number.
    Other(u8),
}

impl NalType {
    /// The type that a NAL unit's first byte announces.
    pub const fn of(header: u8) -> Self {
        match (header >> 1) & 0x3F {
            0..=5 => NalType::Trailing,
            6 | 7 => NalType::DecodableLeading,
            8 | 9 => NalType::SkippedLeading,
            16..=18 => NalType::BrokenLink,
            19 | 20 => NalType::Idr,
            21 => NalType::CleanRandomAccess,
            32 => NalType::Vps,
            33 => NalType::Sps,
            34 => NalType::Pps,
            35 => NalType::AccessUnitDelimiter,
            39 | 40 => NalType::Sei,
            other => NalType::Other(other),
        }
    }

    /// Whether it carries a part of a picture. Types that are reserved do not: decoders leave them
    /// out (7.4.2.2).
    pub const fn is_slice(self) -> bool {
        matches!(self, NalType::Trailing | NalType::DecodableLeading | NalType::SkippedLeading)
            || self.is_irap()
    }

    /// Whether it carries a part of a picture at which decoding can begin (IRAP, 3.74).
    pub const fn is_irap(self) -> bool {
        matches!(self, NalType::BrokenLink | NalType::Idr | NalType::CleanRandomAccess)
    }
}

/// The two bytes before every NAL unit (H.265, 7.3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NalHeader {
    /// What the unit holds.
    pub nal_type: NalType,
    /// For a slice: whether pictures of the same temporal sub-layer may refer to its picture.
    pub is_sub_layer_reference: bool,
    /// `nuh_layer_id`: 0 for the base layer.
    pub layer_id: u8,
    /// `TemporalId`: the temporal sub-layer, 0 to 6. A picture refers to none of a higher one.
    pub temporal_id: u8,
}

impl NalHeader {
    /// Reads the header of a NAL unit; nothing if it is cut or not valid.
    pub const fn parse(unit: &[u8]) -> Option<Self> {
        let &[first, second, ..] = unit else { return None };
        let (forbidden, temporal_id_plus1) = (first & 0x80 != 0, second & 7);
        if forbidden || temporal_id_plus1 == 0 {
            return None;
        }
        let number = first >> 1;
        Some(Self {
            nal_type: NalType::of(first),
            // Below 16 the even numbers are those that nothing of their sub-layer refers to.
            is_sub_layer_reference: number >= 16 || number % 2 == 1,
            layer_id: (first & 1) << 5 | second >> 3,
            temporal_id: temporal_id_plus1 - 1,
        })
    }
}

/// The NAL units of `data` (Annex B) before its first slice: delimiter, parameter sets, SEI.
///
/// The slices, which are nearly all of a picture, are not looked through.
pub const fn leading_nal_units(data: &[u8]) -> NalUnits<'_> {
    nal::leading(data, is_slice)
}

/// Whether decoding can begin at the picture in `data` (Annex B), which its first slice tells.
pub fn is_irap(data: &[u8]) -> bool {
    first_slice(data).is_some_and(|header| header.nal_type.is_irap())
}

/// Whether the picture in `data` (Annex B) refers to pictures before the key frame that it
/// follows, so that it cannot be decoded where these are missing (RASL, 3.111).
pub fn is_skipped_leading(data: &[u8]) -> bool {
    first_slice(data).is_some_and(|header| header.nal_type == NalType::SkippedLeading)
}

/// The picture in `data` (Annex B) as it must be where pictures before it are missing, if it is
/// none that stands by itself: a CRA picture becomes a BLA picture that no RASL picture follows.
///
/// A CRA picture in the middle of a stream counts on from the picture before it; after a cut a
/// decoder would take it for another one's neighbour. An IDR picture begins anew, as does a BLA
/// picture, whose slices are the same but for their type (7.4.2.2, 8.1.3).
pub fn after_a_cut(data: &[u8]) -> Option<Bytes> {
    if first_slice(data)?.nal_type != NalType::CleanRandomAccess {
        return None;
    }
    let mut cut = data.to_vec();
    for unit in nal::nal_units(data) {
        let begin = unit.end() - unit.bytes().len();
        if NalType::of(unit.header()) == NalType::CleanRandomAccess
            && let Some(header) = cut.get_mut(begin)
        {
            *header = unit.header() & 0x81 | BLA_W_RADL << 1;
        }
    }
    Some(Bytes::from(cut))
}

/// Whether other pictures may refer to the one in `data` (Annex B), in a stream of so many temporal
/// sub-layers, which its first slice tells. What has no slice is no picture, and true of it.
///
/// The type alone says only that no picture of the same sub-layer refers to it (7.4.2.2): in all but
/// the highest, those of a higher one may.
pub fn is_reference(data: &[u8], sub_layers: u8) -> bool {
    first_slice(data)
        .is_none_or(|header| header.is_sub_layer_reference || header.temporal_id + 1 < sub_layers)
}

/// The header of the first slice, if it can be read.
fn first_slice(data: &[u8]) -> Option<NalHeader> {
    NalHeader::parse(nal::first_slice(data, is_slice)?)
}

fn is_slice(header: u8) -> bool {
    NalType::of(header).is_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture behind a delimiter, whose slices are of the type `number`.
    fn picture(number: u8, temporal_id: u8) -> Vec<u8> {
        [&ACCESS_UNIT_DELIMITER[..], &[0, 0, 1, number << 1, temporal_id + 1, 0x80]].concat()
    }

    #[test]
    fn decoding_begins_at_every_kind_of_irap_picture_and_nowhere_else() {
        for number in 0..64 {
            assert_eq!(is_irap(&picture(number, 0)), (16..=21).contains(&number), "{number}");
        }
        assert!(!is_irap(&ACCESS_UNIT_DELIMITER));
        assert!(!is_irap(&[0, 0, 1, 0x26]), "a header that is cut");
    }

    #[test]
    fn only_some_of_the_pictures_that_lead_a_key_frame_need_those_before_it() {
        for number in 0..64 {
            let needs = is_skipped_leading(&picture(number, 0));
            assert_eq!(needs, number == 8 || number == 9, "{number}");
        }
    }

    #[test]
    fn a_picture_may_go_if_neither_its_own_nor_a_higher_sub_layer_refers_to_it() {
        for number in [0, 2, 4, 6, 8] {
            assert!(!is_reference(&picture(number, 0), 1), "{number}");
            assert!(is_reference(&picture(number, 0), 2), "a higher sub-layer may refer to it");
            assert!(!is_reference(&picture(number, 1), 2), "{number} in the highest sub-layer");
            assert!(is_reference(&picture(number + 1, 1), 2), "{number} + 1");
        }
        assert!(is_reference(&picture(19, 0), 1) && is_reference(&picture(20, 0), 1));
        assert!(is_reference(&ACCESS_UNIT_DELIMITER, 1), "no picture");
    }

    #[test]
    fn a_key_frame_after_a_cut_counts_on_from_nothing() {
        let slices = |number: u8| {
            let slice = [0, 0, 1, number << 1, 1, 0x80, 0xAF, 0x2A];
            [&ACCESS_UNIT_DELIMITER[..], &[0, 0, 1, 0x4E, 1, 5, 0x80], &slice, &slice].concat()
        };
        assert_eq!(after_a_cut(&slices(21)), Some(Bytes::from(slices(17))), "every slice of it");
        for number in [1, 9, 16, 17, 18, 19, 20] {
            assert_eq!(after_a_cut(&slices(number)), None, "{number}");
        }
        assert_eq!(after_a_cut(&ACCESS_UNIT_DELIMITER), None);
    }

    #[test]
    fn a_header_tells_layer_and_sub_layer() {
        let header = NalHeader::parse(&[0x43, 0x0B, 1]).unwrap();
        assert_eq!((header.nal_type, header.layer_id, header.temporal_id), (NalType::Sps, 33, 2));
        assert_eq!(NalHeader::parse(&[0x42]), None);
        assert_eq!(NalHeader::parse(&[0xC2, 1]), None, "the forbidden bit");
        assert_eq!(NalHeader::parse(&[0x42, 0]), None, "no temporal sub-layer");
    }
}

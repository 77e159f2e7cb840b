//! The two codecs that pictures come in, and what is asked of both.

use std::fmt;

use bytes::Bytes;

use super::nal::NalUnits;
use super::{PictureSize, h264, h265};

/// What pictures are encoded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VideoCodec {
    /// H.264 (AVC), which every ingest takes and every browser shows.
    H264,
    /// H.265 (HEVC), which takes fewer bits for the same picture where hardware encodes it.
    H265,
}

/// What a NAL unit holds, as far as both codecs have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NalKind {
    /// A part of a picture.
    Slice,
    /// A video parameter set, of H.265 alone.
    Vps,
    /// A sequence parameter set.
    Sps,
    /// A picture parameter set.
    Pps,
    /// An access unit delimiter.
    AccessUnitDelimiter,
    /// Anything else.
    Other,
}

impl VideoCodec {
    /// What the NAL unit holds whose first byte is `header`.
    pub const fn nal_kind(self, header: u8) -> NalKind {
        match self {
            VideoCodec::H264 => match h264::NalType::of(header) {
                h264::NalType::Slice | h264::NalType::Idr => NalKind::Slice,
                h264::NalType::Sps => NalKind::Sps,
                h264::NalType::Pps => NalKind::Pps,
                h264::NalType::AccessUnitDelimiter => NalKind::AccessUnitDelimiter,
                h264::NalType::Sei | h264::NalType::Other(_) => NalKind::Other,
            },
            VideoCodec::H265 => match h265::NalType::of(header) {
                h265::NalType::Vps => NalKind::Vps,
                h265::NalType::Sps => NalKind::Sps,
                h265::NalType::Pps => NalKind::Pps,
                h265::NalType::AccessUnitDelimiter => NalKind::AccessUnitDelimiter,
                slice if slice.is_slice() => NalKind::Slice,
                _ => NalKind::Other,
            },
        }
    }

    /// An access unit delimiter that allows every slice type, with its start code.
    pub const fn access_unit_delimiter(self) -> &'static [u8] {
        match self {
            VideoCodec::H264 => &h264::ACCESS_UNIT_DELIMITER,
            VideoCodec::H265 => &h265::ACCESS_UNIT_DELIMITER,
        }
    }

    /// The NAL units of `data` (Annex B) before its first slice: delimiter, parameter sets, SEI.
    pub const fn leading_nal_units(self, data: &[u8]) -> NalUnits<'_> {
        match self {
            VideoCodec::H264 => h264::leading_nal_units(data),
            VideoCodec::H265 => h265::leading_nal_units(data),
        }
    }

    /// Whether decoding can begin at the picture in `data` (Annex B): an IDR picture of H.264, an
    /// IRAP picture of H.265.
    pub fn is_keyframe(self, data: &[u8]) -> bool {
        match self {
            VideoCodec::H264 => h264::is_idr(data),
            VideoCodec::H265 => h265::is_irap(data),
        }
    }

    /// Whether the picture in `data` (Annex B) follows a key frame and refers to pictures before
    /// it, so that it cannot be decoded where these are missing: a RASL picture of H.265.
    pub fn needs_earlier(self, data: &[u8]) -> bool {
        match self {
            VideoCodec::H264 => false,
            VideoCodec::H265 => h265::is_skipped_leading(data),
        }
    }

    /// The key frame in `data` (Annex B) as it must be where pictures before it are missing, if that
    /// is not how it is: a CRA picture of H.265 becomes a BLA picture.
    pub fn after_a_cut(self, data: &[u8]) -> Option<Bytes> {
        match self {
            VideoCodec::H264 => None,
            VideoCodec::H265 => h265::after_a_cut(data),
        }
    }

    /// The pictures' size, if their parameter sets lead `data` (Annex B) and can be read.
    pub fn picture_size(self, data: &[u8]) -> Option<PictureSize> {
        match self {
            VideoCodec::H264 => {
                self.sps(data).find_map(|sps| h264::Sps::parse(sps).ok()).map(|sps| sps.size)
            }
            VideoCodec::H265 => first_h265_sps(data).map(|sps| sps.size),
        }
    }

    fn sps(self, data: &[u8]) -> impl Iterator<Item = &[u8]> {
        self.leading_nal_units(data)
            .filter(move |unit| self.nal_kind(unit.header()) == NalKind::Sps)
            .map(|unit| unit.bytes())
    }
}

impl fmt::Display for VideoCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            VideoCodec::H264 => "H.264",
            VideoCodec::H265 => "H.265",
        })
    }
}

fn first_h265_sps(data: &[u8]) -> Option<h265::Sps> {
    VideoCodec::H265.sps(data).find_map(|sps| h265::Sps::parse(sps).ok())
}

/// Tells, picture by picture in decoding order, to which ones others may refer.
#[derive(Clone, Copy, Debug)]
pub struct References {
    codec: VideoCodec,
    /// Temporal sub-layers that a stream of H.265 may have.
    sub_layers: u8,
}

impl References {
    /// Before the first picture.
    pub const fn new(codec: VideoCodec) -> Self {
        Self { codec, sub_layers: h265::Sps::MOST_SUB_LAYERS }
    }

    /// Whether other pictures may refer to the next one, whose data (Annex B) this is. Where that
    /// is not known for certain, they may.
    pub fn may_refer_to(&mut self, data: &[u8]) -> bool {
        match self.codec {
            VideoCodec::H264 => h264::is_reference(data),
            VideoCodec::H265 => {
                if let Some(sps) = first_h265_sps(data) {
                    self.sub_layers = sps.sub_layers;
                }
                h265::is_reference(data, self.sub_layers)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As x265 writes it for 640x362 in one temporal sub-layer.
    const SPS: [u8; 47] = [
        0, 0, 0, 1, 0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3f,
        0xa0, 0x05, 0x02, 0x01, 0x71, 0xf2, 0x65, 0x95, 0x95, 0x29, 0x30, 0xbc, 0x05, 0xa0, 0x20,
        0, 0, 3, 0, 0x20, 0, 0, 3, 3, 0xc1,
    ];
    const IDR: [u8; 6] = [0, 0, 1, 0x28, 1, 0xAC];
    /// A picture that nothing of its sub-layer refers to.
    const TRAIL_N: [u8; 6] = [0, 0, 1, 0x00, 1, 0xE0];

    #[test]
    fn until_the_sub_layers_are_known_every_picture_may_be_referred_to() {
        let mut references = References::new(VideoCodec::H265);
        assert!(references.may_refer_to(&TRAIL_N));
        assert!(references.may_refer_to(&[&SPS[..], &IDR].concat()));
        assert!(!references.may_refer_to(&TRAIL_N));
        assert!(references.may_refer_to(&IDR), "without its parameter sets");
        assert!(!references.may_refer_to(&TRAIL_N));
    }

    #[test]
    fn the_size_is_found_behind_parameter_sets_that_say_none() {
        // A second view's parameter set leads the base layer's.
        let mut second_view = SPS;
        second_view[5] |= 8;
        let data = [&second_view[..], &SPS, &IDR].concat();
        let size = VideoCodec::H265.picture_size(&data);
        assert_eq!(size, PictureSize::new(640, 362));
        assert_eq!(VideoCodec::H265.picture_size(&IDR), None);
        assert_eq!(VideoCodec::H264.picture_size(&data), None);
    }
}

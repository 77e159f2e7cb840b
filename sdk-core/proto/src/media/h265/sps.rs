//! The sequence parameter set: what a decoder must be able to do, and how large the picture is.

use super::{Error, NalHeader, NalType, Profile};
use crate::media::PictureSize;
use crate::media::nal::BitReader;

/// What a sequence parameter set says (H.265, 7.3.2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sps {
    /// Profile, tier and level.
    pub profile: Profile,
    /// Temporal sub-layers that the stream may have, 1 to 7.
    pub sub_layers: u8,
    /// Whether a decoder may go up to a higher sub-layer at any of its pictures.
    pub is_temporal_id_nested: bool,
    /// `chroma_format_idc`: 0 monochrome, 1 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4.
    pub chroma_format: u8,
    /// Bits a luma sample, 8 to 16.
    pub luma_bit_depth: u8,
    /// Bits a chroma sample, 8 to 16.
    pub chroma_bit_depth: u8,
    /// The picture's size within the conformance window.
    pub size: PictureSize,
}

impl Sps {
    /// Temporal sub-layers that a stream may have at most.
    pub const MOST_SUB_LAYERS: u8 = 7;

    /// Reads a whole NAL unit of the base layer, header included. It may come from a hostile peer.
    pub fn parse(unit: &[u8]) -> Result<Self, Error> {
        let header = NalHeader::parse(unit).ok_or(Error::Truncated("SPS"))?;
        if header.nal_type != NalType::Sps || header.layer_id != 0 {
            return Err(Error::Invalid("SPS"));
        }
        let mut bits = BitReader::new(unit.get(2..).unwrap_or_default());
        bits.bits(4)?; // sps_video_parameter_set_id
        let sub_layers = at_most(bits.bits(3)?, 6, "sps_max_sub_layers_minus1")? + 1;
        let is_temporal_id_nested = bits.bit()?;
        let profile = Profile::parse(&mut bits, sub_layers)?;
        at_most(bits.unsigned()?, 15, "sps_seq_parameter_set_id")?;
        let chroma_format = at_most(bits.unsigned()?, 3, "chroma_format_idc")?;
        let has_separate_planes = chroma_format == 3 && bits.bit()?;
        let chroma_type = if has_separate_planes { 0 } else { chroma_format };
        let size = parse_size(&mut bits, chroma_type)?;
        Ok(Self {
            profile,
            sub_layers,
            is_temporal_id_nested,
            chroma_format,
            luma_bit_depth: 8 + at_most(bits.unsigned()?, 8, "bit_depth_luma_minus8")?,
            chroma_bit_depth: 8 + at_most(bits.unsigned()?, 8, "bit_depth_chroma_minus8")?,
            size,
        })
    }

    /// The name of the codec for a browser, such as `hvc1.1.6.L93.90` (ISO/IEC 14496-15, E.3).
    pub fn codec_string(&self) -> String {
        self.profile.codec_string()
    }
}

fn parse_size(bits: &mut BitReader<'_>, chroma_type: u8) -> Result<PictureSize, Error> {
    let (mut width, mut height) = (side(bits.unsigned()?)?, side(bits.unsigned()?)?);
    if bits.bit()? {
        let (across, down) = window_units(chroma_type);
        let mut offset = |unit: u32| Ok::<_, Error>(bits.unsigned()?.saturating_mul(unit));
        let (left, right) = (offset(across)?, offset(across)?);
        let (top, bottom) = (offset(down)?, offset(down)?);
        width = width.saturating_sub(left.saturating_add(right));
        height = height.saturating_sub(top.saturating_add(bottom));
    }
    PictureSize::new(width, height).ok_or(Error::UnsupportedSize { width, height })
}

/// Luma samples a unit of the conformance window, across and down (H.265, table 6-1 and 7.4.3.2.1).
const fn window_units(chroma_type: u8) -> (u32, u32) {
    match chroma_type {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    }
}

/// A side before cropping. The window takes less than a coding block of 64 samples from it.
fn side(samples: u32) -> Result<u32, Error> {
    if samples <= PictureSize::MAX_SIDE + 64 {
        Ok(samples)
    } else {
        Err(Error::Invalid("picture size"))
    }
}

fn at_most(value: u32, limit: u8, what: &'static str) -> Result<u8, Error> {
    u8::try_from(value).ok().filter(|value| *value <= limit).ok_or(Error::Invalid(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As x265 writes it for 640x362.
    const MAIN_640: [u8; 43] = [
        0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3f, 0xa0, 0x05,
        0x02, 0x01, 0x71, 0xf2, 0x65, 0x95, 0x95, 0x29, 0x30, 0xbc, 0x05, 0xa0, 0x20, 0, 0, 3, 0,
        0x20, 0, 0, 3, 3, 0xc1,
    ];

    #[test]
    fn the_conformance_window_takes_the_rows_that_fill_the_last_block() {
        let sps = Sps::parse(&MAIN_640).unwrap();
        assert_eq!(sps.size, PictureSize { width: 640, height: 362 });
        assert_eq!((sps.profile.profile, sps.profile.level), (1, 63));
        assert_eq!((sps.chroma_format, sps.luma_bit_depth, sps.chroma_bit_depth), (1, 8, 8));
        assert_eq!((sps.sub_layers, sps.is_temporal_id_nested), (1, true));
        assert_eq!(sps.codec_string(), "hvc1.1.6.L63.90");
    }

    #[test]
    fn a_cut_or_changed_parameter_set_never_panics() {
        for length in 0..23 {
            assert!(Sps::parse(&MAIN_640[..length]).is_err(), "{length}");
        }
        for position in 0..MAIN_640.len() {
            for value in 0..=255 {
                let mut changed = MAIN_640;
                changed[position] = value;
                if let Ok(sps) = Sps::parse(&changed) {
                    assert!(PictureSize::new(sps.size.width, sps.size.height).is_some());
                }
            }
        }
        assert_eq!(Sps::parse(&[0x44, 1, 2, 3, 4]), Err(Error::Invalid("SPS")));
    }

    #[test]
    fn the_parameter_set_of_another_layer_is_not_taken_for_this_ones() {
        let mut second_view = MAIN_640;
        second_view[1] = 0x09;
        assert_eq!(Sps::parse(&second_view), Err(Error::Invalid("SPS")));
    }
}

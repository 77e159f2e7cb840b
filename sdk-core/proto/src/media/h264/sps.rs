//! The sequence parameter set: what a decoder must be able to do, and how large the picture is.

use super::{Error, NalType};
use crate::media::PictureSize;
use crate::media::nal::BitReader;

/// What a sequence parameter set says (H.264, 7.3.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sps {
    /// `profile_idc`: 66 baseline, 77 main, 100 high.
    pub profile: u8,
    /// The six constraint flags and two reserved bits, as transmitted.
    pub constraints: u8,
    /// `level_idc`: ten times the level.
    pub level: u8,
    /// `chroma_format_idc`: 0 monochrome, 1 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4.
    pub chroma_format: u8,
    /// Bits a luma sample, 8 to 14.
    pub luma_bit_depth: u8,
    /// Bits a chroma sample, 8 to 14.
    pub chroma_bit_depth: u8,
    /// The picture's size after cropping.
    pub size: PictureSize,
}

impl Sps {
    /// Reads a whole NAL unit, header byte included. It may come from a hostile peer.
    pub fn parse(unit: &[u8]) -> Result<Self, Error> {
        let [header, profile, constraints, level, rest @ ..] = unit else {
            return Err(Error::Truncated("SPS"));
        };
        if NalType::of(*header) != NalType::Sps {
            return Err(Error::Invalid("SPS"));
        }
        let mut bits = BitReader::new(rest);
        below(bits.unsigned()?, 32, "seq_parameter_set_id")?;
        let chroma = if has_chroma_fields(*profile) {
            Chroma::parse(&mut bits)?
        } else {
            Chroma { format: 1, separate_planes: false, luma_depth: 8, chroma_depth: 8 }
        };
        skip_picture_order(&mut bits)?;
        bits.unsigned()?; // max_num_ref_frames
        bits.bit()?; // gaps_in_frame_num_value_allowed_flag
        let size = parse_size(&mut bits, &chroma)?;
        Ok(Self {
            profile: *profile,
            constraints: *constraints,
            level: *level,
            chroma_format: chroma.format,
            luma_bit_depth: chroma.luma_depth,
            chroma_bit_depth: chroma.chroma_depth,
            size,
        })
    }

    /// The name of the codec for a browser, such as `avc1.42c01f` (RFC 6381, 3.3).
    pub fn codec_string(&self) -> String {
        format!("avc1.{:02x}{:02x}{:02x}", self.profile, self.constraints, self.level)
    }
}

struct Chroma {
    format: u8,
    separate_planes: bool,
    luma_depth: u8,
    chroma_depth: u8,
}

impl Chroma {
    fn parse(bits: &mut BitReader<'_>) -> Result<Self, Error> {
        let format = below(bits.unsigned()?, 4, "chroma_format_idc")?;
        let separate_planes = format == 3 && bits.bit()?;
        let luma_depth = 8 + below(bits.unsigned()?, 7, "bit_depth_luma_minus8")?;
        let chroma_depth = 8 + below(bits.unsigned()?, 7, "bit_depth_chroma_minus8")?;
        bits.bit()?; // qpprime_y_zero_transform_bypass_flag
        if bits.bit()? {
            for list in 0..if format == 3 { 12 } else { 8 } {
                if bits.bit()? {
                    skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
        Ok(Self { format, separate_planes, luma_depth, chroma_depth })
    }

    /// Luma samples a unit of cropping, across and down, for frames (H.264, table 6-1 and 7.4.2.1).
    fn crop_units(&self) -> (u32, u32) {
        match (self.separate_planes, self.format) {
            (false, 1) => (2, 2),
            (false, 2) => (2, 1),
            _ => (1, 1),
        }
    }
}

/// The profiles whose parameter set says what the colour samples are (H.264, 7.3.2.1.1).
pub(super) const fn has_chroma_fields(profile: u8) -> bool {
    matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135)
}

fn skip_scaling_list(bits: &mut BitReader<'_>, size: u32) -> Result<(), Error> {
    let mut last: i32 = 8;
    for _ in 0..size {
        let delta = bits.signed()?;
        last = last.wrapping_add(delta).rem_euclid(256);
        if last == 0 {
            return Ok(());
        }
    }
    Ok(())
}

fn skip_picture_order(bits: &mut BitReader<'_>) -> Result<(), Error> {
    bits.unsigned()?; // log2_max_frame_num_minus4
    match bits.unsigned()? {
        0 => {
            bits.unsigned()?; // log2_max_pic_order_cnt_lsb_minus4
        }
        1 => {
            bits.bit()?; // delta_pic_order_always_zero_flag
            bits.signed()?; // offset_for_non_ref_pic
            bits.signed()?; // offset_for_top_to_bottom_field
            let offsets = bits.unsigned()?;
            if offsets > 255 {
                return Err(Error::Invalid("num_ref_frames_in_pic_order_cnt_cycle"));
            }
            for _ in 0..offsets {
                bits.signed()?;
            }
        }
        2 => {}
        _ => return Err(Error::Invalid("pic_order_cnt_type")),
    }
    Ok(())
}

fn parse_size(bits: &mut BitReader<'_>, chroma: &Chroma) -> Result<PictureSize, Error> {
    let columns = macroblocks(bits.unsigned()?)?;
    let rows = macroblocks(bits.unsigned()?)?;
    let frames_only = bits.bit()?;
    if !frames_only {
        bits.bit()?; // mb_adaptive_frame_field_flag
    }
    bits.bit()?; // direct_8x8_inference_flag
    let fields = if frames_only { 1 } else { 2 };
    let (mut width, mut height) = (columns * 16, rows * 16 * fields);
    if bits.bit()? {
        let (across, down) = chroma.crop_units();
        let mut crop = |unit: u32| Ok::<_, Error>(bits.unsigned()?.saturating_mul(unit));
        let (left, right) = (crop(across)?, crop(across)?);
        let (top, bottom) = (crop(down * fields)?, crop(down * fields)?);
        width = width.saturating_sub(left.saturating_add(right));
        height = height.saturating_sub(top.saturating_add(bottom));
    }
    PictureSize::new(width, height).ok_or(Error::UnsupportedSize { width, height })
}

/// A side in macroblocks of 16 samples, from the field that says one less.
fn macroblocks(minus_one: u32) -> Result<u32, Error> {
    if minus_one < PictureSize::MAX_SIDE / 16 {
        Ok(minus_one + 1)
    } else {
        Err(Error::Invalid("picture size in macroblocks"))
    }
}

fn below(value: u32, limit: u8, what: &'static str) -> Result<u8, Error> {
    u8::try_from(value).ok().filter(|value| *value < limit).ok_or(Error::Invalid(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASELINE_1080: [u8; 24] = [
        0x67, 0x42, 0xc0, 0x28, 0xda, 0x01, 0xe0, 0x08, 0x9f, 0x97, 0x01, 0x10, 0, 0, 3, 0, 0x10,
        0, 0, 3, 3, 0x20, 0xf1, 0x83,
    ];

    #[test]
    fn cropping_takes_the_rows_that_fill_the_last_macroblock() {
        let sps = Sps::parse(&BASELINE_1080).unwrap();
        assert_eq!(sps.size, PictureSize { width: 1920, height: 1080 });
        assert_eq!((sps.profile, sps.constraints, sps.level), (66, 0xc0, 40));
        assert_eq!(sps.codec_string(), "avc1.42c028");
    }

    #[test]
    fn an_interlaced_ten_bit_stream_is_read_too() {
        let sps = Sps::parse(&[
            0x67, 0x7a, 0, 0x28, 0xb6, 0xce, 0x80, 0x78, 0x04, 0x4f, 0xcb, 0x80, 0x88, 0, 0, 3, 0,
            8, 0, 0, 3, 1, 0x90, 0xf8, 0xb1, 0x75,
        ])
        .unwrap();
        assert_eq!(sps.size, PictureSize { width: 1920, height: 1080 });
        assert_eq!((sps.profile, sps.chroma_format, sps.luma_bit_depth), (122, 2, 10));
    }

    #[test]
    fn a_cut_or_changed_parameter_set_never_panics() {
        for length in 0..10 {
            assert!(Sps::parse(&BASELINE_1080[..length]).is_err(), "{length}");
        }
        for position in 0..BASELINE_1080.len() {
            for value in 0..=255 {
                let mut changed = BASELINE_1080;
                changed[position] = value;
                if let Ok(sps) = Sps::parse(&changed) {
                    assert!(PictureSize::new(sps.size.width, sps.size.height).is_some());
                }
            }
        }
        assert_eq!(Sps::parse(&[0x68, 1, 2, 3, 4]), Err(Error::Invalid("SPS")));
    }
}

//! What a decoder must be able to do: profile, tier and level.

use std::fmt::Write as _;

use crate::media::nal::{self, BitReader};

/// Profile, tier and level of a whole stream (H.265, 7.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// `general_profile_space`: 0 in every stream of today, at most 3.
    pub space: u8,
    /// Whether the bitrate may be that of the high tier.
    pub is_high_tier: bool,
    /// `general_profile_idc`: 1 main, 2 main 10, 3 main still picture; at most 31.
    pub profile: u8,
    /// `general_profile_compatibility_flag`, the one of profile 0 the most significant bit.
    pub compatibility: u32,
    /// The six bytes from `general_progressive_source_flag` to before the level.
    pub constraints: [u8; 6],
    /// `general_level_idc`: thirty times the level.
    pub level: u8,
}

impl Profile {
    /// Reads `profile_tier_level` with what it says of the sub-layers, which is skipped.
    pub(super) fn parse(bits: &mut BitReader<'_>, sub_layers: u8) -> Result<Self, nal::Error> {
        let mut byte = || bits.bits(8).map(|byte| byte as u8);
        let first = byte()?;
        let mut rest = [0; 11];
        for place in &mut rest {
            *place = byte()?;
        }
        let [c0, c1, c2, c3, constraints @ .., level] = rest;
        skip_sub_layers(bits, sub_layers)?;
        Ok(Self {
            space: first >> 6,
            is_high_tier: first & 0x20 != 0,
            profile: first & 0x1F,
            compatibility: u32::from_be_bytes([c0, c1, c2, c3]),
            constraints,
            level,
        })
    }

    /// The twelve bytes that say it, in a parameter set as in an `hvcC` record.
    pub(super) fn encode(&self) -> [u8; 12] {
        let first = self.space << 6 | u8::from(self.is_high_tier) << 5 | self.profile;
        let [c0, c1, c2, c3] = self.compatibility.to_be_bytes();
        let [k0, k1, k2, k3, k4, k5] = self.constraints;
        [first, c0, c1, c2, c3, k0, k1, k2, k3, k4, k5, self.level]
    }

    /// The name of the codec for a browser, such as `hvc1.1.6.L93.90` (ISO/IEC 14496-15, E.3).
    pub(super) fn codec_string(&self) -> String {
        let space = ["", "A", "B", "C"].get(usize::from(self.space)).unwrap_or(&"");
        let tier = if self.is_high_tier { 'H' } else { 'L' };
        let compatibility = self.compatibility.reverse_bits();
        let mut name =
            format!("hvc1.{space}{}.{compatibility:x}.{tier}{}", self.profile, self.level);
        let told = self.constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for byte in self.constraints.iter().take(told) {
            // Writing to a string does not fail.
            let _ = write!(name, ".{byte:x}");
        }
        name
    }
}

/// Profile and level of each sub-layer but the highest, which the stream as a whole has.
fn skip_sub_layers(bits: &mut BitReader<'_>, sub_layers: u8) -> Result<(), nal::Error> {
    const MOST: u8 = 8;
    let mut told = Vec::with_capacity(usize::from(MOST));
    for _ in 1..sub_layers {
        told.push((bits.bit()?, bits.bit()?));
    }
    if sub_layers > 1 {
        for _ in sub_layers - 1..MOST {
            bits.bits(2)?;
        }
    }
    for (has_profile, has_level) in told {
        if has_profile {
            for _ in 0..11 {
                bits.bits(8)?;
            }
        }
        if has_level {
            bits.bits(8)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: Profile = Profile {
        space: 0,
        is_high_tier: false,
        profile: 1,
        compatibility: 0x6000_0000,
        constraints: [0x90, 0, 0, 0, 0, 0],
        level: 93,
    };

    #[test]
    fn a_profile_is_named_as_browsers_name_it() {
        assert_eq!(MAIN.codec_string(), "hvc1.1.6.L93.90");
        let constraints = [0xB0, 0, 0x08, 0, 0, 0];
        let other = Profile { space: 1, is_high_tier: true, profile: 2, constraints, ..MAIN };
        assert_eq!(other.codec_string(), "hvc1.A2.6.H93.b0.0.8");
        assert_eq!(Profile { constraints: [0; 6], ..MAIN }.codec_string(), "hvc1.1.6.L93");
    }

    #[test]
    fn what_is_said_of_sub_layers_is_skipped() {
        // Without zero bytes there is nothing to be escaped.
        let whole = Profile { compatibility: 0x6101_0101, constraints: [0x91; 6], ..MAIN };
        // Three sub-layers: the first with profile and level, the second with a level; six times
        // two reserved bits.
        let flags = [0b1101_1111, 0b1111_1111];
        let bytes = [&whole.encode()[..], &flags, &[7; 11], &[60], &[90], &[0xA5]].concat();
        let mut bits = BitReader::new(&bytes);
        assert_eq!(Profile::parse(&mut bits, 3), Ok(whole));
        assert_eq!(bits.bits(8), Ok(0xA5), "what follows");
    }
}

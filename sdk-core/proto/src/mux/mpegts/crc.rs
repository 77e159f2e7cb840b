//! The checksum at the end of a table's section (annex A).

const POLYNOMIAL: u32 = 0x04C1_1DB7;

/// The checksum of `bytes`; zero over a section that ends in its own.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            let shifted = crc << 1;
            if crc >> 31 == 1 { shifted ^ POLYNOMIAL } else { shifted }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_mpeg_2_variant_comes_out() {
        assert_eq!(crc32(b"123456789"), 0x0376_E6E7);
        assert_eq!(crc32(b"123456789\x03\x76\xE6\xE7"), 0);
    }
}

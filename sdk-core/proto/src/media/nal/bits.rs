//! Bits of a NAL unit's payload, its emulation prevention taken out on the way.

use super::Error;

/// Reads bits from the first to the last (H.264, 7.2 and 9.1; H.265, 7.2 and 9.2).
pub(in super::super) struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
    zeros: u32,
    current: u8,
    available: u32,
}

impl<'a> BitReader<'a> {
    /// Reads `bytes`, which follow the NAL unit's header.
    pub(in super::super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, zeros: 0, current: 0, available: 0 }
    }

    /// One bit.
    pub(in super::super) fn bit(&mut self) -> Result<bool, Error> {
        if self.available == 0 {
            self.current = self.byte()?;
            self.available = 8;
        }
        self.available -= 1;
        Ok((self.current >> self.available) & 1 == 1)
    }

    /// `count` bits (at most 32), the first the most significant.
    pub(in super::super) fn bits(&mut self, count: u32) -> Result<u32, Error> {
        let mut value = 0;
        for _ in 0..count {
            value = (value << 1) | u32::from(self.bit()?);
        }
        Ok(value)
    }

    /// An unsigned Exp-Golomb number, `ue(v)`.
    pub(in super::super) fn unsigned(&mut self) -> Result<u32, Error> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return Err(Error::Invalid("Exp-Golomb number"));
            }
        }
        let rest = self.bits(zeros)?;
        Ok(((1_u32 << zeros) - 1).wrapping_add(rest))
    }

    /// A signed Exp-Golomb number, `se(v)`.
    pub(in super::super) fn signed(&mut self) -> Result<i32, Error> {
        let code = i64::from(self.unsigned()?);
        let magnitude = (code + 1) / 2;
        let value = if code % 2 == 0 { -magnitude } else { magnitude };
        i32::try_from(value).map_err(|_| Error::Invalid("Exp-Golomb number"))
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let mut byte = self.raw()?;
        if self.zeros >= 2 && byte == 3 {
            self.zeros = 0;
            byte = self.raw()?;
        }
        self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
        Ok(byte)
    }

    fn raw(&mut self) -> Result<u8, Error> {
        let byte = self.bytes.get(self.position).ok_or(Error::Truncated("parameter set"))?;
        self.position += 1;
        Ok(*byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_numbers_follow_table_9_2() {
        // 1 | 010 | 011 | 00100 | 00101 and padding.
        let mut reader = BitReader::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let numbers: Vec<_> = (0..5).map(|_| reader.unsigned().unwrap()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4]);
        let mut reader = BitReader::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let numbers: Vec<_> = (0..5).map(|_| reader.signed().unwrap()).collect();
        assert_eq!(numbers, [0, 1, -1, 2, -2]);
    }

    #[test]
    fn an_escaping_three_is_not_data() {
        let mut reader = BitReader::new(&[0, 0, 3, 1, 3]);
        assert_eq!(reader.bits(32), Ok(0x0000_0103));
        assert_eq!(reader.bit(), Err(Error::Truncated("parameter set")));
    }

    #[test]
    fn a_number_without_end_is_refused() {
        assert!(BitReader::new(&[0, 1, 0, 1, 0]).unsigned().is_ok());
        assert!(BitReader::new(&[0, 0, 3, 0, 0, 3, 0, 0]).unsigned().is_err());
    }
}

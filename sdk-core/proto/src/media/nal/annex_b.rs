//! NAL units between start codes (annex B of H.264 and of H.265).

use super::NalUnit;

/// The NAL units of `data`, in order. What precedes the first start code is skipped, as are empty
/// units and the zero bytes that may trail one.
pub const fn nal_units(data: &[u8]) -> NalUnits<'_> {
    NalUnits { data, position: 0, is_slice: None }
}

/// The NAL units of `data` before its first slice, which `is_slice` knows by a unit's first byte.
///
/// The slices, which are nearly all of a picture, are not looked through.
pub(in super::super) const fn leading(data: &[u8], is_slice: fn(u8) -> bool) -> NalUnits<'_> {
    NalUnits { data, position: 0, is_slice: Some(is_slice) }
}

/// What follows the start code of the first slice of `data`, to the end of the data.
pub(in super::super) fn first_slice(data: &[u8], is_slice: fn(u8) -> bool) -> Option<&[u8]> {
    let mut position = 0;
    while let Some(code) = find_start_code(data, position) {
        match data.get(code + 3..) {
            Some(slice) if slice.first().is_some_and(|header| is_slice(*header)) => {
                return Some(slice);
            }
            _ => position = code + 3,
        }
    }
    None
}

/// An iterator over NAL units; made by [`nal_units`] and by the `leading_nal_units` of each codec.
#[derive(Clone, Debug)]
pub struct NalUnits<'a> {
    data: &'a [u8],
    position: usize,
    /// What ends it, if not the data.
    is_slice: Option<fn(u8) -> bool>,
}

impl<'a> Iterator for NalUnits<'a> {
    type Item = NalUnit<'a>;

    fn next(&mut self) -> Option<NalUnit<'a>> {
        loop {
            let code = find_start_code(self.data, self.position)?;
            let begin = code + 3;
            let header = *self.data.get(begin)?;
            if self.is_slice.is_some_and(|is_slice| is_slice(header)) {
                self.position = self.data.len();
                return None;
            }
            let end = find_start_code(self.data, begin).unwrap_or(self.data.len());
            self.position = end;
            let bytes = without_trailing_zeros(self.data.get(begin..end)?);
            let has_zero_byte = code > 0 && self.data.get(code - 1) == Some(&0);
            let offset = if has_zero_byte { code - 1 } else { code };
            if let Some(unit) = NalUnit::new(bytes, offset, begin) {
                return Some(unit);
            }
        }
    }
}

/// The offset of the next `00 00 01` at or after `from`.
fn find_start_code(data: &[u8], from: usize) -> Option<usize> {
    let mut position = from;
    while let Some(&third) = data.get(position + 2) {
        position += match third {
            0 => 1,
            1 if data.get(position..position + 2) == Some(&[0, 0]) => return Some(position),
            _ => 3,
        };
    }
    None
}

/// A NAL unit never ends in a zero byte (7.4.1, 7.4.2.1), so zeros at the end are padding.
fn without_trailing_zeros(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    bytes.get(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(data: &[u8]) -> Vec<(usize, Vec<u8>)> {
        nal_units(data).map(|unit| (unit.offset(), unit.bytes().to_vec())).collect()
    }

    #[test]
    fn start_codes_of_three_and_four_bytes_separate_units() {
        let data = [0, 0, 0, 1, 9, 0xF0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x65, 3];
        assert_eq!(split(&data), [(0, vec![9, 0xF0]), (6, vec![0x67, 1, 2]), (12, vec![0x65, 3])]);
    }

    #[test]
    fn padding_and_empty_units_are_not_units() {
        let data = [7, 7, 0, 0, 1, 0, 0, 1, 0x41, 5, 0, 0, 0, 0, 0, 1];
        assert_eq!(split(&data), [(5, vec![0x41, 5])]);
        assert_eq!(split(&[]), []);
        assert_eq!(split(&[0, 0, 1]), []);
        assert_eq!(split(&[1, 2, 3, 4, 5]), []);
    }

    #[test]
    fn what_leads_a_picture_ends_at_its_first_slice() {
        let data = [0, 0, 1, 9, 0xF0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 1, 0, 0, 1, 0x67, 2];
        let is_slice = |header| header == 0x65;
        let leads: Vec<_> = leading(&data, is_slice).map(|unit| unit.bytes().to_vec()).collect();
        assert_eq!(leads, [vec![9, 0xF0], vec![0x67, 1]]);
        assert_eq!(first_slice(&data, is_slice), Some(&[0x65, 1, 0, 0, 1, 0x67, 2][..]));
        assert_eq!(first_slice(&data, |header| header == 0x41), None);
        assert_eq!(first_slice(&[0, 0, 1], |_| true), None);
    }
}

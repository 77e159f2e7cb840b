//! NAL units behind their lengths (ISO/IEC 14496-15, 5.3.4.2 and 8.3.2), and the way from and to Annex B.

use super::{Error, NalUnit, START_CODE, nal_units};

/// The NAL units of `data`, each behind a big-endian length of `length_size` bytes (1 to 4).
///
/// Ends after the first error. Empty units are skipped.
pub const fn length_prefixed(data: &[u8], length_size: usize) -> LengthPrefixed<'_> {
    LengthPrefixed { rest: data, length_size, offset: 0 }
}

/// Appends `data`, whose NAL units stand behind lengths of `length_size` bytes, to `output` with
/// start codes instead.
///
/// # Errors
///
/// [`Error::Truncated`] if a length points past the end; `output` then holds the units before it.
pub fn to_annex_b(data: &[u8], length_size: usize, output: &mut Vec<u8>) -> Result<(), Error> {
    for unit in length_prefixed(data, length_size) {
        output.extend_from_slice(&START_CODE);
        output.extend_from_slice(unit?.bytes());
    }
    Ok(())
}

/// Appends the NAL units of `data` (Annex B) that `keep` wants to `output`, each behind a length
/// of four bytes.
pub fn to_length_prefixed(
    data: &[u8],
    mut keep: impl FnMut(&NalUnit<'_>) -> bool,
    output: &mut Vec<u8>,
) {
    for unit in nal_units(data).filter(|unit| keep(unit)) {
        // A unit of 4 GiB cannot stand in memory beside its own copy on any system that this
        // serves; it would be left out rather than framed wrongly.
        if let Ok(length) = u32::try_from(unit.bytes().len()) {
            output.extend_from_slice(&length.to_be_bytes());
            output.extend_from_slice(unit.bytes());
        }
    }
}

/// An iterator over NAL units; made by [`length_prefixed`].
#[derive(Clone, Debug)]
pub struct LengthPrefixed<'a> {
    rest: &'a [u8],
    length_size: usize,
    offset: usize,
}

impl<'a> Iterator for LengthPrefixed<'a> {
    type Item = Result<NalUnit<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let Some((unit, rest)) = split_unit(self.rest, self.length_size) else {
                self.rest = &[];
                return Some(Err(Error::Truncated("NAL unit")));
            };
            let offset = self.offset;
            self.offset += self.rest.len() - rest.len();
            self.rest = rest;
            if let Some(unit) = NalUnit::new(unit, offset, offset + self.length_size) {
                return Some(Ok(unit));
            }
        }
        None
    }
}

fn split_unit(data: &[u8], length_size: usize) -> Option<(&[u8], &[u8])> {
    if !(1..=4).contains(&length_size) {
        return None;
    }
    let (length, rest) = data.split_at_checked(length_size)?;
    let length = length.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte));
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_framings_hold_the_same_units() {
        let annex_b = [0, 0, 0, 1, 9, 0xF0, 0, 0, 0, 1, 0x65, 7, 8];
        let mut lengths = Vec::new();
        to_length_prefixed(&annex_b, |_| true, &mut lengths);
        assert_eq!(lengths, [0, 0, 0, 2, 9, 0xF0, 0, 0, 0, 3, 0x65, 7, 8]);
        let mut back = Vec::new();
        to_annex_b(&lengths, 4, &mut back).unwrap();
        assert_eq!(back, annex_b);
        lengths.clear();
        let pictures = |unit: &NalUnit<'_>| unit.header() == 0x65;
        to_length_prefixed(&annex_b, pictures, &mut lengths);
        assert_eq!(lengths, [0, 0, 0, 3, 0x65, 7, 8]);
    }

    #[test]
    fn a_length_past_the_end_is_an_error_and_the_last_thing_said() {
        let units: Vec<_> = length_prefixed(&[0, 1, 9, 0, 9, 0x65], 2).collect();
        assert_eq!(units.len(), 2);
        assert_eq!(units[0].unwrap().bytes(), [9]);
        assert_eq!(units[1], Err(Error::Truncated("NAL unit")));
        assert_eq!(length_prefixed(&[1, 9], 0).count(), 1);
    }
}

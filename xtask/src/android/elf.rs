//! The pages that a library is made for: what readelf calls the alignment of its segments.
//!
//! ELF (System V ABI, chapters 4 and 5), 64 bits, little-endian, as Android's are.

/// Of the segments that are loaded, the least that one is aligned to; nothing for another file.
pub(super) fn least_alignment(file: &[u8]) -> Option<u64> {
    // Magic number, 64 bits, little-endian.
    if file.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let table = usize::try_from(number(file, 0x20, 8)?).ok()?;
    let size = usize::try_from(number(file, 0x36, 2)?).ok()?;
    let count = usize::try_from(number(file, 0x38, 2)?).ok()?;
    let mut least = None;
    for index in 0..count {
        let header = table.checked_add(index.checked_mul(size)?)?;
        if number(file, header, 4)? == LOAD {
            let alignment = number(file, header.checked_add(0x30)?, 8)?;
            least = Some(least.map_or(alignment, |least: u64| least.min(alignment)));
        }
    }
    least
}

const LOAD: u64 = 1;

/// A number of so many bytes, the least first.
fn number(file: &[u8], at: usize, bytes: usize) -> Option<u64> {
    let bytes = file.get(at..at.checked_add(bytes)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header, and segments of these types and alignments.
    fn file(segments: &[(u8, u64)]) -> Vec<u8> {
        let mut file = b"\x7fELF\x02\x01".to_vec();
        file.resize(0x40, 0);
        file[0x20] = 0x40;
        file[0x36] = 0x38;
        file[0x38] = u8::try_from(segments.len()).unwrap();
        for (kind, alignment) in segments {
            let mut header = vec![*kind];
            header.resize(0x30, 0);
            header.extend(alignment.to_le_bytes());
            file.extend(header);
        }
        file
    }

    #[test]
    fn the_least_of_what_is_loaded_counts() {
        // A note is not loaded.
        let library = file(&[(1, 0x4000), (4, 4), (1, 0x1000)]);
        assert_eq!(least_alignment(&library), Some(0x1000));
        assert_eq!(least_alignment(&file(&[(1, 0x4000), (1, 0x1_0000)])), Some(0x4000));
    }

    #[test]
    fn what_is_no_library_or_cut_short_has_none() {
        assert_eq!(least_alignment(b"#!/bin/sh"), None);
        let library = file(&[(1, 0x4000)]);
        for length in 0..library.len() {
            assert_eq!(least_alignment(&library[..length]), None, "{length} bytes");
        }
    }
}

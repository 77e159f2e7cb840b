//! A universal file: one library for several processors, one behind the other, as `lipo` makes it
//! and `mach-o/fat.h` describes it. Written here, so that no Mac is needed for it.

use crate::failure::Failure;

const MAGIC: u32 = 0xcafe_babe;
/// Where a library may begin: at a multiple of the largest page, as a power of two.
const ALIGNMENT: u32 = 14;
const HEADER_BYTES: u64 = 8;
const ENTRY_BYTES: u64 = 20;

/// A processor, as `mach/machine.h` numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Processor {
    Arm64,
    X86_64,
}

impl Processor {
    /// As Apple calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }

    fn numbers(self) -> (u32, u32) {
        match self {
            Self::Arm64 => (0x0100_000c, 0),
            Self::X86_64 => (0x0100_0007, 3),
        }
    }
}

/// Puts libraries into one file; a single one is left as it is.
pub(super) fn join(libraries: &[(Processor, Vec<u8>)]) -> Result<Vec<u8>, Failure> {
    if let [(_, only)] = libraries {
        return Ok(only.clone());
    }
    let mut file = Vec::new();
    file.extend(MAGIC.to_be_bytes());
    file.extend(small(libraries.len() as u64)?.to_be_bytes());
    let mut end = HEADER_BYTES + ENTRY_BYTES * libraries.len() as u64;
    for (processor, library) in libraries {
        let begin = end.next_multiple_of(1 << ALIGNMENT);
        let (kind, subtype) = processor.numbers();
        let size = library.len() as u64;
        for number in [kind, subtype, small(begin)?, small(size)?, ALIGNMENT] {
            file.extend(number.to_be_bytes());
        }
        end = begin + size;
    }
    for (_, library) in libraries {
        file.resize(file.len().next_multiple_of(1 << ALIGNMENT), 0);
        file.extend(library);
    }
    Ok(file)
}

/// The format counts in 32 bits.
fn small(number: u64) -> Result<u32, Failure> {
    u32::try_from(number)
        .map_err(|_| Failure::failed("the libraries are over 4 GB together: build with `phone`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_library_begins_where_the_header_says() {
        let (arm, intel) = (b"arm".repeat(9_000), b"intel".to_vec());
        let libraries = [(Processor::Arm64, arm.clone()), (Processor::X86_64, intel.clone())];
        let file = join(&libraries).unwrap();
        let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!((number(0), number(4)), (MAGIC as usize, 2));
        for (index, (processor, library)) in libraries.iter().enumerate() {
            let entry = 8 + 20 * index;
            let (begin, size) = (number(entry + 8), number(entry + 12));
            assert_eq!(number(entry), processor.numbers().0 as usize);
            assert_eq!(begin % (1 << number(entry + 16)), 0);
            assert_eq!(&file[begin..begin + size], library);
        }
    }

    #[test]
    fn a_single_library_is_left_as_it_is() {
        assert_eq!(join(&[(Processor::Arm64, b"arm".to_vec())]).unwrap(), b"arm");
    }
}

//! Missing packets as a list of numbers and ranges (section 3.2.5 and appendix A).
//!
//! A range is its first number with the top bit set, then its last; a single packet is its
//! number alone.

use super::super::number::SequenceNumber;
use super::{Reader, Writer};

const RANGE_BIT: u32 = 1 << 31;

/// Packets from `first` to `last`, both included; `last` never lies before `first`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LossRange {
    pub(crate) first: SequenceNumber,
    pub(crate) last: SequenceNumber,
}

/// The ranges in a loss report. Reading stops at the first that cannot be.
pub(crate) struct LossRanges<'a>(Reader<'a>);

impl<'a> LossRanges<'a> {
    pub(crate) fn new(body: &'a [u8]) -> Self {
        Self(Reader::new(body))
    }
}

impl Iterator for LossRanges<'_> {
    type Item = LossRange;

    fn next(&mut self) -> Option<LossRange> {
        let word = self.0.u32()?;
        let first = SequenceNumber::new(word);
        let last = if word & RANGE_BIT != 0 { SequenceNumber::new(self.0.u32()?) } else { first };
        (last.distance_from(first) >= 0).then_some(LossRange { first, last })
    }
}

/// Writes a range; false if it does not fit.
pub(crate) fn put_loss_range(writer: &mut Writer<'_>, range: LossRange) -> bool {
    let single = range.first == range.last;
    if writer.room() < if single { 4 } else { 8 } {
        return false;
    }
    if single {
        writer.put_u32(range.first.as_u32());
    } else {
        writer.put_u32(range.first.as_u32() | RANGE_BIT);
        writer.put_u32(range.last.as_u32());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: u32, last: u32) -> LossRange {
        LossRange { first: SequenceNumber::new(first), last: SequenceNumber::new(last) }
    }

    #[test]
    fn ranges_and_single_packets_survive_the_wire() {
        let ranges = [range(3, 3), range(5, 9), range(0x7FFF_FFFE, 1)];
        let mut buffer = [0; 64];
        let mut writer = Writer::new(&mut buffer);
        assert!(ranges.into_iter().all(|range| put_loss_range(&mut writer, range)));
        let length = writer.length();
        assert_eq!(buffer[..12], [0, 0, 0, 3, 0x80, 0, 0, 5, 0, 0, 0, 9]);
        assert_eq!(LossRanges::new(&buffer[..length]).collect::<Vec<_>>(), ranges);
    }

    #[test]
    fn a_range_that_runs_backwards_ends_the_list() {
        let body = [0x80, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0, 1];
        assert_eq!(LossRanges::new(&body).count(), 0);
        assert_eq!(LossRanges::new(&[0x80, 0, 0, 9]).count(), 0);
    }
}

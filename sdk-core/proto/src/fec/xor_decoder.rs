//! Source packets from what arrived and from repair packets.

use std::collections::{BTreeMap, VecDeque};

use super::matrix::{Group, Matrix};
use super::parity::{Parity, Source};
use super::rebuilt::Rebuilt;

/// What is known of one group.
#[derive(Clone, Debug)]
struct Known {
    group: Group,
    /// A bit for each packet that is there.
    there: u128,
    has_repair: bool,
    parity: Parity,
}

/// Groups by the offset of their last packet, which no two rows share, nor two columns.
type Groups = BTreeMap<u64, Known>;

/// Rebuilds a packet as soon as it is the only one missing in its row or column; one rebuilt in a
/// row may be the last but one missing in its column, and so on.
#[derive(Debug)]
pub struct XorDecoder {
    matrix: Matrix,
    rows: Groups,
    columns: Groups,
    /// Everything before this offset is of no use any more.
    from: u64,
    rebuilt: VecDeque<Rebuilt>,
    spare: Vec<Parity>,
}

/// Memory that is kept for groups to come.
const MOST_SPARE: usize = 64;

/// The two kinds of groups.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Row,
    Column,
}

impl XorDecoder {
    /// A decoder that has seen nothing yet.
    pub fn new(matrix: Matrix) -> Self {
        Self {
            matrix,
            rows: Groups::new(),
            columns: Groups::new(),
            from: 0,
            rebuilt: VecDeque::new(),
            spare: Vec::new(),
        }
    }

    /// A source packet arrived, for the first time and by itself.
    pub fn source(&mut self, offset: u64, source: &Source<'_>) {
        self.add(Kind::Row, offset, source);
        self.add(Kind::Column, offset, source);
        self.cross();
    }

    /// A repair packet arrived: of the row or column which this packet is the last of. Ignored if
    /// there is no such group.
    pub fn repair(&mut self, last: u64, column: Option<u8>, repair: &Parity) {
        let (kind, group) = match column {
            None => (Kind::Row, self.matrix.row(last)),
            Some(column) if self.matrix.column_index(last) == column => {
                (Kind::Column, self.matrix.column(last))
            }
            Some(_) => return,
        };
        let Some(group) = group.filter(|group| group.last() == last && last >= self.from) else {
            return;
        };
        let known = self.known(kind, group);
        if known.has_repair {
            return;
        }
        known.has_repair = true;
        known.parity.add_parity(repair.timestamp, repair.flags, repair.length, repair.payload());
        self.rebuild(kind, group);
        self.cross();
    }

    /// The next packet that was rebuilt.
    pub fn take(&mut self) -> Option<Rebuilt> {
        self.rebuilt.pop_front()
    }

    /// Nothing before `offset` is waited for any more.
    pub fn forget_before(&mut self, offset: u64) {
        self.from = self.from.max(offset);
        for groups in [&mut self.rows, &mut self.columns] {
            while let Some(oldest) = groups.first_entry()
                && *oldest.key() < offset
            {
                let mut parity = oldest.remove().parity;
                if self.spare.len() < MOST_SPARE {
                    parity.clear();
                    self.spare.push(parity);
                }
            }
        }
    }

    fn group(&self, kind: Kind, offset: u64) -> Option<Group> {
        match kind {
            Kind::Row => self.matrix.row(offset),
            Kind::Column => self.matrix.column(offset),
        }
    }

    fn known(&mut self, kind: Kind, group: Group) -> &mut Known {
        let groups = match kind {
            Kind::Row => &mut self.rows,
            Kind::Column => &mut self.columns,
        };
        groups.entry(group.last()).or_insert_with(|| Known {
            group,
            there: 0,
            has_repair: false,
            parity: self.spare.pop().unwrap_or_default(),
        })
    }

    fn add(&mut self, kind: Kind, offset: u64, source: &Source<'_>) {
        let Some(group) = self.group(kind, offset).filter(|group| group.last() >= self.from) else {
            return;
        };
        let Some(position) = group.position(offset) else { return };
        let known = self.known(kind, group);
        let bit = 1 << position;
        if known.there & bit != 0 {
            return;
        }
        known.there |= bit;
        known.parity.add(source);
        self.rebuild(kind, group);
    }

    /// Rebuilds the packet of this group that is missing, if it is the only one.
    fn rebuild(&mut self, kind: Kind, group: Group) {
        let known = self.known(kind, group);
        let all = u128::MAX >> (u128::BITS - u32::from(group.size));
        let missing = all & !known.there;
        if !known.has_repair || missing.count_ones() != 1 {
            return;
        }
        known.there = all;
        let offset = known.group.offset(missing.trailing_zeros() as u8);
        if let Some(source) = known.parity.rest() {
            let rebuilt = Rebuilt::new(offset, &source);
            self.rebuilt.push_back(rebuilt);
        }
    }

    /// Adds what was rebuilt to the groups that cross its own, which may rebuild more.
    fn cross(&mut self) {
        let mut index = 0;
        while let Some(rebuilt) = self.rebuilt.get(index).cloned() {
            index += 1;
            for kind in [Kind::Row, Kind::Column] {
                self.add(kind, rebuilt.offset, &rebuilt.source());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::matrix::{Layout, Protection};
    use super::super::xor_encoder::XorEncoder;
    use super::*;

    fn payload(offset: u64) -> Vec<u8> {
        vec![offset as u8; 3 + offset as usize % 7]
    }

    fn source(offset: u64, payload: &[u8]) -> Source<'_> {
        Source { timestamp: offset as u32 * 33, flags: (offset / 9 % 2 + 1) as u8, payload }
    }

    /// Sends packets through a link that loses those with `lost(offset)`, and repair packets with
    /// `lost_repair(last, column)`. Which source packets were rebuilt; each is compared.
    fn rebuilt(
        matrix: Matrix,
        packets: u64,
        lost: impl Fn(u64) -> bool,
        lost_repair: impl Fn(u64, Option<u8>) -> bool,
    ) -> BTreeSet<u64> {
        let (mut encoder, mut decoder) = (XorEncoder::new(matrix, 16), XorDecoder::new(matrix));
        let mut rebuilt = BTreeSet::new();
        for offset in 0..packets {
            let payload = payload(offset);
            encoder.add(&source(offset, &payload));
            if !lost(offset) {
                decoder.source(offset, &source(offset, &payload));
            }
            while let Some(repair) = encoder.take() {
                if !lost_repair(repair.last, repair.column) {
                    decoder.repair(repair.last, repair.column, &repair.parity);
                }
            }
            while let Some(found) = decoder.take() {
                assert!(lost(found.offset), "{} was not lost", found.offset);
                let payload = self::payload(found.offset);
                assert_eq!(found.source(), source(found.offset, &payload));
                assert!(rebuilt.insert(found.offset), "{} twice", found.offset);
            }
        }
        rebuilt
    }

    fn matrix(protection: Protection, layout: Layout) -> Matrix {
        Matrix::new(5, protection, layout).unwrap()
    }

    #[test]
    fn one_loss_in_a_row_is_rebuilt_and_two_are_not() {
        let rows = matrix(Protection::Rows, Layout::Even);
        let lost = |offset| [3, 11, 12].contains(&offset);
        assert_eq!(rebuilt(rows, 20, lost, |_, _| false), BTreeSet::from([3]));
        assert_eq!(rebuilt(rows, 20, lost, |last, _| last == 4), BTreeSet::new());
    }

    #[test]
    fn a_burst_as_long_as_a_row_is_rebuilt_from_columns() {
        let columns = matrix(Protection::Columns(4), Layout::Even);
        let burst: BTreeSet<u64> = (7..12).collect();
        assert_eq!(rebuilt(columns, 20, |offset| burst.contains(&offset), |_, _| false), burst);
    }

    /// A full square of four losses is the smallest that rows and columns cannot rebuild.
    #[test]
    fn rows_and_columns_help_each_other() {
        for layout in [Layout::Even, Layout::Staircase] {
            let both = matrix(Protection::RowsAndColumns(4), layout);
            let chain = BTreeSet::from([41, 42, 46, 48, 53]);
            assert_eq!(rebuilt(both, 100, |o| chain.contains(&o), |_, _| false), chain, "{layout}");
            let square = BTreeSet::from([51, 52, 56, 57]);
            assert_eq!(rebuilt(both, 100, |o| square.contains(&o), |_, _| false).len(), 0);
        }
    }

    #[test]
    fn what_is_over_takes_no_memory() {
        let both = matrix(Protection::RowsAndColumns(4), Layout::Staircase);
        let mut decoder = XorDecoder::new(both);
        for offset in 0..10_000u64 {
            decoder.source(offset, &source(offset, b"media"));
            decoder.forget_before(offset.saturating_sub(30));
        }
        let groups = decoder.rows.len() + decoder.columns.len();
        assert!(groups < 40 && decoder.spare.len() <= MOST_SPARE, "{groups}");
    }

    #[test]
    fn repair_packets_for_groups_that_are_none_change_nothing() {
        let both = matrix(Protection::RowsAndColumns(4), Layout::Even);
        let mut decoder = XorDecoder::new(both);
        let parity = Parity::default();
        for (last, column) in [(3, None), (4, Some(4)), (19, Some(3)), (200, Some(200))] {
            decoder.repair(last, column, &parity);
        }
        assert_eq!((decoder.rows.len(), decoder.columns.len()), (0, 0));
    }
}

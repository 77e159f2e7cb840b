//! Repair packets for rows and columns, as source packets leave.

use std::collections::VecDeque;

use super::matrix::Matrix;
use super::parity::{Parity, Source};

/// A repair packet, ready to leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// Offset of the last source packet that it protects.
    pub last: u64,
    /// The column that it protects; none if it is a row.
    pub column: Option<u8>,
    /// The XOR of what it protects.
    pub parity: Parity,
}

/// Repair packets that wait to leave. A source packet completes a row and a column at most; more
/// wait only behind source packets that were skipped.
const MOST_READY: usize = 4;

/// Adds up source packets in the order in which they leave.
#[derive(Debug)]
pub struct XorEncoder {
    matrix: Matrix,
    next: u64,
    row: Parity,
    columns: Vec<Parity>,
    ready: VecDeque<Repair>,
    spare: Vec<Parity>,
}

impl XorEncoder {
    /// An encoder for payloads of so many bytes at most, from the first packet on.
    pub fn new(matrix: Matrix, payload_bytes: usize) -> Self {
        let parity = || Parity::with_capacity(payload_bytes);
        let columns = if matrix.rows().is_some() { matrix.columns() } else { 0 };
        Self {
            matrix,
            next: 0,
            row: parity(),
            columns: (0..columns).map(|_| parity()).collect(),
            ready: VecDeque::with_capacity(MOST_READY + 2),
            spare: (0..MOST_READY + 2).map(|_| parity()).collect(),
        }
    }

    /// Takes the next source packet.
    pub fn add(&mut self, source: &Source<'_>) {
        let offset = self.next;
        self.next += 1;
        if let Some(column) = self.matrix.column(offset) {
            let index = self.matrix.column_index(offset);
            if let Some(parity) = self.columns.get_mut(usize::from(index)) {
                parity.add(source);
                if column.last() == offset {
                    let full = std::mem::replace(parity, self.spare.pop().unwrap_or_default());
                    self.ready.push_back(Repair {
                        last: offset,
                        column: Some(index),
                        parity: full,
                    });
                }
            }
        }
        if let Some(row) = self.matrix.row(offset) {
            self.row.add(source);
            if row.last() == offset {
                let full = std::mem::replace(&mut self.row, self.spare.pop().unwrap_or_default());
                self.ready.push_back(Repair { last: offset, column: None, parity: full });
            }
        }
        while self.ready.len() > MOST_READY {
            if let Some(oldest) = self.ready.pop_front() {
                self.give_back(oldest);
            }
        }
    }

    /// Whether a repair packet is ready.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The repair packet that leaves next. Columns leave before rows.
    pub fn take(&mut self) -> Option<Repair> {
        self.ready.pop_front()
    }

    /// Takes back a repair packet that has left, for its memory.
    pub fn give_back(&mut self, repair: Repair) {
        let mut parity = repair.parity;
        parity.clear();
        self.spare.push(parity);
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{Layout, Protection};
    use super::*;

    /// After which packets repair packets leave, and for what.
    fn repairs(protection: Protection, layout: Layout, packets: u64) -> Vec<(u64, Option<u8>)> {
        let mut encoder = XorEncoder::new(Matrix::new(3, protection, layout).unwrap(), 8);
        let mut repairs = Vec::new();
        for offset in 0..packets {
            encoder.add(&Source { timestamp: offset as u32, flags: 0, payload: b"media" });
            while let Some(repair) = encoder.take() {
                assert_eq!(repair.last, offset);
                repairs.push((offset, repair.column));
                encoder.give_back(repair);
            }
        }
        repairs
    }

    #[test]
    fn each_row_and_column_is_followed_by_its_repair() {
        let rows = repairs(Protection::Rows, Layout::Even, 7);
        assert_eq!(rows, [(2, None), (5, None)]);
        let columns = repairs(Protection::Columns(2), Layout::Even, 6);
        assert_eq!(columns, [(3, Some(0)), (4, Some(1)), (5, Some(2))]);
        let both = repairs(Protection::RowsAndColumns(2), Layout::Staircase, 9);
        let expected = [(2, None), (3, Some(0)), (5, Some(2)), (5, None), (7, Some(1)), (8, None)];
        assert_eq!(both, expected);
    }

    #[test]
    fn repairs_that_nobody_takes_do_not_pile_up() {
        let matrix = Matrix::new(2, Protection::RowsAndColumns(2), Layout::Even).unwrap();
        let mut encoder = XorEncoder::new(matrix, 8);
        for _ in 0..1_000 {
            encoder.add(&Source { timestamp: 0, flags: 0, payload: b"media" });
        }
        assert_eq!(encoder.ready.len(), MOST_READY);
        assert_eq!(encoder.ready.back().map(|repair| repair.last), Some(999));
    }
}

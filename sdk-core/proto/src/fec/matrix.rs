//! Which source packets are protected together.

use std::fmt;

/// How the columns of a matrix begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// All in the same row: their repair packets leave together, when the last row does.
    Even,
    /// Each a row later than the one before it, so that repair packets are spread evenly.
    #[default]
    Staircase,
}

/// Which groups are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Rows alone: packets in succession.
    Rows,
    /// Columns alone, of so many packets each.
    Columns(u8),
    /// Rows, and columns of so many packets each.
    RowsAndColumns(u8),
}

/// The shape in which source packets are protected: so many columns, filled row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matrix {
    columns: u8,
    protection: Protection,
    layout: Layout,
}

/// A shape that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a matrix has 2 to 127 columns, and columns of 2 to 127 packets")]
pub struct MatrixError;

/// A set of packets that one repair packet protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Offset of its first packet.
    pub first: u64,
    /// From one of its packets to the next.
    pub step: u64,
    /// How many they are.
    pub size: u8,
}

impl Group {
    /// Offset of its last packet, after which its repair packet leaves.
    pub fn last(&self) -> u64 {
        self.first + self.step * u64::from(self.size - 1)
    }

    /// Which of its packets this is, from zero on, if it is one.
    pub fn position(&self, offset: u64) -> Option<u8> {
        let after = offset.checked_sub(self.first)?;
        let position = u8::try_from(after / self.step).ok()?;
        (after.is_multiple_of(self.step) && position < self.size).then_some(position)
    }

    /// The offset of the packet in this position.
    pub fn offset(&self, position: u8) -> u64 {
        self.first + self.step * u64::from(position)
    }
}

impl Matrix {
    /// A matrix of 2 to 127 columns (which is the length of a row); columns, where they are
    /// protected, are of 2 to 127 packets.
    pub fn new(columns: u8, protection: Protection, layout: Layout) -> Result<Self, MatrixError> {
        const SIZES: std::ops::RangeInclusive<u8> = 2..=127;
        let rows_fit = match protection {
            Protection::Rows => true,
            Protection::Columns(rows) | Protection::RowsAndColumns(rows) => SIZES.contains(&rows),
        };
        if !rows_fit || !SIZES.contains(&columns) {
            return Err(MatrixError);
        }
        Ok(Self { columns, protection, layout })
    }

    /// How many columns there are: the length of a row.
    pub fn columns(&self) -> u8 {
        self.columns
    }

    /// What is protected.
    pub fn protection(&self) -> Protection {
        self.protection
    }

    /// How the columns begin.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The length of a column, where columns are protected.
    pub fn rows(&self) -> Option<u8> {
        match self.protection {
            Protection::Rows => None,
            Protection::Columns(rows) | Protection::RowsAndColumns(rows) => Some(rows),
        }
    }

    /// From a packet to the last that is protected together with it, at most.
    pub fn span(&self) -> u64 {
        u64::from(self.columns) * u64::from(self.rows().unwrap_or(1))
    }

    /// The row of this packet, if rows are protected.
    pub fn row(&self, offset: u64) -> Option<Group> {
        let columns = u64::from(self.columns);
        let protected = !matches!(self.protection, Protection::Columns(_));
        protected.then(|| Group { first: offset - offset % columns, step: 1, size: self.columns })
    }

    /// Which column this packet stands in.
    pub fn column_index(&self, offset: u64) -> u8 {
        (offset % u64::from(self.columns)) as u8
    }

    /// The column of this packet, if columns are protected. In a staircase, what stands above the
    /// first steps belongs to none.
    pub fn column(&self, offset: u64) -> Option<Group> {
        let size = self.rows()?;
        let (columns, rows) = (u64::from(self.columns), u64::from(size));
        let (row, column) = (offset / columns, offset % columns);
        let first_row = match self.layout {
            Layout::Even => 0,
            Layout::Staircase => column % rows,
        };
        let below = row.checked_sub(first_row)?;
        let first = column + columns * (first_row + below - below % rows);
        Some(Group { first, step: columns, size })
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layout::Even => "even",
            Layout::Staircase => "staircase",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(columns: u8, rows: u8, layout: Layout) -> Matrix {
        Matrix::new(columns, Protection::RowsAndColumns(rows), layout).unwrap()
    }

    #[test]
    fn an_even_matrix_is_a_block_after_a_block() {
        let even = matrix(4, 3, Layout::Even);
        assert_eq!(even.row(6), Some(Group { first: 4, step: 1, size: 4 }));
        assert_eq!(even.column(6), Some(Group { first: 2, step: 4, size: 3 }));
        assert_eq!(even.column(13).map(|column| (column.first, column.last())), Some((13, 21)));
    }

    /// The example of libsrt's document on packet filters: ten columns of five, from packet 500
    /// on, end at 540, 545 and 551, among others.
    #[test]
    fn a_staircase_ends_where_libsrt_says() {
        let staircase = matrix(10, 5, Layout::Staircase);
        let ends = |offset| {
            let column = staircase.column(offset).unwrap();
            column.last() == offset
        };
        let last: Vec<u64> = (37..52)
            .filter(|offset| staircase.column(*offset).is_some())
            .filter(|offset| ends(*offset))
            .collect();
        assert_eq!(last, [40, 45, 51]);
        assert_eq!(staircase.column(1), None, "above the second step");
    }

    #[test]
    fn every_packet_of_a_group_names_the_same_group() {
        for matrix in [matrix(5, 7, Layout::Staircase), matrix(9, 2, Layout::Even)] {
            for offset in 0..400 {
                for group in matrix.row(offset).into_iter().chain(matrix.column(offset)) {
                    let position = group.position(offset).unwrap();
                    assert_eq!(group.offset(position), offset);
                }
                let Some(column) = matrix.column(offset) else { continue };
                let named = (0..column.size).map(|p| matrix.column(column.offset(p)));
                assert!(named.into_iter().all(|other| other == Some(column)));
            }
        }
    }

    #[test]
    fn shapes_that_protect_nothing_are_refused() {
        for (columns, protection) in [
            (1, Protection::Rows),
            (128, Protection::Rows),
            (5, Protection::Columns(1)),
            (5, Protection::RowsAndColumns(0)),
        ] {
            assert_eq!(Matrix::new(columns, protection, Layout::Even), Err(MatrixError));
        }
    }
}

//! The time a picture was taken, drawn into the picture itself so that a machine can read it back
//! at the other end of a broadcast.
//!
//! [`draw`] writes it, [`read`] reads it from a plane of luma: after H.264 at a low rate, and after
//! scaling down to about 320 pixels of width. Nothing here looks at a clock.
//!
//! # Layout
//!
//! All lengths are fractions of the picture's *width* `W`, counted from its top left corner, so
//! that a reader needs nothing but the picture:
//!
//! - [`ROWS`] (3) rows of [`COLUMNS`] (32) cells. A cell is `W / 40` wide and `W / 80` high.
//! - The cell at (row `r`, column `c`) begins at `x = (c + 4) * W / 40`, `y = (r + 1) * W / 80`.
//! - A black margin of half a cell surrounds them. White (luma 235) is a one, black (16) a zero.
//!
//! The 96 cells, row by row and from left to right, are these numbers, each with its most
//! significant bit first:
//!
//! | bits | |
//! |---|---|
//! | 8 | [`MARKER`], `0xB2` |
//! | 44 | wall-clock time in milliseconds since 1970-01-01 00:00 UTC |
//! | 28 | number of the frame, modulo 2^28 |
//! | 16 | CRC-16/CCITT-FALSE (polynomial `0x1021`, initial value `0xFFFF`, nothing reflected or inverted) of the 10 bytes before it |
//!
//! To read: take the mean over the middle half of each cell (or the one pixel in its middle), call
//! a cell white that is brighter than the middle between the brightest and the darkest one, and
//! check the marker and the CRC.

use golive_proto::media::PictureSize;

use crate::picture::{Area, Colour, Picture, Plane};

/// Cells in a row.
pub const COLUMNS: usize = 32;
/// Rows of cells.
pub const ROWS: usize = 3;
/// A cell is this fraction of the picture's width wide: `W / 40`.
pub const CELL_WIDTH_DIVISOR: usize = 40;
/// A cell is this fraction of the picture's *width* high: `W / 80`.
pub const CELL_HEIGHT_DIVISOR: usize = 80;
/// The first column begins this many cell widths from the left edge.
pub const LEFT_CELLS: usize = 4;
/// The first row begins this many cell heights from the top.
pub const TOP_CELLS: usize = 1;
/// The first eight bits.
pub const MARKER: u8 = 0xB2;

const TIME_BITS: u32 = 44;
const FRAME_BITS: u32 = 28;
/// The least difference in luma between the brightest and the darkest cell.
const LEAST_CONTRAST: u8 = 48;

/// What is burnt into a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurntClock {
    /// Wall-clock time in milliseconds since 1970-01-01 00:00 UTC, below 2^44 (the year 2527).
    pub unix_millis: u64,
    /// Number of the frame, modulo 2^28.
    pub frame: u32,
}

/// Draws `clock` into the top of `picture`.
///
/// A picture under 80 pixels of width has no room for it and stays as it is.
pub fn draw(picture: &mut Picture, clock: BurntClock) {
    let PictureSize { width, height } = picture.size();
    let width = width as usize;
    if width < CELL_HEIGHT_DIVISOR || bottom(width) > height as usize {
        return;
    }
    picture.fill(margin(width), Colour::BLACK);
    let bits = encode(clock);
    // Neighbours of one colour are one rectangle.
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            if bits >> (ROWS * COLUMNS - 1 - row * COLUMNS - column) & 1 == 1 {
                picture.fill(cell(width, row, column), Colour::WHITE);
            }
        }
    }
}

/// Reads what [`draw`] wrote from a plane of luma of any size, or nothing if it is not there or
/// not legible.
pub fn read(luma: Plane<'_>) -> Option<BurntClock> {
    if luma.width < CELL_HEIGHT_DIVISOR {
        return None;
    }
    let mut means = [0; ROWS * COLUMNS];
    for (index, mean) in means.iter_mut().enumerate() {
        *mean = middle(cell(luma.width, index / COLUMNS, index % COLUMNS)).mean(&luma)?;
    }
    let darkest = means.iter().copied().min()?;
    let brightest = means.iter().copied().max()?;
    if brightest - darkest < LEAST_CONTRAST {
        return None;
    }
    let threshold = darkest + (brightest - darkest) / 2;
    let bits = means.iter().fold(0, |bits, &mean| bits << 1 | u128::from(mean > threshold));
    decode(bits)
}

/// The area that [`draw`] covers in a picture `width` pixels wide, its black margin included.
pub(crate) fn margin(width: usize) -> Area {
    let half = width / CELL_HEIGHT_DIVISOR / 2;
    let first = cell(width, 0, 0);
    let last = cell(width, ROWS - 1, COLUMNS - 1);
    let (x, y) = (first.x.saturating_sub(2 * half), first.y.saturating_sub(half));
    Area {
        x,
        y,
        width: last.x + last.width + 2 * half - x,
        height: last.y + last.height + half - y,
    }
}

fn bottom(width: usize) -> usize {
    let margin = margin(width);
    margin.y + margin.height
}

fn cell(width: usize, row: usize, column: usize) -> Area {
    let left = |column| (column + LEFT_CELLS) * width / CELL_WIDTH_DIVISOR;
    let top = |row| (row + TOP_CELLS) * width / CELL_HEIGHT_DIVISOR;
    let (x, y) = (left(column), top(row));
    Area { x, y, width: left(column + 1) - x, height: top(row + 1) - y }
}

/// The middle half of an area, at least one sample.
fn middle(area: Area) -> Area {
    Area {
        x: area.x + area.width / 4,
        y: area.y + area.height / 4,
        width: (area.width / 2).max(1),
        height: (area.height / 2).max(1),
    }
}

fn encode(clock: BurntClock) -> u128 {
    let time = clock.unix_millis & ((1 << TIME_BITS) - 1);
    let frame = clock.frame & ((1 << FRAME_BITS) - 1);
    let message = u128::from(MARKER) << (TIME_BITS + FRAME_BITS)
        | u128::from(time) << FRAME_BITS
        | u128::from(frame);
    message << 16 | u128::from(checksum(message))
}

fn decode(bits: u128) -> Option<BurntClock> {
    let message = bits >> 16;
    let marker = message >> (TIME_BITS + FRAME_BITS);
    if marker != u128::from(MARKER) || bits & 0xFFFF != u128::from(checksum(message)) {
        return None;
    }
    Some(BurntClock {
        unix_millis: (message >> FRAME_BITS) as u64 & ((1 << TIME_BITS) - 1),
        frame: message as u32 & ((1 << FRAME_BITS) - 1),
    })
}

/// CRC-16/CCITT-FALSE of the lower 80 bits.
fn checksum(message: u128) -> u16 {
    let bytes = message.to_be_bytes();
    let mut crc = 0xFFFF;
    for &byte in &bytes[6..] {
        crc ^= u16::from(byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
        }
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: BurntClock = BurntClock { unix_millis: 1_764_000_123_456, frame: 123_456_789 };

    fn drawn(width: u32, height: u32) -> Picture {
        let mut picture = Picture::black(PictureSize::new(width, height).unwrap());
        picture.planes_mut().luma.fill(120);
        draw(&mut picture, CLOCK);
        picture
    }

    #[test]
    fn what_is_drawn_is_read_back_at_any_size() {
        for (width, height) in
            [(160, 90), (320, 180), (854, 480), (720, 1280), (1280, 720), (3840, 2160)]
        {
            assert_eq!(read(drawn(width, height).luma()), Some(CLOCK), "{width}x{height}");
        }
    }

    #[test]
    fn a_picture_scaled_down_to_320_pixels_is_still_legible() {
        let picture = drawn(1280, 720);
        let luma = picture.luma();
        let mut small = Vec::new();
        for y in 0..180 {
            for x in 0..320 {
                let area = Area { x: x * 4, y: y * 4, width: 4, height: 4 };
                small.push(area.mean(&luma).unwrap());
            }
        }
        let small = Plane { samples: &small, stride: 320, width: 320, height: 180 };
        assert_eq!(read(small), Some(CLOCK));
    }

    #[test]
    fn a_damaged_strip_or_another_picture_reads_as_nothing() {
        let mut picture = drawn(1280, 720);
        let damaged = cell(1280, 1, 7);
        let was_white = damaged.mean(&picture.luma()) == Some(Picture::WHITE);
        picture.fill(damaged, if was_white { Colour::BLACK } else { Colour::WHITE });
        assert_eq!(read(picture.luma()), None);

        let black = Picture::black(PictureSize::new(1280, 720).unwrap());
        assert_eq!(read(black.luma()), None);
        let lying = Plane { samples: &[0; 10], stride: 1280, width: 1280, height: 720 };
        assert_eq!(read(lying), None);
    }

    #[test]
    fn the_checksum_is_the_published_one() {
        // The check value of CRC-16/CCITT-FALSE is that of the nine digits "123456789"; ten bytes
        // are always hashed here, so this is the same polynomial over "0123456789".
        let message = b"0123456789".iter().fold(0, |bits, &byte| bits << 8 | u128::from(byte));
        assert_eq!(checksum(message), 0x7D61);
    }

    #[test]
    fn a_picture_too_small_is_left_alone() {
        let size = PictureSize::new(64, 64).unwrap();
        let mut picture = Picture::black(size);
        draw(&mut picture, CLOCK);
        assert_eq!(picture, Picture::black(size));
        assert_eq!(read(picture.luma()), None);
    }
}

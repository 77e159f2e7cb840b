//! Large letters from an 8 by 8 font.

use font8x8::legacy::BASIC_LEGACY;

use crate::picture::{Area, Colour, Picture};

/// Pixels of a letter before scaling, in both directions.
pub(super) const LETTER: usize = 8;

/// Writes `text` (ASCII) with its top left corner at (`x`, `y`), each dot of the font `scale`
/// pixels wide and high.
pub(super) fn write(
    picture: &mut Picture,
    text: &[u8],
    x: usize,
    y: usize,
    scale: usize,
    colour: Colour,
) {
    for (index, letter) in text.iter().enumerate() {
        let rows = BASIC_LEGACY.get(usize::from(*letter)).copied().unwrap_or_default();
        let left = x + index * LETTER * scale;
        for (row, dots) in rows.into_iter().enumerate() {
            let mut column = 0;
            while column < LETTER {
                // A run of dots is one rectangle; the least significant bit is leftmost.
                let run = (dots >> column).trailing_ones() as usize;
                if run > 0 {
                    let area = Area {
                        x: left + column * scale,
                        y: y + row * scale,
                        width: run * scale,
                        height: scale,
                    };
                    picture.fill(area, colour);
                }
                column += run + 1;
            }
        }
    }
}

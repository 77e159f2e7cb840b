//! The test picture.

use std::io::Write as _;
use std::time::Duration;

use golive_proto::media::PictureSize;
use golive_proto::units::MediaTime;

use super::text;
use crate::burnt_clock::{self, BurntClock};
use crate::picture::{Area, Colour, Picture};

/// How long the patch of [`flash_area`] is white, from each whole second of media time on.
pub const FLASH_DURATION: Duration = Duration::from_millis(100);

const SECOND_MICROS: i64 = 1_000_000;
/// Over how many samples the beginnings of grain spread: a power of two.
const GRAIN_SPREAD: usize = 1 << 16;

/// What a picture shows that changes from one to the next.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Where the picture lies in the media: decides what moves, and the flash.
    pub media_time: MediaTime,
    /// What the clock shows: milliseconds since 1970-01-01 00:00 UTC.
    pub unix_millis: u64,
    /// Number of the frame.
    pub frame: u32,
}

/// Where the flash is in a picture of this size: black, and white for [`FLASH_DURATION`] from each
/// whole second of media time on. It spans 0.80 to 0.95 of the width and 0.62 to 0.76 of the height.
pub fn flash_area(size: PictureSize) -> Area {
    fraction(size, [0.80, 0.62, 0.15, 0.14])
}

/// Draws the moving test picture: colour bars, a disc that swings over a field of fresh grain, a
/// bar that fills each second, the time in UTC, the frame's number, the flash, and the
/// [burnt clock](burnt_clock).
///
/// The grain is there for the encoder: without something that cannot be predicted it would stay
/// far below the rate that it is given, and rate control could not be tried on this picture.
#[derive(Debug)]
pub struct TestPicture {
    background: Picture,
    layout: Layout,
    /// A little more than a field of grain, to begin at another place of for each picture.
    grain: Vec<u8>,
}

#[derive(Debug)]
struct Layout {
    clock: Text,
    frame: Text,
    flash: Area,
    field: Area,
    /// Where the disc's centre moves: from left to right.
    swing: Area,
    radius: usize,
    progress: Area,
}

#[derive(Clone, Copy, Debug)]
struct Text {
    x: usize,
    y: usize,
    scale: usize,
}

const CLOCK_LETTERS: usize = "00:00:00.000".len();
const FRAME_LETTERS: usize = "frame 000000000".len();

impl TestPicture {
    /// Prepares what does not change.
    pub fn new(size: PictureSize) -> Self {
        let layout = Layout::new(size);
        let length = layout.field.width * layout.field.height + GRAIN_SPREAD;
        Self { background: background(size, &layout), grain: grain(length), layout }
    }

    /// The size that is drawn.
    pub fn size(&self) -> PictureSize {
        self.background.size()
    }

    /// Draws `moment` over all of `picture`, which takes this test picture's size.
    pub fn draw(&self, picture: &mut Picture, moment: Moment) {
        picture.copy_from(&self.background);
        let within_second = moment.media_time.as_micros().rem_euclid(SECOND_MICROS);

        self.draw_grain(picture, moment.frame);
        self.draw_disc(picture, moment.media_time);
        let progress = self.layout.progress;
        let filled = progress.width * within_second as usize / SECOND_MICROS as usize;
        picture.fill(Area { width: filled, ..progress }, Colour::WHITE);
        self.draw_texts(picture, moment);
        if within_second < FLASH_DURATION.as_micros() as i64 {
            picture.fill(self.layout.flash, Colour::WHITE);
        }
        let clock = BurntClock { unix_millis: moment.unix_millis, frame: moment.frame };
        burnt_clock::draw(picture, clock);
    }

    fn draw_grain(&self, picture: &mut Picture, frame: u32) {
        let field = self.layout.field;
        // A prime step visits every beginning before one comes again.
        let begin = (frame as usize).wrapping_mul(7_919) % GRAIN_SPREAD;
        let grain = self.grain.get(begin..).unwrap_or_default();
        let stride = picture.size().width as usize;
        let rows = picture.planes_mut().luma.chunks_exact_mut(stride).skip(field.y);
        for (row, grain) in rows.zip(grain.chunks_exact(field.width.max(1))).take(field.height) {
            row[field.x..field.x + field.width].copy_from_slice(&grain[..field.width]);
        }
    }

    fn draw_disc(&self, picture: &mut Picture, time: MediaTime) {
        let Layout { swing, radius, .. } = self.layout;
        // Across and back in four seconds.
        let turns =
            time.as_micros().rem_euclid(4 * SECOND_MICROS) as f32 / (4 * SECOND_MICROS) as f32;
        let phase = (1.0 - (turns * std::f32::consts::TAU).cos()) / 2.0;
        let centre = swing.x + (phase * swing.width as f32) as usize;
        let colour = Colour::from_rgb(1.0, 0.85, 0.35);
        for row in 0..2 * radius {
            let height = row as f32 + 0.5 - radius as f32;
            let half = ((radius * radius) as f32 - height * height).max(0.0).sqrt() as usize;
            let area = Area {
                x: centre.saturating_sub(half),
                y: swing.y + row,
                width: 2 * half,
                // Two rows at a time, so that each row of chroma is written once.
                height: 2,
            };
            if row % 2 == 0 {
                picture.fill(area, colour);
            }
        }
    }

    fn draw_texts(&self, picture: &mut Picture, moment: Moment) {
        let millis = moment.unix_millis % 86_400_000;
        let seconds = millis / 1_000;
        let (hours, minutes, millis) = (seconds / 3_600, seconds / 60 % 60, millis % 1_000);
        let mut line = [0; CLOCK_LETTERS];
        // A line that is full says so; these are as long as their text.
        let _ = write!(&mut line[..], "{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60);
        write_text(picture, self.layout.clock, &line);
        let mut line = [0; FRAME_LETTERS];
        let _ = write!(&mut line[..], "frame {:09}", moment.frame % 1_000_000_000);
        write_text(picture, self.layout.frame, &line);
    }
}

impl Layout {
    fn new(size: PictureSize) -> Self {
        Self {
            clock: centred(size, CLOCK_LETTERS, 0.70, 0.26),
            frame: centred(size, FRAME_LETTERS, 0.36, 0.47),
            flash: flash_area(size),
            field: fraction(size, [0.05, 0.57, 0.70, 0.22]),
            swing: fraction(size, [0.12, 0.59, 0.56, 0.18]),
            radius: fraction(size, [0.0, 0.0, 0.0, 0.09]).height,
            progress: fraction(size, [0.05, 0.955, 0.90, 0.015]),
        }
    }
}

/// Everything that stays: a sky, colour bars, and dark panels under the texts and the flash.
fn background(size: PictureSize, layout: &Layout) -> Picture {
    let mut picture = Picture::black(size);
    let (width, height) = (size.width as usize, size.height as usize);
    for y in (0..height).step_by(2) {
        let down = y as f32 / height as f32;
        let sky = Colour::from_rgb(0.07 + 0.38 * down, 0.11 + 0.13 * down, 0.30 + 0.16 * down);
        picture.fill(Area { x: 0, y, width, height: 2 }, sky);
    }
    // 75 % bars, brightest first.
    const BARS: [[f32; 3]; 7] = [
        [0.75, 0.75, 0.75],
        [0.75, 0.75, 0.0],
        [0.0, 0.75, 0.75],
        [0.0, 0.75, 0.0],
        [0.75, 0.0, 0.75],
        [0.75, 0.0, 0.0],
        [0.0, 0.0, 0.75],
    ];
    for (index, [red, green, blue]) in BARS.into_iter().enumerate() {
        let left = 0.05 + 0.90 * index as f32 / BARS.len() as f32;
        let bar = fraction(size, [left, 0.82, 0.90 / BARS.len() as f32 + 0.002, 0.11]);
        picture.fill(bar, Colour::from_rgb(red, green, blue));
    }
    let panel = Colour::from_rgb(0.03, 0.04, 0.10);
    picture.fill(around(layout.clock, CLOCK_LETTERS), panel);
    picture.fill(around(layout.frame, FRAME_LETTERS), panel);
    picture.fill(layout.flash, Colour::BLACK);
    picture.fill(layout.field, panel);
    picture.fill(layout.progress, panel);
    picture
}

/// Luma around a dark grey, the same each time (xorshift32, G. Marsaglia 2003).
fn grain(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        48 + (state >> 16) as u8 % 48
    };
    (0..length).map(|_| next()).collect()
}

fn write_text(picture: &mut Picture, place: Text, line: &[u8]) {
    text::write(picture, line, place.x, place.y, place.scale, Colour::WHITE);
}

/// A line of `letters` in the middle, about `width` of the picture wide, its top at `top`.
fn centred(size: PictureSize, letters: usize, width: f32, top: f32) -> Text {
    let dots = letters * text::LETTER;
    let scale = ((width * size.width as f32) as usize / dots).max(1);
    let x = even((size.width as usize).saturating_sub(dots * scale) as f32 / 2.0);
    Text { x, y: even(top * size.height as f32), scale }
}

/// The panel under a text.
fn around(place: Text, letters: usize) -> Area {
    let border = 2 * place.scale;
    Area {
        x: place.x.saturating_sub(border),
        y: place.y.saturating_sub(border),
        width: letters * text::LETTER * place.scale + 2 * border,
        height: text::LETTER * place.scale + 2 * border,
    }
}

/// Left, top, width and height as fractions of the picture's, on even pixels.
fn fraction(size: PictureSize, [x, y, width, height]: [f32; 4]) -> Area {
    let (across, down) = (size.width as f32, size.height as f32);
    Area {
        x: even(x * across),
        y: even(y * down),
        width: even(width * across),
        height: even(height * down),
    }
}

fn even(pixels: f32) -> usize {
    pixels as usize & !1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size() -> PictureSize {
        PictureSize::new(1280, 720).unwrap()
    }

    fn at(millis: i64) -> Picture {
        let mut picture = Picture::black(size());
        let moment = Moment {
            media_time: MediaTime::from_millis(millis),
            unix_millis: 1_764_000_000_000,
            frame: 7,
        };
        TestPicture::new(size()).draw(&mut picture, moment);
        picture
    }

    fn flash(millis: i64) -> u8 {
        flash_area(size()).mean(&at(millis).luma()).unwrap()
    }

    #[test]
    fn it_flashes_from_each_whole_second_for_a_tenth() {
        for millis in [-1_000, 0, 1_000, 1_099, 3_600_000] {
            assert_eq!(flash(millis), Picture::WHITE, "at {millis} ms");
        }
        for millis in [-1, 100, 999, 1_100] {
            assert_eq!(flash(millis), Picture::BLACK, "at {millis} ms");
        }
    }

    #[test]
    fn the_clock_is_burnt_in_and_something_moves() {
        let (early, late) = (at(200), at(233));
        assert_eq!(
            burnt_clock::read(early.luma()),
            Some(BurntClock { unix_millis: 1_764_000_000_000, frame: 7 })
        );
        assert_ne!(early, late);
    }

    #[test]
    fn any_size_is_drawn() {
        for (width, height) in
            [(2, 2), (64, 48), (176, 144), (720, 1280), (1920, 1080), (16_384, 2)]
        {
            let size = PictureSize::new(width, height).unwrap();
            let mut picture = Picture::black(PictureSize::new(4, 4).unwrap());
            let moment = Moment { media_time: MediaTime::ZERO, unix_millis: 0, frame: u32::MAX };
            TestPicture::new(size).draw(&mut picture, moment);
            assert_eq!(picture.size(), size);
        }
    }
}

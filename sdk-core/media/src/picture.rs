//! Uncompressed pictures: planar 4:2:0 (I420), the form that the encoder takes.

use std::fmt;

use golive_proto::media::PictureSize;

/// An uncompressed picture in I420: a full plane of luma, then two quarter planes of chroma,
/// limited range (16 to 235), BT.709.
///
/// The planes lie in one buffer without padding: a row of luma is `width` bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    size: PictureSize,
    samples: Vec<u8>,
}

/// One plane of a picture to be read: luma, or anything laid out like it.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The samples, row after row.
    pub samples: &'a [u8],
    /// From the start of a row to that of the next, in bytes; at least `width`.
    pub stride: usize,
    /// Samples in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// A picture's planes to be written.
pub(crate) struct PlanesMut<'a> {
    pub(crate) luma: &'a mut [u8],
    pub(crate) blue: &'a mut [u8],
    pub(crate) red: &'a mut [u8],
}

impl Picture {
    /// Luma of black and of white in limited range (ITU-R BT.709, 4.6).
    pub const BLACK: u8 = 16;
    /// See [`Picture::BLACK`].
    pub const WHITE: u8 = 235;
    /// Chroma without colour.
    pub const NEUTRAL: u8 = 128;

    /// A black picture.
    pub fn black(size: PictureSize) -> Self {
        let luma = size.width as usize * size.height as usize;
        let mut samples = vec![Self::NEUTRAL; luma + luma / 2];
        samples[..luma].fill(Self::BLACK);
        Self { size, samples }
    }

    /// From rows of pixels of four bytes, red, green, blue and alpha, in sRGB; what is transparent
    /// becomes black. Nothing where that are not as many as `size` says.
    pub fn from_rgba(size: PictureSize, rgba: &[u8]) -> Option<Self> {
        let width = size.width as usize;
        if rgba.len() != width.checked_mul(size.height as usize)?.checked_mul(4)? {
            return None;
        }
        let mut picture = Self::black(size);
        let planes = picture.planes_mut();
        for (luma, pixel) in planes.luma.iter_mut().zip(rgba.chunks_exact(4)) {
            *luma = Colour::mean(&[pixel]).luma;
        }
        let pairs = rgba.chunks_exact(2 * 4 * width).flat_map(|rows| {
            let (above, below) = rows.split_at(4 * width);
            above.chunks_exact(8).zip(below.chunks_exact(8))
        });
        for ((blue, red), (above, below)) in planes.blue.iter_mut().zip(planes.red).zip(pairs) {
            let colour = Colour::mean(&[&above[..4], &above[4..], &below[..4], &below[4..]]);
            (*blue, *red) = (colour.blue, colour.red);
        }
        Some(picture)
    }

    /// Width and height in pixels.
    pub fn size(&self) -> PictureSize {
        self.size
    }

    /// The plane of luma.
    pub fn luma(&self) -> Plane<'_> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        Plane { samples: &self.samples[..width * height], stride: width, width, height }
    }

    /// The two planes of chroma, blue difference (Cb) first.
    pub fn chroma(&self) -> [Plane<'_>; 2] {
        let (width, height) = (self.size.width as usize / 2, self.size.height as usize / 2);
        let chroma = &self.samples[4 * width * height..];
        let (blue, red) = chroma.split_at(width * height);
        [blue, red].map(|samples| Plane { samples, stride: width, width, height })
    }

    pub(crate) fn planes_mut(&mut self) -> PlanesMut<'_> {
        let luma = self.size.width as usize * self.size.height as usize;
        let (luma, chroma) = self.samples.split_at_mut(luma);
        let (blue, red) = chroma.split_at_mut(chroma.len() / 2);
        PlanesMut { luma, blue, red }
    }

    /// Makes this a copy of `other`, reusing the memory.
    pub(crate) fn copy_from(&mut self, other: &Picture) {
        self.size = other.size;
        self.samples.clone_from(&other.samples);
    }

    /// Makes this a black picture of `size`, reusing the memory.
    #[cfg(producer)]
    pub(crate) fn resize_black(&mut self, size: PictureSize) {
        self.resize(size);
        let luma = size.width as usize * size.height as usize;
        let (luma, chroma) = self.samples.split_at_mut(luma);
        luma.fill(Self::BLACK);
        chroma.fill(Self::NEUTRAL);
    }

    /// Gives this picture another size, with anything on it, reusing the memory.
    #[cfg(producer)]
    pub(crate) fn resize(&mut self, size: PictureSize) {
        self.size = size;
        self.samples.resize(size.width as usize * size.height as usize * 3 / 2, 0);
    }

    /// Fills a rectangle with one colour; what lies outside the picture is left out. Chroma
    /// covers whole pairs of pixels, rounded down.
    pub(crate) fn fill(&mut self, area: Area, colour: Colour) {
        let size = self.size;
        let planes = self.planes_mut();
        fill_plane(planes.luma, size.width as usize, area, colour.luma);
        let half = area.halved();
        fill_plane(planes.blue, size.width as usize / 2, half, colour.blue);
        fill_plane(planes.red, size.width as usize / 2, half, colour.red);
    }
}

/// Nobody wants to read its samples.
impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture").field("size", &self.size).finish_non_exhaustive()
    }
}

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Pixels from the left edge.
    pub x: usize,
    /// Rows from the top.
    pub y: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Area {
    /// The same area in a plane of chroma, rounded down.
    pub(crate) fn halved(self) -> Self {
        Self { x: self.x / 2, y: self.y / 2, width: self.width / 2, height: self.height / 2 }
    }

    /// The mean of a plane's samples within this area, or nothing where it does not lie inside.
    pub fn mean(&self, plane: &Plane<'_>) -> Option<u8> {
        let inside = self.x.checked_add(self.width)? <= plane.width
            && self.y.checked_add(self.height)? <= plane.height;
        if !inside || self.width == 0 || self.height == 0 {
            return None;
        }
        let mut sum = 0;
        for row in self.y..self.y + self.height {
            let start = row.checked_mul(plane.stride)?.checked_add(self.x)?;
            let samples = plane.samples.get(start..start.checked_add(self.width)?)?;
            sum += samples.iter().map(|&sample| u64::from(sample)).sum::<u64>();
        }
        u8::try_from(sum / (self.width as u64 * self.height as u64)).ok()
    }
}

/// A colour in limited-range BT.709.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour {
    pub(crate) luma: u8,
    pub(crate) blue: u8,
    pub(crate) red: u8,
}

impl Colour {
    pub(crate) const BLACK: Colour =
        Colour { luma: Picture::BLACK, blue: Picture::NEUTRAL, red: Picture::NEUTRAL };
    pub(crate) const WHITE: Colour =
        Colour { luma: Picture::WHITE, blue: Picture::NEUTRAL, red: Picture::NEUTRAL };

    /// The mean of pixels of four bytes, red, green, blue and alpha, on black.
    fn mean(pixels: &[&[u8]]) -> Self {
        let count = pixels.len() as f32;
        let channel = |index: usize| {
            let of = |pixel: &[u8]| match *pixel {
                [.., alpha] => f32::from(pixel[index]) * f32::from(alpha) / (255.0 * 255.0),
                [] => 0.0,
            };
            pixels.iter().map(|pixel| of(pixel)).sum::<f32>() / count
        };
        Self::from_rgb(channel(0), channel(1), channel(2))
    }

    /// From red, green and blue, 0 to 1 each (ITU-R BT.709, 3.2 and 4.6).
    pub(crate) fn from_rgb(red: f32, green: f32, blue: f32) -> Self {
        let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        let chroma =
            |difference: f32, range: f32| (128.0 + 224.0 * difference / range).round() as u8;
        Self {
            luma: (16.0 + 219.0 * luma).round() as u8,
            blue: chroma(blue - luma, 1.8556),
            red: chroma(red - luma, 1.5748),
        }
    }
}

fn fill_plane(plane: &mut [u8], stride: usize, area: Area, value: u8) {
    let left = area.x.min(stride);
    let right = area.x.saturating_add(area.width).min(stride);
    for row in plane.chunks_exact_mut(stride).skip(area.y).take(area.height) {
        row[left..right].fill(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_become_the_colours_that_bt_709_gives_them() {
        let size = PictureSize::new(4, 2).unwrap();
        let (white, blue, clear) = ([255, 255, 255, 255], [0, 0, 255, 255], [255, 255, 255, 0]);
        let rows = [[white, white, blue, blue], [white, white, blue, clear]];
        let rgba: Vec<u8> = rows.concat().concat();
        let picture = Picture::from_rgba(size, &rgba).unwrap();
        assert_eq!(picture.luma().samples, [235, 235, 32, 32, 235, 235, 32, 16]);
        let [blue, red] = picture.chroma();
        // White has no colour; of the four pixels on the right three are blue.
        assert_eq!(blue.samples, [128, 212]);
        assert_eq!((red.samples[0], red.samples[1]), (128, 120));
        for length in [0, 4, 31, 33] {
            assert!(Picture::from_rgba(size, &vec![0; length]).is_none());
        }
    }
}

//! Bringing pictures of any size to the size that is encoded.

use golive_proto::media::PictureSize;
use resize::{PixelFormat, Resizer, Type};

use crate::picture::{Area, Picture, Plane};

/// Scales pictures, keeping their shape: what is left over stays black.
#[derive(Default)]
pub(crate) struct Fitter {
    /// For the sizes of the last picture: brightness, then colour.
    scalers: [Option<Scaler>; 2],
}

/// From one size of a plane to another.
struct Scaler {
    sizes: [usize; 4],
    resizer: Resizer<Sample>,
    scaled: Vec<u8>,
}

/// A plane's own kind of pixel.
#[derive(Clone, Copy)]
struct Sample;

impl Fitter {
    /// Draws `source` into `picture`, which becomes `size`.
    pub(crate) fn fit(&mut self, source: &Picture, size: PictureSize, picture: &mut Picture) {
        if source.size() == size {
            picture.copy_from(source);
            return;
        }
        let area = inner(source.size(), size);
        picture.resize_black(size);
        let half = area.halved();
        let [blue, red] = source.chroma();
        let width = size.width as usize;
        let planes = picture.planes_mut();
        let [brightness, colour] = &mut self.scalers;
        scale(brightness, source.luma(), planes.luma, width, area);
        scale(colour, blue, planes.blue, width / 2, half);
        scale(colour, red, planes.red, width / 2, half);
    }
}

/// Draws `source` into the `area` of a plane with rows of `stride`.
fn scale(
    scaler: &mut Option<Scaler>,
    source: Plane<'_>,
    target: &mut [u8],
    stride: usize,
    area: Area,
) {
    let sizes = [source.width, source.height, area.width, area.height];
    if scaler.as_ref().is_none_or(|scaler| scaler.sizes != sizes) {
        *scaler = Scaler::new(sizes);
    }
    let scaled = scaler.as_mut().and_then(|scaler| scaler.scale(source));
    // The planes are as large as their pictures say, and the area lies inside.
    debug_assert!(scaled.is_some());
    let rows = scaled.unwrap_or_default().chunks_exact(area.width.max(1));
    for (row, target) in rows.zip(target.chunks_exact_mut(stride.max(1)).skip(area.y)) {
        if let Some(target) = target.get_mut(area.x..area.x + area.width) {
            target.copy_from_slice(row);
        }
    }
}

impl Scaler {
    fn new(sizes: [usize; 4]) -> Option<Self> {
        let [from_width, from_height, width, height] = sizes;
        let resizer =
            resize::new(from_width, from_height, width, height, Sample, Type::Triangle).ok()?;
        Some(Self { sizes, resizer, scaled: vec![0; width * height] })
    }

    fn scale(&mut self, source: Plane<'_>) -> Option<&[u8]> {
        self.resizer.resize_stride(source.samples, source.stride, &mut self.scaled).ok()?;
        Some(&self.scaled)
    }
}

impl PixelFormat for Sample {
    type InputPixel = u8;
    type OutputPixel = u8;
    type Accumulator = f32;

    fn new() -> f32 {
        0.0
    }

    fn add(&self, sum: &mut f32, sample: u8, share: f32) {
        *sum += f32::from(sample) * share;
    }

    fn add_acc(sum: &mut f32, other: f32, share: f32) {
        *sum += other * share;
    }

    fn into_pixel(&self, sum: f32) -> u8 {
        // Saturates.
        (sum + 0.5) as u8
    }
}

/// The largest area of `source`'s shape in the middle of `size`, on even pixels.
fn inner(source: PictureSize, size: PictureSize) -> Area {
    let [from_width, from_height] = [source.width, source.height].map(u64::from);
    let [width, height] = [size.width, size.height].map(u64::from);
    let even = |side: u64| (side & !1).max(2);
    let (inner_width, inner_height) = if from_width * height > width * from_height {
        (width, even(width * from_height / from_width))
    } else {
        (even(height * from_width / from_height), height)
    };
    Area {
        x: (((width - inner_width) / 2) & !1) as usize,
        y: (((height - inner_height) / 2) & !1) as usize,
        width: inner_width as usize,
        height: inner_height as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Colour;

    fn size(width: u32, height: u32) -> PictureSize {
        PictureSize::new(width, height).unwrap()
    }

    #[test]
    fn another_shape_gets_black_bars_and_keeps_its_own() {
        let mut source = Picture::black(size(640, 480));
        let all = Area { x: 0, y: 0, width: 640, height: 480 };
        source.fill(all, Colour::from_rgb(0.0, 1.0, 0.0));
        let mut picture = Picture::black(size(2, 2));
        Fitter::default().fit(&source, size(1280, 720), &mut picture);
        assert_eq!(picture.size(), size(1280, 720));
        let mean = |x, width| Area { x, y: 0, width, height: 720 }.mean(&picture.luma()).unwrap();
        assert_eq!(mean(0, 160), Picture::BLACK);
        assert_eq!(mean(160, 960), source.luma().samples[0]);
        assert_eq!(mean(1120, 160), Picture::BLACK);
        let [blue, _] = picture.chroma();
        assert_eq!(blue.samples[640 * 180 + 320], source.chroma()[0].samples[0]);
    }

    #[test]
    fn any_size_fits_into_any_other() {
        let sizes = [(2, 2), (2, 720), (1280, 2), (176, 144), (720, 1280), (1920, 1080)];
        for (from_width, from_height) in sizes {
            for (width, height) in sizes {
                let source = Picture::black(size(from_width, from_height));
                let mut picture = Picture::black(size(4, 4));
                Fitter::default().fit(&source, size(width, height), &mut picture);
                assert_eq!(picture, Picture::black(size(width, height)));
            }
        }
    }
}

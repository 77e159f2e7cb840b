//! Bringing pictures of any size to the size that is encoded.

use fast_image_resize::images::{TypedCroppedImageMut, TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use golive_proto::media::PictureSize;

use crate::picture::{Area, Picture, Plane};

/// Scales pictures, keeping their shape: what is left over stays black.
#[derive(Default)]
pub(crate) struct Fitter {
    resizer: Resizer,
}

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
        let (width, height) = (size.width, size.height);
        let planes = picture.planes_mut();
        self.plane(source.luma(), planes.luma, [width, height], area);
        self.plane(blue, planes.blue, [width / 2, height / 2], half);
        self.plane(red, planes.red, [width / 2, height / 2], half);
    }

    fn plane(
        &mut self,
        source: Plane<'_>,
        target: &mut [u8],
        [width, height]: [u32; 2],
        area: Area,
    ) {
        let mut scale = || -> Option<()> {
            let [from_width, from_height] = [source.width, source.height].map(|side| side as u32);
            let source =
                TypedImageRef::<U8>::from_buffer(from_width, from_height, source.samples).ok()?;
            let target = TypedImage::<U8>::from_buffer(width, height, target).ok()?;
            let [x, y, width, height] =
                [area.x, area.y, area.width, area.height].map(|side| side as u32);
            let mut target = TypedCroppedImageMut::new(target, x, y, width, height).ok()?;
            let options =
                ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
            // Typed, or every kind of pixel that the library knows would be compiled in.
            self.resizer.resize_typed(&source, &mut target, &options).ok()
        };
        let scaled = scale();
        // The planes are as large as their pictures say, and the area lies inside.
        debug_assert!(scaled.is_some());
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

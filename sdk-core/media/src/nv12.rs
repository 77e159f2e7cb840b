//! Pictures in the layout that hardware works with: a plane of luma, and one in which the two
//! differences of colour take turns (NV12). Rows may be longer than what is in them.

use golive_proto::media::PictureSize;

use crate::picture::Picture;

/// Such a picture, to be read.
pub(crate) struct Nv12<'a> {
    pub(crate) size: PictureSize,
    pub(crate) luma: &'a [u8],
    /// From the start of a row to that of the next, in bytes.
    pub(crate) luma_stride: usize,
    pub(crate) chroma: &'a [u8],
    pub(crate) chroma_stride: usize,
}

/// Such a picture, to be written.
#[cfg(any(target_vendor = "apple", test))]
pub(crate) struct Nv12Mut<'a> {
    pub(crate) size: PictureSize,
    pub(crate) luma: &'a mut [u8],
    pub(crate) luma_stride: usize,
    pub(crate) chroma: &'a mut [u8],
    pub(crate) chroma_stride: usize,
}

impl Nv12<'_> {
    /// Copies it into `picture`, which takes its size; nothing if a plane is shorter than its size
    /// says.
    pub(crate) fn copy_to(&self, picture: &mut Picture) -> Option<()> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        check(self.luma.len(), self.luma_stride, width, height)?;
        check(self.chroma.len(), self.chroma_stride, width, height / 2)?;
        picture.resize(self.size);
        let planes = picture.planes_mut();
        let luma = planes.luma.chunks_exact_mut(width).zip(self.luma.chunks(self.luma_stride));
        for (target, source) in luma {
            target.copy_from_slice(source.get(..width)?);
        }
        let colours =
            planes.blue.chunks_exact_mut(width / 2).zip(planes.red.chunks_exact_mut(width / 2));
        for ((blue, red), pairs) in colours.zip(self.chroma.chunks(self.chroma_stride)) {
            for ((blue, red), pair) in blue.iter_mut().zip(red).zip(pairs.as_chunks::<2>().0) {
                [*blue, *red] = *pair;
            }
        }
        Some(())
    }
}

#[cfg(any(target_vendor = "apple", test))]
impl Nv12Mut<'_> {
    /// Copies `picture` into it; nothing if that is of another size, or a plane is too short.
    pub(crate) fn copy_from(&mut self, picture: &Picture) -> Option<()> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        check(self.luma.len(), self.luma_stride, width, height)?;
        check(self.chroma.len(), self.chroma_stride, width, height / 2)?;
        if picture.size() != self.size {
            return None;
        }
        let luma = picture.luma().samples.chunks_exact(width);
        for (target, source) in self.luma.chunks_mut(self.luma_stride).zip(luma) {
            target.get_mut(..width)?.copy_from_slice(source);
        }
        let [blue, red] = picture.chroma();
        let colours = blue.samples.chunks_exact(width / 2).zip(red.samples.chunks_exact(width / 2));
        for (pairs, (blue, red)) in self.chroma.chunks_mut(self.chroma_stride).zip(colours) {
            for (pair, (blue, red)) in
                pairs.as_chunks_mut::<2>().0.iter_mut().zip(blue.iter().zip(red))
            {
                *pair = [*blue, *red];
            }
        }
        Some(())
    }
}

/// Whether a plane holds `height` rows of `width` bytes, the last of which may end with them.
fn check(length: usize, stride: usize, width: usize, height: usize) -> Option<()> {
    let needed = stride.checked_mul(height.checked_sub(1)?)?.checked_add(width)?;
    (stride >= width && length >= needed).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Area, Colour};

    fn drawn(size: PictureSize) -> Picture {
        let mut picture = Picture::black(size);
        let colour = Colour::from_rgb(0.9, 0.3, 0.1);
        picture.fill(Area { x: 2, y: 2, width: 4, height: 2 }, colour);
        picture
    }

    #[test]
    fn a_picture_comes_back_as_it_went_in_however_long_the_rows_are() {
        let size = PictureSize::new(8, 6).unwrap();
        let picture = drawn(size);
        for (luma_stride, chroma_stride) in [(8, 8), (64, 16)] {
            let (mut luma, mut chroma) = (vec![1; luma_stride * 6], vec![2; chroma_stride * 3]);
            let mut planes =
                Nv12Mut { size, luma: &mut luma, luma_stride, chroma: &mut chroma, chroma_stride };
            planes.copy_from(&picture).unwrap();
            let mut back = Picture::black(PictureSize::new(2, 2).unwrap());
            let planes = Nv12 { size, luma: &luma, luma_stride, chroma: &chroma, chroma_stride };
            planes.copy_to(&mut back).unwrap();
            assert_eq!(back, picture, "rows of {luma_stride} bytes");
        }
    }

    #[test]
    fn planes_that_are_too_short_are_refused_and_nothing_is_read_beyond_them() {
        let size = PictureSize::new(8, 6).unwrap();
        let mut picture = Picture::black(size);
        for (luma, luma_stride, chroma, chroma_stride) in
            [(47, 8, 24, 8), (48, 8, 23, 8), (48, 7, 24, 8), (48, 8, 24, 0), (0, 8, 0, 8)]
        {
            let (luma, chroma) = (vec![0; luma], vec![0; chroma]);
            let planes = Nv12 { size, luma: &luma, luma_stride, chroma: &chroma, chroma_stride };
            assert_eq!(planes.copy_to(&mut picture), None);
        }
    }
}

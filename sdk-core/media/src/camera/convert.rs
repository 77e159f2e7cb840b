//! From what cameras deliver to I420.
//!
//! Packed and semi-planar YUV is laid out anew without touching its colours: most cameras mean
//! BT.601 by it, but none says so here, and the difference to BT.709 is a slight shift of hue.

use golive_proto::media::PictureSize;
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvPackedImage, YuvPlanarImageMut, YuvRange,
    YuvStandardMatrix,
};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{RawFormat, RawFrame};
use crate::nv12::Nv12;
use crate::picture::Picture;

/// A frame that is shorter than its size says, or no JPEG. Cameras deliver such now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damaged;

/// Draws `frame` into `picture`, which takes the frame's size, rounded down to even numbers.
pub(super) fn convert(frame: &RawFrame, picture: &mut Picture) -> Result<(), Damaged> {
    let size = PictureSize::new(frame.width & !1, frame.height & !1).ok_or(Damaged)?;
    picture.resize(size);
    match frame.format {
        RawFormat::Yuyv => yuyv(frame, picture),
        RawFormat::Nv12 => nv12(frame, picture),
        RawFormat::Gray => gray(frame, picture),
        RawFormat::Rgb => rgb(&frame.data, frame.width, picture),
        RawFormat::Bgr => bgr(frame, picture),
        RawFormat::Mjpeg => mjpeg(frame, picture),
    }
}

fn yuyv(frame: &RawFrame, picture: &mut Picture) -> Result<(), Damaged> {
    let size = picture.size();
    let packed = YuvPackedImage {
        yuy: frame.data.as_slice(),
        yuy_stride: frame.width.next_multiple_of(2) * 2,
        width: size.width,
        height: size.height,
    };
    check_length(frame, packed.yuy_stride as usize * frame.height as usize)?;
    yuv::yuyv422_to_yuv420(&mut planar(picture), &packed).map_err(|_| Damaged)
}

fn nv12(frame: &RawFrame, picture: &mut Picture) -> Result<(), Damaged> {
    let stride = frame.width as usize;
    let (luma, chroma) =
        frame.data.split_at_checked(stride * frame.height as usize).ok_or(Damaged)?;
    let chroma_stride = stride.next_multiple_of(2);
    let planes = Nv12 { size: picture.size(), luma, luma_stride: stride, chroma, chroma_stride };
    planes.copy_to(picture).ok_or(Damaged)
}

fn gray(frame: &RawFrame, picture: &mut Picture) -> Result<(), Damaged> {
    let stride = frame.width as usize;
    check_length(frame, stride * frame.height as usize)?;
    let width = picture.size().width as usize;
    let planes = picture.planes_mut();
    copy_rows(&frame.data, stride, planes.luma, width);
    planes.blue.fill(Picture::NEUTRAL);
    planes.red.fill(Picture::NEUTRAL);
    Ok(())
}

fn mjpeg(frame: &RawFrame, picture: &mut Picture) -> Result<(), Damaged> {
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_max_width(frame.width as usize)
        .set_max_height(frame.height as usize);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(frame.data.as_slice()), options);
    let rgb_samples = decoder.decode().map_err(|_| Damaged)?;
    let info = decoder.info().ok_or(Damaged)?;
    if (u32::from(info.width), u32::from(info.height)) != (frame.width, frame.height) {
        return Err(Damaged);
    }
    rgb(&rgb_samples, frame.width, picture)
}

fn rgb(samples: &[u8], width: u32, picture: &mut Picture) -> Result<(), Damaged> {
    let (range, matrix, mode) = COLOUR;
    yuv::rgb_to_yuv420(&mut planar(picture), samples, width * 3, range, matrix, mode)
        .map_err(|_| Damaged)
}

fn bgr(frame: &RawFrame, picture: &mut Picture) -> Result<(), Damaged> {
    let (range, matrix, mode) = COLOUR;
    yuv::bgr_to_yuv420(&mut planar(picture), &frame.data, frame.width * 3, range, matrix, mode)
        .map_err(|_| Damaged)
}

const COLOUR: (YuvRange, YuvStandardMatrix, YuvConversionMode) =
    (YuvRange::Limited, YuvStandardMatrix::Bt709, YuvConversionMode::Balanced);

fn planar(picture: &mut Picture) -> YuvPlanarImageMut<'_, u8> {
    let PictureSize { width, height } = picture.size();
    let planes = picture.planes_mut();
    YuvPlanarImageMut {
        y_plane: BufferStoreMut::Borrowed(planes.luma),
        y_stride: width,
        u_plane: BufferStoreMut::Borrowed(planes.blue),
        u_stride: width / 2,
        v_plane: BufferStoreMut::Borrowed(planes.red),
        v_stride: width / 2,
        width,
        height,
    }
}

fn copy_rows(source: &[u8], stride: usize, target: &mut [u8], width: usize) {
    for (target, source) in target.chunks_exact_mut(width).zip(source.chunks_exact(stride)) {
        target.copy_from_slice(&source[..width]);
    }
}

fn check_length(frame: &RawFrame, expected: usize) -> Result<(), Damaged> {
    if frame.data.len() >= expected { Ok(()) } else { Err(Damaged) }
}

#[cfg(test)]
mod tests {
    use golive_proto::units::Time;

    use super::*;

    const ALL: [RawFormat; 6] = [
        RawFormat::Nv12,
        RawFormat::Yuyv,
        RawFormat::Rgb,
        RawFormat::Bgr,
        RawFormat::Mjpeg,
        RawFormat::Gray,
    ];

    fn frame(format: RawFormat, width: u32, height: u32, data: Vec<u8>) -> RawFrame {
        RawFrame { format, width, height, data, taken: Time::ZERO, missed: 0 }
    }

    fn converted(frame: &RawFrame) -> Picture {
        let mut picture = Picture::black(PictureSize::new(2, 2).unwrap());
        convert(frame, &mut picture).unwrap();
        picture
    }

    fn colour(picture: &Picture) -> [u8; 3] {
        let [blue, red] = picture.chroma();
        [picture.luma(), blue, red].map(|plane| plane.samples[plane.samples.len() / 2])
    }

    #[test]
    fn yuv_of_either_layout_keeps_its_samples() {
        let yuyv = frame(RawFormat::Yuyv, 64, 48, [100, 90, 100, 160].repeat(64 * 48 / 2));
        let mut semi_planar = vec![100; 64 * 48];
        semi_planar.extend([90, 160].repeat(64 * 48 / 4));
        let nv12 = frame(RawFormat::Nv12, 64, 48, semi_planar);
        for frame in [yuyv, nv12] {
            let picture = converted(&frame);
            assert_eq!(colour(&picture), [100, 90, 160], "{:?}", frame.format);
            assert!(picture.luma().samples.iter().all(|&sample| sample == 100));
            assert!(picture.chroma()[1].samples.iter().all(|&sample| sample == 160));
        }
    }

    #[test]
    fn red_is_red_whichever_way_round_it_comes() {
        let rgb = frame(RawFormat::Rgb, 64, 48, [255, 0, 0].repeat(64 * 48));
        let bgr = frame(RawFormat::Bgr, 64, 48, [0, 0, 255].repeat(64 * 48));
        for frame in [rgb, bgr] {
            // ITU-R BT.709 red in limited range.
            let expected = [63_u8, 102, 240];
            let actual = colour(&converted(&frame));
            let near = expected.iter().zip(actual).all(|(&one, other)| one.abs_diff(other) <= 2);
            assert!(near, "{actual:?}");
        }
    }

    #[test]
    fn a_damaged_frame_is_refused_whatever_its_format() {
        for format in ALL {
            for length in [0, 1, 100, 64 * 48 / 2] {
                let frame = frame(format, 64, 48, vec![0xFF; length]);
                let mut picture = Picture::black(PictureSize::new(2, 2).unwrap());
                assert_eq!(convert(&frame, &mut picture), Err(Damaged), "{format} of {length}");
            }
        }
    }
}

//! How few bits a picture bears before a smaller or a rarer one looks better: the figures behind
//! the ladder's floors in golive-proto. `cargo xtask bench ladder` prints them.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use golive_proto::media::{FrameRate, PictureSize};
use golive_proto::units::{Bitrate, MediaTime};
use openh264::decoder::Decoder;
use openh264::formats::YUVSource as _;

use crate::encode::VideoEncoder;
use crate::file::{OpenFiles, Pictures};
use crate::fit::Fitter;
use crate::picture::{Picture, Plane};
use crate::synthetic::{Moment, TestPicture};

const FULL: PictureSize = PictureSize { width: 1280, height: 720 };
const CAPTURED: u32 = 30;
const PICTURES: usize = 150;
const RUNGS: [(u32, u32, u32); 8] = [
    (1280, 720, 30),
    (1280, 720, 15),
    (960, 540, 30),
    (960, 540, 15),
    (640, 360, 30),
    (640, 360, 15),
    (416, 234, 15),
    (320, 180, 15),
];
const KILOBITS: [u64; 12] = [40, 60, 80, 120, 160, 240, 320, 480, 640, 900, 1_300, 2_000];

/// Encodes at each rung and rate, and compares what a viewer sees with what was captured: every
/// thirtieth of a second the newest picture, brought to full size.
#[test]
#[ignore = "takes minutes and prints a table; GOLIVE_MEDIA names a folder with MP4s beside the \
            synthetic picture: cargo xtask bench ladder"]
fn how_a_viewer_sees_each_rung_at_each_rate() {
    let mut sources = vec![("synthetic".to_owned(), synthetic())];
    if let Some(folder) = std::env::var_os("GOLIVE_MEDIA") {
        let file = Path::new(&folder).join("bigbuckbunny.mp4");
        sources.push(("bigbuckbunny.mp4".to_owned(), film(&file)));
    }
    for (name, source) in sources {
        println!("\n**{name}**: SSIM (share of pictures skipped)\n");
        let heads: Vec<String> = KILOBITS.iter().map(|rate| format!(" {rate} kb/s |")).collect();
        println!("| |{}\n|---|{}", heads.concat(), "---|".repeat(KILOBITS.len()));
        for (width, height, rate) in RUNGS {
            let size = PictureSize::new(width, height).unwrap();
            let cells = KILOBITS.map(|kilobits| {
                let seen = look(&source, size, rate, kilobits);
                format!(" {:.3} ({:.0} %) |", seen.similarity, seen.skipped * 100.0)
            });
            println!("| {size}, {rate} |{}", cells.concat());
        }
    }
}

struct Seen {
    similarity: f64,
    skipped: f64,
}

fn look(source: &[Picture], size: PictureSize, rate: u32, kilobits: u64) -> Seen {
    let frame_rate = FrameRate::new(rate).unwrap();
    let bitrate = Bitrate::from_kilobits_per_second(kilobits);
    let mut encoder = VideoEncoder::new(bitrate, frame_rate, Duration::from_secs(2));
    let mut decoder = Decoder::new().unwrap();
    let (mut down, mut up) = (Fitter::default(), Fitter::default());
    let (mut small, mut shown) = (Picture::black(size), Picture::black(FULL));
    let (mut given, mut skipped, mut similarity, mut compared) = (0.0, 0.0, 0.0, 0.0);
    let mut due = 0;
    for (number, picture) in source.iter().enumerate() {
        let slot = number as u64;
        if slot * u64::from(rate) >= due * u64::from(CAPTURED) {
            due += 1;
            down.fit(picture, size, &mut small);
            given += 1.0;
            let pts = MediaTime::from_ticks(slot as i64, CAPTURED);
            match encoder.encode(&small, pts).unwrap() {
                Some(unit) => {
                    let decoded = decoder.decode(&unit.data).unwrap().unwrap();
                    take(&decoded, &mut small);
                    up.fit(&small, FULL, &mut shown);
                }
                None => skipped += 1.0,
            }
        }
        // The encoder has settled after two seconds.
        if number >= 60 && number % 3 != 0 {
            similarity += structural_similarity(&picture.luma(), &shown.luma());
            compared += 1.0;
        }
    }
    Seen { similarity: similarity / compared, skipped: skipped / given }
}

fn take(decoded: &openh264::decoder::DecodedYUV<'_>, picture: &mut Picture) {
    let (stride, chroma, _) = decoded.strides();
    let size = picture.size();
    let width = size.width as usize;
    let planes = picture.planes_mut();
    for (from, to, stride, width) in [
        (decoded.y(), planes.luma, stride, width),
        (decoded.u(), planes.blue, chroma, width / 2),
        (decoded.v(), planes.red, chroma, width / 2),
    ] {
        for (row, to) in to.chunks_exact_mut(width).enumerate() {
            to.copy_from_slice(&from[row * stride..row * stride + width]);
        }
    }
}

/// The mean of SSIM (Wang, Bovik, Sheikh, Simoncelli, 2004) over blocks of 8 by 8.
fn structural_similarity(one: &Plane<'_>, other: &Plane<'_>) -> f64 {
    const BLOCK: usize = 8;
    const C1: f64 = 6.5025;
    const C2: f64 = 58.5225;
    let (mut sum, mut blocks) = (0.0, 0.0);
    for y in (0..one.height - BLOCK + 1).step_by(BLOCK) {
        for x in (0..one.width - BLOCK + 1).step_by(BLOCK) {
            let (mut a, mut b, mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for row in y..y + BLOCK {
                for column in x..x + BLOCK {
                    let p = f64::from(one.samples[row * one.stride + column]);
                    let q = f64::from(other.samples[row * other.stride + column]);
                    (a, b) = (a + p, b + q);
                    (aa, bb, ab) = (aa + p * p, bb + q * q, ab + p * q);
                }
            }
            let n = (BLOCK * BLOCK) as f64;
            let (a, b) = (a / n, b / n);
            let (aa, bb, ab) = (aa / n - a * a, bb / n - b * b, ab / n - a * b);
            sum += (2.0 * a * b + C1) * (2.0 * ab + C2) / ((a * a + b * b + C1) * (aa + bb + C2));
            blocks += 1.0;
        }
    }
    sum / blocks
}

fn synthetic() -> Vec<Picture> {
    let test = TestPicture::new(FULL);
    let draw = |frame: usize| {
        let mut picture = Picture::black(FULL);
        let media_time = MediaTime::from_ticks(frame as i64, CAPTURED);
        let unix_millis = 1_764_000_000_000 + frame as u64 * 33;
        test.draw(&mut picture, Moment { media_time, unix_millis, frame: frame as u32 });
        picture
    };
    (0..PICTURES).map(draw).collect()
}

/// The film's pictures one after the other, as if 30 of them were taken a second.
fn film(path: &Path) -> Vec<Picture> {
    let mut files = OpenFiles::new(true);
    let file: Arc<_> = files.open(path, || MediaTime::ZERO).unwrap();
    let mut pictures = Pictures::new(file).unwrap();
    let mut fitter = Fitter::default();
    let next = |_| {
        let mut picture = Picture::black(FULL);
        fitter.fit(&pictures.next().unwrap().1, FULL, &mut picture);
        picture
    };
    (0..PICTURES).map(next).collect()
}

//! A plain MP4 (ISO/IEC 14496-12) with the synthetic picture and tone, made on the spot.

use std::path::PathBuf;
use std::time::Duration;

use golive_media::Picture;
use golive_media::encode::{AudioEncoder, CHANNELS, FRAME_SAMPLES, SAMPLE_RATE, VideoEncoder};
use golive_media::synthetic::{Moment, TestPicture, Tone};
use golive_proto::media::h264::{self, DecoderConfiguration};
use golive_proto::media::nal;
use golive_proto::media::{FrameRate, PictureSize};
use golive_proto::units::Bitrate;

const TIMESCALE: u32 = 48_000;

/// A file in the system's temporary folder, gone when dropped.
pub(crate) struct TemporaryFile(pub(crate) PathBuf);

impl TemporaryFile {
    pub(crate) fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("golive-media-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

struct Track {
    handler: &'static [u8; 4],
    entry: Vec<u8>,
    samples: Vec<Vec<u8>>,
    /// Of each sample, in ticks.
    durations: Vec<u32>,
    /// Ticks before the first one that is heard.
    priming: u32,
    keyframes: Vec<u32>,
}

/// `seconds` of the synthetic sources at 320x180 and 30 pictures a second.
pub(crate) fn synthetic(seconds: u32) -> Vec<u8> {
    let tracks = [video(seconds), audio(seconds)];
    let mut file = boxed(b"ftyp", b"isom\0\0\0\0isom");
    let mut offsets = Vec::new();
    let mut media = Vec::new();
    for track in &tracks {
        offsets.push((file.len() + 8 + media.len()) as u32);
        track.samples.iter().for_each(|sample| media.extend_from_slice(sample));
    }
    file.extend(boxed(b"mdat", &media));
    let mut movie = boxed(b"mvhd", &numbers(&[0, 0, 0, TIMESCALE, seconds * TIMESCALE]));
    for (track, offset) in tracks.iter().zip(offsets) {
        movie.extend(trak(track, offset, seconds));
    }
    file.extend(boxed(b"moov", &movie));
    file
}

fn video(seconds: u32) -> Track {
    let size = PictureSize::new(320, 180).unwrap();
    let rate = FrameRate::new(30).unwrap();
    let bitrate = Bitrate::from_kilobits_per_second(1_000);
    let mut encoder = VideoEncoder::new(bitrate, rate, Duration::from_secs(1));
    let test = TestPicture::new(size);
    let mut picture = Picture::black(size);
    let (mut samples, mut durations, mut keyframes) = (Vec::new(), Vec::new(), Vec::new());
    let mut configuration = None;
    for frame in 0..seconds * 30 {
        let media_time = rate.time_of(frame.into());
        test.draw(&mut picture, Moment { media_time, unix_millis: 1_000, frame });
        let Some(unit) = encoder.encode(&picture, media_time).unwrap() else {
            // The picture before the one left out lasts longer.
            *durations.last_mut().unwrap() += TIMESCALE / 30;
            continue;
        };
        let data = unit.data;
        if h264::is_idr(&data) {
            keyframes.push(samples.len() as u32 + 1);
            configuration.get_or_insert_with(|| DecoderConfiguration::from_annex_b(&data).unwrap());
        }
        let mut sample = Vec::new();
        nal::to_length_prefixed(&data, |_| true, &mut sample);
        samples.push(sample);
        durations.push(TIMESCALE / 30);
    }
    let record = configuration.unwrap().encode().unwrap();
    let entry = boxed(b"avc1", &[vec![0; 78], boxed(b"avcC", &record)].concat());
    Track { handler: b"vide", entry, samples, durations, priming: 0, keyframes }
}

fn audio(seconds: u32) -> Track {
    let bitrate = Bitrate::from_kilobits_per_second(128);
    let mut encoder = AudioEncoder::new(bitrate, 0).unwrap();
    let tone = Tone::new();
    let mut block = [0; FRAME_SAMPLES * CHANNELS];
    let mut samples = Vec::new();
    let mut position = 0;
    while position < i64::from(seconds * SAMPLE_RATE) + 2 * FRAME_SAMPLES as i64 {
        tone.fill(position, &mut block);
        samples.extend(encoder.encode(&block).unwrap().map(|unit| unit.data.to_vec()));
        position += FRAME_SAMPLES as i64;
    }
    // ES, decoder configuration and decoder-specific descriptors (ISO/IEC 14496-1, 7.2.6).
    let decoder = [&[0x40, 0x15][..], &[0; 11], &[5, 2, 0x11, 0x90]].concat();
    let stream = [&[0, 0, 0, 4, decoder.len() as u8][..], &decoder].concat();
    let esds = [&[0, 0, 0, 0, 3, stream.len() as u8][..], &stream].concat();
    let fields =
        [&[0; 16][..], &[0, 2, 0, 16, 0, 0, 0, 0], &(SAMPLE_RATE << 16).to_be_bytes()].concat();
    let entry = boxed(b"mp4a", &[fields, boxed(b"esds", &esds)].concat());
    let durations = vec![FRAME_SAMPLES as u32; samples.len()];
    let priming = encoder.delay();
    Track { handler: b"soun", entry, samples, durations, priming, keyframes: Vec::new() }
}

fn trak(track: &Track, offset: u32, seconds: u32) -> Vec<u8> {
    let count = track.samples.len() as u32;
    let mut tables = boxed(b"stsd", &[numbers(&[0, 1]), track.entry.clone()].concat());
    let durations = track.durations.iter().flat_map(|&duration| [1, duration]);
    let durations: Vec<u32> = [0, count].into_iter().chain(durations).collect();
    tables.extend(boxed(b"stts", &numbers(&durations)));
    tables.extend(boxed(b"stsc", &numbers(&[0, 1, 1, count, 1])));
    let sizes: Vec<u32> = track.samples.iter().map(|sample| sample.len() as u32).collect();
    tables.extend(boxed(b"stsz", &[numbers(&[0, 0, count]), numbers(&sizes)].concat()));
    tables.extend(boxed(b"stco", &numbers(&[0, 1, offset])));
    if !track.keyframes.is_empty() {
        let count = track.keyframes.len() as u32;
        tables.extend(boxed(b"stss", &[numbers(&[0, count]), numbers(&track.keyframes)].concat()));
    }
    let header = boxed(b"mdhd", &numbers(&[0, 0, 0, TIMESCALE, 0, 0]));
    let handler = boxed(b"hdlr", &[&[0; 8][..], track.handler, &[0; 13]].concat());
    let minf = boxed(b"minf", &boxed(b"stbl", &tables));
    let edit = numbers(&[0, 1, seconds * TIMESCALE, track.priming, 0x1_0000]);
    let edits = boxed(b"edts", &boxed(b"elst", &edit));
    boxed(b"trak", &[edits, boxed(b"mdia", &[header, handler, minf].concat())].concat())
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], body].concat()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

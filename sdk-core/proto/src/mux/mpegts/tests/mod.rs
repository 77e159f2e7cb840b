//! Streams written, damaged and read again.

mod foreign;
mod pacing;
mod reading;
mod writing;

use bytes::Bytes;

use super::*;
use crate::media::{AccessUnit, AudioFormat, Track, VideoCodec};
use crate::units::MediaTime;

const STEREO: AudioFormat = AudioFormat { sample_rate: 48_000, channels: 2 };
const BOTH: Config = Config { video: Some(VideoCodec::H264), audio: Some(STEREO) };

const DELIMITER: &[u8] = &[0, 0, 0, 1, 9, 0xF0];
const SETS: &[u8] = &[0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1F, 1, 0, 0, 0, 1, 0x68, 0xCE, 0x0F, 0xC8];

/// A picture of `length` bytes with a delimiter and, if it is a key frame, parameter sets.
fn picture(pts: MediaTime, keyframe: bool, length: usize) -> AccessUnit {
    let mut data = DELIMITER.to_vec();
    if keyframe {
        data.extend_from_slice(SETS);
    }
    data.extend([0, 0, 1, if keyframe { 0x65 } else { 0x41 }]);
    let payload = (data.len()..length).map(|position| (position % 251) as u8 | 4);
    data.extend(payload);
    AccessUnit { track: Track::Video, pts, dts: pts, keyframe, data: Bytes::from(data) }
}

/// A frame of sound of `length` bytes.
fn sound(pts: MediaTime, length: usize) -> AccessUnit {
    let data: Vec<u8> = (0..length).map(|position| (position % 241) as u8).collect();
    AccessUnit { track: Track::Audio, pts, dts: pts, keyframe: true, data: Bytes::from(data) }
}

/// `count` pictures at 30 a second with an IDR every ten, and sound beside them, in the order of
/// their times, beginning at `start`.
fn broadcast(start: MediaTime, count: i64) -> Vec<AccessUnit> {
    let from_start = |ticks| MediaTime::from_90khz(start.to_90khz() + ticks);
    let pictures = (0..count).map(|number| {
        let keyframe = number % 10 == 0;
        let length = if keyframe { 70_000 } else { 900 + 37 * number as usize };
        picture(from_start(number * 3_000), keyframe, length)
    });
    let frames = (0..count * 3_000 / 1_920)
        .map(|number| sound(from_start(number * 1_920 + 500), 300 + number as usize));
    let mut units: Vec<_> = pictures.chain(frames).collect();
    units.sort_by_key(|unit| unit.dts);
    units
}

/// The payloads of one unit.
fn payloads(writer: &mut Writer, unit: &AccessUnit) -> Vec<(PayloadInfo, Vec<u8>)> {
    writer.begin(unit).unwrap();
    let mut buffer = [0; PAYLOAD_LENGTH];
    let next = || {
        let info = writer.next_payload(&mut buffer)?;
        Some((info, buffer[..info.length].to_vec()))
    };
    std::iter::from_fn(next).collect()
}

fn write(config: Config, units: &[AccessUnit]) -> Vec<u8> {
    let mut writer = Writer::new(config);
    let payloads = units.iter().flat_map(|unit| payloads(&mut writer, unit));
    payloads.flat_map(|(_, bytes)| bytes).collect()
}

/// Everything that `stream` makes when it comes in pieces of `step` bytes.
fn read(stream: &[u8], step: usize) -> Vec<Output> {
    let mut reader = Reader::new();
    let mut outputs = vec![];
    for piece in stream.chunks(step) {
        reader.push(piece);
        outputs.extend(std::iter::from_fn(|| reader.poll()));
    }
    reader.finish();
    outputs.extend(std::iter::from_fn(|| reader.poll()));
    outputs
}

fn units(outputs: &[Output]) -> Vec<AccessUnit> {
    let unit = |output: &Output| match output {
        Output::AccessUnit(unit) => Some(unit.clone()),
        _ => None,
    };
    outputs.iter().filter_map(unit).collect()
}

fn causes(outputs: &[Output]) -> Vec<Cause> {
    let cause = |output: &Output| match output {
        Output::Discontinuity(discontinuity) => Some(discontinuity.cause),
        _ => None,
    };
    outputs.iter().filter_map(cause).collect()
}

/// Units as they come back: later by the writer's offset. Sorted, because a long picture is known
/// to be complete only when the next begins.
fn expected(written: &[AccessUnit]) -> Vec<AccessUnit> {
    let shift = |unit: &AccessUnit| AccessUnit {
        pts: unit.pts + TIMELINE_OFFSET,
        dts: unit.dts + TIMELINE_OFFSET,
        ..unit.clone()
    };
    sorted(written.iter().map(shift).collect())
}

/// Sorted by time and rounded to the stream's clock.
fn sorted(mut units: Vec<AccessUnit>) -> Vec<AccessUnit> {
    for unit in &mut units {
        unit.pts = MediaTime::from_90khz(unit.pts.to_90khz());
        unit.dts = MediaTime::from_90khz(unit.dts.to_90khz());
    }
    units.sort_by_key(|unit| (unit.dts, unit.track));
    units
}

/// A small generator of numbers, the same on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

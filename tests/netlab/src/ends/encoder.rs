//! An encoder in virtual time: it obeys, unless it is told to misbehave.

use std::time::Duration;

use bytes::Bytes;
use golive_proto::media::{AccessUnit, AudioFormat, FrameRate, PictureSize, Track};
use golive_proto::rate::EncoderTarget;
use golive_proto::units::{Bitrate, MediaTime, Time};

/// What an encoder makes of what it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Temper {
    /// What it is told, at once and exactly.
    #[default]
    Obedient,
    /// So many times the bitrate.
    Overshooting(f64),
    /// The bitrate, frame rate and size that it began with, until it is made anew.
    Deaf,
    /// The same, made anew or not.
    Stubborn,
    /// Nothing from this moment on, until it is made anew.
    Freezing(Time),
    /// A picture that stands still: no more than this, whatever it is told.
    Still(Bitrate),
}

/// Produces pictures and sound.
///
/// Its timeline begins with the clock: the first picture and the first sound lie at zero.
#[derive(Debug)]
pub struct Encoder {
    /// Whether there are pictures at all, and at the moment.
    video: bool,
    films: bool,
    audio: Option<AudioFormat>,
    still: Option<Bitrate>,
    target: EncoderTarget,
    first: EncoderTarget,
    temper: Temper,
    keyframe_asked: bool,
    next_picture: MediaTime,
    last_picture: Option<MediaTime>,
    last_keyframe: Option<MediaTime>,
    captured: u64,
    pictures: u64,
    sounds: u64,
}

/// What there is unless something else is said.
const SOUND: AudioFormat = AudioFormat { sample_rate: 48_000, channels: 2 };
/// From one IDR to the next.
const GROUP_SECONDS: u64 = 2;
/// However much is asked for: no camera makes more of a picture, and AAC no more of a frame
/// (ISO/IEC 14496-3, 4.5.3.3: 6,144 bits a channel); in bytes.
const LARGEST_PICTURE: u64 = 4_000_000;
const LARGEST_SOUND: u64 = 1_536;
/// How much larger an IDR picture is than others, of 30 a second. It stays as large where there are
/// fewer, and the others grow: openh264 at 1 Mb/s and 400 kb/s made IDR pictures of 29 and 27 kB of
/// a film at 30 a second, and of 33 and 27 kB at 15.
const IDR_WEIGHT: u64 = 5;
const WEIGHED_AT: u64 = 30;
/// What begins an access unit with an IDR picture, and another one (H.264, 7.3.1).
const IDR: [u8; 5] = [0, 0, 0, 1, 0x65];
const NOT_IDR: [u8; 5] = [0, 0, 0, 1, 0x41];
const PICTURE_PARAMETERS: [u8; 8] = [0, 0, 0, 1, 0x68, 0xCE, 0x3C, 0x80];

impl Encoder {
    /// Pictures, and 48 kHz of stereo sound.
    pub fn new(target: EncoderTarget) -> Self {
        Self::producing(target, true, Some(SOUND))
    }

    /// Pictures or sound, or both.
    pub fn producing(target: EncoderTarget, video: bool, audio: Option<AudioFormat>) -> Self {
        Self {
            video,
            films: video,
            audio,
            still: None,
            target,
            first: target,
            temper: Temper::Obedient,
            keyframe_asked: false,
            next_picture: MediaTime::ZERO,
            last_picture: None,
            last_keyframe: None,
            captured: 0,
            pictures: 0,
            sounds: 0,
        }
    }

    /// Behaves like this from now on.
    pub fn set_temper(&mut self, temper: Temper) {
        self.temper = temper;
    }

    /// Follows another target from the next picture on. The timeline goes on: pictures lie at
    /// multiples of the frame's time, whatever the rate was before.
    pub fn set_target(&mut self, now: Time, target: EncoderTarget) {
        self.keyframe_asked |= target.size != self.target.size;
        self.target = target;
        if matches!(self.temper, Temper::Deaf | Temper::Stubborn) {
            return;
        }
        self.next_picture = self.following(now);
    }

    /// Makes the very next picture a key frame.
    pub fn request_keyframe(&mut self) {
        self.keyframe_asked = true;
    }

    /// It is made anew, with the last target, and begins with a key frame.
    pub fn restart(&mut self) {
        self.keyframe_asked = true;
        if matches!(self.temper, Temper::Deaf | Temper::Freezing(_)) {
            self.temper = Temper::Obedient;
        }
    }

    /// Pictures captured so far, whatever became of them.
    pub fn captured(&self) -> u64 {
        self.captured
    }

    /// Pictures encoded so far.
    pub fn encoded(&self) -> u64 {
        self.pictures
    }

    /// Whether pictures are taken and encoded; the next one after a pause is a key frame.
    pub fn film(&mut self, now: Time, films: bool) {
        let begins = self.video && films && !self.films;
        self.films = self.video && films;
        if begins {
            self.keyframe_asked = true;
            self.next_picture = self.next_picture.max(self.following(now));
        }
    }

    /// Pictures stand still from now on and take no more than this, or move again.
    pub fn hold_still(&mut self, most: Option<Bitrate>) {
        self.still = most;
    }

    /// When it has something to do.
    pub fn next(&self) -> Option<Time> {
        let picture = self.films.then_some(self.next_picture);
        picture.into_iter().chain(self.sound_time()).min().map(at)
    }

    /// What is due now, a unit at a time.
    pub fn produce(&mut self, now: Time) -> Option<AccessUnit> {
        if self.films && at(self.next_picture) <= now {
            return self.picture(now);
        }
        let pts = self.sound_time().filter(|pts| at(*pts) <= now)?;
        Some(self.sound(pts))
    }

    fn picture(&mut self, now: Time) -> Option<AccessUnit> {
        let EncoderTarget { bitrate, frame_rate, size, .. } = match self.temper {
            Temper::Deaf | Temper::Stubborn => self.first,
            _ => self.target,
        };
        let pts = self.next_picture;
        self.next_picture = multiple_after(frame_rate, pts);
        self.last_picture = Some(pts);
        self.captured += 1;
        let bitrate = self.still.map_or(bitrate, |most| bitrate.min(most));
        let bitrate = match self.temper {
            Temper::Overshooting(factor) => bitrate.scaled(factor),
            Temper::Still(most) => bitrate.min(most),
            Temper::Freezing(from) if now >= from => return None,
            _ => bitrate,
        };
        let group = Duration::from_secs(GROUP_SECONDS) - Duration::from_millis(1);
        let due = self.last_keyframe.is_none_or(|last| pts.since(last) >= group);
        let keyframe = std::mem::take(&mut self.keyframe_asked) || due;
        if keyframe {
            self.last_keyframe = Some(pts);
        }
        self.pictures += 1;
        let in_group = u64::from(frame_rate.as_u32()) * GROUP_SECONDS;
        let weight = (IDR_WEIGHT * u64::from(frame_rate.as_u32())).div_ceil(WEIGHED_AT);
        let weights = u64::from(frame_rate.as_u32()) * (in_group - 1 + weight) / in_group;
        let mean = bitrate.as_bits_per_second() / 8 / weights.max(1);
        let length = if keyframe { mean * weight } else { mean }.min(LARGEST_PICTURE);
        let mut data = Vec::new();
        if keyframe {
            data.extend_from_slice(&sequence_parameters(size));
            data.extend_from_slice(&PICTURE_PARAMETERS);
        }
        data.extend_from_slice(if keyframe { &IDR } else { &NOT_IDR });
        data.resize(data.len() + length as usize, 0x9A);
        let number = (self.pictures % 251) as u8 + 1;
        data.extend_from_slice(&Label { number, frame_rate }.to_bytes());
        let data = Bytes::from(data);
        Some(AccessUnit { track: Track::Video, pts, dts: pts, keyframe, data })
    }

    fn sound(&mut self, pts: MediaTime) -> AccessUnit {
        self.sounds += 1;
        let rate = self.audio.map_or(SOUND.sample_rate, |format| format.sample_rate).max(1);
        let samples = u64::from(AudioFormat::SAMPLES_PER_FRAME);
        let frame = Duration::from_micros(samples * 1_000_000 / u64::from(rate));
        let length = self.target.audio_bitrate.bytes_in(frame).as_u64().min(LARGEST_SOUND) as usize;
        let data = Bytes::from(vec![0x21; length]);
        AccessUnit { track: Track::Audio, pts, dts: pts, keyframe: true, data }
    }

    fn sound_time(&self) -> Option<MediaTime> {
        let samples = self.sounds * u64::from(AudioFormat::SAMPLES_PER_FRAME);
        self.audio.map(|format| MediaTime::from_ticks(samples as i64, format.sample_rate))
    }

    /// Where the next picture lies: what is due now is still to come.
    fn following(&self, now: Time) -> MediaTime {
        let passed = MediaTime::from_micros(now.as_micros() as i64 - 1);
        let last = self.last_picture.map_or(passed, |last| last.max(passed));
        multiple_after(self.target.frame_rate, last)
    }
}

/// What stands at the end of each simulated picture, for whoever judges what arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Pictures counted from 1 to 251, again and again.
    pub number: u8,
    /// How many a second were made.
    pub frame_rate: FrameRate,
}

impl Label {
    /// Whether a picture with this label was made right after one with the `other`.
    pub fn follows(self, other: Label) -> bool {
        self.number == other.number % 251 + 1
    }

    fn to_bytes(self) -> [u8; 2] {
        [self.number, self.frame_rate.as_u32() as u8]
    }

    /// What stands in a picture, if it is one of these.
    pub fn read(data: &[u8]) -> Option<Self> {
        let [.., number, frame_rate] = data else { return None };
        Some(Self { number: *number, frame_rate: FrameRate::new((*frame_rate).into())? })
    }
}

/// The moment of a place on the timeline, which begins with the clock.
fn at(time: MediaTime) -> Time {
    Time::from_micros(time.as_micros().max(0) as u64)
}

/// The first place after `last` where a picture lies at this rate.
fn multiple_after(rate: FrameRate, last: MediaTime) -> MediaTime {
    let passed = i128::from(last.as_micros()) * i128::from(rate.as_u32());
    let mut number = passed.div_euclid(1_000_000).max(0) as u64;
    while rate.time_of(number) <= last {
        number += 1;
    }
    rate.time_of(number)
}

/// A sequence parameter set of Baseline for pictures of this size, with its start code
/// (H.264, 7.3.2.1.1).
fn sequence_parameters(size: PictureSize) -> Vec<u8> {
    let mut bits = Bits::default();
    for value in [0, 0, 2, 1] {
        // Its number, frame numbers of four bits, pictures in order, one reference.
        bits.unsigned(value);
    }
    bits.push(0, 1);
    // Sizes that are none come from callers who say anything.
    let [width, height] = [size.width, size.height].map(|it| it.clamp(2, PictureSize::MAX_SIDE));
    let blocks = |side: u32| side.div_ceil(16);
    bits.unsigned(blocks(width) - 1);
    bits.unsigned(blocks(height) - 1);
    bits.push(0b11, 2);
    let crop = |side: u32| (blocks(side) * 16 - side) / 2;
    bits.push(1, 1);
    for value in [0, crop(width), 0, crop(height)] {
        bits.unsigned(value);
    }
    // No VUI, and the bit that ends it.
    bits.push(0b01, 2);
    let mut unit = vec![0, 0, 0, 1, 0x67, 66, 0xC0, 31];
    unit.extend(bits.bytes);
    unit
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> bit & 1) as u8) << (7 - self.used % 8);
            }
            self.used += 1;
        }
    }

    /// Exponential Golomb (H.264, 9.1).
    fn unsigned(&mut self, value: u32) {
        let length = 32 - (value + 1).leading_zeros();
        self.push(0, length - 1);
        self.push(value + 1, length);
    }
}

#[cfg(test)]
mod tests {
    use golive_proto::media::h264::{NalType, Sps, leading_nal_units};

    use super::*;

    #[test]
    fn its_parameter_sets_say_the_size() {
        for size in ["1280x720", "960x540", "416x234", "234x416", "2x2", "1920x1080"] {
            let size: PictureSize = size.parse().unwrap();
            let data = sequence_parameters(size);
            let unit = leading_nal_units(&data).next().expect("a unit");
            assert_eq!(NalType::of(unit.header()), NalType::Sps);
            assert_eq!(Sps::parse(unit.bytes()).map(|sps| sps.size), Ok(size));
        }
    }
}

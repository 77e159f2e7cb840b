//! The encoders as a viewer meets them: what they make is decoded again and looked at.

#![cfg(all(feature = "h264", feature = "aac"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use golive_media::burnt_clock::{self, BurntClock};
use golive_media::encode::{AudioEncoder, CHANNELS, FRAME_SAMPLES, SAMPLE_RATE, VideoEncoder};
use golive_media::synthetic::{Moment, TestPicture, Tone, flash_area};
use golive_media::{Picture, Plane};
use golive_proto::media::{AccessUnit, FrameRate, PictureSize};
use golive_proto::rate::EncoderTarget;
use golive_proto::units::{Bitrate, ByteCount, MediaTime};
use openh264::decoder::Decoder;
use openh264::formats::YUVSource;

const UNIX_MILLIS: u64 = 1_764_000_000_000;

struct Camera {
    size: PictureSize,
    test: TestPicture,
    rate: FrameRate,
    encoder: VideoEncoder,
    frame: u32,
}

impl Camera {
    fn new(width: u32, height: u32, kilobits: u64) -> Self {
        let size = PictureSize::new(width, height).unwrap();
        let rate = FrameRate::new(30).unwrap();
        let bitrate = Bitrate::from_kilobits_per_second(kilobits);
        let encoder = VideoEncoder::new(bitrate, rate, Duration::from_secs(2));
        Self { size, test: TestPicture::new(size), rate, encoder, frame: 0 }
    }

    /// Draws and encodes the next picture.
    fn next(&mut self) -> Option<AccessUnit> {
        let media_time = self.rate.time_of(self.frame.into());
        let unix_millis = UNIX_MILLIS + media_time.as_micros() as u64 / 1_000;
        let mut picture = Picture::black(self.size);
        self.test.draw(&mut picture, Moment { media_time, unix_millis, frame: self.frame });
        self.frame += 1;
        self.encoder.encode(&picture, media_time).unwrap()
    }

    fn run(&mut self, seconds: u32) -> Vec<AccessUnit> {
        (0..seconds * 30).filter_map(|_| self.next()).collect()
    }

    fn aim_for(&mut self, kilobits: u64) {
        let bitrate = Bitrate::from_kilobits_per_second(kilobits);
        self.encoder.set_target(EncoderTarget { bitrate, frame_rate: self.rate, size: self.size });
    }
}

/// The types of the NAL units in an access unit (ITU-T H.264, table 7-1).
fn kinds(unit: &AccessUnit) -> Vec<u8> {
    let starts = unit.data.windows(4).filter(|window| window[..3] == [0, 0, 1]);
    starts.map(|window| window[3] & 0x1F).collect()
}

fn kilobits(units: &[AccessUnit], seconds: u64) -> u64 {
    let bytes: ByteCount = units.iter().map(|unit| ByteCount::from(unit.data.len())).sum();
    Bitrate::average(bytes, Duration::from_secs(seconds)).as_kilobits_per_second()
}

#[test]
fn the_burnt_clock_survives_500_kilobits() {
    let mut camera = Camera::new(1280, 720, 500);
    let mut decoder = Decoder::new().unwrap();
    let mut read = 0;
    for _ in 0..150 {
        let frame = camera.frame;
        let Some(unit) = camera.next() else { continue };
        let decoded = decoder.decode(&unit.data).unwrap().unwrap();
        let (width, height) = decoded.dimensions();
        let luma = Plane { samples: decoded.y(), stride: decoded.strides().0, width, height };
        let clock = burnt_clock::read(luma).expect("legible");
        let unix_millis = UNIX_MILLIS + unit.pts.as_micros() as u64 / 1_000;
        assert_eq!(clock, BurntClock { unix_millis, frame });
        read += 1;
    }
    assert!(read > 130, "{read} of 150 pictures encoded");
}

#[test]
fn idrs_come_every_two_seconds_exactly_and_carry_their_parameter_sets() {
    let units = Camera::new(640, 360, 800).run(9);
    let idrs: Vec<_> = units.iter().filter(|unit| unit.keyframe).collect();
    let times: Vec<_> = idrs.iter().map(|unit| unit.pts.as_micros()).collect();
    assert_eq!(times, [0, 2_000_000, 4_000_000, 6_000_000, 8_000_000]);
    for idr in idrs {
        assert_eq!(kinds(idr), [7, 8, 5], "SPS, PPS, IDR slice");
    }
    assert!(units.iter().filter(|unit| !unit.keyframe).all(|unit| kinds(unit) == [1]));
}

#[test]
fn an_idr_comes_on_the_very_picture_that_it_is_asked_for() {
    let mut camera = Camera::new(640, 360, 800);
    camera.run(1);
    camera.encoder.request_keyframe();
    assert!(camera.next().unwrap().keyframe);
    assert!(!camera.next().unwrap().keyframe);
}

#[test]
fn the_rate_follows_its_command_down_and_far_up() {
    let mut camera = Camera::new(640, 360, 400);
    for target in [400, 150, 1_200, 300] {
        camera.aim_for(target);
        camera.run(2);
        let produced = kilobits(&camera.run(8), 8);
        let allowed = target * 75 / 100..=target * 115 / 100;
        assert!(allowed.contains(&produced), "{produced} kb/s for {target}");
    }
}

#[test]
fn another_size_starts_with_an_idr_at_the_rate_of_the_moment() {
    let mut camera = Camera::new(640, 360, 1_200);
    camera.run(2);
    camera.aim_for(300);
    camera.run(2);
    let smaller = Camera::new(480, 270, 1_200);
    camera.test = smaller.test;
    camera.size = smaller.size;
    assert!(camera.next().unwrap().keyframe);
    camera.run(2);
    let produced = kilobits(&camera.run(6), 6);
    assert!((200..=345).contains(&produced), "{produced} kb/s for 300");
}

#[test]
fn a_picture_too_large_is_refused_and_the_next_one_encoded() {
    let mut camera = Camera::new(640, 360, 400);
    let large = Picture::black(PictureSize::new(8_192, 16).unwrap());
    let refused = camera.encoder.encode(&large, MediaTime::from_micros(-1)).unwrap_err();
    assert!(refused.to_string().contains("3840x2160"), "{refused}");
    assert!(camera.next().unwrap().keyframe);
}

/// Decodes sound and gives the time and the samples (one channel) of each frame.
fn decoded_sound(units: &[AccessUnit]) -> Vec<(i64, Vec<i16>)> {
    use fdk_aac::dec::{Decoder, Transport};
    let mut decoder = Decoder::new(Transport::Raw);
    // AAC-LC, 48 kHz, stereo (ISO/IEC 14496-3, 1.6.2.1).
    decoder.config_raw(&[0x11, 0x90]).unwrap();
    let mut samples = [0; FRAME_SAMPLES * CHANNELS];
    let mut sound = Vec::new();
    for unit in units {
        assert_eq!(decoder.fill(&unit.data).unwrap(), unit.data.len());
        decoder.decode_frame(&mut samples).unwrap();
        let start = unit.pts.as_micros() * i64::from(SAMPLE_RATE);
        // The decoder's own delay (its limiter's) is not the encoder's concern.
        let own = i64::from(decoder.stream_info().outputDelay);
        let start = (start as f64 / 1e6).round() as i64 - own;
        sound.push((start, samples.iter().copied().step_by(CHANNELS).collect()));
    }
    sound
}

fn encoded_tone(from: i64, seconds: i64) -> Vec<AccessUnit> {
    let tone = Tone::new();
    let mut encoder = AudioEncoder::new(Bitrate::from_kilobits_per_second(128), from).unwrap();
    let mut units = Vec::new();
    let mut samples = [0; FRAME_SAMPLES * CHANNELS];
    let mut position = from;
    while position < from + seconds * i64::from(SAMPLE_RATE) {
        tone.fill(position, &mut samples);
        units.extend(encoder.encode(&samples).unwrap());
        position += FRAME_SAMPLES as i64;
    }
    units
}

/// Sample positions at which the sound becomes loud after a silence.
fn beeps(units: &[AccessUnit]) -> Vec<i64> {
    let mut beeps = Vec::new();
    let mut last_loud = i64::MIN / 2;
    for (start, samples) in decoded_sound(units) {
        for (position, sample) in (start..).zip(samples) {
            if sample.unsigned_abs() > 3_000 {
                if position - last_loud > 10_000 {
                    beeps.push(position);
                }
                last_loud = position;
            }
        }
    }
    beeps
}

#[test]
fn a_beep_is_heard_at_each_whole_second_once_the_priming_is_accounted_for() {
    let beeps = beeps(&encoded_tone(-700, 4));
    assert_eq!(beeps.len(), 4, "{beeps:?}");
    for (second, beep) in (0..).zip(beeps) {
        let late = beep - second * i64::from(SAMPLE_RATE);
        assert!((-96..=96).contains(&late), "{late} samples from second {second}");
    }
}

#[test]
fn flash_and_beep_agree_within_20_milliseconds() {
    let mut camera = Camera::new(640, 360, 800);
    let area = flash_area(camera.size);
    let mut decoder = Decoder::new().unwrap();
    let mut flashes = Vec::new();
    let mut bright = false;
    for unit in camera.run(4) {
        let decoded = decoder.decode(&unit.data).unwrap().unwrap();
        let (width, height) = decoded.dimensions();
        let luma = Plane { samples: decoded.y(), stride: decoded.strides().0, width, height };
        let was = std::mem::replace(&mut bright, area.mean(&luma).unwrap() > 128);
        if bright && !was {
            flashes.push(unit.pts.as_micros());
        }
    }
    let beeps = beeps(&encoded_tone(0, 4));
    assert_eq!((flashes.len(), beeps.len()), (4, 4));
    for (flash, beep) in flashes.into_iter().zip(beeps) {
        let apart = flash - MediaTime::from_ticks(beep, SAMPLE_RATE).as_micros();
        assert!(apart.abs() < 20_000, "{apart} us apart");
    }
}

#[test]
fn sound_is_continuous_from_before_its_first_sample() {
    let units = encoded_tone(0, 2);
    assert!(units[0].pts < MediaTime::ZERO, "priming lies before the beginning");
    for (index, unit) in units.iter().enumerate() {
        let expected = units[0].pts.as_micros() * 48 / 1_000 + 1_024 * index as i64;
        assert!((unit.pts.as_micros() * 48 / 1_000 - expected).abs() <= 1);
    }
    let produced = kilobits(&units, 2);
    assert!((100..=135).contains(&produced), "{produced} kb/s for 128");
}

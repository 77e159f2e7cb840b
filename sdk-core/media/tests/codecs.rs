//! The encoders as a viewer meets them: what they make is decoded again and looked at.

#![cfg(all(feature = "h264", feature = "aac"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use common::{beeps, flashes, look};
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
        let (frame_rate, size, audio_bitrate) = (self.rate, self.size, Bitrate::ZERO);
        self.encoder.set_target(EncoderTarget { bitrate, frame_rate, size, audio_bitrate });
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
fn a_short_dip_of_the_rate_does_not_stop_the_picture() {
    // 200 ms without a picture are a freeze.
    const IN_A_ROW: u32 = 4;
    // Soon after a key frame, which is more than its share at the high rate, and later.
    for (wanted, begin, length) in [(250, 3, 12), (400, 6, 12), (250, 35, 5)] {
        let mut camera = Camera::new(1280, 720, 6_000);
        let mut in_a_row = 0;
        for picture in 0..3 * 60 {
            let dips = (begin..begin + length).contains(&(picture % 60));
            camera.aim_for(if dips { wanted } else { 6_000 });
            in_a_row = if camera.next().is_some() { 0 } else { in_a_row + 1 };
            assert!(in_a_row <= IN_A_ROW, "at {wanted} kb/s from {begin} on, picture {picture}");
        }
    }
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

#[test]
fn a_beep_is_heard_at_each_whole_second_once_the_priming_is_accounted_for() {
    let beeps = beeps(&encoded_tone(-700, 4));
    assert_eq!(beeps.len(), 4, "{beeps:?}");
    for (second, beep) in (0..).zip(beeps) {
        let late = beep.as_micros() - second * 1_000_000;
        assert!(late.abs() < 2_000, "{late} us from second {second}");
    }
}

#[test]
fn flash_and_beep_agree_within_20_milliseconds() {
    let mut camera = Camera::new(640, 360, 800);
    let area = flash_area(camera.size);
    let seen = look(&camera.run(5), area);
    // The first second's flash has no dark picture before it.
    let flashes = flashes(&seen);
    let beeps = beeps(&encoded_tone(0, 5));
    assert_eq!((flashes.len(), beeps.len()), (4, 5));
    for (flash, beep) in flashes.into_iter().zip(beeps.into_iter().skip(1)) {
        let apart = flash.as_micros() - beep.as_micros();
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

/// Three seconds of music of a kind at each of these rates, in one run: a chord over noise.
fn encoded_music(kilobits: &[u64]) -> Vec<Vec<AccessUnit>> {
    let rate = Bitrate::from_kilobits_per_second;
    let mut encoder = AudioEncoder::new(rate(kilobits[0]), 0).unwrap();
    let (mut position, mut noise) = (0_u32, 1_u32);
    let mut samples = [0; FRAME_SAMPLES * CHANNELS];
    let mut parts = Vec::new();
    for kilobits in kilobits {
        encoder.set_bitrate(rate(*kilobits)).unwrap();
        let mut units = Vec::new();
        for _ in 0..3 * SAMPLE_RATE as usize / FRAME_SAMPLES {
            for frame in samples.chunks_mut(CHANNELS) {
                let time = f64::from(position) / f64::from(SAMPLE_RATE);
                let tone = |hertz: f64| (time * hertz * std::f64::consts::TAU).sin() * 4_000.0;
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let hiss = f64::from(noise >> 16) / 65_536.0 * 3_000.0;
                frame[0] = (tone(220.0) + tone(331.0) + hiss) as i16;
                frame[1] = (tone(441.0) - hiss) as i16;
                position += 1;
            }
            units.extend(encoder.encode(&samples).unwrap());
        }
        parts.push(units);
    }
    parts
}

#[test]
fn the_sounds_rate_follows_its_command_within_a_second_and_a_decoder_hears_no_seam() {
    use fdk_aac::dec::{Decoder, Transport};
    const KILOBITS: [u64; 6] = [128, 32, 128, 48, 96, 64];
    let parts = encoded_music(&KILOBITS);
    for (wanted, units) in KILOBITS.into_iter().zip(&parts) {
        let second = SAMPLE_RATE as usize / FRAME_SAMPLES;
        let produced = kilobits(&units[second..], 2);
        assert!(produced.abs_diff(wanted) * 20 <= wanted, "{produced} kb/s for {wanted}");
        // Five frames together, as they may leave, differ little once it has settled.
        let fives = units[second..].chunks_exact(5);
        let longest = fives.map(|five| five.iter().map(|unit| unit.data.len()).sum::<usize>());
        let mean = wanted as usize * 1_000 / 8 * FRAME_SAMPLES * 5 / SAMPLE_RATE as usize;
        let longest = longest.max().unwrap();
        let allowed = if wanted <= 48 { 105 } else { 115 };
        assert!(longest * 100 <= mean * allowed, "{longest} bytes where {mean} are the mean");
    }
    // The configuration that was told at the beginning is that of all frames.
    let mut decoder = Decoder::new(Transport::Raw);
    decoder.config_raw(&[0x11, 0x90]).unwrap();
    let mut samples = [0; FRAME_SAMPLES * CHANNELS];
    let mut last = [0; CHANNELS];
    let mut heard = 0;
    for unit in parts.concat() {
        assert_eq!(decoder.fill(&unit.data).unwrap(), unit.data.len());
        decoder.decode_frame(&mut samples).unwrap();
        heard += usize::from(samples.iter().any(|sample| sample.unsigned_abs() > 3_000));
        // A sample that is lost or comes twice would be a click.
        for frame in samples.chunks(CHANNELS) {
            let leap = frame[0].abs_diff(last[0]).max(frame[1].abs_diff(last[1]));
            assert!(leap < 12_000, "a leap of {leap} at {:?}", unit.pts);
            last.copy_from_slice(frame);
        }
    }
    let frames: usize = parts.iter().map(Vec::len).sum();
    assert!(heard + 5 > frames, "{heard} of {frames} frames are heard");
    let units = parts.concat();
    let apart = units.windows(2).map(|pair| pair[1].pts.since(pair[0].pts).as_micros());
    assert!(apart.clone().all(|micros| (21_332..=21_334).contains(&micros)));
}

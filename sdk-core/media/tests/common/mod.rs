//! What several tests share: a clock, a producer that delivers to a channel, and eyes and ears.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod mp4;

use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use golive_media::burnt_clock::{self, BurntClock};
use golive_media::encode::{CHANNELS, FRAME_SAMPLES, SAMPLE_RATE};
use golive_media::{Area, Config, Output, Plane, Producer};
use golive_proto::media::{AccessUnit, Track};
use golive_proto::units::{MediaTime, Time};
use openh264::decoder::Decoder;
use openh264::formats::YUVSource as _;

pub(crate) fn clock() -> Time {
    static START: OnceLock<Instant> = OnceLock::new();
    let elapsed = START.get_or_init(Instant::now).elapsed();
    Time::from_micros(elapsed.as_micros() as u64)
}

pub(crate) fn start(config: Config) -> (Producer, Receiver<Output>) {
    let (sender, receiver) = channel();
    let sink = Box::new(move |output| drop(sender.send(output)));
    (Producer::start(config, clock, clock(), sink).unwrap(), receiver)
}

/// Waits until `wanted` of a track were delivered, and gives everything up to then.
pub(crate) fn collect(receiver: &Receiver<Output>, track: Track, wanted: usize) -> Vec<AccessUnit> {
    let mut units = Vec::new();
    let mut found = 0;
    while found < wanted {
        match receiver.recv_timeout(Duration::from_secs(60)).unwrap() {
            Output::Unit(unit) => {
                found += usize::from(unit.track == track);
                units.push(unit);
            }
            Output::Event(_) => {}
        }
    }
    units
}

pub(crate) fn of(units: &[AccessUnit], track: Track) -> Vec<AccessUnit> {
    units.iter().filter(|unit| unit.track == track).cloned().collect()
}

/// What is seen of one picture.
pub(crate) struct Seen {
    pub(crate) pts: MediaTime,
    pub(crate) clock: Option<BurntClock>,
    /// Mean luma of an area.
    pub(crate) luma: u8,
}

/// Decodes pictures and looks at the burnt clock and at `area`.
pub(crate) fn look(units: &[AccessUnit], area: Area) -> Vec<Seen> {
    let mut decoder = Decoder::new().unwrap();
    let mut seen = Vec::new();
    for unit in units.iter().filter(|unit| unit.track == Track::Video) {
        let decoded = decoder.decode(&unit.data).unwrap().unwrap();
        let (width, height) = decoded.dimensions();
        let luma = Plane { samples: decoded.y(), stride: decoded.strides().0, width, height };
        let clock = burnt_clock::read(luma);
        seen.push(Seen { pts: unit.pts, clock, luma: area.mean(&luma).unwrap() });
    }
    seen
}

/// When an area turns bright.
pub(crate) fn flashes(seen: &[Seen]) -> Vec<MediaTime> {
    let pairs = seen.windows(2).filter(|pair| pair[0].luma < 128 && pair[1].luma >= 128);
    pairs.map(|pair| pair[1].pts).collect()
}

/// When the sound becomes loud after a silence.
pub(crate) fn beeps(units: &[AccessUnit]) -> Vec<MediaTime> {
    use fdk_aac::dec::{Decoder, Transport};
    let mut decoder = Decoder::new(Transport::Raw);
    // AAC-LC, 48 kHz, stereo (ISO/IEC 14496-3, 1.6.2.1).
    decoder.config_raw(&[0x11, 0x90]).unwrap();
    let mut samples = [0; FRAME_SAMPLES * CHANNELS];
    let mut beeps = Vec::new();
    let mut last_loud = i64::MIN / 2;
    for unit in units.iter().filter(|unit| unit.track == Track::Audio) {
        assert_eq!(decoder.fill(&unit.data).unwrap(), unit.data.len());
        decoder.decode_frame(&mut samples).unwrap();
        // The decoder's own delay (its limiter's) is not the encoder's concern.
        let own = i64::from(decoder.stream_info().outputDelay);
        let start =
            (unit.pts.as_micros() as f64 * f64::from(SAMPLE_RATE) / 1e6).round() as i64 - own;
        for (position, sample) in (start..).zip(samples.iter().step_by(CHANNELS)) {
            if sample.unsigned_abs() > 3_000 {
                if position - last_loud > 10_000 {
                    beeps.push(MediaTime::from_ticks(position, SAMPLE_RATE));
                }
                last_loud = position;
            }
        }
    }
    beeps
}

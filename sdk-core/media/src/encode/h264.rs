//! H.264 by openh264.
//!
//! Constrained Baseline, one slice, one thread, no B-frames: nothing is reordered, so DTS equals
//! PTS. SPS and PPS stand before each IDR under constant ids.
//!
//! Rate control is openh264's bitrate mode *with* its frame skipping: on content too hard for its
//! rate it leaves out a picture now and then, which no other picture depends on. Without skipping
//! it overshoots instead, the surplus queues up in front of the network, and what is dropped there
//! costs a new IDR. An IDR is never skipped.

use std::time::Duration;

use bytes::Bytes;
use golive_proto::media::{AccessUnit, FrameRate, Track};
use golive_proto::rate::EncoderTarget;
use golive_proto::units::{Bitrate, MediaTime};
use openh264::OpenH264API;
use openh264::encoder::{
    BitRate, Encoder, EncoderConfig, FrameType, IntraFramePeriod, Profile, RateControlMode,
    SpsPpsStrategy, UsageType, VuiConfig,
};
use openh264::formats::YUVSource;
use openh264::{Timestamp, encoder};

use super::{KeyframeSchedule, options};
use crate::error::Error;
use crate::picture::Picture;

/// The lowest rate that openh264 makes any sense of.
const LOWEST_BITRATE: u32 = 10_000;
/// The highest rate of the highest level that it encodes, 5.2 (ITU-T H.264, table A-1).
const HIGHEST_BITRATE: u32 = 240_000_000;

/// With so many times the rate of the picture before, a picture is not left out.
const RAISED: f64 = 1.25;
/// A fall to less than this share of it is one after which the encoder owes too much.
const FALLEN: f64 = 0.5;
/// For so long after a fall no more pictures than these are left out in a row.
const AFTER_FALL: Duration = Duration::from_secs(1);
const LEFT_OUT_IN_A_ROW: u32 = 2;

/// A video encoder that follows an [`EncoderTarget`] while it runs.
pub struct VideoEncoder {
    bitrate: Bitrate,
    frame_rate: FrameRate,
    keyframes: KeyframeSchedule,
    /// Started with the first picture, and anew with the first of another size.
    running: Option<Running>,
    data: Vec<u8>,
}

struct Running {
    encoder: Encoder,
    dimensions: (usize, usize),
    /// Settings can be changed once a picture was encoded.
    bitrate: Bitrate,
    frame_rate: FrameRate,
    skipping: Skipping,
}

/// When pictures may be left out.
///
/// openh264 counts what was too much in bits, and learns of a new rate only with a picture that it
/// encodes. After a fall to a tenth, what was half a second's too much takes five to make up for; and
/// then it would go on at the low rate for a second and more, however high the new one is.
struct Skipping {
    allowed: bool,
    /// What the picture was encoded at that came out last.
    counted_on: Bitrate,
    fallen_at: Option<MediaTime>,
    in_a_row: u32,
}

impl VideoEncoder {
    /// Nothing is set up until the first picture, whose size the encoder takes.
    pub fn new(bitrate: Bitrate, frame_rate: FrameRate, keyframe_interval: Duration) -> Self {
        let keyframes = KeyframeSchedule::new(keyframe_interval);
        Self { bitrate, frame_rate, keyframes, running: None, data: Vec::new() }
    }

    /// The rate and frame rate of the pictures to come. Its size is for whoever makes the pictures.
    pub fn set_target(&mut self, target: EncoderTarget) {
        self.bitrate = target.bitrate;
        self.frame_rate = target.frame_rate;
    }

    /// Makes the next picture an IDR.
    pub fn request_keyframe(&mut self) {
        self.keyframes.request();
    }

    /// Starts anew with the next picture, with an IDR.
    pub fn restart(&mut self) {
        self.running = None;
        self.keyframes.request();
    }

    /// Encodes a picture taken at `pts`, which must be later than the last one's.
    ///
    /// Gives nothing where the rate control skipped the picture.
    ///
    /// # Errors
    ///
    /// openh264's own. The next picture starts a new encoder, with an IDR.
    pub fn encode(
        &mut self,
        picture: &Picture,
        pts: MediaTime,
    ) -> Result<Option<AccessUnit>, Error> {
        let encoded = self.try_encode(picture, pts);
        if encoded.is_err() {
            self.restart();
        }
        encoded
    }

    fn try_encode(
        &mut self,
        picture: &Picture,
        pts: MediaTime,
    ) -> Result<Option<AccessUnit>, Error> {
        let running = match &mut self.running {
            Some(running) if running.dimensions == picture.dimensions() => {
                running.follow(self.bitrate, self.frame_rate, pts)?;
                running
            }
            slot => {
                self.keyframes.request();
                slot.insert(Running::start(picture.dimensions(), self.bitrate, self.frame_rate)?)
            }
        };
        if self.keyframes.take(pts) {
            running.encoder.force_intra_frame();
        }
        let millis = u64::try_from(pts.as_micros() / 1_000).unwrap_or(0);
        let bitstream =
            running.encoder.encode_at(picture, Timestamp::from_millis(millis)).map_err(failed)?;
        let keyframe = match bitstream.frame_type() {
            FrameType::Skip => {
                running.skipping.in_a_row += 1;
                return Ok(None);
            }
            FrameType::IDR => true,
            FrameType::I | FrameType::P | FrameType::IPMixed => false,
            FrameType::Invalid => {
                return Err(Error::Encoder("openh264 gave no picture".to_owned()));
            }
        };
        running.skipping.in_a_row = 0;
        running.skipping.counted_on = self.bitrate;
        self.data.clear();
        bitstream.write_vec(&mut self.data);
        let data = Bytes::copy_from_slice(&self.data);
        Ok(Some(AccessUnit { track: Track::Video, pts, dts: pts, keyframe, data }))
    }
}

impl Running {
    fn start(
        dimensions: (usize, usize),
        bitrate: Bitrate,
        frame_rate: FrameRate,
    ) -> Result<Self, Error> {
        let config = EncoderConfig::new()
            .bitrate(BitRate::from_bps(bits(bitrate)))
            .max_frame_rate(encoder::FrameRate::from_hz(frame_rate.as_u32() as f32))
            .rate_control_mode(RateControlMode::Bitrate)
            .skip_frames(true)
            .usage_type(UsageType::CameraVideoRealTime)
            .profile(Profile::Baseline)
            .sps_pps_strategy(SpsPpsStrategy::ConstantId)
            // Both would put IDRs where the schedule wants none.
            .scene_change_detect(false)
            .intra_frame_period(IntraFramePeriod::from_num_frames(0))
            .num_threads(1)
            .vui(VuiConfig::bt709());
        let encoder =
            Encoder::with_api_config(OpenH264API::from_source(), config).map_err(failed)?;
        let skipping =
            Skipping { allowed: true, counted_on: bitrate, fallen_at: None, in_a_row: 0 };
        Ok(Self { encoder, dimensions, bitrate, frame_rate, skipping })
    }

    fn follow(
        &mut self,
        bitrate: Bitrate,
        frame_rate: FrameRate,
        pts: MediaTime,
    ) -> Result<(), Error> {
        let refused = |refused: options::Refused| Error::Encoder(refused.reason());
        if self.frame_rate != frame_rate {
            options::set_frame_rate(&mut self.encoder, frame_rate.as_u32() as f32)
                .map_err(refused)?;
            self.frame_rate = frame_rate;
        }
        if self.bitrate != bitrate {
            let [old, new] = [self.bitrate, bitrate].map(|rate| bits(rate).cast_signed());
            options::set_bitrate(&mut self.encoder, old, new).map_err(refused)?;
            self.bitrate = bitrate;
        }
        let allowed = self.skipping.decide(bitrate, pts);
        if self.skipping.allowed != allowed {
            options::set_skipping(&mut self.encoder, allowed).map_err(refused)?;
            self.skipping.allowed = allowed;
        }
        Ok(())
    }
}

impl Skipping {
    /// Whether the picture at `pts` may be left out.
    fn decide(&mut self, bitrate: Bitrate, pts: MediaTime) -> bool {
        if bitrate < self.counted_on.scaled(FALLEN) {
            self.fallen_at = Some(pts);
        }
        let owes = self.fallen_at.is_some_and(|at| pts.since(at) < AFTER_FALL);
        let enough = owes && self.in_a_row >= LEFT_OUT_IN_A_ROW;
        !enough && bitrate < self.counted_on.scaled(RAISED)
    }
}

fn bits(bitrate: Bitrate) -> u32 {
    let bits = u32::try_from(bitrate.as_bits_per_second()).unwrap_or(u32::MAX);
    bits.clamp(LOWEST_BITRATE, HIGHEST_BITRATE)
}

fn failed(error: openh264::Error) -> Error {
    Error::Encoder(error.to_string())
}

impl YUVSource for Picture {
    fn dimensions(&self) -> (usize, usize) {
        (self.size().width as usize, self.size().height as usize)
    }

    fn strides(&self) -> (usize, usize, usize) {
        let width = self.size().width as usize;
        (width, width / 2, width / 2)
    }

    fn y(&self) -> &[u8] {
        self.luma().samples
    }

    fn u(&self) -> &[u8] {
        self.chroma()[0].samples
    }

    fn v(&self) -> &[u8] {
        self.chroma()[1].samples
    }
}

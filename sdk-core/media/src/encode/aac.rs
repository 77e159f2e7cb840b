//! AAC-LC by fdk-aac.
//!
//! 48 kHz, stereo, raw frames of 1,024 samples. The encoder delivers a frame for each that it
//! takes, but what it delivers begins earlier, by its delay: the PTS says so, and the first frames
//! (the priming) lie before the first sample that went in.

use bytes::Bytes;
use golive_proto::media::{AccessUnit, AudioFormat, Track};
use golive_proto::units::{Bitrate, MediaTime};

use super::fdk::{Fdk, Refused};
use super::{CHANNELS, FRAME_SAMPLES, SAMPLE_RATE};
use crate::error::Error;

/// At most 6,144 bits a channel (ISO/IEC 14496-3, 4.5.3.1).
const LARGEST_FRAME: usize = 6_144 / 8 * CHANNELS;

/// An audio encoder for a continuous run of samples.
pub struct AudioEncoder {
    encoder: Fdk,
    bitrate: Bitrate,
    delay: u32,
    /// Where the next frame that comes out begins, in samples from media time zero.
    next: i64,
}

impl AudioEncoder {
    /// An encoder whose first sample lies at `position`, in samples of one channel from media time
    /// zero.
    ///
    /// # Errors
    ///
    /// When fdk-aac cannot be set up. `bitrate` is brought to between 8 and 576 kb/s.
    pub fn new(bitrate: Bitrate, position: i64) -> Result<Self, Error> {
        let encoder = Fdk::open(SAMPLE_RATE, bits(bitrate)).map_err(failed)?;
        let delay = encoder.delay().map_err(failed)?;
        Ok(Self { encoder, bitrate, delay, next: position - i64::from(delay) })
    }

    /// The rate of the frames to come. Their format and the timeline stay.
    ///
    /// # Errors
    ///
    /// fdk-aac's own; start a new encoder then.
    pub fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), Error> {
        if bitrate != self.bitrate {
            self.encoder.set_bitrate(bits(bitrate)).map_err(failed)?;
            self.bitrate = bitrate;
        }
        Ok(())
    }

    /// How its frames are to be read.
    pub fn format() -> AudioFormat {
        AudioFormat { sample_rate: SAMPLE_RATE, channels: CHANNELS as u8 }
    }

    /// By how many samples what comes out lies before what went in.
    pub fn delay(&self) -> u32 {
        self.delay
    }

    /// Encodes the next 1,024 samples of both channels, interleaved.
    ///
    /// # Errors
    ///
    /// fdk-aac's own; start a new encoder then.
    pub fn encode(
        &mut self,
        samples: &[i16; FRAME_SAMPLES * CHANNELS],
    ) -> Result<Option<AccessUnit>, Error> {
        let mut data = [0; LARGEST_FRAME];
        let length = self.encoder.encode(samples, &mut data).map_err(failed)?;
        let data = data.get(..length).unwrap_or_default();
        if data.is_empty() {
            return Ok(None);
        }
        let pts = MediaTime::from_ticks(self.next, SAMPLE_RATE);
        self.next += FRAME_SAMPLES as i64;
        let data = Bytes::copy_from_slice(data);
        Ok(Some(AccessUnit { track: Track::Audio, pts, dts: pts, keyframe: true, data }))
    }
}

/// What fdk-aac takes for two channels of 48 kHz.
const LEAST_BITS: u32 = 8_000;
const MOST_BITS: u32 = 576_000;

fn bits(bitrate: Bitrate) -> u32 {
    let bits = u32::try_from(bitrate.as_bits_per_second()).unwrap_or(u32::MAX);
    bits.clamp(LEAST_BITS, MOST_BITS)
}

fn failed(refused: Refused) -> Error {
    Error::Encoder(refused.reason())
}

//! AAC-LC by fdk-aac.
//!
//! 48 kHz, stereo, raw frames of 1,024 samples. The encoder delivers a frame for each that it
//! takes, but what it delivers begins earlier, by its delay: the PTS says so, and the first frames
//! (the priming) lie before the first sample that went in.

use bytes::Bytes;
use fdk_aac::enc::{
    AudioObjectType, BitRate, ChannelMode, Encoder, EncoderError, EncoderParams, Transport,
};
use golive_proto::media::{AccessUnit, AudioFormat, Track};
use golive_proto::units::{Bitrate, MediaTime};

use super::{CHANNELS, FRAME_SAMPLES, SAMPLE_RATE};
use crate::error::Error;

/// At most 6,144 bits a channel (ISO/IEC 14496-3, 4.5.3.1).
const LARGEST_FRAME: usize = 6_144 / 8 * CHANNELS;

/// An audio encoder for a continuous run of samples.
pub struct AudioEncoder {
    encoder: Encoder,
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
    /// When fdk-aac does not take `bitrate`.
    pub fn new(bitrate: Bitrate, position: i64) -> Result<Self, Error> {
        let encoder = Encoder::new(EncoderParams {
            bit_rate: BitRate::Cbr(u32::try_from(bitrate.as_bits_per_second()).unwrap_or(u32::MAX)),
            sample_rate: SAMPLE_RATE,
            transport: Transport::Raw,
            channels: ChannelMode::Stereo,
            audio_object_type: AudioObjectType::Mpeg4LowComplexity,
        })
        .map_err(failed)?;
        let delay = encoder.info().map_err(failed)?.nDelay;
        Ok(Self { encoder, delay, next: position - i64::from(delay) })
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
        let encoded = self.encoder.encode(samples, &mut data).map_err(failed)?;
        let data = data.get(..encoded.output_size).unwrap_or_default();
        if data.is_empty() {
            return Ok(None);
        }
        let pts = MediaTime::from_ticks(self.next, SAMPLE_RATE);
        self.next += FRAME_SAMPLES as i64;
        let data = Bytes::copy_from_slice(data);
        Ok(Some(AccessUnit { track: Track::Audio, pts, dts: pts, keyframe: true, data }))
    }
}

fn failed(error: EncoderError) -> Error {
    Error::Encoder(error.to_string())
}

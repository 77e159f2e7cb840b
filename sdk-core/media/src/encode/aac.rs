//! AAC-LC, by whichever encoder was built in.
//!
//! 48 kHz, stereo, raw frames of 1,024 samples. An encoder delivers a frame for each that it
//! takes, but what it delivers begins earlier, by its delay: the PTS says so, and the first frames
//! (the priming) lie before the first sample that went in.

use bytes::Bytes;
#[cfg(feature = "aac")]
use golive_proto::media::AudioFormat;
use golive_proto::media::{AccessUnit, Track};
use golive_proto::units::{Bitrate, MediaTime};

#[cfg(feature = "aac")]
use super::fdk::Fdk;
use super::{CHANNELS, FRAME_SAMPLES, SAMPLE_RATE};
use crate::error::Error;

/// At most 6,144 bits a channel (ISO/IEC 14496-3, 4.5.3.1).
const LARGEST_FRAME: usize = 6_144 / 8 * CHANNELS;

/// An encoder refused something: its words.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

/// An encoder for 48 kHz in stereo that makes raw frames.
pub(crate) trait Codec: Sized {
    /// Makes one for so many bits a second.
    fn open(bitrate: u32) -> Result<Self, Refused>;

    /// Bits a second from the next frame on. The format of what comes out stays, and so does what
    /// has gone in.
    fn set_bitrate(&mut self, bitrate: u32) -> Result<(), Refused>;

    /// By how many samples of a channel what comes out lies before what goes in.
    fn delay(&self) -> Result<u32, Refused>;

    /// Encodes `samples`, interleaved; answers with the bytes that were written to `output`.
    fn encode(&mut self, samples: &[i16], output: &mut [u8]) -> Result<usize, Refused>;
}

/// An encoder and its place on the timeline.
pub(crate) struct AacEncoder<C> {
    codec: C,
    bitrate: Bitrate,
    /// Where the next frame that comes out begins, in samples from media time zero.
    next: i64,
}

impl<C: Codec> AacEncoder<C> {
    pub(crate) fn new(bitrate: Bitrate, position: i64) -> Result<Self, Error> {
        let codec = C::open(bits(bitrate)).map_err(failed)?;
        let delay = codec.delay().map_err(failed)?;
        Ok(Self { codec, bitrate, next: position - i64::from(delay) })
    }

    pub(crate) fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), Error> {
        if bitrate != self.bitrate {
            self.codec.set_bitrate(bits(bitrate)).map_err(failed)?;
            self.bitrate = bitrate;
        }
        Ok(())
    }

    pub(crate) fn encode(
        &mut self,
        samples: &[i16; FRAME_SAMPLES * CHANNELS],
    ) -> Result<Option<AccessUnit>, Error> {
        let mut data = [0; LARGEST_FRAME];
        let length = self.codec.encode(samples, &mut data).map_err(failed)?;
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

/// An audio encoder in software, by fdk-aac, for a continuous run of samples.
#[cfg(feature = "aac")]
pub struct AudioEncoder {
    encoder: AacEncoder<Fdk>,
    delay: u32,
}

#[cfg(feature = "aac")]
impl AudioEncoder {
    /// An encoder whose first sample lies at `position`, in samples of one channel from media time
    /// zero.
    ///
    /// # Errors
    ///
    /// When fdk-aac cannot be set up. `bitrate` is brought to between 8 and 576 kb/s.
    pub fn new(bitrate: Bitrate, position: i64) -> Result<Self, Error> {
        let encoder = AacEncoder::<Fdk>::new(bitrate, position)?;
        let delay = u32::try_from(position - encoder.next).unwrap_or(0);
        Ok(Self { encoder, delay })
    }

    /// The rate of the frames to come. Their format and the timeline stay.
    ///
    /// # Errors
    ///
    /// fdk-aac's own; start a new encoder then.
    pub fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), Error> {
        self.encoder.set_bitrate(bitrate)
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
        self.encoder.encode(samples)
    }
}

/// What encoders take for two channels of 48 kHz. Each knows its own bounds within these.
const LEAST_BITS: u32 = 8_000;
const MOST_BITS: u32 = 576_000;

fn bits(bitrate: Bitrate) -> u32 {
    let bits = u32::try_from(bitrate.as_bits_per_second()).unwrap_or(u32::MAX);
    bits.clamp(LEAST_BITS, MOST_BITS)
}

fn failed(refused: Refused) -> Error {
    Error::Encoder(refused.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An encoder that delivers nothing before its third frame, and takes 2,112 samples to prime.
    struct Slow(u32);

    impl Codec for Slow {
        fn open(_bitrate: u32) -> Result<Self, Refused> {
            Ok(Self(0))
        }

        fn set_bitrate(&mut self, bitrate: u32) -> Result<(), Refused> {
            if bitrate < 64_000 { Err(Refused("too little".to_owned())) } else { Ok(()) }
        }

        fn delay(&self) -> Result<u32, Refused> {
            Ok(2_112)
        }

        fn encode(&mut self, _samples: &[i16], output: &mut [u8]) -> Result<usize, Refused> {
            self.0 += 1;
            output[0] = self.0 as u8;
            Ok(if self.0 < 3 { 0 } else { 1 })
        }
    }

    #[test]
    fn frames_lie_where_they_are_heard_however_late_the_encoder_begins() {
        let rate = Bitrate::from_kilobits_per_second(128);
        let mut encoder = AacEncoder::<Slow>::new(rate, 48_000).unwrap();
        let samples = [0; FRAME_SAMPLES * CHANNELS];
        let units: Vec<_> = (0..5).filter_map(|_| encoder.encode(&samples).unwrap()).collect();
        let expected = [0, 1_024, 2_048].map(|later| 48_000 - 2_112 + later);
        let expected = expected.map(|position| MediaTime::from_ticks(position, SAMPLE_RATE));
        assert_eq!(units.iter().map(|unit| unit.pts).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_encoder_is_told_a_rate_once_and_its_refusal_is_passed_on() {
        let rate = Bitrate::from_kilobits_per_second;
        let mut encoder = AacEncoder::<Slow>::new(rate(32), 0).unwrap();
        encoder.set_bitrate(rate(32)).expect("it has that already");
        encoder.set_bitrate(rate(96)).unwrap();
        let error = encoder.set_bitrate(rate(48)).unwrap_err();
        assert!(error.to_string().contains("too little"), "{error}");
    }
}

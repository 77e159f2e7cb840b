//! The AudioSpecificConfig: an AAC stream's format, told once.

use super::{Error, channel_configuration, channels, sample_rate, sample_rate_index};
use crate::media::AudioFormat;

/// Audio object types (ISO/IEC 14496-3, table 1.17).
const LOW_COMPLEXITY: u32 = 2;
const SPECTRAL_BAND_REPLICATION: u32 = 5;
const PARAMETRIC_STEREO: u32 = 29;

/// The index that announces a sample rate written out in 24 bits.
const EXPLICIT_RATE: u32 = 15;

/// What a decoder must know before the first frame (ISO/IEC 14496-3, 1.6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioSpecificConfig {
    /// The format of the AAC-LC core. Where spectral band replication is announced, a decoder
    /// that knows it doubles the sample rate.
    pub format: AudioFormat,
}

impl AudioSpecificConfig {
    /// The name of the codec for a browser (RFC 6381, 3.3).
    pub const CODEC_STRING: &str = "mp4a.40.2";

    /// Reads a record. Extensions after the core's are skipped: frames decode without them.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for anything but AAC-LC frames of 1,024 samples in a standard
    /// layout, [`Error::Truncated`] and [`Error::Invalid`] for a broken record.
    pub fn parse(record: &[u8]) -> Result<Self, Error> {
        let mut bits = Bits { record, position: 0 };
        let mut object_type = bits.object_type()?;
        let sample_rate = bits.sample_rate()?;
        let layout = bits.take(4)?;
        if matches!(object_type, SPECTRAL_BAND_REPLICATION | PARAMETRIC_STEREO) {
            bits.sample_rate()?;
            object_type = bits.object_type()?;
        }
        if object_type != LOW_COMPLEXITY {
            return Err(Error::Unsupported("an object type other than LC"));
        }
        if bits.take(1)? == 1 {
            return Err(Error::Unsupported("frames of 960 samples"));
        }
        let channels = u8::try_from(layout)
            .ok()
            .and_then(channels)
            .ok_or(Error::Unsupported("a channel layout described in the stream"))?;
        Ok(Self { format: AudioFormat { sample_rate, channels } })
    }

    /// The record for AAC-LC in this format.
    ///
    /// # Errors
    ///
    /// [`Error::SampleRate`] or [`Error::Channels`] for a format without an index.
    pub fn encode(&self) -> Result<[u8; 2], Error> {
        let AudioFormat { sample_rate, channels } = self.format;
        let rate = sample_rate_index(sample_rate).ok_or(Error::SampleRate(sample_rate))?;
        let layout = channel_configuration(channels).ok_or(Error::Channels(channels))?;
        let record = (LOW_COMPLEXITY as u16) << 11 | u16::from(rate) << 7 | u16::from(layout) << 3;
        Ok(record.to_be_bytes())
    }
}

struct Bits<'a> {
    record: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Result<u32, Error> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.record.get(self.position / 8);
            let byte = byte.ok_or(Error::Truncated("AudioSpecificConfig"))?;
            value = value << 1 | u32::from(byte >> (7 - self.position % 8) & 1);
            self.position += 1;
        }
        Ok(value)
    }

    fn object_type(&mut self) -> Result<u32, Error> {
        match self.take(5)? {
            31 => Ok(32 + self.take(6)?),
            object_type => Ok(object_type),
        }
    }

    fn sample_rate(&mut self) -> Result<u32, Error> {
        let index = self.take(4)?;
        if index == EXPLICIT_RATE {
            return match self.take(24)? {
                0 => Err(Error::Invalid("sample rate of zero")),
                rate => Ok(rate),
            };
        }
        u8::try_from(index).ok().and_then(sample_rate).ok_or(Error::Invalid("sample rate"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_become_two_bytes_and_come_back() {
        let known =
            [(48_000, 2, [0x11, 0x90]), (44_100, 1, [0x12, 0x08]), (48_000, 6, [0x11, 0xB0])];
        for (sample_rate, channels, bytes) in known {
            let config = AudioSpecificConfig { format: AudioFormat { sample_rate, channels } };
            assert_eq!(config.encode(), Ok(bytes));
            assert_eq!(AudioSpecificConfig::parse(&bytes), Ok(config));
        }
    }

    #[test]
    fn what_follows_the_core_is_skipped() {
        let with_sync_extension = [0x11, 0x90, 0x56, 0xE5, 0x00];
        let config = AudioSpecificConfig::parse(&with_sync_extension).unwrap();
        assert_eq!(config.format, AudioFormat { sample_rate: 48_000, channels: 2 });
        // Object type 5 at 24 kHz, extended to 48 kHz, over AAC-LC.
        let config = AudioSpecificConfig::parse(&[0x2B, 0x11, 0x88, 0x00]).unwrap();
        assert_eq!(config.format, AudioFormat { sample_rate: 24_000, channels: 2 });
    }

    #[test]
    fn other_kinds_and_cut_records_are_refused() {
        assert!(matches!(AudioSpecificConfig::parse(&[0x09, 0x90]), Err(Error::Unsupported(_))));
        assert!(matches!(AudioSpecificConfig::parse(&[0x11, 0x94]), Err(Error::Unsupported(_))));
        assert!(matches!(AudioSpecificConfig::parse(&[0x11]), Err(Error::Truncated(_))));
        assert!(matches!(AudioSpecificConfig::parse(&[0x16, 0x90]), Err(Error::Invalid(_))));
    }
}

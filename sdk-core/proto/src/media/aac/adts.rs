//! The header before each AAC frame of a transport stream.

use super::{Error, channel_configuration, channels, sample_rate, sample_rate_index};
use crate::media::AudioFormat;

/// Bytes of a header without checksum, as [`AdtsHeader::encode`] writes it.
pub const ADTS_HEADER_LENGTH: usize = 7;

/// Longest frame that the 13 bits of `aac_frame_length` can tell.
const MAX_FRAME_LENGTH: usize = 0x1FFF;

/// `adts_buffer_fullness` of a stream whose rate varies.
const VARIABLE_RATE: u16 = 0x7FF;

/// One frame's header (ISO/IEC 14496-3, 1.A.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdtsHeader {
    /// The format of the frame's sound.
    pub format: AudioFormat,
    /// Bytes of the header: 7, or 9 with a checksum.
    pub header_length: usize,
    /// Bytes of the frame, header included; more than `header_length`.
    pub frame_length: usize,
}

impl AdtsHeader {
    /// The two bytes that every header begins with, as a mask and what must remain under it.
    const SYNC: (u16, u16) = (0xFFF6, 0xFFF0);

    /// Reads the header at the start of `data`; the frame itself may still be on its way.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if more bytes are needed, [`Error::Invalid`] if this is no header,
    /// [`Error::Unsupported`] for another kind of AAC or several raw blocks in one frame.
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        let header = data.first_chunk().ok_or(Error::Truncated("ADTS header"))?;
        let [sync, flags, profile, channel, length, fullness, blocks]: [u8; 7] = *header;
        if u16::from_be_bytes([sync, flags]) & Self::SYNC.0 != Self::SYNC.1 {
            return Err(Error::Invalid("ADTS header"));
        }
        let header_length = if flags & 1 == 1 { 7 } else { 9 };
        let frame_length =
            usize::from(channel & 3) << 11 | usize::from(length) << 3 | usize::from(fullness >> 5);
        let sample_rate = sample_rate((profile >> 2) & 0x0F);
        let sample_rate = sample_rate.ok_or(Error::Invalid("ADTS sample rate"))?;
        if frame_length <= header_length {
            return Err(Error::Invalid("ADTS frame length"));
        }
        if profile >> 6 != 1 {
            return Err(Error::Unsupported("a profile other than LC"));
        }
        if blocks & 3 != 0 {
            return Err(Error::Unsupported("several raw blocks in one ADTS frame"));
        }
        let channels = channels((profile & 1) << 2 | channel >> 6)
            .ok_or(Error::Unsupported("a channel layout described in the stream"))?;
        Ok(Self { format: AudioFormat { sample_rate, channels }, header_length, frame_length })
    }

    /// The header for a raw AAC-LC frame of `payload_length` bytes, without checksum.
    ///
    /// # Errors
    ///
    /// [`Error::SampleRate`], [`Error::Channels`] or [`Error::FrameTooLong`] for what ADTS has no
    /// words for.
    pub fn encode(
        format: AudioFormat,
        payload_length: usize,
    ) -> Result<[u8; ADTS_HEADER_LENGTH], Error> {
        let AudioFormat { sample_rate, channels } = format;
        let rate = sample_rate_index(sample_rate).ok_or(Error::SampleRate(sample_rate))?;
        let layout = channel_configuration(channels).ok_or(Error::Channels(channels))?;
        let length = payload_length
            .checked_add(ADTS_HEADER_LENGTH)
            .filter(|length| *length <= MAX_FRAME_LENGTH)
            .and_then(|length| u16::try_from(length).ok())
            .ok_or(Error::FrameTooLong(payload_length))?;
        Ok([
            0xFF,
            0xF1,
            1 << 6 | rate << 2 | layout >> 2,
            (layout & 3) << 6 | (length >> 11) as u8,
            ((length >> 3) & 0xFF) as u8,
            ((length & 7) << 5) as u8 | (VARIABLE_RATE >> 6) as u8,
            ((VARIABLE_RATE & 0x3F) << 2) as u8,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEREO: AudioFormat = AudioFormat { sample_rate: 48_000, channels: 2 };

    #[test]
    fn a_header_is_written_bit_for_bit() {
        let header = AdtsHeader::encode(STEREO, 334).unwrap();
        assert_eq!(header, [0xFF, 0xF1, 0x4C, 0x80, 0x2A, 0xBF, 0xFC]);
    }

    #[test]
    fn every_format_and_length_comes_back() {
        for sample_rate in super::super::SAMPLE_RATES {
            for channels in [1, 2, 3, 4, 5, 6, 8] {
                for length in [1, 255, 256, 2_047, 2_048, 8_184] {
                    let format = AudioFormat { sample_rate, channels };
                    let header = AdtsHeader::encode(format, length).unwrap();
                    let expected =
                        AdtsHeader { format, header_length: 7, frame_length: length + 7 };
                    assert_eq!(AdtsHeader::parse(&header), Ok(expected));
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_said_in_a_header_is_refused() {
        let odd = AudioFormat { sample_rate: 48_001, channels: 2 };
        assert_eq!(AdtsHeader::encode(odd, 1), Err(Error::SampleRate(48_001)));
        let many = AudioFormat { sample_rate: 48_000, channels: 7 };
        assert_eq!(AdtsHeader::encode(many, 1), Err(Error::Channels(7)));
        assert_eq!(AdtsHeader::encode(STEREO, 8_185), Err(Error::FrameTooLong(8_185)));
    }

    #[test]
    fn other_bytes_are_not_a_header() {
        let mut header = AdtsHeader::encode(STEREO, 10).unwrap();
        assert_eq!(AdtsHeader::parse(&header[..6]), Err(Error::Truncated("ADTS header")));
        header[2] &= 0x3F;
        assert!(matches!(AdtsHeader::parse(&header), Err(Error::Unsupported(_))));
        header[0] = 0xFE;
        assert_eq!(AdtsHeader::parse(&header), Err(Error::Invalid("ADTS header")));
    }
}

//! AAC-LC as far as a broadcaster must understand it: the headers around its frames. Nothing here
//! decodes a sound.
//!
//! An [`AccessUnit`](super::AccessUnit) holds one raw frame. In MPEG-TS each frame stands behind
//! an *ADTS header* that repeats its format; in MP4 an *AudioSpecificConfig* tells it once.
//!
//! Specification: ISO/IEC 14496-3, clauses 1.6.2.1, 1.6.3 and 1.A.3.2.

mod adts;
mod config;

pub use adts::{ADTS_HEADER_LENGTH, AdtsHeader};
pub use config::AudioSpecificConfig;

/// Why bytes that should be AAC cannot be read, or a frame cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The data ends inside a header.
    #[error("AAC {0} is cut short")]
    Truncated(&'static str),
    /// A value is outside what the specification allows.
    #[error("AAC {0} is not valid")]
    Invalid(&'static str),
    /// Allowed by the specification, but not carried by Golive.
    #[error("AAC with {0} is not supported: use AAC-LC with 1 to 6 or 8 channels")]
    Unsupported(&'static str),
    /// ADTS names sample rates by an index that has no place for this one.
    #[error("ADTS cannot carry {0} samples a second: use 48000 or 44100")]
    SampleRate(u32),
    /// No channel configuration stands for this number of channels.
    #[error("AAC cannot carry {0} channels without a description of its own: use 1 to 6, or 8")]
    Channels(u8),
    /// An ADTS frame is at most 8,191 bytes long, header included.
    #[error("an AAC frame of {0} bytes does not fit behind an ADTS header")]
    FrameTooLong(usize),
}

/// Sample rates by their index (ISO/IEC 14496-3, table 1.18).
const SAMPLE_RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

fn sample_rate(index: u8) -> Option<u32> {
    SAMPLE_RATES.get(usize::from(index)).copied()
}

fn sample_rate_index(sample_rate: u32) -> Option<u8> {
    let index = SAMPLE_RATES.iter().position(|rate| *rate == sample_rate)?;
    u8::try_from(index).ok()
}

/// The number of channels of a channel configuration (ISO/IEC 14496-3, table 1.19); nothing for
/// one that is described elsewhere or reserved.
const fn channels(configuration: u8) -> Option<u8> {
    match configuration {
        1..=6 => Some(configuration),
        7 => Some(8),
        _ => None,
    }
}

const fn channel_configuration(channels: u8) -> Option<u8> {
    match channels {
        1..=6 => Some(channels),
        8 => Some(7),
        _ => None,
    }
}

//! Fragmented MP4 for a browser's Media Source Extensions: an initialization segment a track, then
//! a fragment for each access unit or small group.
//!
//! A [`Fragmenter`] serves one track. The usual design for low latency is a `SourceBuffer` each
//! for pictures and sound, with [`Fragmenter::init_segment`] in front; [`init_segment`] makes one
//! for both tracks in a single buffer. Times count from a base that both share.
//!
//! Nothing here stores media: a fragment is made and handed out.
//!
//! Specifications: ISO/IEC 14496-12 clause 8, ISO/IEC 14496-15 clauses 5 and 8, the W3C's "ISO BMFF Byte
//! Stream Format".

mod description;
mod fragment;
mod init;
#[cfg(test)]
mod tests;

use std::time::Duration;

use self::description::Description;
pub use self::init::init_segment;
use crate::media::aac::{self, AudioSpecificConfig};
use crate::media::{AccessUnit, AudioFormat, PictureSize, Track, VideoCodec, h264, h265};
use crate::units::MediaTime;

/// Why a fragment or an initialization segment cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A unit of another track.
    #[error("a fragment of {expected:?} cannot hold an access unit of {found:?}")]
    WrongTrack {
        /// The fragmenter's track.
        expected: Track,
        /// The unit's track.
        found: Track,
    },
    /// The pictures from here on want a new fragmenter and initialization segment.
    #[error("the video's parameter sets changed: a new initialization segment must come first")]
    FormatChanged,
    /// A unit lies before the base that times count from.
    #[error("an access unit is decoded before the stream's base time")]
    BeforeBase,
    /// There is nothing to put into a fragment, or more than it can hold.
    #[error("a fragment must hold at least one access unit, and less than 2 GiB")]
    Length,
    /// The parameter sets of H.264 cannot be read.
    #[error(transparent)]
    H264(#[from] h264::Error),
    /// The parameter sets of H.265 cannot be read.
    #[error(transparent)]
    H265(#[from] h265::Error),
    /// The format of the sound has no description.
    #[error(transparent)]
    Audio(#[from] aac::Error),
}

/// Makes the segments of one track.
#[derive(Clone, Debug)]
pub struct Fragmenter {
    format: Format,
    base: MediaTime,
    sequence_number: u32,
    last_dts: Option<MediaTime>,
    /// How long the last unit of a fragment is taken to last.
    interval: Duration,
}

#[derive(Clone, Debug)]
enum Format {
    Video(Description),
    Audio { format: AudioFormat, config: [u8; 2] },
}

/// A first picture's length where nothing is known yet.
const FIRST_INTERVAL: Duration = Duration::from_micros(33_333);

impl Fragmenter {
    /// For pictures in `codec` like `key_frame`, which has its parameter sets. Times count from
    /// `base`.
    ///
    /// # Errors
    ///
    /// [`Error::H264`] or [`Error::H265`] if the parameter sets are missing or cannot be read.
    pub fn video(
        codec: VideoCodec,
        key_frame: &AccessUnit,
        base: MediaTime,
    ) -> Result<Self, Error> {
        Ok(Self::new(Format::Video(Description::of(codec, &key_frame.data)?), base))
    }

    /// For raw AAC-LC in this format. Times count from `base`.
    ///
    /// # Errors
    ///
    /// [`Error::Audio`] for a format without a description.
    pub fn audio(format: AudioFormat, base: MediaTime) -> Result<Self, Error> {
        let config = AudioSpecificConfig { format }.encode()?;
        Ok(Self::new(Format::Audio { format, config }, base))
    }

    fn new(format: Format, base: MediaTime) -> Self {
        Self { format, base, sequence_number: 1, last_dts: None, interval: FIRST_INTERVAL }
    }

    /// The track.
    pub const fn track(&self) -> Track {
        match self.format {
            Format::Video(_) => Track::Video,
            Format::Audio { .. } => Track::Audio,
        }
    }

    /// What the pictures are encoded in; nothing for sound.
    pub const fn video_codec(&self) -> Option<VideoCodec> {
        match &self.format {
            Format::Video(description) => Some(description.codec),
            Format::Audio { .. } => None,
        }
    }

    /// The pictures' size; nothing for sound.
    pub const fn picture_size(&self) -> Option<PictureSize> {
        match &self.format {
            Format::Video(description) => Some(description.size),
            Format::Audio { .. } => None,
        }
    }

    /// What the codec is called in a media type, such as `avc1.42c01f` (RFC 6381) or
    /// `hvc1.1.6.L93.90` (ISO/IEC 14496-15, E.3).
    pub fn codec(&self) -> &str {
        match &self.format {
            Format::Video(description) => &description.name,
            Format::Audio { .. } => AudioSpecificConfig::CODEC_STRING,
        }
    }

    /// The media type for `addSourceBuffer`, such as `video/mp4; codecs="avc1.42c01f"`.
    pub fn media_type(&self) -> String {
        let kind = match self.track() {
            Track::Video => "video",
            Track::Audio => "audio",
        };
        format!("{kind}/mp4; codecs=\"{}\"", self.codec())
    }

    /// The segment that goes before this track's fragments.
    pub fn init_segment(&self) -> Vec<u8> {
        init_segment(&[self])
    }

    /// A fragment of `units`, which are of this track and in decoding order, one after the other
    /// from call to call. One unit a fragment gives the least delay.
    ///
    /// A picture lasts until the next is decoded; the last one of a fragment is taken to last as
    /// long as the one before it.
    ///
    /// # Errors
    ///
    /// [`Error::FormatChanged`] for a key frame with other parameter sets, and the others by
    /// their names; the fragmenter is as it was before.
    pub fn fragment(&mut self, units: &[AccessUnit]) -> Result<Vec<u8>, Error> {
        for unit in units {
            self.check(unit)?;
        }
        let fragment = self.write_fragment(units)?;
        self.sequence_number = self.sequence_number.wrapping_add(1);
        Ok(fragment)
    }

    fn check(&self, unit: &AccessUnit) -> Result<(), Error> {
        if unit.track != self.track() {
            return Err(Error::WrongTrack { expected: self.track(), found: unit.track });
        }
        if unit.dts < self.base {
            return Err(Error::BeforeBase);
        }
        match &self.format {
            Format::Video(description) if unit.keyframe && description.differs(&unit.data) => {
                Err(Error::FormatChanged)
            }
            _ => Ok(()),
        }
    }

    const fn track_id(&self) -> u32 {
        match self.track() {
            Track::Video => 1,
            Track::Audio => 2,
        }
    }

    /// Ticks a second of this track's times.
    const fn timescale(&self) -> u32 {
        match &self.format {
            Format::Video(_) => 90_000,
            Format::Audio { format, .. } => format.sample_rate,
        }
    }
}

//! MP4 files, read: which samples there are, when they belong, and where their bytes stand.
//!
//! [`read`] takes a whole file as a slice and copies no media. The first video and the first
//! sound track are read; edit lists place them on the media timeline, so that the priming of an
//! encoder lies before zero. Nothing here decodes, and no file panics or makes more of itself
//! than an index no larger than a fixed multiple of its own length.
//!
//! Specifications: ISO/IEC 14496-12 (boxes and times), 14496-14 and 14496-1 (AAC), 14496-15
//! (H.264); QuickTime's older layout of a sound description is understood, too.

mod entry;
mod table;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use self::entry::SampleEntry;
use super::boxes::{boxes, find, find_path};
use crate::media::h264::{self, DecoderConfiguration, NalType};
use crate::media::{AccessUnit, AudioFormat, Track, aac, nal};
use crate::units::MediaTime;

/// Why a file, or one of its tracks, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are of another kind.
    #[error("this is not an MP4 file")]
    NotMp4,
    /// The file ends before what it announces.
    #[error("this MP4 file is cut short: its `{0}` goes on past its end")]
    Truncated(String),
    /// The file was written for streaming, in fragments.
    #[error("this MP4 file is fragmented: copy it into a plain one first (ffmpeg -c copy)")]
    Fragmented,
    /// A box contradicts itself or is missing.
    #[error("this MP4 file is damaged: its `{0}` cannot be read")]
    Malformed(&'static str),
    /// There is no such track.
    #[error("this MP4 file has no {}", track_name(*.0))]
    NoTrack(Track),
    /// A track in a codec that Golive does not carry.
    #[error("the {} in this MP4 file is `{codec}`: only H.264 and AAC are supported", track_name(*.track))]
    UnsupportedCodec {
        /// The track.
        track: Track,
        /// What the file calls the codec.
        codec: String,
    },
    /// H.264 headers that cannot be read.
    #[error(transparent)]
    Video(#[from] h264::Error),
    /// AAC headers that cannot be read.
    #[error(transparent)]
    Audio(#[from] aac::Error),
}

const fn track_name(track: Track) -> &'static str {
    match track {
        Track::Video => "video",
        Track::Audio => "sound",
    }
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movie {
    /// Its pictures, or why there are none.
    pub video: Result<VideoTrack, Error>,
    /// Its sound, or why there is none.
    pub audio: Result<AudioTrack, Error>,
}

/// H.264 in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoTrack {
    /// Its parameter sets (none if the pictures bring them), and how its NAL units are framed.
    pub configuration: DecoderConfiguration,
    /// Its pictures, in decoding order.
    pub samples: Vec<Sample>,
    /// Where the track ends on the media timeline.
    pub end: MediaTime,
}

/// AAC-LC in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioTrack {
    /// The format of its core.
    pub format: AudioFormat,
    /// Its AudioSpecificConfig, as a decoder wants it.
    pub config: Bytes,
    /// Its frames, in order.
    pub samples: Vec<Sample>,
    /// Where the track ends on the media timeline.
    pub end: MediaTime,
}

/// A picture or frame of sound in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When it is shown or heard. Before zero it is only decoded: priming, or what an edit cut.
    pub pts: MediaTime,
    /// When it is decoded.
    pub dts: MediaTime,
    /// How long it lasts.
    pub duration: Duration,
    /// Whether decoding can begin here.
    pub keyframe: bool,
    /// Where its bytes stand in the file; always within it.
    pub range: Range<usize>,
}

/// Finds the samples of `file`, a whole MP4 file.
///
/// # Errors
///
/// For what spoils the whole file; what spoils one track is told in its place.
pub fn read(file: &[u8]) -> Result<Movie, Error> {
    let moov = find_movie(file)?;
    let timescale = movie_timescale(moov).ok_or(Error::Malformed("mvhd"))?;
    let is_fragmented = find(moov, b"mvex").is_some();
    let track = |track: Track, handler: &[u8; 4]| {
        let trak = boxes(moov)
            .map_while(Result::ok)
            .filter(|found| found.kind == *b"trak")
            .find(|trak| has_handler(trak.body, handler))
            .ok_or(Error::NoTrack(track))?
            .body;
        let entry = entry::parse(trak, track)?;
        let timing = table::read(file, trak, timescale)?;
        if timing.samples.is_empty() && is_fragmented {
            return Err(Error::Fragmented);
        }
        Ok((entry, timing))
    };
    Ok(Movie {
        video: track(Track::Video, b"vide").and_then(|(entry, timing)| match entry {
            SampleEntry::Video(configuration) => {
                Ok(VideoTrack { configuration, samples: timing.samples, end: timing.end })
            }
            SampleEntry::Audio { .. } => Err(Error::Malformed("stsd")),
        }),
        audio: track(Track::Audio, b"soun").and_then(|(entry, timing)| match entry {
            SampleEntry::Audio { format, config } => {
                Ok(AudioTrack { format, config, samples: timing.samples, end: timing.end })
            }
            SampleEntry::Video(_) => Err(Error::Malformed("stsd")),
        }),
    })
}

impl VideoTrack {
    /// One of the track's samples as an access unit in Annex B form, with its parameter sets if
    /// it is a key frame.
    ///
    /// # Errors
    ///
    /// [`Error::Video`] if its NAL units contradict their lengths; [`Error::Truncated`] if `file`
    /// is not the one that was read.
    pub fn access_unit(&self, file: &[u8], sample: &Sample) -> Result<AccessUnit, Error> {
        let bytes = bytes_of(file, sample)?;
        let has_sets = nal::length_prefixed(bytes, self.configuration.length_size)
            .map_while(Result::ok)
            .map(|nal| NalType::of(nal.header()))
            .take_while(|kind| !kind.is_slice())
            .any(|kind| kind == NalType::Sps);
        let mut data = Vec::with_capacity(bytes.len() + 128);
        if sample.keyframe && !has_sets {
            data = self.configuration.to_annex_b();
        }
        nal::to_annex_b(bytes, self.configuration.length_size, &mut data)
            .map_err(h264::Error::from)?;
        Ok(unit(Track::Video, sample, Bytes::from(data)))
    }
}

impl AudioTrack {
    /// One of the track's samples as an access unit.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if `file` is not the one that was read.
    pub fn access_unit(&self, file: &[u8], sample: &Sample) -> Result<AccessUnit, Error> {
        let data = Bytes::copy_from_slice(bytes_of(file, sample)?);
        Ok(unit(Track::Audio, sample, data))
    }
}

fn bytes_of<'a>(file: &'a [u8], sample: &Sample) -> Result<&'a [u8], Error> {
    file.get(sample.range.clone()).ok_or_else(|| Error::Truncated("mdat".to_owned()))
}

fn unit(track: Track, sample: &Sample, data: Bytes) -> AccessUnit {
    AccessUnit { track, pts: sample.pts, dts: sample.dts, keyframe: sample.keyframe, data }
}

/// The index of the file: the body of its `moov`.
fn find_movie(file: &[u8]) -> Result<&[u8], Error> {
    let mut is_first = true;
    for found in boxes(file) {
        let kind = match found {
            Ok(found) if found.kind == *b"moov" => return Ok(found.body),
            Ok(found) => found.kind,
            Err(overrun) if is_first && !is_known(&overrun.kind) => return Err(Error::NotMp4),
            Err(overrun) => return Err(Error::Truncated(name(&overrun.kind))),
        };
        if is_first && !is_known(&kind) {
            return Err(Error::NotMp4);
        }
        is_first = false;
    }
    Err(if is_first { Error::NotMp4 } else { Error::Malformed("moov") })
}

/// Whether a file may begin with a box of this type.
const fn is_known(kind: &[u8; 4]) -> bool {
    matches!(kind, b"ftyp" | b"moov" | b"mdat" | b"free" | b"skip" | b"wide" | b"styp" | b"uuid")
}

fn name(kind: &[u8; 4]) -> String {
    kind.escape_ascii().to_string()
}

fn movie_timescale(moov: &[u8]) -> Option<u32> {
    timescale(find(moov, b"mvhd")?)
}

/// The timescale in a movie or media header, which differ only after it (8.2.2, 8.4.2).
fn timescale(header: &[u8]) -> Option<u32> {
    let offset = if header.first()? == &1 { 20 } else { 12 };
    let timescale = header.get(offset..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
    timescale.filter(|timescale| *timescale > 0)
}

fn has_handler(trak: &[u8], handler: &[u8; 4]) -> bool {
    find_path(trak, &[b"mdia", b"hdlr"]).and_then(|hdlr| hdlr.get(8..12)) == Some(handler)
}

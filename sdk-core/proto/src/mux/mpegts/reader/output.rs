//! What a reader tells.

use super::super::stream_type;
use super::super::tables::ProgramMap;
use crate::media::{AccessUnit, AudioFormat, Track, VideoCodec, aac};
use crate::units::{ByteCount, MediaTime};

/// One thing that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// What the stream holds; comes first, and again when it changed.
    Program(Program),
    /// The format of the sound that follows; comes before the first frame, and when it changed.
    AudioFormat(AudioFormat),
    /// A whole picture or frame. Times are the stream's timestamps, continued over their wrap;
    /// where zero lies is the sender's choice.
    AccessUnit(AccessUnit),
    /// Something is missing or wrong here.
    Discontinuity(Discontinuity),
}

/// A break in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discontinuity {
    /// The track that is affected; nothing if it could be any.
    pub track: Option<Track>,
    /// What happened.
    pub cause: Cause,
}

/// Why a stream breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Bytes were skipped that were not packets.
    Synchronisation {
        /// How many.
        skipped: ByteCount,
    },
    /// Packets are missing; the unit that they belonged to is not delivered.
    PacketsLost {
        /// How many, modulo 16: the packets' numbers tell no more.
        modulo_16: u8,
    },
    /// The sender announced that what follows does not continue what was before.
    Announced,
    /// A picture or frame without readable header; it is not delivered.
    Malformed,
    /// A picture came without a time; it is not delivered.
    NoTimestamp,
    /// A picture grew over [`MAX_PES_LENGTH`](super::MAX_PES_LENGTH); it is not delivered.
    TooLong,
    /// Frames of sound that cannot be read; they are not delivered.
    Audio(aac::Error),
    /// Decoding times ran back, or far ahead.
    TimeJump {
        /// The time before.
        from: MediaTime,
        /// The time now.
        to: MediaTime,
    },
}

/// What a stream holds, as its tables tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The program's number.
    pub number: u16,
    /// The PID of the pictures that are read, if there are any.
    pub video_pid: Option<u16>,
    /// What they are encoded in.
    pub video_codec: Option<VideoCodec>,
    /// The PID of the AAC stream that is read, if there is one.
    pub audio_pid: Option<u16>,
    /// The PID whose packets carry the program's clock.
    pub clock_pid: u16,
    /// The streams that are not read.
    pub skipped: Vec<SkippedStream>,
}

/// A stream that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkippedStream {
    /// Its PID.
    pub pid: u16,
    /// Its stream type (ISO/IEC 13818-1, table 2-34).
    pub stream_type: u8,
    /// Why it is not read.
    pub reason: SkipReason,
}

/// Why a stream is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    /// Another of its kind came first.
    #[error("only the first stream of a kind is read")]
    Additional,
    /// AAC in LATM.
    #[error("AAC in LATM is not supported: send it in ADTS")]
    Latm,
    /// Video of another codec.
    #[error("this video is neither H.264 nor H.265: set the encoder to one of these")]
    OtherVideo,
    /// Sound of another codec.
    #[error("this sound is not AAC, which alone is supported: set the encoder to AAC")]
    OtherAudio,
    /// Private data, subtitles, or something unknown.
    #[error("this is neither video nor sound that is known")]
    Unknown,
}

impl Program {
    /// Takes the first stream of each kind that can be read.
    pub(super) fn choose(map: &ProgramMap) -> Self {
        let mut program = Self {
            number: map.program_number,
            video_pid: None,
            video_codec: None,
            audio_pid: None,
            clock_pid: map.pcr_pid,
            skipped: Vec::new(),
        };
        for &(pid, stream_type) in &map.streams {
            let codec = video_codec(stream_type);
            let reason = match stream_type {
                _ if codec.is_some() && program.video_pid.is_none() => {
                    (program.video_pid, program.video_codec) = (Some(pid), codec);
                    continue;
                }
                stream_type::AAC_ADTS if program.audio_pid.is_none() => {
                    program.audio_pid = Some(pid);
                    continue;
                }
                stream_type::H264 | stream_type::H265 | stream_type::AAC_ADTS => {
                    SkipReason::Additional
                }
                stream_type::AAC_LATM => SkipReason::Latm,
                // MPEG-1, MPEG-2, MPEG-4 part 2, H.266.
                0x01 | 0x02 | 0x10 | 0x33 => SkipReason::OtherVideo,
                // MPEG-1 and MPEG-2 audio, AC-3, E-AC-3.
                0x03 | 0x04 | 0x81 | 0x87 => SkipReason::OtherAudio,
                _ => SkipReason::Unknown,
            };
            program.skipped.push(SkippedStream { pid, stream_type, reason });
        }
        program
    }
}

const fn video_codec(stream_type: u8) -> Option<VideoCodec> {
    match stream_type {
        stream_type::H264 => Some(VideoCodec::H264),
        stream_type::H265 => Some(VideoCodec::H265),
        _ => None,
    }
}

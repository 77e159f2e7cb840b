//! What is found about an encoder, and how often it is told.

use std::fmt;
use std::time::Duration;

use crate::media::{FrameRate, PictureSize};
use crate::units::{Bitrate, Time};

/// How an encoder does not do what it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncoderFault {
    /// It makes more than it is asked for.
    Overshoots {
        /// The bitrate that was to come out.
        wanted: Bitrate,
        /// What came out.
        produced: Bitrate,
    },
    /// It goes on as if no lower bitrate had been asked for.
    IgnoresBitrate {
        /// What it was told.
        told: Bitrate,
        /// What came out.
        produced: Bitrate,
    },
    /// It makes more pictures a second than it is asked for.
    IgnoresFrameRate {
        /// What it was told.
        wanted: FrameRate,
        /// Pictures a second that came out.
        produced: u32,
    },
    /// It makes pictures of the size before.
    IgnoresSize {
        /// What it was told.
        wanted: PictureSize,
        /// What came out.
        produced: PictureSize,
    },
    /// Pictures are captured, and none comes out.
    Freezes {
        /// For how long.
        lasted: Duration,
        /// How many were captured since.
        captured: u64,
    },
}

/// What was done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// It was told this bitrate, in the hope that what is wanted comes out.
    ToldLess(Bitrate),
    /// It was told the same once more.
    AskedAgain,
    /// A key frame was asked for.
    KeyframeRequested,
    /// It was made anew. The timeline goes on.
    Restarted,
    /// It is not asked for this any more.
    Accepted,
}

/// Something that is wrong with the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub fault: EncoderFault,
    /// What to do.
    pub remedy: Remedy,
    /// Whether the owner is to hear of it: the same is not told of time and again.
    pub worth_telling: bool,
}

impl fmt::Display for EncoderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncoderFault::Overshoots { wanted, produced } => {
                write!(f, "the encoder makes {produced} where {wanted} are wanted")
            }
            EncoderFault::IgnoresBitrate { told, produced } => {
                write!(f, "the encoder was told {told} and goes on with {produced}")
            }
            EncoderFault::IgnoresFrameRate { wanted, produced } => write!(
                f,
                "the encoder was told {} pictures a second and goes on with {produced}",
                wanted.as_u32()
            ),
            EncoderFault::IgnoresSize { wanted, produced } => {
                write!(f, "the encoder was told {wanted} and goes on with {produced}")
            }
            EncoderFault::Freezes { lasted, captured } => write!(
                f,
                "the encoder has made no picture for {:.1} s, in which {captured} were captured",
                lasted.as_secs_f64()
            ),
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remedy::ToldLess(told) => write!(f, "it is told {told} instead"),
            Remedy::AskedAgain => f.write_str("it is asked again"),
            Remedy::KeyframeRequested => f.write_str("it is asked for a key frame"),
            Remedy::Restarted => f.write_str("it is made anew"),
            Remedy::Accepted => f.write_str("it is not asked for that any more"),
        }
    }
}

/// What was told of when.
#[derive(Debug, Default)]
pub(super) struct Reports {
    last: [Option<Time>; KINDS],
}

const KINDS: usize = 5;
/// The same fault is told of no more often than this, unless the encoder was made anew.
const INTERVAL: Duration = Duration::from_secs(10);

impl Reports {
    pub(super) fn is_due(&mut self, now: Time, fault: &EncoderFault, remedy: &Remedy) -> bool {
        let kind = match fault {
            EncoderFault::Overshoots { .. } => 0,
            EncoderFault::IgnoresBitrate { .. } => 1,
            EncoderFault::IgnoresFrameRate { .. } => 2,
            EncoderFault::IgnoresSize { .. } => 3,
            EncoderFault::Freezes { .. } => 4,
        };
        let Some(last) = self.last.get_mut(kind) else { return true };
        // What changes how the broadcast goes on is always told.
        let decisive = matches!(remedy, Remedy::Restarted | Remedy::Accepted);
        let due = decisive || last.is_none_or(|at| now.since(at) >= INTERVAL);
        if due {
            *last = Some(now);
        }
        due
    }
}

//! What an encoder is told.

use crate::media::{FrameRate, PictureSize};
use crate::units::Bitrate;

/// What the video encoder is asked to produce from now on.
///
/// A value, not a command: whoever holds the encoder compares it with the last one and applies
/// what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderTarget {
    /// Mean rate over about a second.
    pub bitrate: Bitrate,
    /// Pictures a second, at most.
    pub frame_rate: FrameRate,
    /// Size of the picture.
    pub size: PictureSize,
}

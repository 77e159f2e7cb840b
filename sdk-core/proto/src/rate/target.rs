//! What an encoder is told.

use crate::media::{FrameRate, PictureSize};
use crate::units::Bitrate;

/// What the encoders are asked to produce from now on.
///
/// A value, not a command: whoever holds the encoders compares it with the last one and applies
/// what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderTarget {
    /// Of the pictures: mean rate over about a second.
    pub bitrate: Bitrate,
    /// Pictures a second, at most.
    pub frame_rate: FrameRate,
    /// Size of the picture.
    pub size: PictureSize,
    /// Of the sound: mean rate over about a second; zero where there is none. Sample rate and
    /// channels stay.
    pub audio_bitrate: Bitrate,
}

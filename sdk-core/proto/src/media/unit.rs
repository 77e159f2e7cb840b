//! The unit in which media travels through Golive.

use bytes::Bytes;

use crate::units::MediaTime;

/// Which of a broadcast's two streams something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Track {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// One encoded picture, or one frame of encoded sound.
///
/// Cloning shares the data: several destinations and a recording cost one copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    /// The stream that it belongs to.
    pub track: Track,
    /// When it is shown or heard. For captured media: the capture time.
    pub pts: MediaTime,
    /// When it is decoded; equal to `pts` where nothing is reordered.
    pub dts: MediaTime,
    /// Whether decoding can begin here: an IDR picture of H.264, an IRAP picture of H.265 (IDR,
    /// CRA or BLA). Every frame of sound is one.
    pub keyframe: bool,
    /// H.264 or H.265 in Annex B form (start codes; the first key frame brings its parameter sets,
    /// and each that has others), or one raw AAC frame without an ADTS header.
    pub data: Bytes,
}

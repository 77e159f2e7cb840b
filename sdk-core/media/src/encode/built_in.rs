//! The encoders that a producer has to choose from: those that were built in.

use std::time::Duration;

use golive_proto::media::AccessUnit;
use golive_proto::rate::EncoderTarget;
use golive_proto::units::{Bitrate, MediaTime};

#[cfg(feature = "aac")]
use super::AudioEncoder;
#[cfg(feature = "h264")]
use super::VideoEncoder;
use super::{CHANNELS, FRAME_SAMPLES};
use crate::error::Error;
use crate::image::Image;

/// An encoder for pictures. They share one timeline, whichever it is.
pub(crate) enum PictureEncoder {
    #[cfg(feature = "h264")]
    Software(Box<VideoEncoder>),
}

impl PictureEncoder {
    /// Nothing is set up until the first picture, whose size the encoder takes.
    pub(crate) fn new(target: EncoderTarget, keyframe_interval: Duration) -> Self {
        let encoder = VideoEncoder::new(target.bitrate, target.frame_rate, keyframe_interval);
        Self::Software(Box::new(encoder))
    }

    /// The rate and frame rate of the pictures to come. Its size is for whoever makes the pictures.
    pub(crate) fn set_target(&mut self, target: EncoderTarget) {
        match self {
            #[cfg(feature = "h264")]
            Self::Software(encoder) => encoder.set_target(target),
        }
    }

    /// Makes the next picture an IDR.
    pub(crate) fn request_keyframe(&mut self) {
        match self {
            #[cfg(feature = "h264")]
            Self::Software(encoder) => encoder.request_keyframe(),
        }
    }

    /// Starts anew with the next picture, with an IDR.
    pub(crate) fn restart(&mut self) {
        match self {
            #[cfg(feature = "h264")]
            Self::Software(encoder) => encoder.restart(),
        }
    }

    /// Encodes an image taken at `pts`, which must be later than the last one's.
    ///
    /// Gives nothing where the picture was left out to keep to the rate.
    ///
    /// # Errors
    ///
    /// The encoder's own. The next picture starts a new one, with an IDR.
    pub(crate) fn encode(
        &mut self,
        image: &Image,
        pts: MediaTime,
    ) -> Result<Option<AccessUnit>, Error> {
        match self {
            #[cfg(feature = "h264")]
            Self::Software(encoder) => match image {
                Image::Planar(picture) => encoder.encode(picture, pts),
            },
        }
    }
}

/// An encoder for a continuous run of samples.
pub(crate) enum SoundEncoder {
    #[cfg(feature = "aac")]
    Software(Box<AudioEncoder>),
}

impl SoundEncoder {
    /// An encoder whose first sample lies at `position`, in samples of one channel from media time
    /// zero.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    pub(crate) fn new(bitrate: Bitrate, position: i64) -> Result<Self, Error> {
        AudioEncoder::new(bitrate, position).map(Box::new).map(Self::Software)
    }

    /// The rate of the frames to come. Their format and the timeline stay.
    ///
    /// # Errors
    ///
    /// The encoder's own; start a new one then.
    pub(crate) fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), Error> {
        match self {
            #[cfg(feature = "aac")]
            Self::Software(encoder) => encoder.set_bitrate(bitrate),
        }
    }

    /// Encodes the next 1,024 samples of both channels, interleaved.
    ///
    /// # Errors
    ///
    /// The encoder's own; start a new one then.
    pub(crate) fn encode(
        &mut self,
        samples: &[i16; FRAME_SAMPLES * CHANNELS],
    ) -> Result<Option<AccessUnit>, Error> {
        match self {
            #[cfg(feature = "aac")]
            Self::Software(encoder) => encoder.encode(samples),
        }
    }
}

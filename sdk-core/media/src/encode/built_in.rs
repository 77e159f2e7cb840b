//! The encoders that a producer has to choose from: those that were built in.
//!
//! On Apple's systems the system's own come first. Where one of them cannot be had, and software
//! was built in, that takes over.

use std::time::Duration;

use golive_proto::media::AccessUnit;
use golive_proto::rate::EncoderTarget;
use golive_proto::units::{Bitrate, MediaTime};

#[cfg(feature = "aac")]
use super::AudioEncoder;
#[cfg(feature = "h264")]
use super::VideoEncoder;
use super::{CHANNELS, FRAME_SAMPLES};
#[cfg(target_vendor = "apple")]
use super::{
    aac::AacEncoder, audio_toolbox::AudioToolbox, hardware::HardwareEncoder,
    video_toolbox::VideoToolbox,
};
use crate::error::Error;
use crate::image::Image;

/// An encoder for pictures. They share one timeline, whichever it is.
pub(crate) struct PictureEncoder {
    kind: PictureKind,
    notice: Option<String>,
    #[cfg(target_vendor = "apple")]
    made_for: (EncoderTarget, Duration),
}

enum PictureKind {
    #[cfg(feature = "h264")]
    Software(Box<Software>),
    #[cfg(target_vendor = "apple")]
    Hardware(Box<HardwareEncoder<VideoToolbox>>),
}

#[cfg(feature = "h264")]
struct Software {
    encoder: VideoEncoder,
    /// For pictures that lie in the system's memory.
    #[cfg(target_vendor = "apple")]
    copy: crate::picture::Picture,
}

impl PictureEncoder {
    /// Nothing is set up until the first picture, whose size the encoder takes.
    pub(crate) fn new(target: EncoderTarget, keyframe_interval: Duration) -> Self {
        #[cfg(target_vendor = "apple")]
        let kind = hardware(target, keyframe_interval);
        #[cfg(not(target_vendor = "apple"))]
        let kind = software(target, keyframe_interval);
        Self {
            kind,
            notice: None,
            #[cfg(target_vendor = "apple")]
            made_for: (target, keyframe_interval),
        }
    }

    /// What a person may want to know of the choice of encoder, once.
    pub(crate) fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    /// The rate and frame rate of the pictures to come. Its size is for whoever makes the pictures.
    pub(crate) fn set_target(&mut self, target: EncoderTarget) {
        #[cfg(target_vendor = "apple")]
        {
            self.made_for.0 = target;
        }
        match &mut self.kind {
            #[cfg(feature = "h264")]
            PictureKind::Software(software) => software.encoder.set_target(target),
            #[cfg(target_vendor = "apple")]
            PictureKind::Hardware(encoder) => encoder.set_target(target),
        }
    }

    /// Makes the next picture an IDR.
    pub(crate) fn request_keyframe(&mut self) {
        match &mut self.kind {
            #[cfg(feature = "h264")]
            PictureKind::Software(software) => software.encoder.request_keyframe(),
            #[cfg(target_vendor = "apple")]
            PictureKind::Hardware(encoder) => encoder.request_keyframe(),
        }
    }

    /// Starts anew with the next picture, with an IDR; in hardware again, where there is any.
    pub(crate) fn restart(&mut self) {
        match &mut self.kind {
            #[cfg(all(feature = "h264", not(target_vendor = "apple")))]
            PictureKind::Software(software) => software.encoder.restart(),
            #[cfg(all(feature = "h264", target_vendor = "apple"))]
            PictureKind::Software(_) => self.kind = hardware(self.made_for.0, self.made_for.1),
            #[cfg(target_vendor = "apple")]
            PictureKind::Hardware(encoder) => encoder.restart(),
        }
    }

    /// Encodes an image taken at `pts`, which must be later than the last one's.
    ///
    /// Gives nothing where the picture was left out to keep to the rate.
    ///
    /// # Errors
    ///
    /// The encoder's own. A later picture starts a new one, with an IDR.
    pub(crate) fn encode(
        &mut self,
        image: &Image,
        pts: MediaTime,
    ) -> Result<Option<AccessUnit>, Error> {
        match &mut self.kind {
            #[cfg(feature = "h264")]
            PictureKind::Software(software) => software.encode(image, pts),
            #[cfg(target_vendor = "apple")]
            PictureKind::Hardware(encoder) => {
                let encoded = encoder.encode(image, pts);
                #[cfg(feature = "h264")]
                if let Err(error) = &encoded
                    && encoder.is_hopeless()
                {
                    self.notice = Some(format!("{error}. Pictures are encoded in software now"));
                    self.kind = software(self.made_for.0, self.made_for.1);
                }
                encoded
            }
        }
    }

    /// What came out beside what was given, in its order: where an encoder was late and caught up.
    pub(crate) fn take_more(&mut self) -> Option<AccessUnit> {
        match &mut self.kind {
            // Each picture comes out as it goes in.
            #[cfg(feature = "h264")]
            PictureKind::Software(_) => None,
            #[cfg(target_vendor = "apple")]
            PictureKind::Hardware(encoder) => encoder.take_more(),
        }
    }
}

#[cfg(target_vendor = "apple")]
fn hardware(target: EncoderTarget, keyframe_interval: Duration) -> PictureKind {
    let encoder = HardwareEncoder::new(VideoToolbox, target, keyframe_interval);
    PictureKind::Hardware(Box::new(encoder))
}

#[cfg(feature = "h264")]
fn software(target: EncoderTarget, keyframe_interval: Duration) -> PictureKind {
    let encoder = VideoEncoder::new(target.bitrate, target.frame_rate, keyframe_interval);
    PictureKind::Software(Box::new(Software {
        encoder,
        #[cfg(target_vendor = "apple")]
        copy: crate::picture::Picture::black(target.size),
    }))
}

#[cfg(feature = "h264")]
impl Software {
    fn encode(&mut self, image: &Image, pts: MediaTime) -> Result<Option<AccessUnit>, Error> {
        match image {
            Image::Planar(picture) => self.encoder.encode(picture, pts),
            #[cfg(target_vendor = "apple")]
            Image::Buffer(buffer) => {
                let unreadable = || Error::Encoder("a picture cannot be read".to_owned());
                buffer.copy_to(&mut self.copy).ok_or_else(unreadable)?;
                self.encoder.encode(&self.copy, pts)
            }
        }
    }
}

/// An encoder for a continuous run of samples.
pub(crate) struct SoundEncoder {
    kind: SoundKind,
    notice: Option<String>,
}

enum SoundKind {
    #[cfg(feature = "aac")]
    Software(Box<AudioEncoder>),
    #[cfg(target_vendor = "apple")]
    System(Box<AacEncoder<AudioToolbox>>),
}

impl SoundEncoder {
    /// An encoder whose first sample lies at `position`, in samples of one channel from media time
    /// zero.
    ///
    /// # Errors
    ///
    /// When it cannot be set up.
    pub(crate) fn new(bitrate: Bitrate, position: i64) -> Result<Self, Error> {
        #[cfg(target_vendor = "apple")]
        let (kind, notice) = match AacEncoder::new(bitrate, position) {
            Ok(encoder) => (SoundKind::System(Box::new(encoder)), None),
            #[cfg(feature = "aac")]
            Err(error) => {
                let notice = format!("{error}. Sound is encoded by fdk-aac instead");
                let encoder = AudioEncoder::new(bitrate, position)?;
                (SoundKind::Software(Box::new(encoder)), Some(notice))
            }
            #[cfg(not(feature = "aac"))]
            Err(error) => return Err(error),
        };
        #[cfg(not(target_vendor = "apple"))]
        let (kind, notice) =
            (SoundKind::Software(Box::new(AudioEncoder::new(bitrate, position)?)), None);
        Ok(Self { kind, notice })
    }

    /// What a person may want to know of the choice of encoder, once.
    pub(crate) fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    /// The rate of the frames to come. Their format and the timeline stay.
    ///
    /// # Errors
    ///
    /// The encoder's own; start a new one then.
    pub(crate) fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), Error> {
        match &mut self.kind {
            #[cfg(feature = "aac")]
            SoundKind::Software(encoder) => encoder.set_bitrate(bitrate),
            #[cfg(target_vendor = "apple")]
            SoundKind::System(encoder) => encoder.set_bitrate(bitrate),
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
        match &mut self.kind {
            #[cfg(feature = "aac")]
            SoundKind::Software(encoder) => encoder.encode(samples),
            #[cfg(target_vendor = "apple")]
            SoundKind::System(encoder) => encoder.encode(samples),
        }
    }
}

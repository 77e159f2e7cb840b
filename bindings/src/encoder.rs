//! An app's own encoder, behind the trait of golive's.

use std::sync::Arc;

use golive::{AudioFormat, EncoderOutput, EncoderStatistics, ErrorKind, SourceChange};

use crate::callbacks::{Callbacks, Command};
use crate::sink::{Counts, FrameSink};

/// What an encoder is asked to produce from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct EncoderTarget {
    /// Of the pictures: mean rate over about a second.
    pub video_bits_per_second: u64,
    /// Pictures a second, at most.
    pub frames_per_second: u32,
    /// Width of the picture.
    pub width_pixels: u32,
    /// Height of the picture.
    pub height_pixels: u32,
    /// Of the sound: mean rate over about a second; zero where there is none.
    pub audio_bits_per_second: u64,
}

/// What an app's encoder will produce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Program {
    /// Whether there are pictures.
    #[uniffi(default = true)]
    pub video: bool,
    /// What they are encoded in, for the whole broadcast: H.264, if nothing is said.
    #[uniffi(default = None)]
    pub video_codec: Option<VideoCodec>,
    /// Sample rate of the sound, AAC-LC; no sound, if nothing is said.
    #[uniffi(default = None)]
    pub audio_sample_rate_hz: Option<u32>,
    /// How many channels it has.
    #[uniffi(default = 2)]
    pub audio_channels: u8,
}

/// What pictures are encoded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum VideoCodec {
    /// H.264 (AVC), which every ingest takes and every browser shows.
    H264,
    /// H.265 (HEVC), which takes fewer bits for the same picture where hardware encodes it. Whether
    /// the ingest and whoever watches can do with it is for the app to know.
    H265,
}

/// What an app's code answers when it fails.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum CallbackFailure {
    /// With a sentence that says why.
    #[error("{reason}")]
    Failed {
        /// For a person.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for CallbackFailure {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: error.reason }
    }
}

/// An app's own capture and encoder.
///
/// All methods are called on one thread of the broadcast's own, one after the other, and may take
/// their time: nothing else waits for them. Of targets that come while one is at work, the newest is
/// told. What a method throws is told as an event and changes nothing else; `start` alone ends the
/// broadcast by it.
#[uniffi::export(foreign)]
pub trait Encoder: Send + Sync {
    /// Begins to produce, and returns. Units go to `sink` from whatever thread suits.
    ///
    /// # Errors
    ///
    /// What keeps it from producing.
    fn start(&self, sink: Arc<FrameSink>, target: EncoderTarget) -> Result<(), CallbackFailure>;

    /// Produces something else from the next picture and frame of sound on. The same target may
    /// come again: who did not hear is asked once more.
    ///
    /// # Errors
    ///
    /// What keeps it from doing so.
    fn set_target(&self, target: EncoderTarget) -> Result<(), CallbackFailure>;

    /// Makes the very next picture a key frame: an IDR picture.
    ///
    /// # Errors
    ///
    /// What keeps it from doing so.
    fn request_keyframe(&self) -> Result<(), CallbackFailure>;

    /// Makes the video codec anew, with the last target, and begins with a key frame; capture and
    /// the timeline go on. Called when it does not do what it is told.
    ///
    /// # Errors
    ///
    /// What keeps it from doing so.
    fn restart(&self) -> Result<(), CallbackFailure>;

    /// Sends silence instead of the microphone, or no longer.
    ///
    /// # Errors
    ///
    /// What keeps it from doing so.
    fn set_muted(&self, muted: bool) -> Result<(), CallbackFailure>;

    /// Ends production and releases the devices.
    ///
    /// # Errors
    ///
    /// What keeps it from doing so.
    fn stop(&self) -> Result<(), CallbackFailure>;
}

impl From<golive::EncoderTarget> for EncoderTarget {
    fn from(target: golive::EncoderTarget) -> Self {
        Self {
            video_bits_per_second: target.bitrate.as_bits_per_second(),
            frames_per_second: target.frame_rate.as_u32(),
            width_pixels: target.size.width,
            height_pixels: target.size.height,
            audio_bits_per_second: target.audio_bitrate.as_bits_per_second(),
        }
    }
}

impl From<Program> for golive::Program {
    fn from(program: Program) -> Self {
        let channels = program.audio_channels;
        let format = |sample_rate| AudioFormat { sample_rate, channels };
        let codec = program.video_codec.unwrap_or(VideoCodec::H264);
        Self {
            video: program.video.then(|| codec.into()),
            audio: program.audio_sample_rate_hz.map(format),
        }
    }
}

impl From<VideoCodec> for golive::VideoCodec {
    fn from(codec: VideoCodec) -> Self {
        match codec {
            VideoCodec::H264 => Self::H264,
            VideoCodec::H265 => Self::H265,
        }
    }
}

/// Stands between golive and the app's encoder: takes commands, and has them carried out elsewhere.
pub(crate) struct Remote {
    callbacks: Callbacks,
    counts: Arc<Counts>,
    sink: Option<Arc<FrameSink>>,
}

impl Remote {
    pub(crate) fn new(callbacks: Callbacks) -> Self {
        Self { callbacks, counts: Arc::default(), sink: None }
    }
}

impl golive::Encoder for Remote {
    fn start(
        &mut self,
        output: EncoderOutput,
        target: golive::EncoderTarget,
    ) -> Result<(), golive::Error> {
        let sink = FrameSink::new(output, self.counts.clone());
        self.sink = Some(sink.clone());
        self.callbacks.tell(Command::Start(sink, target.into()));
        Ok(())
    }

    fn set_target(&mut self, target: golive::EncoderTarget) {
        self.callbacks.tell(Command::Target(target.into()));
    }

    fn request_keyframe(&mut self) {
        self.callbacks.tell(Command::Keyframe);
    }

    fn restart(&mut self) {
        self.callbacks.tell(Command::Restart);
    }

    fn change(&mut self, change: SourceChange) -> Result<(), golive::Error> {
        match change {
            SourceChange::AudioMuted(muted) => self.callbacks.tell(Command::Muted(muted)),
            other => {
                let message = format!(
                    "an app's own encoder holds its sources itself, so that {other:?} is its own to do"
                );
                return Err(golive::Error::new(ErrorKind::Configuration, message));
            }
        }
        Ok(())
    }

    fn statistics(&self) -> EncoderStatistics {
        self.counts.statistics()
    }

    fn stop(&mut self) {
        if let Some(sink) = self.sink.take() {
            sink.close();
        }
        self.callbacks.tell(Command::Stop);
    }
}

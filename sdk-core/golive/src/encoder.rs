//! What feeds a broadcast: an app's own capture and encoder, or the built-in one.

use std::sync::Arc;

use golive_proto::interruption;
use golive_proto::media::{AccessUnit, AudioFormat, VideoCodec};
use golive_proto::rate::EncoderTarget;
use golive_proto::units::{MediaTime, Time};

use crate::clock;
use crate::error::Error;
use crate::event::DeviceEvent;

/// Produces access units, and obeys.
///
/// Implement it to bring your own devices and codecs; everything else of a broadcast stays the
/// same. All methods are called on one thread of the broadcast's own, which may be kept waiting
/// for a moment: the media thread is another.
pub trait Encoder: Send {
    /// Begins to produce, and returns. Units go to `output` from whatever thread suits.
    ///
    /// # Errors
    ///
    /// What keeps it from producing; the broadcast then does not start.
    fn start(&mut self, output: EncoderOutput, target: EncoderTarget) -> Result<(), Error>;

    /// Produces something else from the next picture and frame of sound on.
    ///
    /// All parts change while live, unless the builder was told otherwise
    /// ([`Builder::adaptive_frame_rate`](crate::Builder::adaptive_frame_rate),
    /// [`Builder::adaptive_size`](crate::Builder::adaptive_size),
    /// [`Builder::adaptive_audio_bitrate`](crate::Builder::adaptive_audio_bitrate)). Another
    /// bitrate of the sound changes neither its sample rate nor its channels. Fewer pictures a
    /// second are a choice among those captured. Another size begins with a key frame that carries its
    /// parameter sets; the timeline goes on. The same target may come again: what is produced is
    /// compared with it, and who did not hear is asked once more.
    fn set_target(&mut self, target: EncoderTarget);

    /// Makes the very next picture a key frame: an IDR picture.
    fn request_keyframe(&mut self);

    /// Makes the video codec anew, with the last target, and begins with a key frame. Capture and
    /// the timeline go on. Called when it does not do what it is told, at most once in ten seconds.
    fn restart(&mut self);

    /// Carries out a change that concerns the sources.
    ///
    /// # Errors
    ///
    /// What keeps it from changing; it goes on as before then.
    fn change(&mut self, change: SourceChange) -> Result<(), Error>;

    /// What was captured, encoded and dropped so far. Asked several times a second: an encoder that
    /// freezes is told from a camera that pauses by what was captured.
    fn statistics(&self) -> EncoderStatistics;

    /// Ends production. No unit is pushed once it returns.
    fn stop(&mut self);
}

/// What an encoder will produce.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// What the pictures are encoded in, if there are any. It stays for the whole broadcast.
    pub video: Option<VideoCodec>,
    /// What the sound is made of, if there is any: AAC-LC.
    pub audio: Option<AudioFormat>,
}

/// Counts since an encoder started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EncoderStatistics {
    /// Pictures that a source delivered.
    pub frames_captured: u64,
    /// Pictures that were encoded.
    pub frames_encoded: u64,
    /// Pictures that the encoder had no time for.
    pub frames_dropped: u64,
    /// Pictures that the encoder left out to keep to its bitrate. One that does is not frozen.
    pub frames_skipped: u64,
}

/// A change that concerns what is captured.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SourceChange {
    /// Silence instead of the microphone, or no longer.
    AudioMuted(bool),
    /// What viewers see: the camera, its last picture, a slate, or no picture at all, for which
    /// the camera is closed.
    Shown(interruption::Picture),
    /// What viewers hear: the microphone, silence, or silence with the microphone closed.
    Heard(interruption::Sound),
    /// Light beside the camera, or no longer.
    Torch(bool),
    /// How many times the camera magnifies; 1.0 is none. What the lens cannot do is done as far
    /// as it can.
    Zoom(f64),
    /// Another source of pictures.
    #[cfg(feature = "media")]
    Video(golive_media::VideoSource),
    /// Another source of sound.
    #[cfg(feature = "media")]
    Audio(golive_media::AudioSource),
}

/// Where an encoder puts what it produces. Clones go to the same place.
#[derive(Clone)]
pub struct EncoderOutput {
    pub(crate) epoch: Time,
    pub(crate) sink: Arc<dyn Sink>,
}

/// What stands behind an [`EncoderOutput`].
pub(crate) trait Sink: Send + Sync {
    fn unit(&self, unit: AccessUnit);
    fn device(&self, event: DeviceEvent);
}

impl EncoderOutput {
    /// Hands over a unit. Never blocks; what cannot be carried is dropped by the broadcast's one
    /// policy, and counted.
    pub fn push(&self, unit: AccessUnit) {
        self.sink.unit(unit);
    }

    /// Reports that a device came or went.
    pub fn report(&self, event: DeviceEvent) {
        self.sink.device(event);
    }

    /// This moment on the broadcast's media timeline: the PTS of a picture taken now.
    pub fn media_time(&self) -> MediaTime {
        MediaTime::ZERO + clock::now().since(self.epoch)
    }

    /// Where zero of the media timeline lies on the broadcast's clock.
    pub fn epoch(&self) -> Time {
        self.epoch
    }
}

impl std::fmt::Debug for EncoderOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncoderOutput").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

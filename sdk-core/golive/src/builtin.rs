//! The built-in encoder: golive-media's producer behind the trait that apps implement.

use golive_media::{Output, Producer};
use golive_proto::media::{AudioFormat, Track, VideoCodec};
use golive_proto::rate::EncoderTarget;

use crate::clock;
use crate::encoder::{Encoder, EncoderOutput, EncoderStatistics, Program, SourceChange};
use crate::error::{Error, ErrorKind};
use crate::event::DeviceEvent;

/// Captures and encodes on this machine.
pub(crate) struct BuiltIn {
    config: golive_media::Config,
    producer: Option<Producer>,
}

/// What the built-in encoder produces, whatever device it takes it from.
pub(crate) fn program(config: &golive_media::Config) -> Program {
    let format = AudioFormat { sample_rate: 48_000, channels: 2 };
    Program {
        video: config.video.as_ref().map(|_| VideoCodec::H264),
        audio: config.audio.as_ref().map(|_| format),
    }
}

impl BuiltIn {
    pub(crate) fn new(config: golive_media::Config) -> Self {
        Self { config, producer: None }
    }

    fn producer(&mut self) -> Result<&mut Producer, Error> {
        let stopped = || Error::new(ErrorKind::Ended, "the encoder has been stopped");
        self.producer.as_mut().ok_or_else(stopped)
    }
}

impl Encoder for BuiltIn {
    fn start(&mut self, output: EncoderOutput, target: EncoderTarget) -> Result<(), Error> {
        let epoch = output.epoch();
        let sink = Box::new(move |produced| match produced {
            Output::Unit(unit) => output.push(unit),
            Output::Event(event) => output.report(device_event(event)),
        });
        let producer = Producer::start(self.config.clone(), clock::now, epoch, sink)?;
        producer.set_target(target);
        self.producer = Some(producer);
        Ok(())
    }

    fn set_target(&mut self, target: EncoderTarget) {
        if let Some(producer) = &self.producer {
            producer.set_target(target);
        }
    }

    fn request_keyframe(&mut self) {
        if let Some(producer) = &self.producer {
            producer.request_keyframe();
        }
    }

    fn restart(&mut self) {
        if let Some(producer) = &self.producer {
            producer.restart_encoder();
        }
    }

    fn change(&mut self, change: SourceChange) -> Result<(), Error> {
        let producer = self.producer()?;
        match change {
            SourceChange::AudioMuted(muted) => producer.set_muted(muted),
            SourceChange::Shown(shown) => producer.show(shown)?,
            SourceChange::Heard(heard) => producer.hear(heard)?,
            SourceChange::Torch(on) => producer.set_torch(on)?,
            SourceChange::Zoom(factor) => producer.set_zoom(factor)?,
            SourceChange::Video(source) => producer.switch_video(source)?,
            SourceChange::Audio(source) => producer.switch_audio(source)?,
        }
        Ok(())
    }

    fn statistics(&self) -> EncoderStatistics {
        let statistics = self.producer.as_ref().map(Producer::statistics).unwrap_or_default();
        EncoderStatistics {
            frames_captured: statistics.frames_captured,
            frames_encoded: statistics.frames_encoded,
            frames_dropped: statistics.frames_dropped,
            frames_skipped: statistics.frames_skipped,
        }
    }

    fn stop(&mut self) {
        // Kept for its statistics, which are asked for once more.
        if let Some(producer) = &mut self.producer {
            producer.stop();
        }
    }
}

fn device_event(event: golive_media::Event) -> DeviceEvent {
    use golive_media::Event;
    match event {
        Event::DeviceLost { name, reason, .. } => DeviceEvent::Lost { device: name, cause: reason },
        Event::DeviceBack { name, .. } => DeviceEvent::Back { device: name },
        Event::Overrun { track, lost } => DeviceEvent::Overrun { track, lost },
        Event::SourceEnded { track } => DeviceEvent::SourceEnded { track },
        Event::EncoderFailed { track, reason } => {
            DeviceEvent::EncoderFailed { track, cause: reason }
        }
        other => {
            tracing::warn!(?other, "an event of the devices that has no words yet");
            DeviceEvent::Overrun { track: Track::Video, lost: std::time::Duration::ZERO }
        }
    }
}

impl From<golive_media::Error> for Error {
    fn from(error: golive_media::Error) -> Self {
        use golive_media::Error as Media;
        let kind = match &error {
            Media::NoCamera(_)
            | Media::CameraBusy { .. }
            | Media::NoMicrophone(_)
            | Media::MicrophoneBusy(_) => ErrorKind::DeviceUnavailable,
            Media::CameraForbidden { .. } | Media::MicrophoneForbidden(_) => {
                ErrorKind::PermissionDenied
            }
            Media::NotBuiltIn(_) | Media::NoTrack(_) | Media::CameraCannot(_) => {
                ErrorKind::Configuration
            }
            Media::Thread(_) => ErrorKind::System,
            _ => ErrorKind::Media,
        };
        Error::with_source(kind, error.to_string(), error)
    }
}

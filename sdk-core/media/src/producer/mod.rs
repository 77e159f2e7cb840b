//! The producer: threads that capture, encode and deliver.
//!
//! Each track has its own: one thread takes pictures and another encodes them, with room for two
//! pictures between them, so that a slow encoder costs pictures and nothing else; a third one
//! makes the sound. All of them go by the clock that is passed in.

mod audio;
mod halt;
mod hand_over;
mod on_air;
mod pacing;
mod shared;
mod statistics;
#[cfg(all(test, any(feature = "camera", feature = "microphone")))]
pub(crate) mod testing;
mod video;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use golive_proto::interruption::{Picture as Shown, Sound as Heard};
use golive_proto::media::Track;
use golive_proto::rate::EncoderTarget;
use golive_proto::units::Time;

use self::audio::{AudioInput, AudioTrack};
#[cfg(feature = "microphone")]
pub(crate) use self::halt::Halt;
#[cfg(any(feature = "microphone", all(feature = "camera", target_vendor = "apple")))]
pub(crate) use self::halt::locked;
use self::on_air::OnAir;
#[cfg(feature = "camera")]
pub(crate) use self::pacing::FrameRateLimit;
pub(crate) use self::shared::Shared;
pub use self::statistics::Statistics;
#[cfg(feature = "camera")]
pub(crate) use self::video::CaptureContext;
use self::video::{VideoInput, VideoTrack};
use crate::config::{AudioSource, Config, VideoSource};
use crate::error::Error;
use crate::file::{MediaFile, OpenFiles};
use crate::{Clock, Sink};

/// Captures and encodes until it is stopped or dropped.
pub struct Producer {
    shared: Arc<Shared>,
    video: Option<VideoTrack>,
    audio: Option<AudioTrack>,
    files: OpenFiles,
}

impl Producer {
    /// Opens the sources and begins to deliver.
    ///
    /// Everything is timed by `clock`; a picture's PTS is its capture time less `epoch`. `sink` is
    /// called from the producer's threads, by one at a time; it must not take long, and must not
    /// call the producer.
    ///
    /// # Errors
    ///
    /// When a source cannot be opened or an encoder refuses its settings. Nothing runs then.
    pub fn start(config: Config, clock: Clock, epoch: Time, sink: Sink) -> Result<Self, Error> {
        let shared = Arc::new(Shared::new(clock, epoch, config.target(), sink));
        let mut files = OpenFiles::new(config.loop_file);
        // Opening may take its time, so both sources are opened before either begins.
        let video =
            config.video.map(|source| VideoInput::open(&shared, &mut files, source)).transpose()?;
        let open = |source: AudioSource| {
            AudioInput::open(&shared, &mut files, source.clone()).map(|input| (source, input))
        };
        let audio = config.audio.map(open).transpose()?;
        let interval = config.keyframe_interval;
        let video = video
            .map(|input| {
                VideoTrack::start(shared.clone(), input, interval, OnAir::new(config.slate))
            })
            .transpose()?;
        let audio = audio
            .map(|(source, input)| AudioTrack::start(shared.clone(), source, input))
            .transpose()?;
        Ok(Self { shared, video, audio, files })
    }

    /// Sets the video's rate, frame rate and size from the next picture on, and the sound's rate
    /// from the next frame on. Another size begins with an IDR. Half the frame rate takes every
    /// second picture.
    pub fn set_target(&self, target: EncoderTarget) {
        self.shared.set_target(target);
    }

    /// What the encoders were last told.
    pub fn target(&self) -> EncoderTarget {
        self.shared.target()
    }

    /// Makes the next picture an IDR.
    pub fn request_keyframe(&self) {
        self.shared.request_keyframe();
    }

    /// Makes the video encoder anew. The next picture is an IDR, and the timeline goes on.
    pub fn restart_encoder(&self) {
        self.shared.request_restart();
    }

    /// Replaces the sound by silence, or ends that.
    pub fn set_muted(&self, muted: bool) {
        self.shared.set_muted(muted);
    }

    /// Has viewers see this from now on. Stills come at the source's rhythm, which goes on; where
    /// nothing is shown the source is closed, and opened again for whatever is shown next. The last
    /// picture is the last that viewers saw of the source.
    ///
    /// # Errors
    ///
    /// When the source cannot be opened again, or the producer was started without video; all
    /// stays as it was then.
    pub fn show(&mut self, shown: Shown) -> Result<(), Error> {
        let track = self.video.as_mut().ok_or(Error::NoTrack(Track::Video))?;
        if shown == Shown::Nothing {
            self.shared.set_shown(shown);
            track.pause();
        } else if track.is_paused() {
            let source = track.source().clone();
            let input = VideoInput::open(&self.shared, &mut self.files, source)?;
            self.shared.set_shown(shown);
            track.switch(input)?;
        } else {
            self.shared.set_shown(shown);
        }
        Ok(())
    }

    /// Has viewers hear this from now on, and [`Released`](Heard::Released) closes the microphone.
    ///
    /// # Errors
    ///
    /// When the microphone cannot be opened again, or the producer was started without audio; all
    /// stays as it was then.
    pub fn hear(&mut self, heard: Heard) -> Result<(), Error> {
        let track = self.audio.as_mut().ok_or(Error::NoTrack(Track::Audio))?;
        let [was_closed, closes] =
            [self.shared.heard(), heard].map(|heard| heard == Heard::Released);
        if was_closed && !closes {
            let source = track.source().clone();
            track.switch(AudioInput::open(&self.shared, &mut self.files, source)?);
        }
        self.shared.set_heard(heard);
        if closes && !was_closed {
            // It is silent already: closing a device takes time.
            track.switch(AudioInput::Silence);
        }
        Ok(())
    }

    /// Turns the light beside the camera on or off.
    ///
    /// # Errors
    ///
    /// [`Error::CameraCannot`] where the source has none.
    pub fn set_torch(&mut self, on: bool) -> Result<(), Error> {
        #[cfg(all(target_vendor = "apple", feature = "camera"))]
        if self.has_camera() {
            return crate::camera::set_torch(on);
        }
        let _ = on;
        Err(Error::CameraCannot("this source has no torch"))
    }

    /// Has the camera magnify so many times.
    ///
    /// # Errors
    ///
    /// [`Error::CameraCannot`] where the source has no zoom.
    pub fn set_zoom(&mut self, factor: f64) -> Result<(), Error> {
        #[cfg(all(target_vendor = "apple", feature = "camera"))]
        if self.has_camera() {
            return crate::camera::set_zoom(factor);
        }
        let _ = factor;
        Err(Error::CameraCannot("this source has no zoom"))
    }

    #[cfg(all(target_vendor = "apple", feature = "camera"))]
    fn has_camera(&self) -> bool {
        self.video.as_ref().is_some_and(|track| matches!(track.source(), VideoSource::Camera(_)))
    }

    /// Takes the picture from another source from now on. The timeline goes on.
    ///
    /// # Errors
    ///
    /// When the source cannot be opened, or the producer was started without video; all stays as
    /// it was then.
    pub fn switch_video(&mut self, source: VideoSource) -> Result<(), Error> {
        let track = self.video.as_mut().ok_or(Error::NoTrack(Track::Video))?;
        // A camera can be opened only once, so one that is open already stays.
        if matches!(source, VideoSource::Camera(_)) && *track.source() == source {
            return Ok(());
        }
        if track.is_paused() {
            track.set_source(source);
            return Ok(());
        }
        track.switch(VideoInput::open(&self.shared, &mut self.files, source)?)
    }

    /// Takes the sound from another source from now on. The timeline goes on.
    ///
    /// # Errors
    ///
    /// When the source cannot be opened, or the producer was started without audio; all stays as
    /// it was then.
    pub fn switch_audio(&mut self, source: AudioSource) -> Result<(), Error> {
        let track = self.audio.as_mut().ok_or(Error::NoTrack(Track::Audio))?;
        if self.shared.heard() != Heard::Released {
            track.switch(AudioInput::open(&self.shared, &mut self.files, source.clone())?);
        }
        track.set_source(source);
        Ok(())
    }

    /// What was captured and encoded so far.
    pub fn statistics(&self) -> Statistics {
        self.shared.counters.read()
    }

    /// Stops and waits for the threads; the sink is not called again. May be called twice.
    pub fn stop(&mut self) {
        self.video = None;
        self.audio = None;
    }
}

/// Files begin this long after they are opened: the time that the first picture takes.
const LEAD: Duration = Duration::from_millis(200);

/// Opens a file for either track. It begins at a picture's time, so that pictures of the same
/// frame rate keep theirs.
fn open_file(shared: &Shared, files: &mut OpenFiles, path: &Path) -> Result<Arc<MediaFile>, Error> {
    let start = || pacing::next_picture(shared.target().frame_rate, shared.media_now() + LEAD);
    files.open(path, start)
}

pub(crate) fn spawn(
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, Error> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(run).map_err(|error| Error::Thread(error.to_string()))
}

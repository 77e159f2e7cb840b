//! The audio track: one thread that fills, encodes and delivers 1,024 samples at a time.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use golive_proto::media::Track;
use golive_proto::units::MediaTime;

use super::halt::{Halt, locked};
use super::shared::Shared;
use super::{open_file, spawn};
use crate::config::AudioSource;
use crate::encode::{CHANNELS, FRAME_SAMPLES, SAMPLE_RATE, SoundEncoder};
use crate::error::Error;
use crate::event::Event;
use crate::file::{OpenFiles, Sound};
#[cfg(feature = "microphone")]
use crate::microphone::Microphone;
use crate::synthetic::Tone;

/// A thread held up for longer than this leaves a gap, rather than encoding it all at once.
const LONGEST_CATCH_UP: Duration = Duration::from_secs(1);

/// The running audio track.
pub(super) struct AudioTrack {
    source: AudioSource,
    halt: Arc<Halt>,
    next: Arc<Mutex<Option<Switch>>>,
    thread: Option<JoinHandle<()>>,
}

/// The input to use from now on, and where the one before it goes: closing a device takes time
/// that the encoding thread does not have.
type Switch = (AudioInput, Sender<AudioInput>);

/// Where samples come from, position by position.
pub(super) enum AudioInput {
    Synthetic(Tone),
    /// Of a device that was closed.
    Silence,
    File(Box<Sound>),
    #[cfg(feature = "microphone")]
    Microphone(Microphone),
}

impl AudioTrack {
    pub(super) fn start(
        shared: Arc<Shared>,
        source: AudioSource,
        input: AudioInput,
    ) -> Result<Self, Error> {
        let halt = Arc::new(Halt::default());
        let next = Arc::new(Mutex::new(None::<Switch>));
        let mut run = Run::new(shared, input)?;
        let (stop, switches) = (halt.clone(), next.clone());
        let thread = spawn("golive-audio", move || {
            while run.step(&stop) {
                let Some((input, retired)) = locked(&switches).take() else { continue };
                let _ = retired.send(std::mem::replace(&mut run.input, input));
            }
        })?;
        Ok(Self { source, halt, next, thread: Some(thread) })
    }

    /// Where the sound comes from, or will once its device is open again.
    pub(super) fn source(&self) -> &AudioSource {
        &self.source
    }

    /// Another source is opened when it is to be heard.
    pub(super) fn set_source(&mut self, source: AudioSource) {
        self.source = source;
    }

    /// Takes the sound from another source, and closes the one before.
    pub(super) fn switch(&mut self, input: AudioInput) {
        let (sender, retired) = channel();
        *locked(&self.next) = Some((input, sender));
        drop(retired.recv_timeout(LONGEST_CATCH_UP));
    }
}

impl Drop for AudioTrack {
    fn drop(&mut self) {
        self.halt.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl AudioInput {
    pub(super) fn open(
        shared: &Arc<Shared>,
        files: &mut OpenFiles,
        source: AudioSource,
    ) -> Result<Self, Error> {
        match source {
            AudioSource::Synthetic => Ok(Self::Synthetic(Tone::new())),
            AudioSource::Microphone(name) => open_microphone(shared, name),
            AudioSource::File(path) => {
                Ok(Self::File(Box::new(Sound::new(open_file(shared, files, &path)?)?)))
            }
        }
    }

    /// How long after their capture samples are asked for.
    fn latency(&self) -> Duration {
        match self {
            Self::Synthetic(_) | Self::File(_) | Self::Silence => Duration::ZERO,
            #[cfg(feature = "microphone")]
            Self::Microphone(microphone) => microphone.latency(),
        }
    }

    /// Whether nothing but silence will come.
    fn has_ended(&self) -> bool {
        matches!(self, Self::File(sound) if sound.has_ended())
    }

    /// Fills `samples` with what was heard from `position` on.
    fn fill(&mut self, position: i64, samples: &mut [i16]) {
        match self {
            Self::Synthetic(tone) => tone.fill(position, samples),
            Self::File(sound) => sound.fill(position, samples),
            Self::Silence => samples.fill(0),
            #[cfg(feature = "microphone")]
            Self::Microphone(microphone) => microphone.fill(position, samples),
        }
    }
}

#[cfg(feature = "microphone")]
fn open_microphone(shared: &Arc<Shared>, name: Option<String>) -> Result<AudioInput, Error> {
    let stamped = shared.clone();
    let open = move |intake: &_| crate::microphone::open(name.as_deref(), &stamped, intake);
    Microphone::start(shared.clone(), Box::new(open)).map(AudioInput::Microphone)
}

#[cfg(not(feature = "microphone"))]
fn open_microphone(_shared: &Arc<Shared>, _name: Option<String>) -> Result<AudioInput, Error> {
    Err(Error::NotBuiltIn("microphone"))
}

/// The thread's own state.
struct Run {
    shared: Arc<Shared>,
    input: AudioInput,
    encoder: SoundEncoder,
    /// Of the next sample to encode, from media time zero.
    position: i64,
    samples: [i16; FRAME_SAMPLES * CHANNELS],
    failing: bool,
    /// Whether the end of the input was reported.
    ended: bool,
}

impl Run {
    fn new(shared: Arc<Shared>, input: AudioInput) -> Result<Self, Error> {
        let position = position_of(shared.media_now());
        let encoder = SoundEncoder::new(shared.target().audio_bitrate, position)?;
        let samples = [0; FRAME_SAMPLES * CHANNELS];
        Ok(Self { shared, input, encoder, position, samples, failing: false, ended: false })
    }

    /// Encodes what comes next once it was heard. Returns whether to go on.
    fn step(&mut self, halt: &Halt) -> bool {
        let end = MediaTime::from_ticks(self.position + FRAME_SAMPLES as i64, SAMPLE_RATE);
        let due = self.shared.time_of(end) + self.input.latency();
        if halt.wait_until(self.shared.clock, due) {
            return false;
        }
        let late = (self.shared.clock)().since(due);
        if late > LONGEST_CATCH_UP {
            self.shared.report_overrun(Track::Audio, late);
            self.position = position_of(self.shared.media_now() - self.input.latency());
            self.failing = true;
        }
        self.input.fill(self.position, &mut self.samples);
        let ended = self.input.has_ended();
        if ended && !self.ended {
            self.shared.report(Event::SourceEnded { track: Track::Audio });
        }
        self.ended = ended;
        if self.shared.is_silent() {
            self.samples.fill(0);
        }
        if let Err(error) = self.encode()
            && !std::mem::replace(&mut self.failing, true)
        {
            let reason = error.to_string();
            self.shared.report(Event::EncoderFailed { track: Track::Audio, reason });
        }
        if let Some(reason) = self.encoder.take_notice() {
            self.shared.report(Event::EncoderFailed { track: Track::Audio, reason });
        }
        self.position += FRAME_SAMPLES as i64;
        true
    }

    fn encode(&mut self) -> Result<(), Error> {
        let bitrate = self.shared.target().audio_bitrate;
        if self.failing {
            self.encoder = SoundEncoder::new(bitrate, self.position)?;
        }
        if let Err(error) = self.encoder.set_bitrate(bitrate) {
            // Not every encoder can while it runs; a new one goes on in its place.
            tracing::debug!(%error, "another rate of the sound");
            self.encoder = SoundEncoder::new(bitrate, self.position)?;
        }
        let unit = self.encoder.encode(&self.samples)?;
        self.failing = false;
        if let Some(unit) = unit {
            self.shared.deliver(unit);
        }
        Ok(())
    }
}

/// The first sample at or after a media time.
fn position_of(time: MediaTime) -> i64 {
    let ticks = i128::from(time.as_micros()) * i128::from(SAMPLE_RATE);
    let position = -(-ticks).div_euclid(1_000_000);
    i64::try_from(position).unwrap_or(i64::MAX)
}

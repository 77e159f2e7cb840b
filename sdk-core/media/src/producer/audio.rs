//! The audio track: one thread that fills, encodes and delivers 1,024 samples at a time.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use golive_proto::media::Track;
use golive_proto::units::{Bitrate, MediaTime};

use super::halt::{Halt, locked};
use super::shared::Shared;
use super::spawn;
use crate::config::AudioSource;
use crate::encode::{AudioEncoder, CHANNELS, FRAME_SAMPLES, SAMPLE_RATE};
use crate::error::Error;
use crate::event::Event;
use crate::synthetic::Tone;

/// A thread held up for longer than this leaves a gap, rather than encoding it all at once.
const LONGEST_CATCH_UP: Duration = Duration::from_secs(1);

/// The running audio track.
pub(super) struct AudioTrack {
    shared: Arc<Shared>,
    halt: Arc<Halt>,
    next_input: Arc<Mutex<Option<AudioInput>>>,
    thread: Option<JoinHandle<()>>,
}

/// Where samples come from, position by position.
enum AudioInput {
    Synthetic(Tone),
}

impl AudioTrack {
    pub(super) fn start(
        shared: Arc<Shared>,
        source: AudioSource,
        bitrate: Bitrate,
    ) -> Result<Self, Error> {
        let input = AudioInput::open(&shared, source)?;
        let halt = Arc::new(Halt::default());
        let next_input = Arc::new(Mutex::new(None));
        let mut run = Run::new(shared.clone(), bitrate, input)?;
        let (stop, switch) = (halt.clone(), next_input.clone());
        let thread = spawn("golive-audio", move || {
            while run.step(&stop) {
                if let Some(input) = locked(&switch).take() {
                    run.input = input;
                }
            }
        })?;
        Ok(Self { shared, halt, next_input, thread: Some(thread) })
    }

    /// Takes the sound from another source; where that fails the one before goes on.
    pub(super) fn switch(&mut self, source: AudioSource) -> Result<(), Error> {
        let input = AudioInput::open(&self.shared, source)?;
        *locked(&self.next_input) = Some(input);
        Ok(())
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
    fn open(_shared: &Arc<Shared>, source: AudioSource) -> Result<Self, Error> {
        match source {
            AudioSource::Synthetic => Ok(Self::Synthetic(Tone::new())),
            AudioSource::Microphone(_) => Err(Error::NotBuiltIn("microphone")),
            AudioSource::File(_) => Err(Error::NotBuiltIn("file")),
        }
    }

    /// How long after their capture samples are asked for.
    fn latency(&self) -> Duration {
        match self {
            Self::Synthetic(_) => Duration::ZERO,
        }
    }

    /// Fills `samples` with what was heard from `position` on.
    fn fill(&mut self, position: i64, samples: &mut [i16]) {
        match self {
            Self::Synthetic(tone) => tone.fill(position, samples),
        }
    }
}

/// The thread's own state.
struct Run {
    shared: Arc<Shared>,
    bitrate: Bitrate,
    input: AudioInput,
    encoder: AudioEncoder,
    /// Of the next sample to encode, from media time zero.
    position: i64,
    samples: [i16; FRAME_SAMPLES * CHANNELS],
    failing: bool,
}

impl Run {
    fn new(shared: Arc<Shared>, bitrate: Bitrate, input: AudioInput) -> Result<Self, Error> {
        let position = position_of(shared.media_now());
        let encoder = AudioEncoder::new(bitrate, position)?;
        let samples = [0; FRAME_SAMPLES * CHANNELS];
        Ok(Self { shared, bitrate, input, encoder, position, samples, failing: false })
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
            self.shared.report(Event::Overrun { track: Track::Audio, lost: late });
            self.position = position_of(self.shared.media_now() - self.input.latency());
            self.failing = true;
        }
        self.input.fill(self.position, &mut self.samples);
        if self.shared.is_muted() {
            self.samples.fill(0);
        }
        if let Err(error) = self.encode()
            && !std::mem::replace(&mut self.failing, true)
        {
            let reason = error.to_string();
            self.shared.report(Event::EncoderFailed { track: Track::Audio, reason });
        }
        self.position += FRAME_SAMPLES as i64;
        true
    }

    fn encode(&mut self) -> Result<(), Error> {
        if self.failing {
            self.encoder = AudioEncoder::new(self.bitrate, self.position)?;
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

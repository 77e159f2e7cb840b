//! An app's own encoder, as far as a broadcast can tell: it plays real H.265, made by ffmpeg.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use golive::{
    AccessUnit, Encoder, EncoderOutput, EncoderStatistics, EncoderTarget, Error, MediaTime,
    SourceChange, VideoCodec,
};
use golive_proto::media::nal::{START_CODE, nal_units};
use golive_proto::media::{NalKind, PictureSize};
use golive_proto::mux::mpegts::{Cause, Output, Reader};
use golive_tests::peers::h265_stream;

/// Rows that fill no whole block: what is left over is cut off by the conformance window.
pub(crate) const SIZE: PictureSize = PictureSize { width: 640, height: 362 };
pub(crate) const INTERVAL: Duration = Duration::from_micros(33_333);
const CODEC: VideoCodec = VideoCodec::H265;

/// Real pictures, in decoding order.
pub(crate) struct Film {
    pub(crate) units: Vec<AccessUnit>,
    /// What came of the transport stream beside them.
    pub(crate) faults: Vec<Cause>,
    pub(crate) codec: Option<VideoCodec>,
}

impl Film {
    /// Has ffmpeg encode so many seconds with x265, and reads the transport stream that it writes.
    pub(crate) fn make(folder: &Path, seconds: u32, x265: &str) -> Self {
        let file = h265_stream(folder, SIZE, seconds, x265);
        let mut reader = Reader::new();
        reader.push(&std::fs::read(file).expect("the film"));
        reader.finish();
        let mut film = Self { units: Vec::new(), faults: Vec::new(), codec: None };
        while let Some(output) = reader.poll() {
            match output {
                Output::Program(program) => film.codec = program.video_codec,
                Output::AccessUnit(unit) => film.units.push(unit),
                Output::Discontinuity(discontinuity) => film.faults.push(discontinuity.cause),
                Output::AudioFormat(_) => {}
            }
        }
        film
    }

    fn unit(&self, number: usize) -> Option<&AccessUnit> {
        self.units.get(number % self.units.len())
    }
}

/// Plays a film over and over, as an encoder would that does nothing it is told but key frames, and
/// perhaps not even these.
pub(crate) struct Player {
    film: Arc<Film>,
    is_deaf: bool,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What a player is told, and tells.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    stopped: AtomicBool,
    keyframe: AtomicBool,
    /// The times of those that came because of that.
    answers: Mutex<Vec<MediaTime>>,
    /// The times of all key frames.
    keyframes: Mutex<Vec<MediaTime>>,
}

impl Shared {
    pub(crate) fn answers(&self) -> Vec<MediaTime> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn keyframes(&self) -> Vec<MediaTime> {
        self.keyframes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Player {
    /// One that makes a key frame when it is asked for.
    pub(crate) fn new(film: Film) -> Self {
        Self { film: Arc::new(film), is_deaf: false, shared: Arc::default(), thread: None }
    }

    /// One whose key frames come when the film has them.
    pub(crate) fn deaf(film: Film) -> Self {
        Self { is_deaf: true, ..Self::new(film) }
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

impl Encoder for Player {
    fn start(&mut self, output: EncoderOutput, _: EncoderTarget) -> Result<(), Error> {
        let (film, shared) = (Arc::clone(&self.film), Arc::clone(&self.shared));
        self.thread = Some(thread::spawn(move || play(&film, &shared, &output)));
        Ok(())
    }

    fn set_target(&mut self, _: EncoderTarget) {}

    fn request_keyframe(&mut self) {
        self.shared.keyframe.store(!self.is_deaf, Ordering::SeqCst);
    }

    fn restart(&mut self) {
        self.request_keyframe();
    }

    fn change(&mut self, _: SourceChange) -> Result<(), Error> {
        Ok(())
    }

    fn statistics(&self) -> EncoderStatistics {
        EncoderStatistics::default()
    }

    fn stop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the player plays to its end");
        }
    }
}

fn play(film: &Film, shared: &Shared, output: &EncoderOutput) {
    let (began, clock) = (output.media_time(), Instant::now());
    let (mut position, mut number, mut last_shown) = (0, 0, began);
    while !shared.stopped.load(Ordering::SeqCst) {
        let is_asked = shared.keyframe.swap(false, Ordering::SeqCst);
        if is_asked {
            position += (0..film.units.len())
                .find(|next| film.unit(position + next).is_some_and(|unit| unit.keyframe))
                .expect("a film has a key frame");
        }
        let Some(unit) = film.unit(position) else { return };
        let times = |number: u32| {
            let dts = began + INTERVAL * number;
            (dts, dts + unit.pts.since(unit.dts))
        };
        // What was encoded before a key frame is shown before it.
        while is_asked && times(number).1 <= last_shown {
            number += 1;
        }
        let (dts, pts) = times(number);
        if unit.keyframe {
            note(&shared.keyframes, pts);
        }
        if is_asked {
            note(&shared.answers, pts);
        }
        output.push(AccessUnit { pts, dts, data: bare(unit, position == 0), ..unit.clone() });
        last_shown = last_shown.max(pts);
        position += 1;
        number += 1;
        thread::sleep((INTERVAL * number).saturating_sub(clock.elapsed()));
    }
}

fn note(times: &Mutex<Vec<MediaTime>>, time: MediaTime) {
    times.lock().unwrap_or_else(PoisonError::into_inner).push(time);
}

/// As many phones give it: without delimiters, the parameter sets told once.
fn bare(unit: &AccessUnit, with_sets: bool) -> Bytes {
    let mut data = Vec::with_capacity(unit.data.len());
    for nal in nal_units(&unit.data) {
        let is_kept = match CODEC.nal_kind(nal.header()) {
            NalKind::AccessUnitDelimiter => false,
            NalKind::Vps | NalKind::Sps | NalKind::Pps => with_sets,
            NalKind::Slice | NalKind::Other => true,
        };
        if is_kept {
            data.extend_from_slice(&START_CODE);
            data.extend_from_slice(nal.bytes());
        }
    }
    Bytes::from(data)
}

//! What was captured and what was made of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use golive_proto::media::{AccessUnit, Track};
use golive_proto::units::ByteCount;

/// Counts since the producer started. They only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Pictures taken from the source.
    pub frames_captured: u64,
    /// Pictures encoded.
    pub frames_encoded: u64,
    /// Pictures given up because the encoder was still busy with earlier ones.
    pub frames_dropped: u64,
    /// Pictures that the encoder left out to keep to its rate.
    pub frames_skipped: u64,
    /// IDRs among the pictures encoded.
    pub keyframes: u64,
    /// Bytes of video access units.
    pub video_bytes: ByteCount,
    /// Frames of sound encoded, 1,024 samples each.
    pub audio_frames: u64,
    /// Bytes of audio access units.
    pub audio_bytes: ByteCount,
    /// Time that the video encoder worked.
    pub encoding: Duration,
}

/// [`Statistics`] in the making, shared by the threads.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    frames_captured: AtomicU64,
    frames_encoded: AtomicU64,
    frames_dropped: AtomicU64,
    frames_skipped: AtomicU64,
    keyframes: AtomicU64,
    video_bytes: AtomicU64,
    audio_frames: AtomicU64,
    audio_bytes: AtomicU64,
    encoding_micros: AtomicU64,
}

impl Counters {
    /// Counts a picture taken, and returns how many there were before it.
    pub(crate) fn captured(&self) -> u64 {
        add(&self.frames_captured, 1)
    }

    pub(crate) fn dropped(&self, frames: u64) {
        add(&self.frames_dropped, frames);
    }

    pub(crate) fn skipped(&self) {
        add(&self.frames_skipped, 1);
    }

    pub(crate) fn encoding(&self, duration: Duration) {
        add(&self.encoding_micros, u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    pub(crate) fn encoded(&self, unit: &AccessUnit) {
        let bytes = unit.data.len() as u64;
        match unit.track {
            Track::Video => {
                add(&self.frames_encoded, 1);
                add(&self.keyframes, u64::from(unit.keyframe));
                add(&self.video_bytes, bytes);
            }
            Track::Audio => {
                add(&self.audio_frames, 1);
                add(&self.audio_bytes, bytes);
            }
        }
    }

    pub(crate) fn read(&self) -> Statistics {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Statistics {
            frames_captured: value(&self.frames_captured),
            frames_encoded: value(&self.frames_encoded),
            frames_dropped: value(&self.frames_dropped),
            frames_skipped: value(&self.frames_skipped),
            keyframes: value(&self.keyframes),
            video_bytes: ByteCount::new(value(&self.video_bytes)),
            audio_frames: value(&self.audio_frames),
            audio_bytes: ByteCount::new(value(&self.audio_bytes)),
            encoding: Duration::from_micros(value(&self.encoding_micros)),
        }
    }
}

/// Nothing is decided from two counters together, so their order does not matter.
fn add(counter: &AtomicU64, value: u64) -> u64 {
    counter.fetch_add(value, Ordering::Relaxed)
}

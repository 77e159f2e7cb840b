//! Where an app's encoder puts what it produces.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use golive::{AccessUnit, DeviceEvent, EncoderOutput, EncoderStatistics, MediaTime, Track};

use crate::encoder::CallbackFailure;

/// Which of a broadcast's two streams something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum MediaTrack {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// Takes encoded pictures and sound. Never blocks; what cannot be carried is dropped by the
/// broadcast's one policy, and counted. Once the broadcast has stopped, everything is ignored.
#[derive(uniffi::Object)]
pub struct FrameSink {
    output: Mutex<Option<EncoderOutput>>,
    epoch_us: u64,
    counts: Arc<Counts>,
}

/// What went through a sink.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    captured: AtomicU64,
    encoded: AtomicU64,
    dropped: AtomicU64,
    skipped: AtomicU64,
    tells_captured: AtomicBool,
}

#[uniffi::export]
impl FrameSink {
    /// A picture in Annex B form, in the codec of the [`Program`](crate::Program). A `keyframe` is
    /// one at which decoding can begin: an IDR picture of H.264, an IDR, CRA or BLA picture of H.265.
    /// The first brings its parameter sets (SPS and PPS, of H.265 the VPS before them); they are
    /// repeated before each that comes without. Times are microseconds on the media timeline, whose
    /// zero is [`epoch_us`](Self::epoch_us) on the device's clock.
    pub fn push_video(&self, data: &[u8], pts_us: i64, dts_us: i64, keyframe: bool) {
        self.counts.encoded.fetch_add(1, Ordering::Relaxed);
        let (pts, dts) = (MediaTime::from_micros(pts_us), MediaTime::from_micros(dts_us));
        self.push(AccessUnit { track: Track::Video, pts, dts, keyframe, data: copy(data) });
    }

    /// A frame of sound: raw AAC-LC without an ADTS header.
    pub fn push_audio(&self, data: &[u8], pts_us: i64) {
        let pts = MediaTime::from_micros(pts_us);
        let (track, dts, keyframe) = (Track::Audio, pts, true);
        self.push(AccessUnit { track, pts, dts, keyframe, data: copy(data) });
    }

    /// Where zero of the media timeline lies on the device's clock that goes on during sleep:
    /// `CLOCK_BOOTTIME` on Android (`SystemClock.elapsedRealtimeNanos`), the continuous clock on
    /// Apple's systems.
    pub fn epoch_us(&self) -> u64 {
        self.epoch_us
    }

    /// This moment on the media timeline: the PTS of a picture taken now.
    pub fn now_us(&self) -> i64 {
        let output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.as_ref().map_or(0, |output| output.media_time().as_micros())
    }

    /// So many pictures were captured since the start, and so many of them left out on purpose to
    /// keep to the bitrate: a frozen encoder is told from a camera that pauses by it. Whoever never
    /// tells is not watched for that.
    pub fn note_captured(&self, frames: u64, skipped: u64) {
        self.counts.captured.store(frames, Ordering::Relaxed);
        self.counts.skipped.store(skipped, Ordering::Relaxed);
        self.counts.tells_captured.store(true, Ordering::Relaxed);
    }

    /// So many pictures in all were captured and never encoded, as the encoder had no time.
    pub fn note_dropped(&self, frames: u64) {
        self.counts.dropped.store(frames, Ordering::Relaxed);
    }

    /// A camera or microphone is gone: the broadcast goes on with what the encoder sends instead.
    pub fn report_lost(&self, device: String, reason: String) {
        self.report(DeviceEvent::Lost { device, cause: reason });
    }

    /// It is back.
    pub fn report_back(&self, device: String) {
        self.report(DeviceEvent::Back { device });
    }

    /// A codec failed and is made anew.
    pub fn report_codec_failed(&self, track: MediaTrack, reason: String) {
        self.report(DeviceEvent::EncoderFailed { track: track.into(), cause: reason });
    }
}

impl FrameSink {
    pub(crate) fn new(output: EncoderOutput, counts: Arc<Counts>) -> Arc<Self> {
        let epoch_us = output.epoch().as_micros();
        Arc::new(Self { output: Mutex::new(Some(output)), epoch_us, counts })
    }

    /// Nothing gets through any more.
    pub(crate) fn close(&self) {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// A method of the app's encoder threw.
    pub(crate) fn report_app_failed(&self, method: &str, error: &CallbackFailure) {
        self.report(DeviceEvent::AppFailed { method: method.to_owned(), cause: error.to_string() });
    }

    fn push(&self, unit: AccessUnit) {
        if let Some(output) = self.output() {
            output.push(unit);
        }
    }

    fn report(&self, event: DeviceEvent) {
        if let Some(output) = self.output() {
            output.report(event);
        }
    }

    fn output(&self) -> Option<EncoderOutput> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Counts {
    pub(crate) fn statistics(&self) -> EncoderStatistics {
        let encoded = self.encoded.load(Ordering::Relaxed);
        let tells = self.tells_captured.load(Ordering::Relaxed);
        EncoderStatistics {
            frames_captured: if tells { self.captured.load(Ordering::Relaxed) } else { encoded },
            frames_encoded: encoded,
            frames_dropped: self.dropped.load(Ordering::Relaxed),
            frames_skipped: self.skipped.load(Ordering::Relaxed),
        }
    }
}

impl From<MediaTrack> for Track {
    fn from(track: MediaTrack) -> Self {
        match track {
            MediaTrack::Video => Self::Video,
            MediaTrack::Audio => Self::Audio,
        }
    }
}

impl From<Track> for MediaTrack {
    fn from(track: Track) -> Self {
        match track {
            Track::Video => Self::Video,
            Track::Audio => Self::Audio,
        }
    }
}

/// The caller's buffer is its own again when the call returns; what is queued is a copy of it.
fn copy(data: &[u8]) -> Bytes {
    Bytes::copy_from_slice(data)
}

//! The video track: a thread that captures and one that encodes.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use golive_proto::media::Track;
use golive_proto::units::MediaTime;

use super::halt::Halt;
use super::hand_over::{Frame, HandOver};
use super::pacing::next_picture;
use super::shared::Shared;
use super::spawn;
use crate::config::VideoSource;
use crate::encode::VideoEncoder;
use crate::error::Error;
use crate::event::Event;
use crate::picture::Picture;
use crate::synthetic::{Moment, TestPicture};

/// A capture that was held up for longer than this says so.
const WORTH_REPORTING: Duration = Duration::from_millis(500);

/// The running video track.
pub(super) struct VideoTrack {
    shared: Arc<Shared>,
    hand_over: Arc<HandOver>,
    capture: Capture,
    encoding: Option<JoinHandle<()>>,
}

/// A source at work.
struct Capture {
    halt: Arc<Halt>,
    thread: Option<JoinHandle<()>>,
}

/// What a capturing thread works with.
pub(super) struct CaptureContext {
    pub(super) shared: Arc<Shared>,
    pub(super) hand_over: Arc<HandOver>,
    pub(super) halt: Arc<Halt>,
}

impl VideoTrack {
    pub(super) fn start(
        shared: Arc<Shared>,
        source: VideoSource,
        keyframe_interval: Duration,
    ) -> Result<Self, Error> {
        let hand_over = Arc::new(HandOver::default());
        let capture = Capture::start(&shared, &hand_over, source)?;
        let target = shared.target();
        let encoder = VideoEncoder::new(target.bitrate, target.frame_rate, keyframe_interval);
        let mut track = Self { shared, hand_over, capture, encoding: None };
        let (shared, hand_over) = (track.shared.clone(), track.hand_over.clone());
        track.encoding = Some(spawn("golive-video", move || encode(&shared, &hand_over, encoder))?);
        Ok(track)
    }

    /// Begins to capture from another source; where that fails the one before goes on.
    pub(super) fn switch(&mut self, source: VideoSource) -> Result<(), Error> {
        let next = Capture::start(&self.shared, &self.hand_over, source)?;
        // The one before ends when it is dropped.
        self.capture = next;
        Ok(())
    }
}

impl Drop for VideoTrack {
    fn drop(&mut self) {
        self.hand_over.close();
        if let Some(thread) = self.encoding.take() {
            let _ = thread.join();
        }
    }
}

impl Capture {
    fn start(
        shared: &Arc<Shared>,
        hand_over: &Arc<HandOver>,
        source: VideoSource,
    ) -> Result<Self, Error> {
        let halt = Arc::new(Halt::default());
        let context = CaptureContext {
            shared: shared.clone(),
            hand_over: hand_over.clone(),
            halt: halt.clone(),
        };
        let thread = match source {
            VideoSource::Synthetic => spawn("golive-picture", move || capture_synthetic(&context))?,
            VideoSource::Camera(_) => return Err(Error::NotBuiltIn("camera")),
            VideoSource::File(_) => return Err(Error::NotBuiltIn("file")),
        };
        Ok(Self { halt, thread: Some(thread) })
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.halt.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl CaptureContext {
    /// Hands over a picture taken at `pts`.
    pub(super) fn deliver(&self, picture: Picture, pts: MediaTime) {
        if self.hand_over.offer(Frame { picture, pts }) {
            self.shared.counters.dropped(1);
        }
    }

    /// Waits for the next picture's time at the frame rate of the moment; nothing when it is time
    /// to stop.
    ///
    /// Where the machine held the thread up, the pictures missed are left out.
    pub(super) fn wait_for_next(&self, last: MediaTime) -> Option<MediaTime> {
        let rate = self.shared.target().frame_rate;
        let next = next_picture(rate, last);
        if self.halt.wait_until(self.shared.clock, self.shared.time_of(next)) {
            return None;
        }
        let late = self.shared.media_now().since(next);
        if late < 2 * rate.interval() {
            return Some(next);
        }
        if late > WORTH_REPORTING {
            self.shared.report(Event::Overrun { track: Track::Video, lost: late });
        }
        Some(next_picture(rate, self.shared.media_now() - rate.interval()))
    }
}

fn capture_synthetic(context: &CaptureContext) {
    let shared = &context.shared;
    let mut test = TestPicture::new(shared.target().size);
    let mut last = shared.media_now();
    while let Some(pts) = context.wait_for_next(last) {
        last = pts;
        let size = shared.target().size;
        if test.size() != size {
            test = TestPicture::new(size);
        }
        let mut picture = context.hand_over.blank(size);
        let frame = shared.counters.captured() as u32;
        test.draw(&mut picture, Moment { media_time: pts, unix_millis: unix_millis(), frame });
        context.deliver(picture, pts);
    }
}

fn encode(shared: &Shared, hand_over: &HandOver, mut encoder: VideoEncoder) {
    let mut last = None;
    let mut failing = false;
    while let Some(Frame { picture, pts }) = hand_over.take() {
        // Two sources may overlap for a moment while they are switched.
        if last.is_some_and(|last| pts <= last) {
            shared.counters.dropped(1);
            hand_over.recycle(picture);
            continue;
        }
        last = Some(pts);
        encoder.set_target(shared.target());
        if shared.take_keyframe_request() {
            encoder.request_keyframe();
        }
        let began = (shared.clock)();
        let encoded = encoder.encode(&picture, pts);
        shared.counters.encoding((shared.clock)().since(began));
        hand_over.recycle(picture);
        match encoded {
            Ok(Some(unit)) => shared.deliver(unit),
            Ok(None) => shared.counters.skipped(),
            Err(error) => {
                shared.counters.dropped(1);
                if !failing {
                    let reason = error.to_string();
                    shared.report(Event::EncoderFailed { track: Track::Video, reason });
                }
                failing = true;
                continue;
            }
        }
        failing = false;
    }
}

/// The wall clock, for people and machines at the other end to compare with theirs.
fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(0)
}

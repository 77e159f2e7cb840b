//! The video track: a thread that captures and one that encodes.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use golive_proto::media::Track;
use golive_proto::units::MediaTime;

use super::halt::Halt;
use super::hand_over::{Frame, HandOver};
use super::on_air::OnAir;
use super::pacing::next_picture;
use super::shared::Shared;
use super::{open_file, spawn};
#[cfg(feature = "camera")]
use crate::camera::CameraTrack;
use crate::config::VideoSource;
use crate::encode::PictureEncoder;
use crate::error::Error;
use crate::event::Event;
use crate::file::{OpenFiles, Pictures};
use crate::fit::Fitter;
use crate::image::Image;
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
    source: VideoSource,
    halt: Arc<Halt>,
    thread: Option<JoinHandle<()>>,
}

/// A source that was opened, and does nothing yet.
pub(super) struct VideoInput {
    source: VideoSource,
    opened: Opened,
}

enum Opened {
    Synthetic,
    #[cfg(feature = "camera")]
    Camera(CameraTrack),
    File(Box<Pictures>),
}

/// What a capturing thread works with.
pub(crate) struct CaptureContext {
    pub(crate) shared: Arc<Shared>,
    pub(crate) hand_over: Arc<HandOver>,
    pub(crate) halt: Arc<Halt>,
}

impl VideoInput {
    pub(super) fn open(
        shared: &Arc<Shared>,
        files: &mut OpenFiles,
        source: VideoSource,
    ) -> Result<Self, Error> {
        let opened = match &source {
            VideoSource::Synthetic => Opened::Synthetic,
            VideoSource::Camera(index) => open_camera(shared, index.0)?,
            VideoSource::File(path) => {
                Opened::File(Box::new(Pictures::new(open_file(shared, files, path)?)?))
            }
        };
        Ok(Self { source, opened })
    }
}

#[cfg(feature = "camera")]
fn open_camera(shared: &Arc<Shared>, index: u32) -> Result<Opened, Error> {
    let shared = shared.clone();
    let open = move || crate::camera::open(index, shared.largest_target(), shared.clock);
    CameraTrack::open(index, Box::new(open)).map(Opened::Camera)
}

#[cfg(not(feature = "camera"))]
fn open_camera(_shared: &Arc<Shared>, _index: u32) -> Result<Opened, Error> {
    Err(Error::NotBuiltIn("camera"))
}

impl VideoTrack {
    pub(super) fn start(
        shared: Arc<Shared>,
        input: VideoInput,
        keyframe_interval: Duration,
        on_air: OnAir,
    ) -> Result<Self, Error> {
        let hand_over = Arc::new(HandOver::default());
        let capture = Capture::start(&shared, &hand_over, input)?;
        let encoder = PictureEncoder::new(shared.target(), keyframe_interval);
        let mut track = Self { shared, hand_over, capture, encoding: None };
        let (shared, hand_over) = (track.shared.clone(), track.hand_over.clone());
        let run = move || encode(&shared, &hand_over, encoder, on_air);
        track.encoding = Some(spawn("golive-video", run)?);
        Ok(track)
    }

    /// Where the picture comes from.
    pub(super) fn source(&self) -> &VideoSource {
        &self.capture.source
    }

    /// Closes the source, until [`switch`](Self::switch) opens one.
    pub(super) fn pause(&mut self) {
        self.capture.end();
    }

    /// Whether no source is open.
    pub(super) fn is_paused(&self) -> bool {
        self.capture.thread.is_none()
    }

    /// Another source is opened when it is to be shown.
    pub(super) fn set_source(&mut self, source: VideoSource) {
        self.capture.source = source;
    }

    /// Begins to capture from another source. The one before ends.
    pub(super) fn switch(&mut self, input: VideoInput) -> Result<(), Error> {
        self.capture = Capture::start(&self.shared, &self.hand_over, input)?;
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
        input: VideoInput,
    ) -> Result<Self, Error> {
        let halt = Arc::new(Halt::default());
        let context = CaptureContext {
            shared: shared.clone(),
            hand_over: hand_over.clone(),
            halt: halt.clone(),
        };
        let VideoInput { source, opened } = input;
        let thread = spawn("golive-picture", move || match opened {
            Opened::Synthetic => capture_synthetic(&context),
            #[cfg(feature = "camera")]
            Opened::Camera(camera) => camera.run(&context),
            Opened::File(pictures) => capture_file(&context, *pictures),
        })?;
        Ok(Self { source, halt, thread: Some(thread) })
    }
}

impl Capture {
    fn end(&mut self) {
        self.halt.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.end();
    }
}

impl CaptureContext {
    /// Hands over a picture taken at `pts`.
    pub(crate) fn deliver(&self, image: impl Into<Image>, pts: MediaTime) {
        if self.hand_over.offer(Frame { image: image.into(), pts }) {
            self.shared.counters.dropped(1);
        }
    }

    /// Waits for the next picture's time at the frame rate of the moment; nothing when it is time
    /// to stop.
    ///
    /// Where the machine held the thread up, the pictures missed are left out.
    pub(crate) fn wait_for_next(&self, last: MediaTime) -> Option<MediaTime> {
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
            self.shared.report_overrun(Track::Video, late);
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

fn capture_file(context: &CaptureContext, mut pictures: Pictures) {
    let shared = &context.shared;
    let mut fitter = Fitter::default();
    // Until the file begins its first picture is shown.
    let Some((_, mut shown)) = pictures.next() else { return };
    let mut next = pictures.next();
    let mut ended = false;
    let mut last = shared.media_now();
    while let Some(pts) = context.wait_for_next(last) {
        last = pts;
        while let Some((_, picture)) = next.take_if(|(begins, _)| *begins <= pts) {
            pictures.recycle(std::mem::replace(&mut shown, picture));
            next = pictures.next();
        }
        if next.is_none() && !std::mem::replace(&mut ended, true) {
            shared.report(Event::SourceEnded { track: Track::Video });
        }
        shared.counters.captured();
        let size = shared.target().size;
        let mut picture = context.hand_over.blank(size);
        fitter.fit(&shown, size, &mut picture);
        context.deliver(picture, pts);
    }
}

fn encode(shared: &Shared, hand_over: &HandOver, mut encoder: PictureEncoder, mut on_air: OnAir) {
    let mut last = None;
    let mut failing = false;
    while let Some(Frame { image, pts }) = hand_over.take() {
        // Two sources may overlap for a moment while they are switched.
        if last.is_some_and(|last| pts <= last) {
            shared.counters.dropped(1);
            hand_over.recycle(image);
            continue;
        }
        last = Some(pts);
        if shared.take_restart_request() {
            encoder.restart();
        }
        let target = shared.target();
        encoder.set_target(target);
        if let Some(spare) = on_air.put(shared.shown(), image, target.size) {
            hand_over.recycle(spare);
        }
        let Some(image) = on_air.image() else {
            shared.counters.skipped();
            continue;
        };
        if shared.take_keyframe_request() {
            encoder.request_keyframe();
        }
        let began = (shared.clock)();
        let encoded = encoder.encode(image, pts);
        shared.counters.encoding((shared.clock)().since(began));
        if let Some(reason) = encoder.take_notice() {
            shared.report(Event::EncoderFailed { track: Track::Video, reason });
        }
        match encoded {
            Ok(Some(unit)) => {
                if unit.keyframe {
                    // It serves whoever asked while it was being encoded, too.
                    shared.take_keyframe_request();
                }
                shared.deliver(unit);
                while let Some(unit) = encoder.take_more() {
                    shared.deliver(unit);
                }
            }
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

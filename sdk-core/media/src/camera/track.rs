//! What is broadcast while a camera delivers, and while it does not.

use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::time::Duration;

use golive_proto::media::Track;
use golive_proto::units::{MediaTime, Time};

#[cfg(target_vendor = "apple")]
use super::av_foundation::Shown;
#[cfg(not(target_vendor = "apple"))]
use super::planar::Shown;
use super::{Feed, Message, RawFrame};
use crate::error::Error;
use crate::event::Event;
use crate::producer::{CaptureContext, FrameRateLimit};

/// A camera that says nothing for this long is gone, whatever its driver thinks.
const SILENCE: Duration = Duration::from_secs(2);
/// From one look for a lost camera to the next.
const RETRY: Duration = Duration::from_secs(1);
/// How long a camera may take to open, and to deliver its first picture.
const OPENING: Duration = Duration::from_secs(10);
/// How often the thread looks whether to stop.
const PATIENCE: Duration = Duration::from_millis(50);

/// Opens the camera on a thread of its own.
pub(crate) type Opener = Box<dyn FnMut() -> Feed + Send>;

/// A camera's part of the video track.
pub(crate) struct CameraTrack {
    open: Opener,
    name: String,
    feed: Feed,
}

impl CameraTrack {
    /// Opens the camera and waits until it is open.
    ///
    /// # Errors
    ///
    /// The camera's own, or that it did not answer.
    pub(crate) fn open(index: u32, mut open: Opener) -> Result<Self, Error> {
        let feed = open();
        let busy = |reason: &str| Error::CameraBusy { index, reason: reason.to_owned() };
        match feed.messages.recv_timeout(OPENING) {
            Ok(Message::Opened { name }) => Ok(Self { open, name, feed }),
            Ok(Message::Failed(error)) => Err(error),
            Ok(Message::Frame(_) | Message::Interrupted(_))
            | Err(RecvTimeoutError::Disconnected) => Err(busy("its driver gave up")),
            Err(RecvTimeoutError::Timeout) => Err(busy("it does not answer")),
        }
    }

    /// Captures until it is time to stop.
    pub(crate) fn run(self, context: &CaptureContext) {
        let now = (context.shared.clock)();
        let size = context.shared.target().size;
        let mut run = Run {
            context,
            open: self.open,
            name: self.name,
            state: State::Present { feed: self.feed, last_seen: now },
            limit: FrameRateLimit::default(),
            shown: Shown::new(size),
            last: context.shared.media_now(),
        };
        while !context.halt.is_stopped() {
            run.step();
        }
        match run.state {
            State::Present { feed, .. }
            | State::Interrupted { feed, .. }
            | State::Lost { opening: Some((feed, _)), .. } => feed.close(),
            State::Lost { opening: None, .. } => {}
        }
    }
}

struct Run<'a> {
    context: &'a CaptureContext,
    open: Opener,
    name: String,
    state: State,
    limit: FrameRateLimit,
    shown: Shown,
    /// When the last picture was handed over.
    last: MediaTime,
}

enum State {
    Present {
        feed: Feed,
        last_seen: Time,
    },
    /// It is open, and will deliver again by itself.
    Interrupted {
        feed: Feed,
        reported: bool,
    },
    Lost {
        /// The next attempt, and since when it is under way.
        opening: Option<(Feed, Time)>,
        retry_at: Time,
    },
}

impl Run<'_> {
    fn step(&mut self) {
        match &self.state {
            State::Present { .. } => self.take(),
            State::Interrupted { .. } => {
                self.repeat();
                self.wait_for_end();
            }
            State::Lost { .. } => {
                self.repeat();
                self.look();
            }
        }
    }

    /// Takes a picture from a camera that is there.
    fn take(&mut self) {
        let State::Present { feed, last_seen } = &mut self.state else { return };
        let now = (self.context.shared.clock)();
        let reason = match feed.messages.recv_timeout(PATIENCE) {
            Ok(Message::Frame(frame)) => {
                *last_seen = now;
                return self.use_frame(frame);
            }
            Ok(Message::Opened { .. }) => return,
            Ok(Message::Interrupted(reason)) => return self.interrupted(reason),
            Ok(Message::Failed(error)) => error.to_string(),
            Err(RecvTimeoutError::Disconnected) => "its driver gave up".to_owned(),
            Err(RecvTimeoutError::Timeout) if now.since(*last_seen) < SILENCE => return,
            Err(RecvTimeoutError::Timeout) => "no picture for two seconds".to_owned(),
        };
        self.report_lost(reason);
        // Dropping the feed closes the camera without waiting for it.
        self.state = State::Lost { opening: None, retry_at: now + RETRY };
    }

    fn report_lost(&self, reason: String) {
        let name = self.name.clone();
        self.context.shared.report(Event::DeviceLost { track: Track::Video, name, reason });
    }

    fn report_back(&self) {
        let name = self.name.clone();
        self.context.shared.report(Event::DeviceBack { track: Track::Video, name });
    }

    /// Keeps a camera that pauses open.
    fn interrupted(&mut self, reason: Option<String>) {
        let (opening, retry_at) = (None, (self.context.shared.clock)());
        match std::mem::replace(&mut self.state, State::Lost { opening, retry_at }) {
            State::Present { feed, .. } => {
                let reported = reason.is_some();
                self.state = State::Interrupted { feed, reported };
                if let Some(reason) = reason {
                    self.report_lost(reason);
                }
            }
            State::Interrupted { feed, reported } => {
                if let (Some(reason), false) = (&reason, reported) {
                    self.report_lost(reason.clone());
                }
                let reported = reported || reason.is_some();
                self.state = State::Interrupted { feed, reported };
            }
            other => self.state = other,
        }
    }

    /// Looks whether a camera that paused delivers again, or is lost after all.
    fn wait_for_end(&mut self) {
        let State::Interrupted { feed, reported } = &self.state else { return };
        let reported = *reported;
        let now = (self.context.shared.clock)();
        let reason = match feed.messages.try_recv() {
            Ok(Message::Frame(frame)) => {
                let lost = State::Lost { opening: None, retry_at: now };
                if let State::Interrupted { feed, .. } = std::mem::replace(&mut self.state, lost) {
                    self.state = State::Present { feed, last_seen: now };
                }
                if reported {
                    self.report_back();
                }
                return self.use_frame(frame);
            }
            Ok(Message::Interrupted(reason)) => return self.interrupted(reason),
            Ok(Message::Opened { .. }) | Err(TryRecvError::Empty) => return,
            Ok(Message::Failed(error)) => error.to_string(),
            Err(TryRecvError::Disconnected) => "its driver gave up".to_owned(),
        };
        if !reported {
            self.report_lost(reason);
        }
        self.state = State::Lost { opening: None, retry_at: now + RETRY };
    }

    /// Hands the last picture over once more, when one is due.
    fn repeat(&mut self) {
        let Some(pts) = self.context.wait_for_next(self.last) else { return };
        self.context.shared.counters.captured();
        self.deliver(pts);
    }

    /// Looks for a camera that is gone.
    fn look(&mut self) {
        let State::Lost { opening, retry_at } = &mut self.state else { return };
        let now = (self.context.shared.clock)();
        let Some((feed, since)) = opening else {
            if now >= *retry_at {
                *opening = Some(((self.open)(), now));
            }
            return;
        };
        let frame = match feed.messages.try_recv() {
            Ok(Message::Frame(frame)) => frame,
            Ok(Message::Opened { name }) => {
                self.name = name;
                return;
            }
            // It opens, but something else has it: whatever that is may take its time.
            Ok(Message::Interrupted(_)) => {
                *since = now;
                return;
            }
            Err(TryRecvError::Empty) if now.since(*since) < OPENING => return,
            Ok(Message::Failed(_)) | Err(_) => {
                *retry_at = now + RETRY;
                *opening = None;
                return;
            }
        };
        if let Some((feed, _)) = opening.take() {
            self.state = State::Present { feed, last_seen: now };
            self.report_back();
            self.use_frame(frame);
        }
    }

    fn use_frame(&mut self, frame: RawFrame) {
        let shared = &self.context.shared;
        let pts = shared.media_time(frame.taken);
        for _ in 0..frame.missed {
            shared.counters.captured();
        }
        shared.counters.dropped(frame.missed);
        let feed = if let State::Present { feed, .. } = &self.state { Some(feed) } else { None };
        if !self.limit.admits(shared.target().frame_rate, pts) {
            return Shown::give_back(frame, feed);
        }
        shared.counters.captured();
        if self.shown.take(frame, feed) {
            self.deliver(pts);
        } else {
            shared.counters.dropped(1);
        }
    }

    fn deliver(&mut self, pts: MediaTime) {
        // The first picture of a camera that is back may be older than the last repetition.
        if pts <= self.last {
            return self.context.shared.counters.dropped(1);
        }
        self.last = pts;
        let size = self.context.shared.target().size;
        match self.shown.image(size, self.context) {
            Some(image) => self.context.deliver(image, pts),
            None => self.context.shared.counters.dropped(1),
        }
    }
}

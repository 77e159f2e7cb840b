//! H.264 by an encoder of the system: what decides, without the system.
//!
//! A session of the system encodes pictures of one size. It may be taken away at any time, as when
//! an app goes to the background; then a new one goes on, with a key frame, on the same timeline.
//! Nothing is reordered: what goes in first comes out first, so DTS equals PTS.
//!
//! Key frames come by our own schedule. An encoder that was asked for one and made another picture
//! of it is asked again.

mod sample;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use golive_proto::media::{AccessUnit, FrameRate, PictureSize};
use golive_proto::rate::EncoderTarget;
use golive_proto::units::{Bitrate, MediaTime};

pub(crate) use self::sample::Sample;
use super::KeyframeSchedule;
use crate::error::Error;
use crate::image::Image;

/// Pictures that an encoder may hold back. One that holds more is taken to hang.
const HELD_BACK: usize = 3;
/// How long to wait for what comes out. Hardware takes a third of this for a large picture.
const PATIENCE: Duration = Duration::from_millis(30);
/// An encoder that let us wait in vain so often in a row holds pictures back by nature, and is not
/// waited for.
const VAIN: u32 = 5;
/// From one attempt to make a session to the next.
const RETRY: Duration = Duration::from_millis(250);
/// With so many failures in a row there is no hope in this encoder.
#[cfg(any(feature = "h264", test))]
const ATTEMPTS: u32 = 3;

/// What a session is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) size: PictureSize,
    pub(crate) bitrate: Bitrate,
    pub(crate) frame_rate: FrameRate,
    /// From one key frame to the next, as they are asked for.
    pub(crate) keyframe_interval: Duration,
}

/// Why a session did not do what it was told, in the system's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The system took the session away. Another one may be made.
    Gone(String),
    /// Anything else.
    Refused(String),
}

/// What VideoToolbox answers when it took a session away (`kVTInvalidSessionErr`), or when the
/// process that encodes died (`kVTVideoEncoderMalfunctionErr`).
const SESSION_IS_GONE: [i32; 2] = [-12_903, -12_912];

impl Failure {
    /// What VideoToolbox's answer means, which was asked to do this.
    pub(crate) fn of(status: i32, doing: &str) -> Self {
        let reason = format!("VideoToolbox would not {doing}: code {status}");
        if SESSION_IS_GONE.contains(&status) { Self::Gone(reason) } else { Self::Refused(reason) }
    }

    fn reason(self) -> String {
        match self {
            Self::Gone(reason) | Self::Refused(reason) => reason,
        }
    }
}

/// What became of a picture.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    /// The picture's own.
    pub(crate) pts: MediaTime,
    /// The picture; nothing where it was left out to keep to the rate.
    pub(crate) sample: Result<Option<Sample>, Failure>,
}

/// The rates that an encoder of the system is told: any that it can be meant to keep.
const LOWEST_BITRATE: i64 = 50_000;
const HIGHEST_BITRATE: i64 = 240_000_000;

/// The mean rate in bits a second.
pub(crate) fn bits(bitrate: Bitrate) -> i64 {
    let bits = i64::try_from(bitrate.as_bits_per_second()).unwrap_or(i64::MAX);
    bits.clamp(LOWEST_BITRATE, HIGHEST_BITRATE)
}

/// The most bytes that may come in any stretch of so many seconds: what the pacer sends at most,
/// too. Nearer to the mean an encoder would stay below it.
pub(crate) fn limit(bitrate: Bitrate) -> (i64, f64) {
    (bits(bitrate) / 8 * 5 / 4, 1.0)
}

/// Makes sessions.
pub(crate) trait Sessions {
    type Session: Session;

    fn open(&mut self, settings: Settings) -> Result<Self::Session, Failure>;
}

/// An encoder of the system for pictures of one size. Dropping it gives it back.
pub(crate) trait Session {
    /// Sets the mean rate of the pictures to come.
    fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), Failure>;

    /// Sets how many pictures a second will come.
    fn set_frame_rate(&mut self, frame_rate: FrameRate) -> Result<(), Failure>;

    /// Hands over a picture of the session's size, and does not wait for it.
    fn submit(&mut self, image: &Image, pts: MediaTime, keyframe: bool) -> Result<(), Failure>;

    /// The next picture that came out; waits for one for `patience` at most.
    fn finished(&mut self, patience: Duration) -> Option<Finished>;
}

/// An encoder that follows an [`EncoderTarget`] while it runs, whatever the system does.
pub(crate) struct HardwareEncoder<S: Sessions> {
    sessions: S,
    bitrate: Bitrate,
    frame_rate: FrameRate,
    keyframe_interval: Duration,
    keyframes: KeyframeSchedule,
    running: Option<Running<S::Session>>,
    /// What came out, and was not given yet.
    ready: VecDeque<AccessUnit>,
    /// In a row.
    failures: u32,
    retry_at: Option<MediaTime>,
}

struct Running<S> {
    session: S,
    size: PictureSize,
    bitrate: Bitrate,
    frame_rate: FrameRate,
    /// The pictures that it has, and which of them are to be key frames.
    held: VecDeque<(MediaTime, bool)>,
    /// How often in a row the newest of them was waited for in vain.
    vain: u32,
}

impl<S: Sessions> HardwareEncoder<S> {
    /// Nothing is set up until the first picture, whose size the encoder takes.
    pub(crate) fn new(sessions: S, target: EncoderTarget, keyframe_interval: Duration) -> Self {
        Self {
            sessions,
            bitrate: target.bitrate,
            frame_rate: target.frame_rate,
            keyframe_interval,
            keyframes: KeyframeSchedule::new(keyframe_interval),
            running: None,
            ready: VecDeque::new(),
            failures: 0,
            retry_at: None,
        }
    }

    /// The rate and frame rate of the pictures to come.
    pub(crate) fn set_target(&mut self, target: EncoderTarget) {
        self.bitrate = target.bitrate;
        self.frame_rate = target.frame_rate;
    }

    /// Makes the next picture an IDR.
    pub(crate) fn request_keyframe(&mut self) {
        self.keyframes.request();
    }

    /// Starts anew with the next picture, with an IDR.
    pub(crate) fn restart(&mut self) {
        self.running = None;
        self.keyframes.request();
    }

    /// Whether it failed so often in a row that another encoder had better take over.
    #[cfg(any(feature = "h264", test))]
    pub(crate) fn is_hopeless(&self) -> bool {
        self.failures >= ATTEMPTS
    }

    /// Encodes an image taken at `pts`, which must be later than the last one's.
    ///
    /// Gives nothing where the picture was left out to keep to the rate. An encoder that holds
    /// pictures back gives an earlier one; [`HardwareEncoder::take_more`] has what came out besides.
    ///
    /// # Errors
    ///
    /// The system's own. A later picture starts a new session, with an IDR.
    pub(crate) fn encode(
        &mut self,
        image: &Image,
        pts: MediaTime,
    ) -> Result<Option<AccessUnit>, Error> {
        if self.retry_at.is_some_and(|at| pts < at) {
            return Err(Error::Encoder("it is tried again in a moment".to_owned()));
        }
        // A session that is gone says so when it is used, and one more attempt saves the picture.
        let encoded = match self.attempt(image, pts) {
            Err(Failure::Gone(reason)) => {
                tracing::info!(reason, "the encoder's session is gone: a new one goes on");
                self.restart();
                self.attempt(image, pts)
            }
            other => other,
        };
        match encoded {
            Ok(()) => {
                if !self.ready.is_empty() {
                    self.failures = 0;
                }
                self.retry_at = None;
                Ok(self.ready.pop_front())
            }
            Err(failure) => {
                self.restart();
                self.failures = self.failures.saturating_add(1);
                self.retry_at = Some(pts + RETRY);
                Err(Error::Encoder(failure.reason()))
            }
        }
    }

    /// What came out beside what was given, in its order: where an encoder was late, and caught up.
    pub(crate) fn take_more(&mut self) -> Option<AccessUnit> {
        self.ready.pop_front()
    }

    fn attempt(&mut self, image: &Image, pts: MediaTime) -> Result<(), Failure> {
        let size = image.size();
        let running = match &mut self.running {
            Some(running) if running.size == size => {
                running.follow(self.bitrate, self.frame_rate)?;
                running
            }
            slot => {
                // The one before gives its hardware back first.
                *slot = None;
                self.keyframes.request();
                let settings = Settings {
                    size,
                    bitrate: self.bitrate,
                    frame_rate: self.frame_rate,
                    keyframe_interval: self.keyframe_interval,
                };
                let session = self.sessions.open(settings)?;
                slot.insert(Running::new(session, settings))
            }
        };
        let keyframe = self.keyframes.take(pts);
        running.session.submit(image, pts, keyframe)?;
        running.held.push_back((pts, keyframe));
        if running.collect(&mut self.ready)? {
            self.keyframes.request();
        }
        Ok(())
    }
}

impl<S: Session> Running<S> {
    fn new(session: S, settings: Settings) -> Self {
        let Settings { size, bitrate, frame_rate, .. } = settings;
        Self { session, size, bitrate, frame_rate, held: VecDeque::new(), vain: 0 }
    }

    fn follow(&mut self, bitrate: Bitrate, frame_rate: FrameRate) -> Result<(), Failure> {
        if self.frame_rate != frame_rate {
            self.session.set_frame_rate(frame_rate)?;
            self.frame_rate = frame_rate;
        }
        if self.bitrate != bitrate {
            self.session.set_bitrate(bitrate)?;
            self.bitrate = bitrate;
        }
        Ok(())
    }

    /// Adds what came out to `ready`, up to the picture that went in last if that does not take
    /// long. Returns whether a key frame was asked for, and something else came.
    fn collect(&mut self, ready: &mut VecDeque<AccessUnit>) -> Result<bool, Failure> {
        let mut missing = false;
        while !self.held.is_empty() {
            let patience = if self.vain < VAIN { PATIENCE } else { Duration::ZERO };
            let Some(Finished { pts, sample }) = self.session.finished(patience) else { break };
            let place = self.held.iter().position(|(held, _)| *held == pts);
            let wanted = place.and_then(|place| self.held.remove(place)).is_some_and(|it| it.1);
            let refused = |reason: &str| Failure::Refused(reason.to_owned());
            let unit = sample?.map(|sample| sample.into_unit(pts).map_err(refused)).transpose()?;
            missing |= wanted && !unit.as_ref().is_some_and(|unit| unit.keyframe);
            ready.extend(unit);
        }
        self.vain = if self.held.is_empty() { 0 } else { self.vain.saturating_add(1) };
        if self.held.len() > HELD_BACK {
            return Err(Failure::Refused(format!("it holds {} pictures back", self.held.len())));
        }
        Ok(missing)
    }
}

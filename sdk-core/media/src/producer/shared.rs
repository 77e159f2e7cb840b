//! What a producer's threads share.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use golive_proto::interruption::{Picture as Shown, Sound as Heard};
use golive_proto::media::{AccessUnit, PictureSize, Track};
use golive_proto::rate::EncoderTarget;
use golive_proto::units::{MediaTime, Time};

use super::halt::locked;
use super::statistics::Counters;
use crate::event::{Event, Output};
use crate::{Clock, Sink};

/// Commands from the outside, and the way back out.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) epoch: Time,
    pub(crate) counters: Counters,
    target: Mutex<EncoderTarget>,
    /// The largest picture and the highest frame rate that were asked for so far.
    largest: Mutex<EncoderTarget>,
    restart_requested: AtomicBool,
    keyframe_requested: AtomicBool,
    muted: AtomicBool,
    shown: Mutex<Shown>,
    heard: Mutex<Heard>,
    overruns: Mutex<[Overrun; 2]>,
    sink: Mutex<Sink>,
}

/// What a machine that is too busy lost of a track.
#[derive(Clone, Copy, Default)]
struct Overrun {
    untold: Duration,
    /// When it may be told of next: a machine that is too busy stays so for a while.
    next: Time,
}

const OVERRUN_INTERVAL: Duration = Duration::from_secs(1);

impl Shared {
    pub(crate) fn new(clock: Clock, epoch: Time, target: EncoderTarget, sink: Sink) -> Self {
        Self {
            clock,
            epoch,
            counters: Counters::default(),
            target: Mutex::new(target),
            largest: Mutex::new(target),
            restart_requested: AtomicBool::new(false),
            keyframe_requested: AtomicBool::new(false),
            muted: AtomicBool::new(false),
            shown: Mutex::new(Shown::Camera),
            heard: Mutex::new(Heard::Microphone),
            overruns: Mutex::default(),
            sink: Mutex::new(sink),
        }
    }

    /// Now, on the media timeline.
    pub(crate) fn media_now(&self) -> MediaTime {
        self.media_time((self.clock)())
    }

    /// Where a moment lies on the media timeline; before the epoch it is negative.
    pub(crate) fn media_time(&self, time: Time) -> MediaTime {
        if time >= self.epoch {
            MediaTime::ZERO + time.since(self.epoch)
        } else {
            MediaTime::ZERO - self.epoch.since(time)
        }
    }

    /// When a position of the media timeline is due. Positions before the epoch are due at it.
    pub(crate) fn time_of(&self, position: MediaTime) -> Time {
        self.epoch + position.since(MediaTime::ZERO)
    }

    pub(crate) fn target(&self) -> EncoderTarget {
        *locked(&self.target)
    }

    pub(crate) fn set_target(&self, target: EncoderTarget) {
        *locked(&self.target) = target;
        let mut largest = locked(&self.largest);
        let pixels = |size: PictureSize| u64::from(size.width) * u64::from(size.height);
        if pixels(target.size) > pixels(largest.size) {
            largest.size = target.size;
        }
        largest.frame_rate = largest.frame_rate.max(target.frame_rate);
    }

    /// What a device is opened for: it delivers all that may be asked for while it is open, however
    /// little of it is encoded at the moment.
    #[cfg(feature = "camera")]
    pub(crate) fn largest_target(&self) -> EncoderTarget {
        *locked(&self.largest)
    }

    pub(crate) fn request_restart(&self) {
        self.restart_requested.store(true, Ordering::Relaxed);
    }

    /// Whether the encoder is to be made anew since the last call.
    pub(crate) fn take_restart_request(&self) -> bool {
        self.restart_requested.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn request_keyframe(&self) {
        self.keyframe_requested.store(true, Ordering::Relaxed);
    }

    /// Whether an IDR was asked for since the last call.
    pub(crate) fn take_keyframe_request(&self) -> bool {
        self.keyframe_requested.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn set_muted(&self, muted: bool) {
        self.muted.store(muted, Ordering::Relaxed);
    }

    /// Whether silence is sent, because somebody wants it or an interruption does.
    pub(crate) fn is_silent(&self) -> bool {
        self.muted.load(Ordering::Relaxed) || self.heard() != Heard::Microphone
    }

    /// What viewers see in the source's place, or the source.
    pub(crate) fn shown(&self) -> Shown {
        *locked(&self.shown)
    }

    pub(crate) fn set_shown(&self, shown: Shown) {
        *locked(&self.shown) = shown;
    }

    pub(crate) fn heard(&self) -> Heard {
        *locked(&self.heard)
    }

    pub(crate) fn set_heard(&self, heard: Heard) {
        *locked(&self.heard) = heard;
    }

    pub(crate) fn deliver(&self, unit: AccessUnit) {
        self.counters.encoded(&unit);
        locked(&self.sink)(Output::Unit(unit));
    }

    /// Reports what was lost, with what was lost shortly before, once a second at most.
    pub(crate) fn report_overrun(&self, track: Track, lost: Duration) {
        let now = (self.clock)();
        let [video, audio] = &mut *locked(&self.overruns);
        let overrun = match track {
            Track::Video => video,
            Track::Audio => audio,
        };
        overrun.untold += lost;
        if now >= overrun.next {
            overrun.next = now + OVERRUN_INTERVAL;
            let lost = std::mem::take(&mut overrun.untold);
            self.report(Event::Overrun { track, lost });
        }
    }

    pub(crate) fn report(&self, event: Event) {
        tracing::warn!(?event, "capture");
        locked(&self.sink)(Output::Event(event));
    }
}

#[cfg(all(test, feature = "camera"))]
mod tests {
    use golive_proto::media::FrameRate;

    use super::*;
    use crate::producer::testing;

    #[test]
    fn a_camera_is_opened_for_all_that_was_asked_for_however_little_is_encoded_now() {
        let shared = testing::shared(Box::new(drop));
        let full = shared.target();
        let size = PictureSize::new(416, 234).expect("a size");
        let frame_rate = FrameRate::new(15).expect("a rate");
        shared.set_target(EncoderTarget { size, frame_rate, ..full });
        assert_eq!(shared.target().size, size);
        assert_eq!(shared.largest_target().size, full.size);
        assert_eq!(shared.largest_target().frame_rate, full.frame_rate);
    }
}

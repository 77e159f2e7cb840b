//! From the controller's opinion, by way of the ladder, to an encoder target and a pacing rate.

use std::time::Duration;

use super::config::Config;
use super::event::TargetReason;
use super::sound::SoundSteering;
use crate::media::{AccessUnit, Track};
use crate::mux::mpegts::Gathering;
use crate::pace::Forecast;
use crate::rate::{
    Adaptation, BitrateRange, Burst, Controller, Direction, EncoderTarget, Ladder, Measurement,
    Plan, Step,
};
use crate::transport::Feedback;
use crate::units::{Bitrate, ByteCount, Time};

/// Holds the controller and the ladder, and what was decided last.
#[derive(Debug)]
pub(super) struct Steering {
    controller: Controller,
    ladder: Ladder,
    adaptive: bool,
    /// What the owner asked for last.
    asked: EncoderTarget,
    sound: SoundSteering,
    target: EncoderTarget,
    congested_at: Option<Time>,
    burst: Burst,
    next_probe: Time,
    next_measurement: Time,
}

/// Where pictures and sound take less than this together, what the container takes beside them
/// counts: an eighth of it, and more.
const SCARCE: Bitrate = Bitrate::from_kilobits_per_second(500);
/// From one measurement to the next.
const MEASUREMENT_INTERVAL: Duration = Duration::from_millis(20);
/// While nothing gets through, something is sent this often, so that the link's return is noticed.
const PROBE_INTERVAL: Duration = Duration::from_millis(100);
/// What containers and packet headers add to the media, with some room.
const OVERHEAD: f64 = 1.15;
/// How much faster than the mean rate packets leave: a key frame, several times the size of its
/// neighbours, is spread over a few frame times instead of leaving in one burst.
const OPEN_GAIN: f64 = 2.5;
/// The same while the uplink is congested: enough for retransmission and key frames, too little
/// to fill buffers.
const CONGESTED_GAIN: f64 = 1.5;
/// Beyond what was seen to be carried, so that it is noticed if more is.
const CARRIED_GAIN: f64 = 1.25;
/// Repair comes in bursts, as losses do: it leaves so many times as fast as on average.
const REPAIR_GAIN: f64 = 2.0;
/// On an uplink with room, what waits leaves within a quarter of the latency, whatever the target: a
/// queue that only the pacer makes must be neither taken for congestion nor dropped as stale.
const DRAIN_SHARE: u32 = 4;
const SHORTEST_DRAIN: Duration = Duration::from_millis(20);
const LONGEST_DRAIN: Duration = Duration::from_millis(200);
/// Congestion is remembered this long.
const CONGESTION_MEMORY: Duration = Duration::from_secs(2);

impl Steering {
    pub(super) fn new(config: &Config, now: Time) -> Self {
        let range = BitrateRange {
            minimum: config.minimum_bitrate.min(config.target.bitrate),
            maximum: config.target.bitrate,
        };
        let sound = SoundSteering::new(config);
        Self {
            controller: Controller::new(range, now),
            ladder: Ladder::new(config.target, config.adaptation),
            adaptive: config.adaptive,
            asked: config.target,
            target: EncoderTarget { audio_bitrate: sound.bitrate(), ..config.target },
            sound,
            congested_at: None,
            burst: Burst::default(),
            next_probe: now,
            next_measurement: now,
        }
    }

    /// Whether so little is carried that the container is to spare what it can.
    pub(super) fn is_scarce(&self) -> bool {
        self.adaptive && self.media() < SCARCE
    }

    /// How frames of sound are to leave; nothing as long as each leaves by itself.
    pub(super) fn gathering(&self) -> Option<Gathering> {
        self.sound.gathering()
    }

    pub(super) fn target(&self) -> EncoderTarget {
        self.target
    }

    /// The encoder has produced a unit.
    pub(super) fn produced(&mut self, now: Time, unit: &AccessUnit) {
        if unit.track == Track::Video {
            self.burst.note(now, unit.data.len().into(), self.target.bitrate);
        }
    }

    /// Whether the time for another measurement has come.
    pub(super) fn is_due(&self, now: Time) -> bool {
        now >= self.next_measurement
    }

    pub(super) fn next_measurement(&self) -> Time {
        self.next_measurement
    }

    /// Takes what was measured; answers with the reason if the target changed.
    pub(super) fn measure(
        &mut self,
        now: Time,
        feedback: &Feedback,
        queued: ByteCount,
        latency: Duration,
    ) -> Option<TargetReason> {
        self.next_measurement = now + MEASUREMENT_INTERVAL;
        if !self.adaptive {
            return None;
        }
        let measurement = Measurement {
            round_trip_time: feedback.newest_round_trip,
            longest_way: feedback.ways.map(|ways| ways.longest),
            queued: queued + feedback.unsent,
            burst: self.burst.left(now),
            beside: self.sound.carried(),
            lost_packets: feedback.lost_packets,
            latency,
            acknowledged: feedback.acknowledged,
            in_flight: feedback.in_flight,
            sent: feedback.sent,
            repairing_since: feedback.repairing_since,
        };
        let direction = self.controller.measure(now, &measurement);
        if direction == Some(Direction::Down) {
            self.congested_at = Some(now);
        }
        let moved = direction.map(|direction| match direction {
            Direction::Down => TargetReason::Congestion,
            Direction::Up => TargetReason::Recovery,
        });
        let reason = self.step(now).or(moved)?;
        self.target = self.ladder.target(self.controller.target(), self.sound.bitrate());
        Some(reason)
    }

    fn step(&mut self, now: Time) -> Option<TargetReason> {
        // When nothing gets through, no picture is small enough, and soon all may be well again.
        if self.controller.path().is_stalled(now) {
            self.ladder.interrupted();
            self.sound.interrupted();
            return None;
        }
        if let Some(step) = self.ladder.decide(now, self.controller.target()) {
            return Some(match step {
                Step::FewerPictures => TargetReason::FewerPictures,
                Step::SmallerPictures => TargetReason::SmallerPictures,
                Step::MorePictures => TargetReason::MorePictures,
                Step::LargerPictures => TargetReason::LargerPictures,
            });
        }
        // One step at a time, each with its reason.
        self.sound.decide(now, self.controller.target()).map(|direction| match direction {
            Direction::Down => TargetReason::LessSound,
            Direction::Up => TargetReason::MoreSound,
        })
    }

    /// The owner wants another target; its bitrate is the new maximum.
    pub(super) fn ask(&mut self, target: EncoderTarget) {
        let minimum = self.controller.range().minimum.min(target.bitrate);
        self.controller.set_range(BitrateRange { minimum, maximum: target.bitrate });
        self.asked = target;
        self.target = target;
        if self.adaptive {
            let bitrate = self.controller.target();
            self.ladder.ask(target, bitrate);
            self.target = self.ladder.target(bitrate, target.audio_bitrate);
        }
        self.sound.ask(target, self.ladder.allowed().sound);
        self.target.audio_bitrate = self.sound.bitrate();
    }

    /// The encoder changes only so much: nothing else is asked of it from now on. Answers whether
    /// the target changed.
    pub(super) fn allow(&mut self, change: impl FnOnce(&mut Adaptation)) -> bool {
        let before = self.target;
        let mut allowed = self.ladder.allowed();
        change(&mut allowed);
        self.ladder.allow(self.asked, allowed, self.target.bitrate);
        if self.adaptive {
            self.target = self.ladder.target(self.target.bitrate, self.target.audio_bitrate);
        }
        self.target != before
    }

    /// The connection is new: what was measured on the old one says nothing of it.
    pub(super) fn reconnected(&mut self, now: Time) {
        self.controller.reconnected(now);
        self.ladder.interrupted();
        self.sound.interrupted();
        self.congested_at = None;
        self.next_measurement = now;
    }

    /// Whether the path is watched, and the target follows it.
    pub(super) fn is_adaptive(&self) -> bool {
        self.adaptive
    }

    /// What the queue may expect; nothing, if nobody watches the path.
    pub(super) fn forecast(&self, now: Time, latency: Duration) -> Option<Forecast> {
        let plan = Plan {
            video: self.target.bitrate,
            produced: self.media(),
            beside: self.sound.carried(),
            frame: self.target.frame_rate.interval(),
            limit: latency,
        };
        self.adaptive.then(|| self.controller.forecast(now, &plan))
    }

    /// Whether nothing gets through at the moment.
    pub(super) fn is_stalled(&self, now: Time) -> bool {
        self.adaptive && self.controller.path().is_stalled(now)
    }

    /// For how long nothing has got through.
    pub(super) fn stalled_for(&self, now: Time) -> Duration {
        if self.adaptive { self.controller.path().stalled_for(now) } else { Duration::ZERO }
    }

    /// Whether something is to be sent now, although nothing gets through.
    pub(super) fn take_probe(&mut self, now: Time) -> bool {
        let due = self.is_stalled(now) && now >= self.next_probe;
        if due {
            self.next_probe = now + PROBE_INTERVAL;
        }
        due
    }

    /// How much may be under way at once.
    pub(super) fn window(&self, now: Time) -> ByteCount {
        if self.adaptive { self.controller.window(now) } else { ByteCount::new(u64::MAX) }
    }

    /// What the uplink is believed to carry, on the wire: what it was last seen to carry; or what the
    /// encoder is asked for, if that is more because more is being tried; or all that was sent, repair
    /// and all, if none of it stood anywhere. Nothing without a controller.
    pub(super) fn estimate(&self) -> Option<Bitrate> {
        let tried = self.media().scaled(OVERHEAD);
        let path = self.controller.path();
        self.adaptive.then(|| path.capacity().max(tried).max(path.taken()))
    }

    /// How fast packets may leave while `queued` bytes wait.
    pub(super) fn pacing_rate(&self, now: Time, queued: ByteCount, latency: Duration) -> Bitrate {
        let media = self.media();
        let congested = self.congested_at.is_some_and(|at| now.since(at) < CONGESTION_MEMORY);
        if congested {
            // An encoder that makes more than it is asked for must not wait here for nothing, nor
            // media for the repair that stands before it.
            let path = self.controller.path();
            let carried = path.capacity().scaled(CARRIED_GAIN);
            let repair = path.taken_for_repair().scaled(REPAIR_GAIN);
            return media.scaled(OVERHEAD * CONGESTED_GAIN).max(carried).saturating_add(repair);
        }
        let time = (latency / DRAIN_SHARE).clamp(SHORTEST_DRAIN, LONGEST_DRAIN);
        let draining = Bitrate::average(queued, time);
        media.scaled(OVERHEAD * OPEN_GAIN).max(draining.scaled(OVERHEAD))
    }

    /// What pictures and sound take together.
    fn media(&self) -> Bitrate {
        self.target.bitrate.saturating_add(self.target.audio_bitrate)
    }
}

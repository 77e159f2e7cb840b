//! From the controller's opinion to an encoder target and a pacing rate.

use std::time::Duration;

use super::config::Config;
use super::event::TargetReason;
use crate::rate::{BitrateRange, Controller, Direction, EncoderTarget, Measurement};
use crate::transport::Feedback;
use crate::units::{Bitrate, ByteCount, Time};

/// Holds the controller, and what was decided last.
#[derive(Debug)]
pub(super) struct Steering {
    controller: Controller,
    adaptive: bool,
    target: EncoderTarget,
    audio_bitrate: Bitrate,
    congested_at: Option<Time>,
    next_measurement: Time,
}

/// From one measurement to the next.
const MEASUREMENT_INTERVAL: Duration = Duration::from_millis(20);
/// What containers and packet headers add to the media, with some room.
const OVERHEAD: f64 = 1.15;
/// How much faster than the mean rate packets leave: a key frame, several times the size of its
/// neighbours, is spread over a few frame times instead of leaving in one burst.
const OPEN_GAIN: f64 = 2.5;
/// The same while the uplink is congested: enough for retransmission and key frames, too little
/// to fill buffers.
const CONGESTED_GAIN: f64 = 1.5;
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
        Self {
            controller: Controller::new(range, now),
            adaptive: config.adaptive,
            target: config.target,
            audio_bitrate: config.audio.map_or(Bitrate::ZERO, |_| config.audio_bitrate),
            congested_at: None,
            next_measurement: now,
        }
    }

    pub(super) fn target(&self) -> EncoderTarget {
        self.target
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
            queued: queued + feedback.unsent,
            lost_packets: feedback.lost_packets,
            latency,
            acknowledged: feedback.acknowledged,
            in_flight: feedback.in_flight,
        };
        let direction = self.controller.measure(now, &measurement)?;
        self.target.bitrate = self.controller.target();
        Some(match direction {
            Direction::Down => {
                self.congested_at = Some(now);
                TargetReason::Congestion
            }
            Direction::Up => TargetReason::Recovery,
        })
    }

    /// The owner wants another target; its bitrate is the new maximum.
    pub(super) fn ask(&mut self, target: EncoderTarget) {
        let minimum = self.controller.range().minimum.min(target.bitrate);
        self.controller.set_range(BitrateRange { minimum, maximum: target.bitrate });
        let bitrate = if self.adaptive { self.controller.target() } else { target.bitrate };
        self.target = EncoderTarget { bitrate, ..target };
    }

    /// The connection is new: what was measured on the old one says nothing of it.
    pub(super) fn reconnected(&mut self, now: Time) {
        self.controller.reconnected(now);
        self.congested_at = None;
        self.next_measurement = now;
    }

    /// How long packets that leave now stand on their way.
    pub(super) fn standing(&self, now: Time) -> Duration {
        if self.adaptive { self.controller.standing(now) } else { Duration::ZERO }
    }

    /// Whether nothing gets through at the moment.
    pub(super) fn is_stalled(&self, now: Time) -> bool {
        self.adaptive && self.controller.is_stalled(now)
    }

    /// How much may be under way at once.
    pub(super) fn window(&self, now: Time) -> ByteCount {
        if self.adaptive { self.controller.window(now) } else { ByteCount::new(u64::MAX) }
    }

    /// What the uplink is believed to carry, on the wire: what it was last seen to carry, or what the
    /// encoder is asked for, if that is more because more is being tried. Nothing without a
    /// controller.
    pub(super) fn estimate(&self) -> Option<Bitrate> {
        let tried = self.target.bitrate.saturating_add(self.audio_bitrate).scaled(OVERHEAD);
        self.adaptive.then(|| self.controller.carried().max(tried))
    }

    /// How fast packets may leave while `queued` bytes wait.
    pub(super) fn pacing_rate(&self, now: Time, queued: ByteCount, latency: Duration) -> Bitrate {
        let media = self.target.bitrate.saturating_add(self.audio_bitrate);
        let congested = self.congested_at.is_some_and(|at| now.since(at) < CONGESTION_MEMORY);
        if congested {
            return media.scaled(OVERHEAD * CONGESTED_GAIN);
        }
        let time = (latency / DRAIN_SHARE).clamp(SHORTEST_DRAIN, LONGEST_DRAIN);
        let draining = Bitrate::average(queued, time);
        media.scaled(OVERHEAD * OPEN_GAIN).max(draining.scaled(OVERHEAD))
    }
}

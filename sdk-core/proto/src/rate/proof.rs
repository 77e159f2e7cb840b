//! Before more is asked for again, it has to be proven that there is room: the same for pictures and
//! sound, so that neither flaps.

use std::time::Duration;

use crate::units::{Bitrate, Time};

/// A smoothed bitrate, and for how long it has to leave room before the next climb.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof {
    smoothed: Option<(Time, Bitrate)>,
    needed: Duration,
    climbed: Option<Time>,
}

/// A higher rung is climbed with so much more than it needs.
pub(super) const HEADROOM: f64 = 1.25;
/// Over about how long the bitrate is taken: half of what usually lies between two key frames.
const SMOOTHING: Duration = Duration::from_secs(1);
/// How long there has to be room at first, and at most.
const FIRST: Duration = Duration::from_secs(3);
const LONGEST: Duration = Duration::from_secs(60);
/// Who steps down so soon after climbing climbed too early.
const TOO_SOON: Duration = Duration::from_secs(20);

impl Proof {
    /// Nothing is proven.
    pub(super) fn new() -> Self {
        Self { smoothed: None, needed: FIRST, climbed: None }
    }

    /// For how long there has to be room.
    pub(super) fn needed(&self) -> Duration {
        self.needed
    }

    /// The bitrate without its dips: on a narrow link each key frame makes one.
    pub(super) fn smooth(&mut self, now: Time, bitrate: Bitrate) -> Bitrate {
        let smoothed = self.smoothed.map_or(bitrate, |(then, before)| {
            let weight = (now.since(then).as_secs_f64() / SMOOTHING.as_secs_f64()).min(1.0);
            before.scaled(1.0 - weight).saturating_add(bitrate.scaled(weight))
        });
        self.smoothed = Some((now, smoothed));
        smoothed
    }

    /// What the bitrate was proves nothing any more.
    pub(super) fn interrupted(&mut self) {
        self.smoothed = None;
    }

    /// A higher rung was climbed.
    pub(super) fn climbed(&mut self, now: Time) {
        self.climbed = Some(now);
    }

    /// A lower rung was taken: if the last climb came too early, the next one has to be proven for
    /// twice as long.
    pub(super) fn stepped_down(&mut self, now: Time) {
        let in_vain = self.climbed.take().is_some_and(|at| now.since(at) < TOO_SOON);
        self.needed = if in_vain { (self.needed * 2).min(LONGEST) } else { FIRST };
    }
}

//! What may be expected of what waits: which pictures will be late, and what had better go.
//!
//! A picture that is late is played all the same, and what refers to it can be decoded: to send
//! it costs the time that it takes. To drop it costs all that follows it up to the next key
//! frame, and a key frame that several pictures are worth. So what is stale is not simply
//! dropped: the queue begins where the fewest pictures will be late, all told.

use std::collections::VecDeque;
use std::time::Duration;

use super::QueuedUnit;
use crate::media::Track;
use crate::units::{Bitrate, ByteCount, Time};

/// What is expected of the path and the encoder.
#[derive(Clone, Copy, Debug)]
pub struct Forecast {
    /// How long what leaves now stands on the way behind what is there already.
    pub standing: Duration,
    /// What is carried.
    pub carried: Bitrate,
    /// From capture to arrival, the way with empty queues left out: what takes longer is late.
    pub limit: Duration,
    /// What is produced from now on.
    pub produced: Bitrate,
    /// From one picture to the next.
    pub frame: Duration,
    /// The key frame that could be had at once; none, while nothing gets through at all.
    pub fresh: Option<Fresh>,
}

/// A key frame that could be had at once.
#[derive(Clone, Copy, Debug)]
pub struct Fresh {
    /// What it would take.
    pub bytes: ByteCount,
}

/// Where the video of a queue had better begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// With this unit.
    At(usize),
    /// With a key frame that is still to be made.
    Afresh,
}

/// Forecasts err: to begin afresh has to save at least so many pictures.
const WORTH_A_FRESH_START: f64 = 5.0;
/// The drain of what waits is not taken for slower than at this share of what is carried.
const SLOWEST_DRAIN: f64 = 0.1;
/// No more pictures than these are counted as late, where nothing drains at all: three seconds'.
const MOST_LATE: f64 = 90.0;

impl Forecast {
    /// Where video had better begin: with its first unit, unless pictures will be late then, and
    /// fewer would be with a later beginning. `bytes` are those of all units.
    pub(super) fn best_start(
        &self,
        now: Time,
        units: &VecDeque<QueuedUnit>,
        bytes: ByteCount,
    ) -> Start {
        let mut best = (Start::At(0), self.late_from(now, units, 0, bytes));
        if best.1 == 0.0 {
            return best.0;
        }
        let (mut skipped, mut left) = (0.0, bytes);
        for (index, queued) in units.iter().enumerate() {
            if queued.unit.track != Track::Video {
                continue;
            }
            if queued.unit.keyframe && skipped > 0.0 {
                let late = skipped + self.late_from(now, units, index, left);
                if late < best.1 {
                    best = (Start::At(index), late);
                }
            }
            skipped += 1.0;
            left = left.saturating_sub(queued.unit.data.len().into());
        }
        let Some(fresh) = self.fresh.filter(|_| skipped > 0.0) else { return best.0 };
        let late = skipped + WORTH_A_FRESH_START + self.late_after(left + fresh.bytes);
        if late < best.1 { Start::Afresh } else { best.0 }
    }

    /// How many pictures will be late if video begins with this unit, and `bytes` are sent then.
    fn late_from(
        &self,
        now: Time,
        units: &VecDeque<QueuedUnit>,
        start: usize,
        bytes: ByteCount,
    ) -> f64 {
        let mut ahead = ByteCount::ZERO;
        let mut late = 0.0;
        for (index, queued) in units.iter().enumerate() {
            let is_video = queued.unit.track == Track::Video;
            if is_video && index < start {
                continue;
            }
            ahead += queued.unit.data.len().into();
            if is_video && self.is_late_behind(now, queued, ahead) {
                late += 1.0;
            }
        }
        late + self.late_after(bytes)
    }

    /// How many of the pictures to come will be late behind so many bytes: until what waits has
    /// drained to the limit.
    fn late_after(&self, bytes: ByteCount) -> f64 {
        let delay = self.standing.saturating_add(self.carried.time_for(bytes));
        let excess = delay.saturating_sub(self.limit).as_secs_f64();
        let carried = self.carried.as_bits_per_second().max(1) as f64;
        let drain = 1.0 - self.produced.as_bits_per_second() as f64 / carried;
        let pictures = excess / drain.max(SLOWEST_DRAIN) / self.frame.as_secs_f64();
        pictures.min(MOST_LATE)
    }

    fn is_late_behind(&self, now: Time, queued: &QueuedUnit, bytes: ByteCount) -> bool {
        let way = self.standing.saturating_add(self.carried.time_for(bytes));
        now.since(queued.queued_at).saturating_add(way) > self.limit
    }
}

#[cfg(test)]
mod tests;

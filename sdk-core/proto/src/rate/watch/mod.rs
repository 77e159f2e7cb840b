//! Holding the encoder to its word: what was asked of it and what it produces are compared.
//!
//! What is produced fills a bucket that drains at the bitrate wanted. A key frame fills it for a
//! moment and the pictures after it make up for that; a picture that stands still leaves it empty,
//! and earns nothing. An encoder that takes a second to follow a lower bitrate is given it. When
//! the bucket runs over, the encoder either follows what it is told in proportion, and is told
//! less, so that what comes out fits; or it does not follow at all, is told once more, and then
//! made anew. Frame rate and size are judged when they are to change, and a picture that does not
//! come while pictures are captured is asked for.
//!
//! Pure: told what was wanted, captured and produced, it returns findings with what to do. What it
//! cannot do anything about it reports and leaves alone.

mod finding;
mod production;

use std::time::Duration;

use finding::Reports;
pub use finding::{EncoderFault, Finding, Remedy};
use production::Production;

use super::EncoderTarget;
use crate::media::{AccessUnit, PictureSize, VideoCodec};
use crate::units::{Bitrate, ByteCount, Time};

/// What is known of the encoder that a broadcast has.
#[derive(Debug)]
pub struct Watch {
    codec: VideoCodec,
    wanted: EncoderTarget,
    /// The encoder is told this share of the bitrate that is wanted of it.
    share: f64,
    share_raised: Time,
    production: Production,
    /// The next key frame is none of the encoder's own doing, and is larger than it would like.
    excused: bool,
    /// The size that the encoder's parameter sets say.
    seen: Option<PictureSize>,
    /// A change of size or frame rate that has not been seen yet.
    size: Option<Pending<Option<PictureSize>>>,
    frame_rate: Option<Pending<()>>,
    frozen: Frozen,
    /// How often in a row a lower bitrate had no effect.
    ignored: u32,
    /// No verdict over the bitrate before this.
    quiet_until: Time,
    restarts: Restarts,
    reports: Reports,
}

/// A change that was asked for, and since when it should be seen.
#[derive(Clone, Copy, Debug)]
struct Pending<T> {
    due: Time,
    /// What was seen before it.
    before: T,
    /// How often it was asked for again, the restart included.
    again: u32,
}

/// Pictures that are captured and do not come out.
#[derive(Clone, Copy, Debug)]
struct Frozen {
    last_picture: Time,
    captured: u64,
    /// The total when the last picture came out.
    captured_then: u64,
    next_remedy: Time,
    asked: bool,
}

/// When the encoder may be made anew.
#[derive(Clone, Copy, Debug)]
struct Restarts {
    last: Option<Time>,
    pause: Duration,
}

/// The bucket holds what is wanted in this time: an encoder that makes twice as much fills it in
/// two seconds, one that makes half as much again in five.
const BUCKET: Duration = Duration::from_millis(1_500);
/// At the lowest rates one key frame is more than that.
const LEAST_BUCKET: ByteCount = ByteCount::new(24_000);
/// After a verdict the encoder has this long to do better.
const PATIENCE: Duration = Duration::from_secs(2);
/// One that gave no cause for so long obeys.
const OBEYED: Duration = Duration::from_secs(10);
/// So that what comes out then lies below what is wanted rather than above.
const A_LITTLE_LESS: f64 = 0.95;
/// The least share that an encoder is told: one that makes twenty times too much is no encoder.
const LEAST_SHARE: f64 = 0.05;
/// One that makes less than this of what is wanted, for this long, is told more again.
const MEEK: f64 = 0.85;
const MEEK_FOR: Duration = Duration::from_secs(5);
const FORGIVENESS: f64 = 1.1;
/// A change of frame rate or size should be seen within this.
const CHANGE_PATIENCE: Duration = Duration::from_secs(3);
/// More pictures than this times those asked for are too many.
const TOO_MANY_PICTURES: f64 = 1.3;
/// A picture that does not come for this long, and for so many that were captured, is missed.
const FREEZE: Duration = Duration::from_secs(1);
const FREEZE_PICTURES: u64 = 10;
/// Restarts come no closer than this, and the pause doubles up to the second while they follow
/// each other; one that helped for so long was worth it.
const FIRST_RESTART_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_RESTART_PAUSE: Duration = Duration::from_secs(160);

impl Watch {
    /// Begins with an encoder of this codec that was told `wanted`.
    pub fn new(codec: VideoCodec, wanted: EncoderTarget, now: Time) -> Self {
        Self {
            codec,
            wanted,
            share: 1.0,
            share_raised: now,
            production: Production::new(now),
            excused: true,
            seen: None,
            size: None,
            frame_rate: None,
            frozen: Frozen {
                last_picture: now,
                captured: 0,
                captured_then: 0,
                next_remedy: now,
                asked: false,
            },
            ignored: 0,
            quiet_until: now,
            restarts: Restarts { last: None, pause: FIRST_RESTART_PAUSE },
            reports: Reports::default(),
        }
    }

    /// What is to come out from now on.
    pub fn want(&mut self, now: Time, wanted: EncoderTarget) {
        if wanted.size != self.wanted.size {
            self.excused = true;
            let due = now + CHANGE_PATIENCE;
            self.size = Some(Pending { due, before: self.seen, again: 0 });
        }
        if wanted.frame_rate != self.wanted.frame_rate {
            let lowered = wanted.frame_rate < self.wanted.frame_rate;
            let due = now + CHANGE_PATIENCE;
            self.frame_rate = lowered.then_some(Pending { due, before: (), again: 0 });
        }
        self.wanted = wanted;
    }

    /// What the encoder is told, so that what is wanted comes out.
    pub fn told(&self) -> EncoderTarget {
        EncoderTarget { bitrate: self.told_bitrate(), ..self.wanted }
    }

    /// A key frame was asked for: it will be larger than the encoder planned.
    pub fn keyframe_asked(&mut self) {
        self.excused = true;
    }

    /// So many pictures were captured so far. An encoder whose captured pictures are not counted
    /// is never found frozen.
    pub fn captured(&mut self, total: u64) {
        self.frozen.captured = self.frozen.captured.max(total);
    }

    /// The encoder delivered a picture.
    pub fn produced(&mut self, now: Time, unit: &AccessUnit) {
        self.frozen.last_picture = now;
        self.frozen.captured_then = self.frozen.captured;
        self.frozen.asked = false;
        let mut bytes = unit.data.len().into();
        if unit.keyframe {
            if std::mem::take(&mut self.excused) {
                bytes = self.wanted.bitrate.bytes_in(self.wanted.frame_rate.interval()).min(bytes);
            }
            if let Some(size) = self.codec.picture_size(&unit.data) {
                self.seen = Some(size);
            }
        }
        self.production.picture(now, bytes);
    }

    /// What was produced before this is forgotten: nothing was looked at for a while.
    pub fn resume(&mut self, now: Time) {
        self.production.clear(now);
        self.frozen.last_picture = now;
        self.frozen.captured_then = self.frozen.captured;
        self.quiet_until = now + PATIENCE;
    }

    /// Looks at what was produced up to now; answers with what is wrong and what to do about it.
    pub fn check(&mut self, now: Time) -> Option<Finding> {
        self.production.advance(now, self.wanted.bitrate, self.told_bitrate());
        let found = self
            .check_freeze(now)
            .or_else(|| self.check_bitrate(now))
            .or_else(|| self.check_size(now))
            .or_else(|| self.check_frame_rate(now));
        if found.is_none() {
            self.forgive(now);
        }
        let (fault, remedy) = found?;
        let worth_telling = self.reports.is_due(now, &fault, &remedy);
        Some(Finding { fault, remedy, worth_telling })
    }

    fn told_bitrate(&self) -> Bitrate {
        self.wanted.bitrate.scaled(self.share)
    }

    fn check_freeze(&mut self, now: Time) -> Option<(EncoderFault, Remedy)> {
        let frozen = self.frozen;
        let lasted = now.since(frozen.last_picture);
        let missed = frozen.captured.saturating_sub(frozen.captured_then);
        if lasted < FREEZE || missed < FREEZE_PICTURES || now < frozen.next_remedy {
            return None;
        }
        self.frozen.next_remedy = now + FREEZE;
        let fault = EncoderFault::Freezes { lasted, captured: missed };
        if !std::mem::replace(&mut self.frozen.asked, true) {
            self.excused = true;
            return Some((fault, Remedy::KeyframeRequested));
        }
        self.restart(now).map(|remedy| (fault, remedy))
    }

    fn check_bitrate(&mut self, now: Time) -> Option<(EncoderFault, Remedy)> {
        let room = BUCKET.max(self.production.allowed().time_for(LEAST_BUCKET));
        if now < self.quiet_until || self.production.surplus() < room {
            return None;
        }
        // Over the same time: what is wanted at this moment may be far from that.
        let wanted = self.production.recently_wanted().max(self.wanted.bitrate);
        let produced = self.production.recent().max(wanted);
        // One that cannot be told any less has not heard before either.
        let ignores = self.share <= LEAST_SHARE || self.production.ignores(self.told_bitrate());
        self.production.empty();
        if now.since(self.quiet_until) > OBEYED {
            self.ignored = 0;
        }
        self.quiet_until = now + PATIENCE;
        if !ignores {
            let ratio =
                wanted.as_bits_per_second() as f64 / produced.as_bits_per_second().max(1) as f64;
            self.share = (self.share * ratio * A_LITTLE_LESS).max(LEAST_SHARE);
            self.share_raised = now;
            let told = self.told_bitrate();
            return Some((EncoderFault::Overshoots { wanted, produced }, Remedy::ToldLess(told)));
        }
        self.ignored += 1;
        let fault = EncoderFault::IgnoresBitrate { told: self.told_bitrate(), produced };
        let restarted = if self.ignored > 1 { self.restart(now) } else { None };
        Some((fault, restarted.unwrap_or(Remedy::AskedAgain)))
    }

    fn check_size(&mut self, now: Time) -> Option<(EncoderFault, Remedy)> {
        let pending = self.size?;
        let (wanted, seen) = (self.wanted.size, self.seen);
        // A camera that is turned may make it another size than was asked for, but not the old.
        if seen != pending.before || seen == Some(wanted) || seen.is_none() {
            self.size = None;
            return None;
        }
        if now < pending.due {
            return None;
        }
        let remedy = self.insist(now, pending.due, pending.again)?;
        let (due, again) = (now + CHANGE_PATIENCE, pending.again + 1);
        let goes_on = remedy != Remedy::Accepted;
        self.size = goes_on.then_some(Pending { due, again, ..pending });
        let produced = seen.unwrap_or(wanted);
        Some((EncoderFault::IgnoresSize { wanted, produced }, remedy))
    }

    fn check_frame_rate(&mut self, now: Time) -> Option<(EncoderFault, Remedy)> {
        let pending = self.frame_rate.filter(|pending| now >= pending.due)?;
        let (produced, wanted) = (self.production.pictures_per_second(), self.wanted.frame_rate);
        if produced <= f64::from(wanted.as_u32()) * TOO_MANY_PICTURES {
            self.frame_rate = None;
            return None;
        }
        let remedy = self.insist(now, pending.due, pending.again)?;
        let (due, again) = (now + CHANGE_PATIENCE, pending.again + 1);
        let goes_on = remedy != Remedy::Accepted;
        self.frame_rate = goes_on.then_some(Pending { due, again, ..pending });
        let produced = produced.round() as u32;
        Some((EncoderFault::IgnoresFrameRate { wanted, produced }, remedy))
    }

    /// Ask again, then make it anew as soon as that may be done, then take it as it is.
    fn insist(&mut self, now: Time, due: Time, again: u32) -> Option<Remedy> {
        // It may have been made anew for another reason since it was asked.
        let renewed = self.restarts.last.is_some_and(|last| last + CHANGE_PATIENCE >= due);
        match again {
            0 => {
                self.excused = true;
                Some(Remedy::AskedAgain)
            }
            1 if !renewed => self.restart(now),
            1 if self.restarts.last.is_some_and(|last| now.since(last) < CHANGE_PATIENCE) => None,
            _ => Some(Remedy::Accepted),
        }
    }

    /// Makes the encoder anew, unless that has just been done.
    fn restart(&mut self, now: Time) -> Option<Remedy> {
        let Restarts { last, pause } = self.restarts;
        if let Some(last) = last {
            if now.since(last) < pause {
                return None;
            }
            let helped = now.since(last) > LONGEST_RESTART_PAUSE;
            let longer = (pause * 2).min(LONGEST_RESTART_PAUSE);
            self.restarts.pause = if helped { FIRST_RESTART_PAUSE } else { longer };
        }
        self.restarts.last = Some(now);
        self.excused = true;
        self.production.clear(now);
        self.quiet_until = now + PATIENCE;
        self.frozen.next_remedy = now + PATIENCE;
        Some(Remedy::Restarted)
    }

    /// An encoder that was told less, and makes less than is wanted, is told more again.
    fn forgive(&mut self, now: Time) {
        if self.share >= 1.0 || now.since(self.share_raised) < MEEK_FOR {
            return;
        }
        self.share_raised = now;
        if self.production.recent() < self.wanted.bitrate.scaled(MEEK) {
            self.share = (self.share * FORGIVENESS).min(1.0);
        }
    }
}

#[cfg(test)]
mod tests;

//! How much of what is carried the sound takes.
//!
//! Pictures follow the uplink by themselves; sound keeps the bitrate that was asked for as long as
//! it takes no more than a third of the whole. Below that each bit of it is worth more as a bit of
//! the picture, and it comes down, as far as it can be listened to. Down takes a moment of too
//! little; up takes room that was there for a while, and for longer each time that it proves to
//! have been none.
//!
//! A pure policy: it is told the bitrate that is left for the pictures, and returns that of the
//! sound. What a bitrate takes on its way is for others to say.

use std::time::Duration;

use super::Direction;
use super::proof::{HEADROOM, Proof};
use crate::units::{Bitrate, Time};

/// A bitrate that the sound may have, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundRung {
    /// Of the encoder.
    pub bitrate: Bitrate,
    /// Of what is carried: the container's headers are counted.
    pub carried: Bitrate,
}

/// Where between what was asked for and the least the sound stands.
#[derive(Debug)]
pub struct Sound {
    /// From what was asked for downwards; empty where there is no sound.
    rungs: Vec<SoundRung>,
    /// Each rung is left when the whole is less than so many times what it takes.
    share: f64,
    standing: usize,
    /// What is asked for beside it at most.
    pictures: Option<Bitrate>,
    proof: Proof,
    short: Option<Shortage>,
    roomy: Option<Time>,
}

/// The whole has been too little for a while.
#[derive(Clone, Copy, Debug)]
struct Shortage {
    since: Time,
    /// The most that was seen in it.
    most: Bitrate,
}

/// Bitrates below what was asked for, in kilobits a second. AAC-LC of 48 kHz in stereo is no
/// pleasure at the last one, and every word can be understood.
const STEPS: [u64; 4] = [96, 64, 48, 32];
/// A step that spares less than a tenth is no step.
const WORTH_A_STEP: f64 = 0.9;
/// Sound has up to a third of the whole; a half, where nobody needs the rest for pictures.
const WHOLE_WITH_PICTURES: f64 = 3.0;
const WHOLE_ALONE: f64 = 2.0;
/// Whoever asks for much sound beside little picture shall have it: a rung is not left before the
/// whole is less than this share of what was asked for.
const COMFORTABLE: f64 = 0.6;
/// So long too little, the sound takes less: nobody sees that, and it is soon undone.
const PATIENCE: Duration = Duration::from_millis(800);

impl Sound {
    /// The bitrates that sound may have which was asked for at `asked`, the highest first.
    pub fn bitrates(asked: Bitrate) -> impl Iterator<Item = Bitrate> {
        let steps = STEPS.into_iter().map(Bitrate::from_kilobits_per_second);
        std::iter::once(asked).chain(steps.filter(move |step| *step < asked))
    }

    /// Stands on the highest of `rungs`, the first; there is no sound if there are none.
    /// `pictures` is what is asked for beside it, if there are any.
    pub fn new(rungs: impl IntoIterator<Item = SoundRung>, pictures: Option<Bitrate>) -> Self {
        let mut kept: Vec<SoundRung> = Vec::new();
        for rung in rungs {
            let worth = |last: &SoundRung| rung.carried <= last.carried.scaled(WORTH_A_STEP);
            if kept.last().is_none_or(worth) {
                kept.push(rung);
            }
        }
        let first = kept.first().map_or(Bitrate::ZERO, |rung| rung.carried);
        let most = |pictures: Bitrate| {
            let asked = pictures.saturating_add(first).scaled(COMFORTABLE);
            asked.as_bits_per_second() as f64 / first.as_bits_per_second().max(1) as f64
        };
        Self {
            rungs: kept,
            share: pictures.map_or(WHOLE_ALONE, |pictures| most(pictures).min(WHOLE_WITH_PICTURES)),
            standing: 0,
            pictures,
            proof: Proof::new(),
            short: None,
            roomy: None,
        }
    }

    /// The owner asks for something else: as [`Sound::new`], but what was lowered stays low.
    pub fn ask(&mut self, rungs: impl IntoIterator<Item = SoundRung>, pictures: Option<Bitrate>) {
        let before = Some(self.bitrate()).filter(|_| self.is_lowered());
        *self = Self { proof: self.proof, ..Self::new(rungs, pictures) };
        if let Some(before) = before {
            let lower = |rung: &SoundRung| rung.bitrate <= before;
            let lower = self.rungs.iter().skip(1).position(lower).map(|index| index + 1);
            self.standing = lower.unwrap_or(self.rungs.len().saturating_sub(1));
        }
    }

    /// What is asked of the encoder; zero where there is no sound.
    pub fn bitrate(&self) -> Bitrate {
        self.rung().map_or(Bitrate::ZERO, |rung| rung.bitrate)
    }

    /// What that takes of what is carried.
    pub fn carried(&self) -> Bitrate {
        self.rung().map_or(Bitrate::ZERO, |rung| rung.carried)
    }

    /// Whether it is less than what was asked for.
    pub fn is_lowered(&self) -> bool {
        self.standing > 0
    }

    /// Takes the bitrate that is left for the pictures now; answers with the direction if that of
    /// the sound changed.
    pub fn decide(&mut self, now: Time, pictures: Bitrate) -> Option<Direction> {
        let before = self.standing;
        let whole = pictures.saturating_add(self.carried());
        let smoothed = self.proof.smooth(now, whole);
        self.descend(now, whole);
        if self.standing == before {
            let in_full = self.pictures.is_some_and(|most| pictures >= most);
            self.climb(now, whole, smoothed, in_full);
        }
        match self.standing.cmp(&before) {
            std::cmp::Ordering::Greater => Some(Direction::Down),
            std::cmp::Ordering::Less => Some(Direction::Up),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// While nothing gets through nothing is known.
    pub fn interrupted(&mut self) {
        self.proof.interrupted();
        self.short = None;
        self.roomy = None;
    }

    fn rung(&self) -> Option<&SoundRung> {
        self.rungs.get(self.standing)
    }

    /// The highest rung that has its share of `whole`; else the last.
    fn highest(&self, whole: Bitrate) -> usize {
        let fits = |rung: &SoundRung| self.whole_for(rung) <= whole;
        let last = self.rungs.len().saturating_sub(1);
        self.rungs.iter().position(fits).unwrap_or(last)
    }

    /// What has to be carried in all for this rung to have its share.
    fn whole_for(&self, rung: &SoundRung) -> Bitrate {
        rung.carried.scaled(self.share)
    }

    fn descend(&mut self, now: Time, whole: Bitrate) {
        if self.highest(whole) <= self.standing {
            self.short = None;
            return;
        }
        let short = self.short.get_or_insert(Shortage { since: now, most: whole });
        short.most = short.most.max(whole);
        let Shortage { since, most } = *short;
        if now.since(since) < PATIENCE {
            return;
        }
        self.proof.stepped_down(now);
        self.standing = self.highest(most);
        self.interrupted();
    }

    fn climb(&mut self, now: Time, whole: Bitrate, smoothed: Bitrate, in_full: bool) {
        let mut highest = self.highest(smoothed.scaled(1.0 / HEADROOM));
        if in_full {
            // More than that is never seen to be carried, however much might be.
            highest = highest.min(self.standing.saturating_sub(1));
        }
        if highest >= self.standing {
            self.roomy = None;
            return;
        }
        let since = *self.roomy.get_or_insert(now);
        // Not in the middle of a dip.
        if now.since(since) < self.proof.needed() || (self.highest(whole) > highest && !in_full) {
            return;
        }
        self.standing = highest;
        self.proof.climbed(now);
        self.interrupted();
    }
}

#[cfg(test)]
mod tests;

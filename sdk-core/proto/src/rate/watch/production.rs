//! What an encoder produced lately, beside what was wanted and told.

use std::collections::VecDeque;
use std::time::Duration;

use crate::units::{Bitrate, ByteCount, Time};

/// Some seconds of production, in slots of a tenth of a second.
#[derive(Debug)]
pub(super) struct Production {
    slots: VecDeque<Slot>,
    current: Slot,
    began: Time,
    /// What was produced beyond what was wanted, less what was made up for since: in time at the
    /// rate wanted, so that a lower one does not make more of what was produced before.
    surplus: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    bytes: ByteCount,
    pictures: u32,
    /// The highest rate that was wanted in it.
    wanted: Bitrate,
    told: Bitrate,
}

const SLOT: Duration = Duration::from_millis(100);
/// So many are kept: eight seconds.
const SLOTS: usize = 80;
/// An encoder may take this many slots to follow.
const DELAY: usize = 12;
/// An encoder that makes a little more is as good as its word.
const TOLERANCE: f64 = 1.15;
/// Rates are means over so many slots.
const RECENT: usize = 20;
const SECOND: usize = 10;
/// Who was told less than this share of what they were told before should produce less.
const LESS: f64 = 0.7;

impl Production {
    pub(super) fn new(now: Time) -> Self {
        let slots = VecDeque::with_capacity(SLOTS);
        Self { slots, current: Slot::default(), began: now, surplus: Duration::ZERO }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self, now: Time) {
        *self = Self { slots: std::mem::take(&mut self.slots), ..Self::new(now) };
        self.slots.clear();
    }

    /// Forgets the surplus, but not what was produced.
    pub(super) fn empty(&mut self) {
        self.surplus = Duration::ZERO;
    }

    pub(super) fn picture(&mut self, now: Time, bytes: ByteCount) {
        // After a long time without a look, slots are cut short rather than counted one by one.
        if now.since(self.began) > SLOT * SLOTS as u32 {
            self.clear(now);
        }
        self.current.bytes += bytes;
        self.current.pictures += 1;
    }

    /// Brings the slots up to now, while `wanted` is wanted and `told` told.
    pub(super) fn advance(&mut self, now: Time, wanted: Bitrate, told: Bitrate) {
        if now.since(self.began) > SLOT * SLOTS as u32 {
            self.clear(now);
        }
        self.current.wanted = self.current.wanted.max(wanted);
        self.current.told = told;
        while now.since(self.began) >= SLOT {
            self.began += SLOT;
            let done =
                std::mem::replace(&mut self.current, Slot { wanted, told, ..Slot::default() });
            if self.slots.len() >= SLOTS {
                self.slots.pop_front();
            }
            self.slots.push_back(done);
            let filled = self.allowed().scaled(TOLERANCE).time_for(done.bytes);
            self.surplus = self.surplus.saturating_add(filled).saturating_sub(SLOT);
        }
    }

    /// What was produced beyond what was wanted, in time at the rate wanted.
    pub(super) fn surplus(&self) -> Duration {
        self.surplus
    }

    /// The mean rate of the last two seconds, or since it began.
    pub(super) fn recent(&self) -> Bitrate {
        rate(self.slots.iter().rev().take(RECENT))
    }

    /// What was wanted in that time, on average.
    pub(super) fn recently_wanted(&self) -> Bitrate {
        let wanted = || self.slots.iter().rev().take(RECENT).map(|slot| slot.wanted);
        let count = wanted().count().max(1);
        wanted().fold(Bitrate::ZERO, Bitrate::saturating_add).scaled(1.0 / count as f64)
    }

    pub(super) fn pictures_per_second(&self) -> f64 {
        let pictures = self.slots.iter().rev().take(RECENT).map(|slot| slot.pictures).sum::<u32>();
        let slots = self.slots.len().clamp(1, RECENT);
        f64::from(pictures) / (slots as f64 * SLOT.as_secs_f64())
    }

    /// Whether as much is produced as was when a good deal more was told: as if nothing had been
    /// said since.
    pub(super) fn ignores(&self, told: Bitrate) -> bool {
        let now = bits(rate(self.slots.iter().rev().take(SECOND)));
        let seconds = self.slots.len() / SECOND;
        (1..seconds).any(|age| {
            let second = || self.slots.iter().rev().skip(age * SECOND).take(SECOND);
            let least = second().map(|slot| slot.told).min().unwrap_or(Bitrate::ZERO);
            let share = bits(told) / bits(least).max(1.0);
            // Halfway between a proportional answer and none.
            share < LESS && now >= bits(rate(second())) * (1.0 + share) / 2.0
        })
    }

    /// What may be produced: an encoder that follows late makes what was wanted before, but one
    /// that is asked for more and less in turns is not allowed the most all the time.
    pub(super) fn allowed(&self) -> Bitrate {
        let delayed = || self.slots.iter().rev().take(DELAY).map(|slot| slot.wanted);
        let highest = delayed().max().unwrap_or_default().max(self.current.wanted);
        let mean = match self.slots.len().min(DELAY) as f64 {
            0.0 => highest,
            count => delayed().fold(Bitrate::ZERO, Bitrate::saturating_add).scaled(1.0 / count),
        };
        highest.saturating_add(mean).scaled(0.5)
    }
}

fn rate<'a>(slots: impl Iterator<Item = &'a Slot>) -> Bitrate {
    let (count, bytes) =
        slots.fold((0, ByteCount::ZERO), |(count, bytes), slot| (count + 1, bytes + slot.bytes));
    Bitrate::average(bytes, SLOT * count)
}

fn bits(rate: Bitrate) -> f64 {
    rate.as_bits_per_second() as f64
}

//! The ladder: what is asked of the encoder where the bitrate alone does not do.
//!
//! Below some number of bits a picture, H.264 stops getting coarser and falls apart: blocks, and
//! pictures that the encoder leaves out. Fewer pictures a second leave each of them more bits, and
//! then smaller ones do. So each rung has a floor, the lowest bitrate at which it still looks
//! better than the next rung down. Going down takes a moment of too little; coming up takes room
//! that was there for a while, and for longer each time that it proves to have been none.
//!
//! A pure policy: it is told the bitrate that the uplink carries, and returns what to ask for.

use std::time::Duration;

use super::EncoderTarget;
use super::proof::{HEADROOM, Proof};
use crate::media::{FrameRate, PictureSize};
use crate::units::{Bitrate, Time};

/// What may be given up where the bitrate alone does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adaptation {
    /// Pictures a second.
    pub frame_rate: bool,
    /// Size of the picture.
    pub size: bool,
    /// Bitrate of the sound.
    pub sound: bool,
}

/// All of it.
impl Default for Adaptation {
    fn default() -> Self {
        Self { frame_rate: true, size: true, sound: true }
    }
}

/// A step on the ladder, named for the larger of two changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Fewer pictures a second.
    FewerPictures,
    /// Smaller pictures.
    SmallerPictures,
    /// More pictures a second.
    MorePictures,
    /// Larger pictures.
    LargerPictures,
}

/// Where on the ladder a broadcast stands.
#[derive(Debug)]
pub struct Ladder {
    allowed: Adaptation,
    /// From what was asked for downwards; never empty.
    rungs: Vec<Rung>,
    standing: usize,
    proof: Proof,
    short: Option<Shortage>,
    roomy: Option<Room>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rung {
    size: PictureSize,
    frame_rate: FrameRate,
    /// Below this bitrate the next rung looks better.
    floor: Bitrate,
}

/// The bitrate has been under the floor for a while.
#[derive(Clone, Copy, Debug)]
struct Shortage {
    seen: Time,
    lasted: Duration,
    /// Sum and number of the bitrates seen.
    sum: Bitrate,
    count: u32,
}

/// The bitrate has been over a higher rung's floor for a while.
#[derive(Clone, Copy, Debug)]
struct Room {
    since: Time,
    least: Bitrate,
}

/// Short sides of the pictures below what was asked for, or a little less.
const SHORT_SIDES: [u32; 6] = [1_440, 1_080, 720, 540, 360, 240];
/// Below this many pictures a second movement falls apart: the rate is halved as long as no less
/// than this is left.
const LEAST_FRAME_RATE: u32 = 12;
/// Bits a second at which pictures of [`FLOOR_PIXELS`] a second are at their floor.
const FLOOR_BITS: f64 = 500_000.0;
/// 1280x720, 30 a second.
const FLOOR_PIXELS: f64 = 1_280.0 * 720.0 * 30.0;
/// The fewer pixels, the more bits each takes: bits go by pixels a second to this power.
const FLOOR_POWER: f64 = 0.75;
/// Whoever asks for a large picture at a low bitrate shall have it: the first floor is at most
/// this share of the bitrate asked for, and the others go with it.
const FLOOR_SHARE: f64 = 0.6;
/// So long under the floor, pictures come more rarely: that costs nothing and is soon undone.
const FRAME_RATE_PATIENCE: Duration = Duration::from_millis(800);
/// From one look to the next no more counts than this: in between nothing got through.
const LONGEST_LOOK: Duration = Duration::from_millis(100);
/// So long, they become smaller: that costs a key frame.
const SIZE_PATIENCE: Duration = Duration::from_millis(1_500);

impl Ladder {
    /// Stands on the highest rung: what was asked for.
    pub fn new(asked: EncoderTarget, allowed: Adaptation) -> Self {
        Self {
            allowed,
            rungs: rungs(asked, allowed),
            standing: 0,
            proof: Proof::new(),
            short: None,
            roomy: None,
        }
    }

    /// The owner asks for something else, and `bitrate` is what the uplink carries of it.
    pub fn ask(&mut self, asked: EncoderTarget, bitrate: Bitrate) {
        let before = self.rung();
        self.rungs = rungs(asked, self.allowed);
        let same = |rung: &Rung| (rung.size, rung.frame_rate) == (before.size, before.frame_rate);
        let stays = self.rungs.iter().position(same).filter(|_| self.standing > 0);
        self.standing = stays.unwrap_or_else(|| self.highest(0, bitrate));
        self.short = None;
        self.roomy = None;
    }

    /// What may be given up from now on. The encoder is asked for the rest in full.
    pub fn allow(&mut self, asked: EncoderTarget, allowed: Adaptation, bitrate: Bitrate) {
        self.allowed = allowed;
        self.ask(asked, bitrate);
    }

    /// What may be given up.
    pub fn allowed(&self) -> Adaptation {
        self.allowed
    }

    /// What to ask of the encoders at these bitrates of pictures and sound.
    pub fn target(&self, bitrate: Bitrate, audio_bitrate: Bitrate) -> EncoderTarget {
        let Rung { size, frame_rate, .. } = self.rung();
        EncoderTarget { bitrate, frame_rate, size, audio_bitrate }
    }

    /// Takes the bitrate that the uplink carries now; answers with the step taken, if any.
    pub fn decide(&mut self, now: Time, bitrate: Bitrate) -> Option<Step> {
        let before = self.rung();
        let smoothed = self.proof.smooth(now, bitrate);
        self.descend(now, bitrate);
        if before == self.rung() {
            self.climb(now, bitrate, smoothed);
        }
        let after = self.rung();
        match (after.size.height.cmp(&before.size.height), after.frame_rate.cmp(&before.frame_rate))
        {
            (std::cmp::Ordering::Less, _) => Some(Step::SmallerPictures),
            (std::cmp::Ordering::Greater, _) => Some(Step::LargerPictures),
            (_, std::cmp::Ordering::Less) => Some(Step::FewerPictures),
            (_, std::cmp::Ordering::Greater) => Some(Step::MorePictures),
            _ => None,
        }
    }

    /// While nothing gets through nothing is known: room that was there proves nothing any more,
    /// and too little is no worse for having been interrupted.
    pub fn interrupted(&mut self) {
        self.proof.interrupted();
        self.roomy = None;
    }

    fn rung(&self) -> Rung {
        // Within the ladder by construction; the highest would do no harm.
        self.rungs.get(self.standing).or(self.rungs.first()).copied().unwrap_or(NO_RUNG)
    }

    /// The highest rung, from `first` on, whose floor `bitrate` reaches; else the last.
    fn highest(&self, first: usize, bitrate: Bitrate) -> usize {
        let last = self.rungs.len().saturating_sub(1);
        let reached = |(_, rung): &(usize, &Rung)| rung.floor <= bitrate;
        self.rungs.iter().enumerate().skip(first).find(reached).map_or(last, |(index, _)| index)
    }

    fn descend(&mut self, now: Time, bitrate: Bitrate) {
        if bitrate >= self.rung().floor || self.standing + 1 >= self.rungs.len() {
            self.short = None;
            return;
        }
        let none = Shortage { seen: now, lasted: Duration::ZERO, sum: Bitrate::ZERO, count: 0 };
        let short = self.short.get_or_insert(none);
        short.lasted += now.since(short.seen).min(LONGEST_LOOK);
        short.seen = now;
        short.sum = short.sum.saturating_add(bitrate);
        short.count += 1;
        let (lasted, mean) = (short.lasted, short.sum.scaled(1.0 / f64::from(short.count)));
        let size = self.rung().size;
        let mut wanted = self.highest(self.standing + 1, mean);
        if lasted < SIZE_PATIENCE {
            // As far down as the size stays.
            let same = |rung: &Rung| rung.size == size;
            let last = self.rungs.iter().rposition(same).unwrap_or(self.standing);
            wanted = wanted.min(last);
        }
        if lasted < FRAME_RATE_PATIENCE || wanted <= self.standing {
            return;
        }
        self.proof.stepped_down(now);
        self.standing = wanted;
        self.interrupted();
    }

    fn climb(&mut self, now: Time, bitrate: Bitrate, smoothed: Bitrate) {
        let affordable = |rung: &Rung, bitrate: Bitrate| rung.floor.scaled(HEADROOM) <= bitrate;
        let above = self.standing.checked_sub(1).and_then(|above| self.rungs.get(above));
        if !above.is_some_and(|rung| affordable(rung, smoothed)) {
            self.roomy = None;
            return;
        }
        let room = self.roomy.get_or_insert(Room { since: now, least: smoothed });
        room.least = room.least.min(smoothed);
        // Not in the middle of a dip, either.
        let least = room.least.min(bitrate.scaled(HEADROOM));
        if now.since(room.since) < self.proof.needed() {
            return;
        }
        let highest = self.rungs.iter().position(|rung| affordable(rung, least));
        let Some(highest) = highest.filter(|highest| *highest < self.standing) else { return };
        self.standing = highest;
        self.proof.climbed(now);
        self.short = None;
        self.interrupted();
    }
}

/// Stands where a rung is wanted and none can be missing.
const NO_RUNG: Rung = Rung {
    size: PictureSize { width: 2, height: 2 },
    frame_rate: const { FrameRate::new(1).unwrap() },
    floor: Bitrate::ZERO,
};

/// What was asked for, then fewer pictures, then smaller ones as well.
fn rungs(asked: EncoderTarget, allowed: Adaptation) -> Vec<Rung> {
    let mut steps = vec![(asked.size, asked.frame_rate)];
    let mut frame_rate = asked.frame_rate;
    while allowed.frame_rate && frame_rate.as_u32() / 2 >= LEAST_FRAME_RATE {
        let Some(half) = FrameRate::new(frame_rate.as_u32() / 2) else { break };
        frame_rate = half;
        steps.push((asked.size, frame_rate));
    }
    let sides = SHORT_SIDES.into_iter().filter(|_| allowed.size);
    steps.extend(sides.filter_map(|side| shrink(asked.size, side)).map(|size| (size, frame_rate)));
    let first = floor(asked.size, asked.frame_rate);
    let most = asked.bitrate.scaled(FLOOR_SHARE);
    let share = most.as_bits_per_second() as f64 / first.as_bits_per_second().max(1) as f64;
    let rung = |(size, frame_rate)| {
        let floor = floor(size, frame_rate).scaled(share.min(1.0));
        Rung { size, frame_rate, floor }
    };
    steps.into_iter().map(rung).collect()
}

/// A picture with this short side; nothing if that is not smaller.
///
/// Its shape is exactly the same if that takes no more than a tenth off the side: another one
/// gets black bars, and moves with each change. So 1280x720 becomes 416x234 rather than 426x240.
fn shrink(size: PictureSize, side: u32) -> Option<PictureSize> {
    let short = size.width.min(size.height);
    if side >= short {
        return None;
    }
    // Both sides are even, so halves are whole, and twice a half of the unit is even again.
    let unit = greatest_common_divisor(size.width, size.height) / 2;
    let (width, height) = (size.width / unit.max(1), size.height / unit.max(1));
    let times = side / width.min(height).max(1);
    let exact = PictureSize::new(width * times, height * times);
    let close = |size: &PictureSize| size.width.min(size.height) >= side - side / 10;
    exact.filter(close).or_else(|| {
        let scaled = |pixels: u32| {
            let pixels = u64::from(pixels) * u64::from(side) / u64::from(short);
            u32::try_from(pixels).ok().map(|pixels| pixels & !1)
        };
        PictureSize::new(scaled(size.width)?, scaled(size.height)?)
    })
}

fn greatest_common_divisor(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

fn floor(size: PictureSize, frame_rate: FrameRate) -> Bitrate {
    let pixels = f64::from(size.width) * f64::from(size.height) * f64::from(frame_rate.as_u32());
    let bits = FLOOR_BITS * (pixels / FLOOR_PIXELS).powf(FLOOR_POWER);
    Bitrate::from_bits_per_second(bits as u64)
}

#[cfg(test)]
mod tests;

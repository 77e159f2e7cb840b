//! When the bytes of a recorded stream should leave, by the stream's own clock.

use std::collections::VecDeque;
use std::time::Duration;

use super::PACKET_LENGTH;
use super::packet::Packet;
use super::synchroniser::{Found, Synchroniser};

/// Ticks of the system clock in a microsecond (2.4.2.2).
const TICKS_PER_MICROSECOND: u64 = 27;

/// The clock reference counts up to here and starts again: 2^33 ticks of 90 kHz.
const WRAP: u64 = (1 << 33) * 300;

/// A clock that runs further ahead than this between two references was set anew.
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

/// Bytes without a clock reference after which there is none: over a second at 100 Mb/s.
const LONGEST_DISTANCE: u64 = 16 << 20;

/// References of another program's clock after which the first one's is given up.
const PATIENCE: u32 = 50;

/// Bytes without a packet after which they are no transport stream.
const LONGEST_SEARCH: u64 = 64 << 10;

/// Why a stream cannot be paced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacingError {
    /// No packets are found.
    #[error("this is not an MPEG transport stream: no packets of {PACKET_LENGTH} bytes are found")]
    NotTransportStream,
    /// There are packets, but none tells the time.
    #[error("this transport stream has no clock (PCR) to pace it by")]
    NoClock,
}

/// When a byte should leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// This long after the first one.
    At(Duration),
    /// More of the stream must be pushed before it can be told.
    Unknown,
}

/// Tells when each byte of a stream should leave, interpolated between its clock references.
///
/// It holds no media: the caller pushes what it read ahead, and asks by offset for what it is
/// about to send. Where the clock jumps (a recording that was cut, or one that starts over), time
/// goes on at the pace before.
#[derive(Clone, Debug)]
pub struct Pacing {
    synchroniser: Synchroniser,
    anchors: VecDeque<Anchor>,
    clock: Option<Clock>,
    pushed: u64,
    is_finished: bool,
}

/// A byte whose departure is known.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    offset: u64,
    time: Duration,
}

/// The clock that is followed.
#[derive(Clone, Copy, Debug)]
struct Clock {
    pid: u16,
    /// The last reference, in ticks of 27 MHz.
    ticks: u64,
    last: Anchor,
    /// Time and bytes between the last two references.
    pace: (Duration, u64),
    /// References of others since the last one.
    strangers: u32,
}

impl Default for Pacing {
    fn default() -> Self {
        Self::new()
    }
}

impl Pacing {
    /// Nothing is known yet.
    pub const fn new() -> Self {
        Self {
            synchroniser: Synchroniser::aligned(),
            anchors: VecDeque::new(),
            clock: None,
            pushed: 0,
            is_finished: false,
        }
    }

    /// Looks at the next bytes of the stream, in pieces of any size.
    ///
    /// # Errors
    ///
    /// See [`PacingError`]. Both are found within 16 MiB.
    pub fn push(&mut self, data: &[u8]) -> Result<(), PacingError> {
        let Self { synchroniser, anchors, clock, .. } = self;
        synchroniser.push(data, |found| {
            if let Found::Packet { bytes, offset } = found
                && let Some(packet) = Packet::parse(bytes)
                && let Some(ticks) = packet.pcr
            {
                let reference = Reference { offset, ticks, discontinuity: packet.discontinuity };
                anchors.extend(follow(clock, packet.pid, reference));
            }
        });
        self.pushed += data.len() as u64;
        let searched = self.synchroniser.skipped();
        if searched == self.pushed && searched > LONGEST_SEARCH {
            return Err(PacingError::NotTransportStream);
        }
        let last = self.clock.map_or(0, |clock| clock.last.offset);
        if self.pushed - last > LONGEST_DISTANCE { Err(PacingError::NoClock) } else { Ok(()) }
    }

    /// Tells that no more comes: the rest leaves at the last pace.
    ///
    /// # Errors
    ///
    /// [`PacingError`] if nothing that was pushed tells the time.
    pub fn finish(&mut self) -> Result<(), PacingError> {
        self.is_finished = true;
        match self.clock {
            Some(_) => Ok(()),
            None if self.synchroniser.skipped() == self.pushed => {
                Err(PacingError::NotTransportStream)
            }
            None => Err(PacingError::NoClock),
        }
    }

    /// When the byte at `offset` from the stream's start should leave; what precedes the first
    /// clock reference leaves with it. Offsets may not go back from one call to the next.
    pub fn departure(&mut self, offset: u64) -> Departure {
        while self.anchors.get(1).is_some_and(|next| next.offset <= offset) {
            self.anchors.pop_front();
        }
        match (self.anchors.front(), self.anchors.get(1)) {
            (Some(first), _) if offset <= first.offset => Departure::At(first.time),
            (Some(before), Some(after)) => {
                let pace = (after.time - before.time, after.offset - before.offset);
                Departure::At(before.time + at_pace(pace, offset - before.offset))
            }
            (Some(last), None) if self.is_finished => {
                let pace = self.clock.map_or((Duration::ZERO, 1), |clock| clock.pace);
                Departure::At(last.time + at_pace(pace, offset - last.offset))
            }
            _ => Departure::Unknown,
        }
    }
}

/// A clock reference as it was found.
#[derive(Clone, Copy)]
struct Reference {
    offset: u64,
    ticks: u64,
    discontinuity: bool,
}

/// Moves `clock` on to `reference` and returns the anchor that it makes.
fn follow(clock: &mut Option<Clock>, pid: u16, reference: Reference) -> Option<Anchor> {
    let Reference { offset, ticks, discontinuity } = reference;
    let Some(known) = clock else {
        let last = Anchor { offset, time: Duration::ZERO };
        *clock = Some(Clock { pid, ticks, last, pace: (Duration::ZERO, 1), strangers: 0 });
        return Some(last);
    };
    let is_stranger = known.pid != pid;
    if is_stranger {
        known.strangers += 1;
        if known.strangers < PATIENCE {
            return None;
        }
    }
    let distance = offset - known.last.offset;
    let elapsed = (ticks + WRAP - known.ticks % WRAP) % WRAP;
    let elapsed = Duration::from_micros(elapsed / TICKS_PER_MICROSECOND);
    let is_jump = is_stranger || discontinuity || elapsed > LONGEST_INTERVAL;
    let elapsed = if is_jump { at_pace(known.pace, distance) } else { elapsed };
    let last = Anchor { offset, time: known.last.time + elapsed };
    let pace = if is_jump { known.pace } else { (elapsed, distance.max(1)) };
    *clock = Some(Clock { pid, ticks, last, pace, strangers: 0 });
    Some(last)
}

/// The time that `bytes` take when `pace.1` bytes take `pace.0`.
fn at_pace((duration, per_bytes): (Duration, u64), bytes: u64) -> Duration {
    let micros = duration.as_micros() * u128::from(bytes) / u128::from(per_bytes.max(1));
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

//! Frames of sound that share packets.
//!
//! A frame of sound is a third of a kilobyte at most, and less than a packet at a low bitrate:
//! what it leaves empty of its last packet is stuffing, and each datagram has its headers. Where
//! that counts, frames wait a little for each other, and leave in one PES packet.

use std::time::Duration;

use super::{PACKET_LENGTH, PACKETS_PER_PAYLOAD};
use crate::media::aac::ADTS_HEADER_LENGTH;
use crate::units::{Bitrate, ByteCount};

/// How many frames of sound leave together, and what that takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gathering {
    frames: u32,
    packets: u32,
    /// From one frame to the next.
    interval: Duration,
}

/// Bytes of a packet that are not its header (2.4.3.2), and of a PES header with one timestamp
/// (2.4.3.6).
const PACKET_ROOM: u64 = PACKET_LENGTH as u64 - 4;
const PES_HEADER: u64 = 14;
/// What a datagram takes beside its payload: SRT's header, UDP's and IP's.
const DATAGRAM_HEADERS: u64 = 16 + 8 + 20;
/// Frames are not all of one length. Those of fdk-aac at 32 and 48 kb/s, five of them together, were
/// up to 4 % longer than the mean (`codecs` in golive-media's tests), and have room for that.
const SLACK: f64 = 1.05;

impl Gathering {
    /// Each frame of a sound of `bitrate`, that come every `interval`, by itself.
    pub fn single(bitrate: Bitrate, interval: Duration) -> Self {
        let packets = packets(1, frame_length(bitrate, interval));
        Self { frames: 1, packets, interval }
    }

    /// So many frames together as take the least, if none waits for longer than `patience` for the
    /// others, and one datagram holds them all.
    pub fn best(bitrate: Bitrate, interval: Duration, patience: Duration) -> Self {
        let frame = frame_length(bitrate.scaled(SLACK), interval);
        let mut best = Self::single(bitrate, interval);
        for frames in 2.. {
            let gathering = Self { frames, packets: packets(frames, frame), interval };
            let is_too_late = interval * (frames - 1) > patience;
            if is_too_late || gathering.packets > PACKETS_PER_PAYLOAD as u32 {
                break;
            }
            // Each by the other's number of frames: what a frame takes, without fractions.
            let other = best.datagram() * u64::from(gathering.frames);
            if gathering.datagram() * u64::from(best.frames) < other {
                best = gathering;
            }
        }
        best
    }

    /// How many leave together: one or more.
    pub fn frames(&self) -> usize {
        self.frames as usize
    }

    /// From one frame to the next.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// How long the first of them waits for the others: half a frame longer than the last takes,
    /// which may be late itself.
    pub fn patience(&self) -> Duration {
        self.interval * (self.frames - 1) + self.interval / 2
    }

    /// What the sound takes in the container, in the long run.
    pub fn carried(&self) -> Bitrate {
        Bitrate::average(ByteCount::new(self.payload()), self.interval * self.frames)
    }

    fn payload(&self) -> u64 {
        u64::from(self.packets) * PACKET_LENGTH as u64
    }

    fn datagram(&self) -> u64 {
        self.payload() + DATAGRAM_HEADERS
    }
}

fn frame_length(bitrate: Bitrate, interval: Duration) -> u64 {
    // A byte for the fraction of one.
    bitrate.bytes_in(interval).as_u64() + 1 + ADTS_HEADER_LENGTH as u64
}

fn packets(frames: u32, frame: u64) -> u32 {
    let bytes = u64::from(frames) * frame + PES_HEADER;
    u32::try_from(bytes.div_ceil(PACKET_ROOM)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1,024 samples of 48 kHz.
    const INTERVAL: Duration = Duration::from_micros(21_333);

    fn best(kilobits: u64, patience: u64) -> (usize, u64) {
        let bitrate = Bitrate::from_kilobits_per_second(kilobits);
        let gathering = Gathering::best(bitrate, INTERVAL, Duration::from_millis(patience));
        assert!(gathering.patience() <= Duration::from_millis(patience) + INTERVAL / 2);
        (gathering.frames(), gathering.carried().as_kilobits_per_second())
    }

    #[test]
    fn sound_of_a_low_bitrate_takes_little_more_than_that_if_it_may_wait() {
        assert_eq!(best(128, 0), (1, 141));
        assert_eq!(best(32, 0), (1, 70), "a packet for each frame");
        assert_eq!(best(96, 90), (3, 117));
        assert_eq!(best(64, 90), (5, 84));
        assert_eq!(best(48, 90), (5, 56));
        assert_eq!(best(32, 90), (5, 42));
        assert_eq!(best(32, 50), (3, 47), "less time, fewer frames");
    }

    #[test]
    fn no_more_leave_together_than_a_datagram_holds() {
        let bitrate = Bitrate::from_kilobits_per_second(320);
        let gathering = Gathering::best(bitrate, INTERVAL, Duration::from_secs(1));
        assert_eq!(gathering.frames(), 1, "{gathering:?}");
    }
}

//! What a sender could have known of its losses, beside what it made of them.
//!
//! The oracle watches the same connection: which packets are lost the first time, and which
//! datagrams of the receiver get through. It learns of a loss as soon as any report or
//! acknowledgement that really arrives tells of it, and whatever it then sends again gets through.
//! So it loses what nothing tells of in time, and no sender that waits to be told loses less; one
//! that sends repair ahead of being told may.

use std::collections::VecDeque;
use std::time::Duration;

use golive_proto::units::Time;

/// See the module.
pub(super) struct Oracle {
    latency: Duration,
    /// In the order of their numbers.
    packets: VecDeque<Packet>,
    lost: u64,
}

struct Packet {
    number: u32,
    sent: Time,
    /// Whether it is under way, or was lost and nobody knows.
    unknown: bool,
}

const MEDIA_HEADER: usize = 16;
const ACKNOWLEDGEMENT: u16 = 0x8002;
const LOSS_REPORT: u16 = 0x8003;
const RETRANSMITTED: u32 = 1 << 26;
const FOR_A_RANGE: u32 = 1 << 31;

impl Oracle {
    pub(super) fn new(latency: Duration) -> Self {
        Self { latency, packets: VecDeque::new(), lost: 0 }
    }

    /// How many packets it loses, of those whose time is past.
    pub(super) fn lost(&mut self, now: Time) -> u64 {
        while self.packets.front().is_some_and(|packet| packet.sent + self.latency < now) {
            let unknown = self.packets.pop_front().is_some_and(|packet| packet.unknown);
            self.lost += u64::from(unknown);
        }
        self.lost
    }

    /// The sender sends a datagram.
    pub(super) fn sent(&mut self, now: Time, datagram: &[u8], arrives: bool) {
        self.lost(now);
        let [Some(number), Some(message)] = [word(datagram, 0), word(datagram, 4)] else { return };
        let control = number >= FOR_A_RANGE;
        if !control && message & RETRANSMITTED == 0 {
            self.packets.push_back(Packet { number, sent: now, unknown: !arrives });
        }
    }

    /// A datagram of the receiver that gets through, at this time.
    pub(super) fn told(&mut self, at: Time, datagram: &[u8]) {
        let Some(kind) = word(datagram, 0).map(|first| (first >> 16) as u16) else { return };
        let mut words = (MEDIA_HEADER..).step_by(4).map_while(|index| word(datagram, index));
        match kind {
            // It stops at a hole, unless nothing later has arrived: then too it may as well repair.
            ACKNOWLEDGEMENT => {
                if let Some(next) = words.next() {
                    self.learn(at, next, next);
                }
            }
            LOSS_REPORT => {
                while let Some(first) = words.next() {
                    let number = first & !FOR_A_RANGE;
                    let last = if first == number { Some(number) } else { words.next() };
                    self.learn(at, number, last.unwrap_or(number));
                }
            }
            _ => {}
        }
    }

    fn learn(&mut self, at: Time, first: u32, last: u32) {
        let latency = self.latency;
        for packet in &mut self.packets {
            let named = (first..=last).contains(&packet.number);
            if named && at <= packet.sent + latency {
                packet.unknown = false;
            }
        }
    }
}

fn word(datagram: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(datagram.get(at..at + 4)?.try_into().ok()?))
}

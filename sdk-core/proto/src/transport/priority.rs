//! What a datagram is worth, to whoever chooses the way that it takes.

use std::collections::VecDeque;

use crate::media::{AccessUnit, Track};

use super::srt::number::SequenceNumber;
use super::srt::wire::Packet;

/// How much is lost with a datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Priority {
    /// A part of a picture that no other one refers to.
    Low,
    /// A part of one picture, or of the connection itself.
    #[default]
    Ordinary,
    /// A part of a key frame: every picture until the next one depends on it. To whoever repairs
    /// what is lost, a frame of sound too: it costs little, and its gaps are heard.
    High,
}

impl Priority {
    /// How much is lost with an access unit, if others may refer to it and if not.
    pub(crate) fn of(unit: &AccessUnit, is_reference: bool) -> Self {
        match unit.track {
            Track::Audio => Priority::High,
            Track::Video if unit.keyframe => Priority::High,
            Track::Video if is_reference => Priority::Ordinary,
            Track::Video => Priority::Low,
        }
    }
}

/// Which data packets of an SRT connection belong to key frames.
#[derive(Debug, Default)]
pub(crate) struct Keyframes {
    /// The first packet of each, and the first after it.
    ranges: VecDeque<(SequenceNumber, SequenceNumber)>,
}

/// Key frames that are remembered: one is repaired long before so many follow it.
const MAX_KEYFRAMES: usize = 16;

impl Keyframes {
    /// A key frame takes the packets from `first` to before `end`.
    pub(crate) fn note(&mut self, first: SequenceNumber, end: SequenceNumber) {
        if self.ranges.len() == MAX_KEYFRAMES {
            self.ranges.pop_front();
        }
        self.ranges.push_back((first, end));
    }

    /// The connection is another one.
    pub(crate) fn clear(&mut self) {
        self.ranges.clear();
    }

    /// What a datagram of the connection is worth.
    pub(crate) fn priority(&self, datagram: &[u8]) -> Priority {
        let Some(Packet::Data(packet)) = Packet::parse(datagram) else {
            return Priority::Ordinary;
        };
        let number = packet.sequence_number;
        let within = |(first, end): &(SequenceNumber, SequenceNumber)| {
            number.distance_from(*first) >= 0 && number.distance_from(*end) < 0
        };
        if self.ranges.iter().any(within) { Priority::High } else { Priority::Ordinary }
    }
}

//! Numbers that wrap: sequence numbers, message numbers and socket ids.

use std::fmt;

/// Number of a data packet: 31 bits, wrapping (draft-sharabayko-srt-01, section 3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SequenceNumber(u32);

const SEQUENCE_BITS: u32 = 31;
const SEQUENCE_MASK: u32 = (1 << SEQUENCE_BITS) - 1;

impl SequenceNumber {
    /// The low 31 bits of `value`.
    pub(crate) const fn new(value: u32) -> Self {
        Self(value & SEQUENCE_MASK)
    }

    pub(crate) const fn as_u32(self) -> u32 {
        self.0
    }

    /// The number `count` further on.
    pub(crate) const fn plus(self, count: u32) -> Self {
        Self::new(self.0.wrapping_add(count))
    }

    /// The number before this one.
    pub(crate) const fn previous(self) -> Self {
        Self::new(self.0.wrapping_sub(1))
    }

    /// How far this lies after `earlier`: negative if it lies before, by the shorter way round.
    pub(crate) const fn distance_from(self, earlier: SequenceNumber) -> i32 {
        // Shifted to the top of 32 bits, the sign of the difference is the sign in 31 bits.
        (self.0.wrapping_sub(earlier.0) << 1) as i32 >> 1
    }

    /// The offset from `base`, if it does not lie before it.
    pub(crate) fn offset_from(self, base: SequenceNumber) -> Option<usize> {
        usize::try_from(self.distance_from(base)).ok()
    }
}

impl fmt::Debug for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

/// Number of a message: 26 bits, wrapping past zero, which marks packets of a packet filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MessageNumber(u32);

pub(crate) const MESSAGE_MASK: u32 = (1 << 26) - 1;

impl MessageNumber {
    pub(crate) const FIRST: MessageNumber = MessageNumber(1);

    /// What repair packets have in place of a number.
    pub(crate) const REPAIR: MessageNumber = MessageNumber(0);

    pub(crate) const fn as_u32(self) -> u32 {
        self.0
    }

    pub(crate) const fn next(self) -> Self {
        match (self.0 + 1) & MESSAGE_MASK {
            0 => Self::FIRST,
            number => Self(number),
        }
    }
}

/// Names one end of a connection; zero names whoever listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(u32);

impl SocketId {
    /// The listener, who has no connection yet.
    pub const LISTENER: SocketId = SocketId(0);

    /// The id with this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number itself.
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// An id of 30 random bits, as libsrt draws them, and never the listener's.
    pub(crate) fn from_random(bits: u32) -> Self {
        Self((bits & 0x3FFF_FFFF).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_count_on_past_their_end() {
        let last = SequenceNumber::new(0x7FFF_FFFF);
        let after = last.plus(2);
        assert_eq!(after.as_u32(), 1);
        assert_eq!(after.distance_from(last), 2);
        assert_eq!(last.distance_from(after), -2);
        assert_eq!(last.offset_from(after), None);
        assert_eq!(SequenceNumber::new(0).previous(), last);
    }

    #[test]
    fn message_numbers_skip_zero_when_they_wrap() {
        assert_eq!(MessageNumber(MESSAGE_MASK).next(), MessageNumber::FIRST);
    }
}

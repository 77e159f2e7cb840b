//! The 33-bit clock of 90 kHz, and the 27 MHz clock in front of it.

use crate::units::MediaTime;

/// Timestamps count up to here and start again (2.4.3.7).
const WRAP: i64 = 1 << 33;

/// Ticks of the 27 MHz clock for each of the 90 kHz clock (2.4.3.5).
const EXTENSION: u64 = 300;

/// A timestamp as a stream carries it: 33 bits of 90 kHz ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamp(u64);

impl Timestamp {
    /// The timestamp of a tick, which may be negative or past the wrap.
    pub(super) const fn from_ticks(ticks: i64) -> Self {
        Self(ticks.rem_euclid(WRAP) as u64)
    }

    /// Its 33 bits.
    pub(super) const fn as_ticks(self) -> i64 {
        self.0 as i64
    }

    /// The five bytes that a PES header holds, behind a four-bit `prefix` (2.4.3.6).
    pub(super) const fn encode(self, prefix: u8) -> [u8; 5] {
        let ticks = self.0;
        [
            prefix << 4 | ((ticks >> 29) & 0x0E) as u8 | 1,
            (ticks >> 22) as u8,
            (ticks >> 14) as u8 | 1,
            (ticks >> 7) as u8,
            (ticks << 1) as u8 | 1,
        ]
    }

    /// Reads what [`Timestamp::encode`] writes. Marker bits are not checked: some senders leave
    /// them out.
    pub(super) const fn decode(bytes: [u8; 5]) -> Self {
        let [first, second, third, fourth, fifth] = bytes;
        let high = (first as u64 >> 1) & 7;
        let middle = ((second as u64) << 7) | (third as u64 >> 1);
        let low = ((fourth as u64) << 7) | (fifth as u64 >> 1);
        Self(high << 30 | middle << 15 | low)
    }
}

/// Writes a program clock reference of whole 90 kHz ticks (2.4.3.4).
pub(super) const fn encode_pcr(base: Timestamp) -> [u8; 6] {
    let base = base.0;
    [
        (base >> 25) as u8,
        (base >> 17) as u8,
        (base >> 9) as u8,
        (base >> 1) as u8,
        ((base & 1) << 7) as u8 | 0x7E,
        0,
    ]
}

/// Reads a program clock reference in ticks of 27 MHz.
pub(super) const fn decode_pcr(bytes: [u8; 6]) -> u64 {
    let [first, second, third, fourth, fifth, sixth] = bytes;
    let base = u32::from_be_bytes([first, second, third, fourth]) as u64;
    let base = base << 1 | (fifth as u64 >> 7);
    let extension = ((fifth as u64 & 1) << 8) | sixth as u64;
    base * EXTENSION + extension
}

/// Continues 33-bit timestamps beyond their wrap, each taken to lie within half the range
/// (13 hours) of the one before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unwrapper {
    last: Option<i64>,
}

impl Unwrapper {
    /// The ticks of `timestamp` on a line without end; the first one stands where it is.
    pub(super) fn unwrap(&mut self, timestamp: Timestamp) -> i64 {
        let ticks = timestamp.as_ticks();
        let unwrapped = match self.last {
            None => ticks,
            Some(last) => last.saturating_add(signed_difference(ticks, last)),
        };
        self.last = Some(unwrapped);
        unwrapped
    }

    /// As [`Unwrapper::unwrap`], as a position in the media.
    pub(super) fn media_time(&mut self, timestamp: Timestamp) -> MediaTime {
        MediaTime::from_90khz(self.unwrap(timestamp))
    }
}

/// How far `ticks` lies after `earlier`, both counted over the wrap: within ± 2^32.
const fn signed_difference(ticks: i64, earlier: i64) -> i64 {
    (ticks.wrapping_sub(earlier).wrapping_add(WRAP / 2)).rem_euclid(WRAP) - WRAP / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_laid_out_as_the_specification_draws_them() {
        let bytes = Timestamp::from_ticks(0x1_2345_6789).encode(0b0010);
        assert_eq!(bytes, [0x29, 0x8D, 0x15, 0xCF, 0x13]);
        for ticks in [0, 1, 0x7FFF, 0x8000, 0x3FFF_FFFF, 0x4000_0000, 0x1_FFFF_FFFF] {
            let timestamp = Timestamp::from_ticks(ticks);
            assert_eq!(Timestamp::decode(timestamp.encode(3)), timestamp);
            assert_eq!(decode_pcr(encode_pcr(timestamp)), ticks as u64 * 300);
        }
    }

    #[test]
    fn negative_ticks_stand_before_the_wrap() {
        assert_eq!(Timestamp::from_ticks(-1).as_ticks(), 0x1_FFFF_FFFF);
        assert_eq!(Timestamp::from_ticks(WRAP + 5).as_ticks(), 5);
    }

    #[test]
    fn time_goes_on_over_the_wrap_and_back() {
        let mut unwrapper = Unwrapper::default();
        let mut at = |ticks| unwrapper.unwrap(Timestamp::from_ticks(ticks));
        assert_eq!(at(WRAP - 10), WRAP - 10);
        assert_eq!(at(5), WRAP + 5);
        assert_eq!(at(WRAP - 3), WRAP - 3);
        assert_eq!(at(7), WRAP + 7);
    }
}

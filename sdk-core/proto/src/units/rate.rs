//! Bits a second.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::ByteCount;

/// A rate in bits a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bitrate(u64);

impl Bitrate {
    /// Nothing at all.
    pub const ZERO: Bitrate = Bitrate(0);
    /// More than any link carries.
    pub const MAX: Bitrate = Bitrate(u64::MAX);

    /// `bits` a second.
    pub const fn from_bits_per_second(bits: u64) -> Self {
        Self(bits)
    }

    /// `kilobits` (of 1,000 bits) a second.
    pub const fn from_kilobits_per_second(kilobits: u64) -> Self {
        Self(kilobits.saturating_mul(1_000))
    }

    /// The mean rate of `bytes` over `duration`; zero for an empty duration.
    pub fn average(bytes: ByteCount, duration: Duration) -> Self {
        let micros = duration.as_micros();
        if micros == 0 {
            return Self::ZERO;
        }
        let bits = u128::from(bytes.as_u64()) * 8 * 1_000_000 / micros;
        Self(u64::try_from(bits).unwrap_or(u64::MAX))
    }

    /// Bits a second.
    pub const fn as_bits_per_second(self) -> u64 {
        self.0
    }

    /// Kilobits (of 1,000 bits) a second, rounded down.
    pub const fn as_kilobits_per_second(self) -> u64 {
        self.0 / 1_000
    }

    /// This rate times `factor`; zero for a factor that is negative or not a number.
    pub fn scaled(self, factor: f64) -> Self {
        // A float-to-integer cast saturates, and takes NaN to zero.
        Self((self.0 as f64 * factor) as u64)
    }

    /// How many bytes pass in `duration`, rounded down.
    pub fn bytes_in(self, duration: Duration) -> ByteCount {
        let bytes = u128::from(self.0).saturating_mul(duration.as_micros()) / 8_000_000;
        ByteCount::new(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// How long `bytes` take, rounded up to a microsecond; [`Duration::MAX`] at a rate of zero.
    pub fn time_for(self, bytes: ByteCount) -> Duration {
        if self.0 == 0 {
            return Duration::MAX;
        }
        let micros = (u128::from(bytes.as_u64()) * 8_000_000).div_ceil(u128::from(self.0));
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// The sum, at most [`Bitrate::MAX`].
    pub const fn saturating_add(self, other: Bitrate) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, at least zero.
    pub const fn saturating_sub(self, other: Bitrate) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0..10_000 => write!(f, "{} b/s", self.0),
            10_000..1_000_000 => write!(f, "{} kb/s", self.0 / 1_000),
            _ => write!(f, "{:.2} Mb/s", self.0 as f64 / 1e6),
        }
    }
}

/// What a person typed is not a bitrate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a bitrate: write bits a second, such as 2500k, 2.5M or 2500000")]
pub struct ParseBitrateError(String);

/// Reads `2500000`, `2500k` and `2.5M` (units of 1,000).
impl FromStr for Bitrate {
    type Err = ParseBitrateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseBitrateError(text.to_owned());
        let (number, unit) = match text.strip_suffix(['k', 'K']) {
            Some(number) => (number, 1e3),
            None => match text.strip_suffix(['m', 'M']) {
                Some(number) => (number, 1e6),
                None => (text, 1.0),
            },
        };
        let starts_with_digit = number.starts_with(|first: char| first.is_ascii_digit());
        let value: f64 = number.parse().map_err(|_| error())?;
        if !starts_with_digit || !value.is_finite() {
            return Err(error());
        }
        Ok(Self((value * unit).round() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_at_five_megabits_takes_two_milliseconds() {
        let rate = Bitrate::from_kilobits_per_second(5_000);
        assert_eq!(rate.time_for(ByteCount::new(1_316)), Duration::from_micros(2_106));
        assert_eq!(rate.bytes_in(Duration::from_secs(1)), ByteCount::new(625_000));
        assert_eq!(Bitrate::ZERO.time_for(ByteCount::new(1)), Duration::MAX);
    }

    #[test]
    fn people_write_bitrates_in_three_ways() {
        let expected = Bitrate::from_kilobits_per_second(2_500);
        for text in ["2500k", "2.5M", "2500000"] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["", "k", "-1k", "fast", "NaN", "inf", "1 M"] {
            assert!(text.parse::<Bitrate>().is_err(), "{text}");
        }
    }
}

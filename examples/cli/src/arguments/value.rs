//! Values of options that no other crate reads.

use std::time::Duration;

use golive_proto::media::FrameRate;

/// What a person typed is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time: write a number and its unit, such as 10s, 500ms or 2m")]
pub(crate) struct DurationError(String);

/// Longest time that can be asked for; longer ones are mistakes.
const LONGEST_SECONDS: f64 = 365.0 * 86_400.0;

/// Reads `500ms`, `10s`, `1.5m` and `2h`.
pub(crate) fn duration(text: &str) -> Result<Duration, DurationError> {
    let error = || DurationError(text.to_owned());
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(error)?;
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => return Err(error()),
    };
    let seconds = number.parse::<f64>().map_err(|_| error())? * unit;
    if seconds > 0.0 && seconds <= LONGEST_SECONDS {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(error())
    }
}

/// What a person typed is not a frame rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a frame rate: write whole pictures a second, 1 to 240")]
pub(crate) struct FrameRateError(String);

/// Reads `30`.
pub(crate) fn frame_rate(text: &str) -> Result<FrameRate, FrameRateError> {
    let rate = text.parse().ok().and_then(FrameRate::new);
    rate.ok_or_else(|| FrameRateError(text.to_owned()))
}

/// What a person typed is not a share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a share: write per cent from 0 to 100, such as 5%")]
pub(crate) struct PercentError(String);

/// Reads `5%`, or `5`, as 0.05.
pub(crate) fn percent(text: &str) -> Result<f64, PercentError> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<f64>().ok();
    let percent = number.filter(|number| (0.0..=100.0).contains(number));
    percent.map(|percent| percent / 100.0).ok_or_else(|| PercentError(text.to_owned()))
}

/// What a person typed is not the length of a burst.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the length of a burst: write packets on average, 1 to 1000, such as 3")]
pub(crate) struct BurstError(String);

/// Reads `3` and `2.5`.
pub(crate) fn burst(text: &str) -> Result<f64, BurstError> {
    let length = text.parse::<f64>().ok().filter(|length| (1.0..=1_000.0).contains(length));
    length.ok_or_else(|| BurstError(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_need_a_unit() {
        for (text, millis) in [
            ("10s", 10_000),
            ("500ms", 500),
            ("2m", 120_000),
            ("1.5s", 1_500),
            ("1h", 3_600_000),
            ("3min", 180_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "10", "s", "-1s", "0s", "1.2.3s", "10 s", "1e3s", "soon", "999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shares_are_per_cent_and_bursts_packets() {
        assert_eq!((percent("5%"), percent("0.5"), percent("0")), (Ok(0.05), Ok(0.005), Ok(0.0)));
        assert_eq!((burst("3"), burst("1.5")), (Ok(3.0), Ok(1.5)));
        for text in ["", "%", "101%", "-1", "NaN", "few"] {
            assert!(percent(text).is_err(), "{text}");
            assert!(burst(text).is_err(), "{text}");
        }
    }

    #[test]
    fn frame_rates_are_whole_and_within_reason() {
        assert_eq!(frame_rate("30"), Ok(FrameRate::new(30).unwrap()));
        for text in ["0", "241", "29.97", "fast", ""] {
            assert!(frame_rate(text).is_err(), "{text}");
        }
    }
}

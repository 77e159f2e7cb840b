//! The tone that the guest's sound card hears, and how to find it again in what arrived.

use std::f64::consts::TAU;

/// Samples a second of all sound in the lab.
pub(super) const SAMPLE_RATE: u32 = 48_000;

/// What is played, in hertz.
pub(super) const FREQUENCY: f64 = 1_000.0;

/// A second of stereo, 16-bit little-endian, that can be repeated without a seam.
pub(super) fn one_second() -> Vec<u8> {
    let sample = |index: u32| {
        let phase = f64::from(index) * FREQUENCY / f64::from(SAMPLE_RATE) * TAU;
        #[allow(clippy::cast_possible_truncation, reason = "half of the range of 16 bits")]
        let value = (phase.sin() * 16_000.0).round() as i16;
        value.to_le_bytes()
    };
    (0..SAMPLE_RATE).flat_map(|index| [sample(index), sample(index)]).flatten().collect()
}

/// What a stretch of mono sound holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Heard {
    /// Root of the mean square, of full scale.
    pub(super) level: f64,
    /// In hertz, from where the wave rises through zero; none if it hardly ever does.
    pub(super) frequency: Option<f64>,
}

/// Measures mono samples.
pub(super) fn listen(samples: &[i16]) -> Heard {
    let squares: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let count = samples.len().max(1) as f64;
    let level = (squares / count).sqrt() / f64::from(i16::MAX);
    let rises: Vec<f64> = samples
        .windows(2)
        .enumerate()
        .filter_map(|(index, pair)| match *pair {
            // Between two samples the wave is taken as straight.
            [before, after] if before < 0 && after >= 0 => {
                let (before, after) = (f64::from(before), f64::from(after));
                Some(index as f64 + before / (before - after))
            }
            _ => None,
        })
        .collect();
    let frequency = match (rises.first(), rises.last()) {
        (Some(first), Some(last)) if last > first => {
            Some((rises.len() - 1) as f64 / (last - first) * f64::from(SAMPLE_RATE))
        }
        _ => None,
    };
    Heard { level, frequency }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mono(bytes: &[u8]) -> Vec<i16> {
        bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|frame| i16::from_le_bytes([frame[0], frame[1]]))
            .collect()
    }

    #[test]
    fn the_tone_is_heard_at_its_frequency_over_a_seam() {
        let second = mono(&one_second());
        let heard = listen(&[second.clone(), second].concat());
        assert!((heard.frequency.unwrap() - FREQUENCY).abs() < 0.1, "{heard:?}");
        assert!((heard.level - 0.345).abs() < 0.01, "{heard:?}");
    }

    #[test]
    fn silence_has_no_frequency() {
        assert_eq!(listen(&[0; 4_800]), Heard { level: 0.0, frequency: None });
        assert_eq!(listen(&[]), Heard { level: 0.0, frequency: None });
    }
}

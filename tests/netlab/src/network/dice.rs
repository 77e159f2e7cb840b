//! Random numbers that can be asked for by number.

/// What is being decided: each question draws numbers of its own, so that adding jitter to a
/// scenario does not change which packets are lost.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question {
    Lost = 1,
    Jitter = 2,
    Duplicated = 3,
    Reordered = 4,
    Rate = 5,
}

/// A source of numbers addressed by question and index: no state, so nothing can shift it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dice {
    seed: u64,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed: mix(seed) }
    }

    /// A number in `0.0..1.0`, always the same one for the same question and index.
    pub(super) fn roll(&self, question: Question, index: u64) -> f64 {
        let key = mix(self.seed ^ (question as u64).wrapping_mul(GOLDEN));
        let bits = mix(key.wrapping_add(index.wrapping_mul(GOLDEN)));
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// 2^64 divided by the golden ratio, the increment of SplitMix64.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The output function of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
/// Generators, 2014; constants of Stafford's variant 13).
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolls_are_even_and_independent_of_one_another() {
        let dice = Dice::new(7);
        let count = 100_000;
        let rolls: Vec<f64> = (0..count).map(|index| dice.roll(Question::Lost, index)).collect();
        let mean = rolls.iter().sum::<f64>() / count as f64;
        assert!((mean - 0.5).abs() < 0.005, "mean {mean}");
        let product: f64 = rolls.windows(2).map(|pair| (pair[0] - 0.5) * (pair[1] - 0.5)).sum();
        let correlation = product / count as f64 * 12.0;
        assert!(correlation.abs() < 0.02, "correlation of neighbours {correlation}");
        assert_ne!(dice.roll(Question::Lost, 3), dice.roll(Question::Jitter, 3));
    }
}

//! Sound on its way into an encoder that asks for it by itself, and not always for as much as there
//! is.

use super::CHANNELS;

/// Sound that an encoder has not fetched for this long shows that it never will: eight frames.
const MOST: usize = 8 * super::FRAME_SAMPLES * CHANNELS;

/// Interleaved samples that wait to be fetched.
#[derive(Debug, Default)]
pub(super) struct Pending {
    waiting: Vec<i16>,
    /// What was fetched last. It stays where it is until more is fetched.
    fetched: Vec<i16>,
}

impl Pending {
    /// Appends samples. Returns whether there was room.
    pub(super) fn push(&mut self, samples: &[i16]) -> bool {
        if self.waiting.len() + samples.len() > MOST {
            return false;
        }
        self.waiting.extend_from_slice(samples);
        true
    }

    /// At most so many samples of each channel, as many as there are.
    pub(super) fn fetch(&mut self, wanted: usize) -> &mut [i16] {
        let count = wanted.saturating_mul(CHANNELS).min(self.waiting.len());
        self.fetched.clear();
        self.fetched.extend(self.waiting.drain(..count));
        &mut self.fetched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_fetched_once_and_in_order_in_whatever_pieces() {
        let mut pending = Pending::default();
        let mut fetched = Vec::new();
        for block in 0..6_i16 {
            let samples: Vec<_> = (0..2_048).map(|sample| block * 2_048 + sample).collect();
            assert!(pending.push(&samples));
            for wanted in [100, 1_024, 300] {
                fetched.extend_from_slice(pending.fetch(wanted));
            }
        }
        fetched.extend_from_slice(pending.fetch(usize::MAX));
        assert_eq!(fetched, (0..6 * 2_048).collect::<Vec<i16>>());
        assert!(pending.fetch(1).is_empty());
    }

    #[test]
    fn an_encoder_that_fetches_nothing_is_noticed() {
        let mut pending = Pending::default();
        let refused = (0..20).position(|_| !pending.push(&[0; 2_048]));
        assert_eq!(refused, Some(8));
    }
}

//! The tone.

use std::time::Duration;

use crate::encode::{CHANNELS, SAMPLE_RATE};

/// Pitch of the beep.
pub const BEEP_HERTZ: u32 = 1_000;
/// How long it sounds, from each whole second of media time on.
pub const BEEP_DURATION: Duration = Duration::from_millis(100);

/// A beep of 1 kHz for a tenth of a second from each whole second of media time on, in exact
/// counts of samples: it never drifts from the timeline.
#[derive(Debug)]
pub struct Tone {
    /// One second, one channel.
    second: Vec<i16>,
}

impl Tone {
    /// Prepares a second of sound.
    pub fn new() -> Self {
        let rate = SAMPLE_RATE as f32;
        let length = SAMPLE_RATE * BEEP_DURATION.as_millis() as u32 / 1_000;
        // The end fades over 5 ms, against a click; the beginning is sharp, to be found.
        let fade = rate * 0.005;
        let sample = |index: u32| {
            let turns = index as f32 * BEEP_HERTZ as f32 / rate;
            let gain = ((length - index) as f32 / fade).min(1.0);
            (f32::from(i16::MAX) * 0.5 * gain * (turns * std::f32::consts::TAU).sin()) as i16
        };
        let second = (0..SAMPLE_RATE).map(|index| if index < length { sample(index) } else { 0 });
        Self { second: second.collect() }
    }

    /// Fills `samples` (48 kHz, both channels interleaved) with the sound from `position` on,
    /// counted in samples of one channel from media time zero.
    pub fn fill(&self, position: i64, samples: &mut [i16]) {
        let start = position.rem_euclid(i64::from(SAMPLE_RATE)) as usize;
        let mut sound = self.second.iter().cycle().skip(start);
        for frame in samples.chunks_mut(CHANNELS) {
            frame.fill(sound.next().copied().unwrap_or_default());
        }
    }
}

impl Default for Tone {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_beeps_at_each_whole_second_wherever_one_begins_to_listen() {
        let tone = Tone::new();
        let mut whole = vec![0; 3 * SAMPLE_RATE as usize * CHANNELS];
        tone.fill(-i64::from(SAMPLE_RATE), &mut whole);
        for second in 0..3 {
            let start = second * SAMPLE_RATE as usize * CHANNELS;
            let (beep, silence) =
                whole[start..start + SAMPLE_RATE as usize * CHANNELS].split_at(9_600);
            assert!(beep[..32].iter().any(|&sample| sample > 5_000), "a sharp beginning");
            let crossings = beep.windows(4).step_by(2).filter(|pair| pair[0] < 0 && pair[2] >= 0);
            assert!((98..=100).contains(&crossings.count()), "1 kHz for a tenth of a second");
            assert!(silence.iter().all(|&sample| sample == 0));
        }
        let mut part = vec![0; 1_000];
        tone.fill(12_345 - i64::from(SAMPLE_RATE), &mut part);
        assert_eq!(part, whole[2 * 12_345..][..1_000]);
    }
}

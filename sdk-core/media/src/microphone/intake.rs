//! Where the device's callback leaves what it captured.

use std::sync::Mutex;
use std::time::Duration;

use golive_proto::units::Time;

use super::align::Aligned;
use crate::encode::{CHANNELS, FRAME_SAMPLES, SAMPLE_RATE};
use crate::error::Error;
use crate::producer::{Shared, locked};
use crate::resample::Resampler;

/// What fetches sound waits at least this long after its capture: the block itself, and a
/// scheduler's delay.
const LEAST_LATENCY: Duration = Duration::from_millis(40);
/// A device that delivers in larger pieces than this is not waited for.
const LONGEST_LATENCY: Duration = Duration::from_millis(250);

/// Sound on its way from the device's thread to the encoding one. Locked only briefly.
#[derive(Default)]
pub(crate) struct Intake {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    aligned: Option<Aligned>,
    rate: u32,
    stereo: Vec<f32>,
    /// The longest piece that the device delivered at once.
    longest: Duration,
    last: Option<Time>,
    lost: Duration,
}

impl Intake {
    /// Prepares for a device of this rate.
    pub(crate) fn open(&self, rate: u32) -> Result<(), Error> {
        let mut state = locked(&self.state);
        if state.rate != rate {
            state.aligned = Some(Aligned::new(Resampler::new(rate)?));
            state.rate = rate;
        }
        Ok(())
    }

    /// Takes interleaved samples of `channels` channels, the last of which was captured at `end`.
    pub(crate) fn push(
        &self,
        shared: &Shared,
        samples: impl ExactSizeIterator<Item = f32>,
        channels: usize,
        end: Time,
    ) {
        let mut state = locked(&self.state);
        let State { aligned: Some(aligned), rate, stereo, longest, last, lost } = &mut *state
        else {
            return;
        };
        to_stereo(samples, channels, stereo);
        let duration =
            Duration::from_secs_f64((stereo.len() / CHANNELS) as f64 / f64::from((*rate).max(1)));
        let captured = shared.media_time(end) - duration;
        let seconds = aligned.push(stereo, captured.as_micros() as f64 / 1e6);
        *lost += Duration::try_from_secs_f64(seconds).unwrap_or_default();
        *longest = duration.max(*longest);
        *last = Some(end);
    }

    /// Fills a block with the sound from `position` on.
    pub(crate) fn fill(&self, position: i64, block: &mut [i16]) {
        match &mut locked(&self.state).aligned {
            Some(aligned) => aligned.fill(position, block),
            None => block.fill(0),
        }
    }

    /// How long after the end of a block to fetch it.
    pub(crate) fn latency(&self) -> Duration {
        let block = Duration::from_secs(1) * FRAME_SAMPLES as u32 / SAMPLE_RATE;
        (2 * locked(&self.state).longest + block).clamp(LEAST_LATENCY, LONGEST_LATENCY)
    }

    /// When the device last delivered.
    pub(crate) fn last(&self) -> Option<Time> {
        locked(&self.state).last
    }

    /// How much was lost since the last call.
    pub(crate) fn take_lost(&self) -> Duration {
        std::mem::take(&mut locked(&self.state).lost)
    }
}

/// One channel becomes both; of more than two the first two are taken.
fn to_stereo(samples: impl ExactSizeIterator<Item = f32>, channels: usize, stereo: &mut Vec<f32>) {
    stereo.clear();
    let channels = channels.max(1);
    let mut channel = 0;
    for sample in samples {
        match (channel, channels) {
            (0, 1) => stereo.extend([sample; CHANNELS]),
            (0 | 1, _) => stereo.push(sample),
            _ => {}
        }
        channel = (channel + 1) % channels;
    }
    stereo.truncate(stereo.len() / CHANNELS * CHANNELS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_channels_becomes_two() {
        for (channels, samples, expected) in [
            (1, vec![1.0, 2.0], vec![1.0, 1.0, 2.0, 2.0]),
            (2, vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 2.0, 3.0, 4.0]),
            (4, vec![1.0, 2.0, 9.0, 9.0, 3.0, 4.0, 9.0, 9.0], vec![1.0, 2.0, 3.0, 4.0]),
            (0, vec![1.0], vec![1.0, 1.0]),
        ] {
            let mut stereo = vec![7.0];
            to_stereo(samples.into_iter(), channels, &mut stereo);
            assert_eq!(stereo, expected, "{channels} channels");
        }
    }
}

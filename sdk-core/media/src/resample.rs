//! Bringing sound of any rate to 48 kHz, a little faster or slower on command.

use audioadapter_buffers::direct::InterleavedSlice;
#[cfg(feature = "microphone")]
use rubato::Adjustable as _;
use rubato::{
    Async, FixedAsync, Resampler as _, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};

use crate::encode::{CHANNELS, FRAME_SAMPLES, SAMPLE_RATE};
use crate::error::Error;

/// The largest correction of the rate, either way: 0.1 %, under two cents, which nobody hears.
#[cfg(feature = "microphone")]
pub(crate) const LARGEST_CORRECTION: f64 = 0.001;
/// Length of the filter, in samples: enough for speech and music, and cheap.
const FILTER_LENGTH: usize = 64;

/// Makes blocks of 1,024 stereo samples at 48 kHz from stereo samples of another rate.
pub(crate) struct Resampler {
    inner: Async<f32>,
    rate: u32,
    output: Vec<f32>,
}

impl Resampler {
    /// From `rate` samples a second, 4,000 to 384,000.
    pub(crate) fn new(rate: u32) -> Result<Self, Error> {
        if !(4_000..=384_000).contains(&rate) {
            return Err(Error::UnsupportedCodec(format!("sound of {rate} Hz")));
        }
        let parameters =
            SincInterpolationParameters::new(FILTER_LENGTH, WindowFunction::BlackmanHarris2)
                .interpolation(SincInterpolationType::Linear);
        let ratio = f64::from(SAMPLE_RATE) / f64::from(rate);
        let fixed = FixedAsync::Output;
        let inner = Async::new_sinc(ratio, 1.1, &parameters, FRAME_SAMPLES, CHANNELS, fixed);
        let inner = inner.map_err(|error| Error::Encoder(error.to_string()))?;
        Ok(Self { inner, rate, output: vec![0.0; FRAME_SAMPLES * CHANNELS] })
    }

    /// The rate that comes in.
    pub(crate) fn rate(&self) -> u32 {
        self.rate
    }

    /// How many samples of each channel the next block takes.
    pub(crate) fn wanted(&self) -> usize {
        self.inner.input_frames_next()
    }

    /// By how many seconds what comes out lies behind what went in last.
    pub(crate) fn delay(&self) -> f64 {
        self.inner.output_delay() as f64 / f64::from(SAMPLE_RATE)
    }

    /// Consumes faster (positive) or slower from now on, by a fraction of at most
    /// [`LARGEST_CORRECTION`].
    #[cfg(feature = "microphone")]
    pub(crate) fn correct(&mut self, fraction: f64) {
        let fraction = fraction.clamp(-LARGEST_CORRECTION, LARGEST_CORRECTION);
        // Within the bounds that it was made with; at worst the rate stays what it was.
        let _ = self.inner.set_resample_ratio_relative(1.0 / (1.0 + fraction), true);
    }

    /// Makes a block from the samples that were [wanted](Self::wanted); silence from fewer.
    pub(crate) fn process(&mut self, input: &[f32], block: &mut [i16]) {
        let frames = self.wanted();
        let input = InterleavedSlice::new(input, CHANNELS, frames).ok();
        let output = InterleavedSlice::new_mut(&mut self.output, CHANNELS, FRAME_SAMPLES).ok();
        let done = input.zip(output).and_then(|(input, mut output)| {
            self.inner.process_into_buffer(&input, &mut output, None).ok()
        });
        if done.is_none() {
            return block.fill(0);
        }
        for (sample, value) in block.iter_mut().zip(&self.output) {
            // The cast saturates.
            *sample = (value * f32::from(i16::MAX)) as i16;
        }
    }
}

//! The sound of a file, as 48 kHz stereo on the media timeline.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use fdk_aac::dec::{Decoder, Transport};
use golive_proto::units::MediaTime;

use super::{MediaFile, explain};
use crate::encode::{CHANNELS, FRAME_SAMPLES, SAMPLE_RATE};
use crate::error::Error;
use crate::resample::Resampler;

/// The longest frame that the decoder gives: 2,048 samples of up to eight channels.
const LONGEST_FRAME: usize = 2_048 * 8;

/// Times of samples are rounded to microseconds: frames this near to each other are one run.
const ROUNDING: i64 = 16;
/// Silence is made in pieces of this many samples.
const SILENCE: u64 = 4_096;

/// Decodes a file's sound block by block.
pub(crate) struct Sound {
    file: Arc<MediaFile>,
    decoder: Decoder,
    resampler: Resampler,
    /// The next sample to decode.
    sample: usize,
    round: u32,
    /// Decoded, interleaved stereo, at the file's rate.
    decoded: VecDeque<f32>,
    /// Samples of each channel that were decoded since the file's beginning.
    count: u64,
    /// Resampled, interleaved stereo, at 48 kHz.
    ready: VecDeque<i16>,
    /// Where the first of them lies, in samples of 48 kHz from media time zero.
    position: i64,
    ended: bool,
    pcm: Vec<i16>,
    input: Vec<f32>,
}

impl Sound {
    /// Prepares to decode.
    ///
    /// # Errors
    ///
    /// When the file has no sound, or none that can be decoded.
    pub(crate) fn new(file: Arc<MediaFile>) -> Result<Self, Error> {
        let track =
            file.movie.audio.as_ref().map_err(|error| explain(error.clone(), &file.path))?;
        let mut decoder = Decoder::new(Transport::Raw);
        let refused =
            |error: fdk_aac::dec::DecoderError| Error::UnsupportedCodec(format!("AAC ({error})"));
        decoder.config_raw(&track.config).map_err(refused)?;
        decoder.set_max_output_channels(CHANNELS).map_err(refused)?;
        decoder.set_min_output_channels(CHANNELS).map_err(refused)?;
        // The rate that counts is the decoded one: HE-AAC doubles that of its core.
        let mut pcm = vec![0; LONGEST_FRAME];
        let first = track.samples.first().and_then(|sample| file.data.get(sample.range.clone()));
        let rate = match first {
            Some(data) => {
                decoder.fill(data).map_err(refused)?;
                // The first frame alone may be one that needs others; its headers tell the rate.
                let _ = decoder.decode_frame(&mut pcm);
                u32::try_from(decoder.stream_info().sampleRate).unwrap_or(0)
            }
            None => track.format.sample_rate,
        };
        let resampler = Resampler::new(rate)?;
        // What comes out of the resampler first is from before the file.
        let delay = (resampler.delay() * f64::from(SAMPLE_RATE)).round() as i64;
        let position = samples_at(file.start, SAMPLE_RATE) - delay;
        Ok(Self {
            file,
            decoder,
            resampler,
            sample: 0,
            round: 0,
            decoded: VecDeque::new(),
            count: 0,
            ready: VecDeque::new(),
            position,
            ended: false,
            pcm,
            input: Vec::new(),
        })
    }

    /// Fills a block with the sound from `position` on, in samples of 48 kHz from media time zero.
    /// Before the beginning and after the end there is silence.
    pub(crate) fn fill(&mut self, position: i64, block: &mut [i16]) {
        let end = position + FRAME_SAMPLES as i64;
        loop {
            // What lies before the block was not asked for.
            let passed = position.saturating_sub(self.position).clamp(0, self.there());
            self.ready.drain(..passed as usize * CHANNELS);
            self.position += passed;
            if self.position + self.there() >= end || self.has_ended() {
                break;
            }
            self.make();
        }
        block.fill(0);
        let silent = usize::try_from(self.position - position).unwrap_or(0).min(FRAME_SAMPLES);
        for (sample, value) in block[silent * CHANNELS..].iter_mut().zip(&self.ready) {
            *sample = *value;
        }
    }

    /// Whether the last sound was fetched, or nearly.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended && self.decoded.is_empty()
    }

    /// Samples of each channel that are ready.
    fn there(&self) -> i64 {
        (self.ready.len() / CHANNELS) as i64
    }

    /// Makes the next block from what is decoded.
    fn make(&mut self) {
        let wanted = self.resampler.wanted() * CHANNELS;
        while self.decoded.len() < wanted && !self.ended {
            self.decode();
        }
        let there = wanted.min(self.decoded.len());
        self.input.clear();
        self.input.extend(self.decoded.drain(..there));
        self.input.resize(wanted, 0.0);
        let mut block = [0; FRAME_SAMPLES * CHANNELS];
        self.resampler.process(&self.input, &mut block);
        self.ready.extend(block);
    }

    /// Decodes one sample, or makes some of the silence before it or after the last one.
    fn decode(&mut self) {
        let file = self.file.clone();
        let Ok(track) = &file.movie.audio else { return self.ended = true };
        let rate = self.resampler.rate();
        let count_at = |time: Duration| (time.as_secs_f64() * f64::from(rate)).round() as u64;
        let begin = count_at(file.length.saturating_mul(self.round));
        let end = count_at(file.length.saturating_mul(self.round.saturating_add(1)));
        let Some(sample) = track.samples.get(self.sample) else {
            if !self.silence(end) {
                self.sample = 0;
                self.round = self.round.saturating_add(1);
                self.ended = file.round(self.round).is_none();
            }
            return;
        };
        let own_delay = i64::from(self.decoder.stream_info().outputDelay);
        let start = begin as i64 + samples_at(sample.pts, rate) - own_delay;
        // How much of this sample is there already, or how much is missing before it.
        let early = self.count as i64 - start;
        if early < -ROUNDING && self.silence(end.min(start.cast_unsigned())) {
            return;
        }
        self.sample += 1;
        let Some(frames) = self.decode_sample(file.data.get(sample.range.clone())) else { return };
        // Priming lies before the beginning; nothing goes on past the round's end.
        let early = if early > ROUNDING { early.cast_unsigned().min(frames) } else { 0 };
        let kept = (frames - early).min(end.saturating_sub(self.count));
        let kept = self.pcm.chunks_exact(CHANNELS).skip(early as usize).take(kept as usize);
        let before = self.decoded.len();
        self.decoded.extend(kept.flatten().map(|&sample| f32::from(sample) / f32::from(i16::MAX)));
        self.count += ((self.decoded.len() - before) / CHANNELS) as u64;
    }

    /// Makes some silence, at most up to `until`. Returns whether there was any to make.
    fn silence(&mut self, until: u64) -> bool {
        let samples = until.saturating_sub(self.count).min(SILENCE);
        self.decoded.extend(std::iter::repeat_n(0.0, samples as usize * CHANNELS));
        self.count += samples;
        samples > 0
    }

    /// Decodes into `pcm` and returns how many samples of each channel there are; nothing for a
    /// damaged frame.
    fn decode_sample(&mut self, data: Option<&[u8]>) -> Option<u64> {
        self.decoder.fill(data?).ok()?;
        self.decoder.decode_frame(&mut self.pcm).ok()?;
        let info = self.decoder.stream_info();
        let rate = u32::try_from(info.sampleRate).ok()?;
        let stereo = usize::try_from(info.numChannels).ok()? == CHANNELS;
        (stereo && rate == self.resampler.rate())
            .then(|| u64::try_from(info.frameSize).unwrap_or(0))
    }
}

fn samples_at(time: MediaTime, rate: u32) -> i64 {
    (i128::from(time.as_micros()) * i128::from(rate)).div_euclid(1_000_000) as i64
}

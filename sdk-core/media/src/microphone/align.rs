//! Laying a device's sound on the media timeline.
//!
//! A sound card counts seconds by a crystal of its own, which differs from the system's clock by
//! some ten to a hundred millionths: in an hour lips and sound would be apart by up to a third of a
//! second. So what the device delivers is resampled a little faster or slower, never by more than
//! a thousandth, such that each sample is heard at the time that it was captured.
//!
//! Nothing in here looks at a clock: when samples were captured comes in with them.

use std::collections::VecDeque;

use crate::encode::{CHANNELS, FRAME_SAMPLES, SAMPLE_RATE};
use crate::resample::Resampler;

/// Times further apart than this are a gap or a jump, not drift: they are bridged at once.
const JUMP: f64 = 0.1;
/// How quickly the estimate of the device's timeline follows what is observed, per second.
const SMOOTHING: f64 = 0.5;
/// An error is worked off within about this many seconds.
const CORRECTION_SECONDS: f64 = 5.0;
/// Sound that nobody fetches is kept this long, in seconds.
const LONGEST_QUEUE: f64 = 2.0;

/// Sound of one device on the media timeline. All times are seconds of media time.
pub(crate) struct Aligned {
    resampler: Resampler,
    /// Stereo samples, interleaved.
    queue: VecDeque<f32>,
    /// When the next sample to be pushed was captured, as estimated; nothing before the first.
    tail: Option<f64>,
    /// Samples of each channel that were replaced by silence because they came too late.
    owed: usize,
    /// Whether what comes out is where it belongs, but for drift.
    placed: bool,
    input: Vec<f32>,
}

impl Aligned {
    pub(crate) fn new(resampler: Resampler) -> Self {
        Self {
            resampler,
            queue: VecDeque::new(),
            tail: None,
            owed: 0,
            placed: false,
            input: Vec::new(),
        }
    }

    fn seconds(&self, frames: usize) -> f64 {
        frames as f64 / f64::from(self.resampler.rate())
    }

    fn frames(&self, seconds: f64) -> usize {
        (seconds * f64::from(self.resampler.rate())) as usize
    }

    fn queued(&self) -> usize {
        self.queue.len() / CHANNELS
    }

    /// When the next sample to be resampled was captured.
    fn head(&self) -> Option<f64> {
        Some(self.tail? - self.seconds(self.queued()) + self.seconds(self.owed))
    }

    /// Takes stereo samples, the first of which was captured at `captured`. Returns how many
    /// seconds of sound were lost for want of room.
    pub(crate) fn push(&mut self, samples: &[f32], captured: f64) -> f64 {
        let frames = samples.len() / CHANNELS;
        let tail = match self.tail {
            Some(tail) if (captured - tail).abs() < JUMP => {
                let weight = (SMOOTHING * self.seconds(frames)).min(1.0);
                tail + (captured - tail) * weight
            }
            // The device was away, or its stream broke: what is queued is from before.
            _ => {
                self.queue.clear();
                self.owed = 0;
                self.placed = false;
                captured
            }
        };
        let late = self.owed.min(frames);
        self.owed -= late;
        self.queue.extend(&samples[late * CHANNELS..frames * CHANNELS]);
        self.tail = Some(tail + self.seconds(frames));
        let excess = self.queued().saturating_sub(self.frames(LONGEST_QUEUE));
        self.queue.drain(..excess * CHANNELS);
        self.seconds(excess)
    }

    /// Fills `block` with the 1,024 samples from `position` on, counted in samples of 48 kHz from
    /// media time zero. What was not captured is silence.
    pub(crate) fn fill(&mut self, position: i64, block: &mut [i16]) {
        let wanted = position as f64 / f64::from(SAMPLE_RATE);
        let Some(head) = self.head() else { return block.fill(0) };
        // How much later than it should the sample would be heard that comes out first.
        let mut late = wanted - (head - self.resampler.delay());
        if !self.placed || late.abs() > JUMP {
            if self.seconds(FRAME_SAMPLES) < -late {
                // Sound from after this block: wait for it in silence.
                return block.fill(0);
            }
            self.shift(late);
            self.placed = true;
            late = 0.0;
        }
        self.resampler.correct(late / CORRECTION_SECONDS);
        let frames = self.resampler.wanted();
        let there = frames.min(self.queued());
        self.input.clear();
        self.input.extend(self.queue.drain(..there * CHANNELS));
        self.input.resize(frames * CHANNELS, 0.0);
        self.owed += frames - there;
        self.resampler.process(&self.input, block);
    }

    /// Leaves out `late` seconds of what is queued, or puts silence before it.
    fn shift(&mut self, late: f64) {
        if late > 0.0 {
            let skipped = self.frames(late).min(self.queued());
            self.queue.drain(..skipped * CHANNELS);
        } else {
            for _ in 0..self.frames(-late) * CHANNELS {
                self.queue.push_front(0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device whose crystal is off by `drift`, which delivers `chunk` samples at a time and
    /// clicks at each whole second of true time.
    struct Device {
        rate: u32,
        drift: f64,
        chunk: usize,
        sent: u64,
        noise: u32,
    }

    impl Device {
        fn new(rate: u32, drift: f64) -> Self {
            Self { rate, drift, chunk: 441, sent: 0, noise: 1 }
        }

        fn time_of(&self, frame: u64) -> f64 {
            frame as f64 / (f64::from(self.rate) * (1.0 + self.drift))
        }

        /// Delivers everything captured up to `now`; times jitter by up to three milliseconds.
        fn deliver(&mut self, now: f64, aligned: &mut Aligned) {
            while self.time_of(self.sent + self.chunk as u64) <= now {
                let samples: Vec<f32> = (self.sent..self.sent + self.chunk as u64)
                    .flat_map(|frame| {
                        let within = self.time_of(frame).fract();
                        [if within < 0.01 { 0.5 } else { 0.0 }; CHANNELS]
                    })
                    .collect();
                self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let jitter = f64::from(self.noise >> 16) / 65_536.0 * 0.003;
                aligned.push(&samples, self.time_of(self.sent) + jitter);
                self.sent += self.chunk as u64;
            }
        }
    }

    struct Listener {
        position: i64,
        last: i16,
        clicks: Vec<f64>,
    }

    impl Listener {
        fn new() -> Self {
            Self { position: 0, last: 0, clicks: Vec::new() }
        }

        fn listen(&mut self, aligned: &mut Aligned) {
            let mut block = [0; FRAME_SAMPLES * CHANNELS];
            aligned.fill(self.position, &mut block);
            for (index, &sample) in block.iter().step_by(CHANNELS).enumerate() {
                if sample > 8_000 && self.last <= 8_000 {
                    let at = self.position + index as i64;
                    self.clicks.push(at as f64 / f64::from(SAMPLE_RATE));
                }
                self.last = sample;
            }
            self.position += FRAME_SAMPLES as i64;
        }

        fn now(&self) -> f64 {
            (self.position + FRAME_SAMPLES as i64) as f64 / f64::from(SAMPLE_RATE) + 0.06
        }
    }

    #[test]
    fn sound_of_any_rate_and_a_crystal_far_off_stays_where_it_belongs() {
        for (rate, drift) in [(44_100, 0.0003), (48_000, -0.0003), (16_000, 0.0001)] {
            let mut aligned = Aligned::new(Resampler::new(rate).unwrap());
            let mut device = Device::new(rate, drift);
            let mut listener = Listener::new();
            while listener.now() < 60.0 {
                device.deliver(listener.now(), &mut aligned);
                listener.listen(&mut aligned);
            }
            // The clicks of the second half, when the estimate has settled.
            let late: Vec<_> =
                listener.clicks.iter().filter(|&&at| at > 30.5).map(|at| at - at.round()).collect();
            assert_eq!(late.len(), 29, "{rate} Hz");
            // Jitter delays by 1.5 ms in the mean, the correction's own lag adds its share.
            assert!(late.iter().all(|late| late.abs() < 0.005), "{rate} Hz, {drift}: {late:?}");
            let spread = late.iter().fold(0.0_f64, |spread, at| spread.max((at - late[0]).abs()));
            assert!(spread < 0.001, "no jumps: {spread}");
        }
    }

    #[test]
    fn a_device_that_was_away_comes_back_in_its_place() {
        let mut aligned = Aligned::new(Resampler::new(44_100).unwrap());
        let mut device = Device::new(44_100, 0.0);
        let mut listener = Listener::new();
        while listener.now() < 20.0 {
            let now = listener.now();
            if !(5.5..10.5).contains(&now) {
                device.deliver(now, &mut aligned);
            } else {
                device.sent = (now * 44_100.0) as u64;
            }
            listener.listen(&mut aligned);
        }
        let seconds: Vec<_> = listener.clicks.iter().map(|at| at.round() as u32).collect();
        assert_eq!(seconds, [0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
        assert!(
            listener.clicks.iter().all(|at| (at - at.round()).abs() < 0.015),
            "{:?}",
            listener.clicks
        );
    }

    #[test]
    fn sound_that_comes_too_late_is_silence_and_shifts_nothing() {
        let mut aligned = Aligned::new(Resampler::new(48_000).unwrap());
        let mut device = Device::new(48_000, 0.0);
        let mut listener = Listener::new();
        while listener.now() < 10.0 {
            // For a fifth of a second nothing is delivered, then all of it at once.
            if !(4.4..4.6).contains(&listener.now()) {
                device.deliver(listener.now(), &mut aligned);
            }
            listener.listen(&mut aligned);
        }
        assert_eq!(listener.clicks.len(), 10);
        assert!(
            listener.clicks.iter().all(|at| (at - at.round()).abs() < 0.01),
            "{:?}",
            listener.clicks
        );
    }

    #[test]
    fn sound_that_nobody_fetches_is_bounded() {
        let mut aligned = Aligned::new(Resampler::new(48_000).unwrap());
        let mut lost = 0.0;
        for second in 0..10 {
            lost += aligned.push(&vec![0.0; 96_000], f64::from(second));
        }
        assert!((lost - 8.0).abs() < 0.01, "{lost}");
        assert!(aligned.queued() <= 96_000);
    }
}

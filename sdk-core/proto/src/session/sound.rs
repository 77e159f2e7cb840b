//! What the sound of a broadcast takes, and how it leaves: the policy of [`rate`](crate::rate) with
//! what the container makes of it.

use std::time::Duration;

use super::config::Config;
use crate::media::AudioFormat;
use crate::mux::mpegts::Gathering;
use crate::rate::{Direction, EncoderTarget, Sound, SoundRung};
use crate::units::{Bitrate, Time};

/// See the module.
#[derive(Debug)]
pub(super) struct SoundSteering {
    policy: Sound,
    /// From one frame to the next; nothing, if there is no sound.
    frame: Option<Duration>,
    /// How long a frame may wait for others, where little is carried.
    patience: Duration,
    /// Whether there are pictures beside it.
    has_pictures: bool,
}

/// Where little is carried, a frame waits for others for this share of the latency: what is left has
/// to do for repairs. No longer than this and half a frame in any case: players expect sound and pictures of one time
/// within a fifth of a second, and encoders of sound have used up a part of that.
const GATHERING_SHARE: u32 = 5;
const LONGEST_GATHERING: Duration = Duration::from_millis(90);

impl SoundSteering {
    pub(super) fn new(config: &Config) -> Self {
        let frame = |format: AudioFormat| {
            let samples = Duration::from_secs(AudioFormat::SAMPLES_PER_FRAME.into());
            samples / format.sample_rate.max(1)
        };
        let mut sound = Self {
            policy: Sound::new([], None),
            frame: config.audio.map(frame),
            patience: (config.transport.latency / GATHERING_SHARE).min(LONGEST_GATHERING),
            has_pictures: config.video.is_some(),
        };
        sound.ask(config.target, config.adaptation.sound);
        sound
    }

    /// The owner asks for this, and whether less may be made of it.
    pub(super) fn ask(&mut self, asked: EncoderTarget, adaptive: bool) {
        let (bitrate, patience) = (asked.audio_bitrate, self.patience);
        let rungs = self.frame.into_iter().flat_map(|frame| {
            let alone = (bitrate, Gathering::single(bitrate, frame));
            let gathered = move |bitrate| (bitrate, Gathering::best(bitrate, frame, patience));
            let less = Sound::bitrates(bitrate).map(gathered).filter(move |_| adaptive);
            std::iter::once(alone).chain(less)
        });
        let rung = |(bitrate, gathering): (Bitrate, Gathering)| {
            let carried = gathering.carried();
            SoundRung { bitrate, carried }
        };
        let rungs: Vec<SoundRung> = rungs.map(rung).collect();
        self.policy.ask(rungs, self.has_pictures.then_some(asked.bitrate));
    }

    /// What is asked of its encoder; zero where there is no sound.
    pub(super) fn bitrate(&self) -> Bitrate {
        self.policy.bitrate()
    }

    /// What it takes of what is carried.
    pub(super) fn carried(&self) -> Bitrate {
        self.policy.carried()
    }

    /// How its frames are to leave; nothing as long as each leaves by itself.
    pub(super) fn gathering(&self) -> Option<Gathering> {
        let frame = self.frame.filter(|_| self.policy.is_lowered())?;
        Some(Gathering::best(self.bitrate(), frame, self.patience))
    }

    /// Takes what is left for the pictures; answers with the direction if it takes another part.
    pub(super) fn decide(&mut self, now: Time, pictures: Bitrate) -> Option<Direction> {
        self.policy.decide(now, pictures)
    }

    /// Nothing is known at the moment.
    pub(super) fn interrupted(&mut self) {
        self.policy.interrupted();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{FrameRate, PictureSize};

    const STEREO: AudioFormat = AudioFormat { sample_rate: 48_000, channels: 2 };

    fn kilobits(kilobits: u64) -> Bitrate {
        Bitrate::from_kilobits_per_second(kilobits)
    }

    /// A sound of so many kilobits a second beside pictures, with a latency of half a second.
    fn sound(bitrate: u64, adaptive: bool) -> SoundSteering {
        let mut sound = SoundSteering {
            policy: Sound::new([], None),
            frame: Some(Duration::from_secs(1_024) / STEREO.sample_rate),
            patience: LONGEST_GATHERING,
            has_pictures: true,
        };
        let asked = EncoderTarget {
            bitrate: kilobits(2_500),
            frame_rate: FrameRate::new(30).unwrap(),
            size: PictureSize::new(1280, 720).unwrap(),
            audio_bitrate: kilobits(bitrate),
        };
        sound.ask(asked, adaptive);
        sound
    }

    /// After three seconds of a link that leaves the pictures the least.
    fn at_the_foot(mut sound: SoundSteering) -> SoundSteering {
        for tick in 0..150 {
            sound.decide(Time::from_millis(tick * 20), kilobits(50));
        }
        sound
    }

    #[test]
    fn what_is_asked_for_leaves_frame_by_frame_and_less_together() {
        let comfortable = sound(128, true);
        assert_eq!((comfortable.bitrate(), comfortable.gathering()), (kilobits(128), None));
        assert_eq!(comfortable.carried().as_kilobits_per_second(), 141);
        let foot = at_the_foot(comfortable);
        assert_eq!(foot.bitrate(), kilobits(32));
        assert_eq!(foot.gathering().map(|gathering| gathering.frames()), Some(5));
        assert_eq!(foot.carried().as_kilobits_per_second(), 42);
    }

    #[test]
    fn a_low_bitrate_that_was_asked_for_gathers_before_it_is_lowered() {
        let foot = at_the_foot(sound(32, true));
        assert_eq!(foot.bitrate(), kilobits(32));
        assert_eq!(foot.gathering().map(|gathering| gathering.frames()), Some(5));
    }

    #[test]
    fn a_fixed_bitrate_stays_as_it_is() {
        let foot = at_the_foot(sound(128, false));
        assert_eq!((foot.bitrate(), foot.gathering()), (kilobits(128), None));
    }
}

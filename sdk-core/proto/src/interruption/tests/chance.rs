//! Random declarations, drawn from a seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::facts::TICK;
use crate::interruption::*;
use crate::media::{FrameRate, PictureSize};

pub(super) fn throw(dice: &mut ChaCha8Rng, sides: u32) -> u32 {
    dice.next_u32() % sides
}

pub(super) fn random_config(dice: &mut ChaCha8Rng) -> Config {
    Config {
        call: random_policy(dice),
        background: random_policy(dice),
        background_loss: BackgroundLoss {
            camera: throw(dice, 2) == 0,
            encoder: throw(dice, 2) == 0,
        },
        camera_lost: random_policy(dice),
        microphone_lost: random_policy(dice),
        heat: HeatPolicy {
            fair: random_limit(dice),
            serious: random_limit(dice),
            critical: random_limit(dice),
            at_critical: random_policy(dice),
            cooling: TICK * throw(dice, 20),
        },
        low_power: random_limit(dice),
        settle: TICK * throw(dice, 8),
    }
}

fn random_policy(dice: &mut ChaCha8Rng) -> Policy {
    let first = random_response(dice);
    let then = [(); Policy::MAX_STEPS].map(|()| {
        let step = Step { after: TICK * throw(dice, 40), response: random_response(dice) };
        (throw(dice, 3) > 0).then_some(step)
    });
    Policy { first, then }
}

fn random_response(dice: &mut ChaCha8Rng) -> Response {
    let pictures = [Picture::Camera, Picture::LastFrame, Picture::Slate, Picture::Nothing];
    let sounds = [Sound::Microphone, Sound::Muted, Sound::Released];
    match throw(dice, 40) {
        0 => Response::Stop,
        _ => {
            let picture = pictures[throw(dice, 4) as usize];
            Response::show(picture, sounds[throw(dice, 3) as usize])
        }
    }
}

fn random_limit(dice: &mut ChaCha8Rng) -> EncoderLimit {
    EncoderLimit {
        bitrate_percent: throw(dice, 120) as u8,
        frame_rate: FrameRate::new(throw(dice, 60)),
        size: PictureSize::new(2 * throw(dice, 960), 2 * throw(dice, 960)),
    }
}

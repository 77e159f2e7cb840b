//! What a broadcast does while the device interrupts it: golive's pure machine, for whoever hears
//! the platform's notifications, and for tests in virtual time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use golive::interruption::{
    BackgroundLoss, Cause, Config, EncoderLimit, Event, HeatPolicy, Input, Interruptions, Output,
    Picture, Policy, Response, Scene, Sound, Step, ThermalLevel,
};
use golive::{EncoderTarget as Target, FrameRate, PictureSize, Time};

use crate::encoder::EncoderTarget;
use crate::health::{micros, millis};

/// What interrupts a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum InterruptionCause {
    /// A phone call, or another app that takes the sound: the audio focus is lost, an audio session
    /// interrupted.
    Call,
    /// The person left the app, or locked the screen.
    Background,
    /// The camera is taken by somebody else, failed, or was unplugged.
    CameraLost,
    /// The microphone delivers nothing: the system silences it, or its route is gone.
    MicrophoneLost,
    /// The device is hot. It has levels instead of a beginning and an end.
    Heat,
    /// The person asked the device to save its battery.
    LowPower,
}

/// How hot the device is: the four levels of iOS, onto which Android's seven are mapped
/// ([`thermal_level_from_android`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Heat {
    /// Nothing to do.
    Nominal,
    /// Warm.
    Fair,
    /// Hot: the system slows down.
    Serious,
    /// So hot that the device will not bear it for long.
    Critical,
}

/// What viewers see. A later one is stronger: where causes disagree, it is what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ShownPicture {
    /// The camera.
    Camera,
    /// The camera's last picture, encoded again at the usual rate.
    LastFrame,
    /// A picture that the app provides.
    Slate,
    /// None at all: audio only.
    Nothing,
}

/// What viewers hear. A later one is stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum HeardSound {
    /// The microphone.
    Microphone,
    /// Silence, while the microphone stays open.
    Muted,
    /// Silence, and the microphone is closed, so that whoever wants it has it.
    Released,
}

/// What is done about a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum InterruptionResponse {
    /// This is shown and heard, or something stronger that another cause demands.
    Show {
        /// What viewers see.
        picture: ShownPicture,
        /// What they hear.
        sound: HeardSound,
    },
    /// The broadcast ends.
    Stop,
}

/// What is done about a cause from its beginning on, and what then.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct InterruptionPolicy {
    /// What is done at once.
    pub first: InterruptionResponse,
    /// What is done instead, one after the other; what is beyond three steps is left out.
    pub then: Vec<InterruptionStep>,
}

/// A step of an escalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct InterruptionStep {
    /// How long what came before is kept.
    pub after_ms: u64,
    /// What is done from then on.
    pub response: InterruptionResponse,
}

/// What the encoder is asked for at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Limit {
    /// The video bitrate, in per cent of what the owner asked for.
    pub bitrate_percent: u8,
    /// Pictures a second, at most.
    pub frames_per_second: Option<u32>,
    /// The picture fits into this size, whichever way the device is held; both or none.
    pub width_pixels: Option<u32>,
    /// See the width.
    pub height_pixels: Option<u32>,
}

/// What is done about heat.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct HeatRules {
    /// The encoder's limit while the device is warm.
    pub fair: Limit,
    /// While it is hot.
    pub serious: Limit,
    /// While it is critically hot.
    pub critical: Limit,
    /// What is done beside that then.
    pub at_critical: InterruptionPolicy,
    /// A level counts until the device has been below it for so long.
    pub cooling_ms: u64,
}

/// What is done about every cause. [`android_interruptions`] and [`ios_interruptions`] are sensible:
/// copy one, and change what has to be different.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct InterruptionRules {
    /// About a call. Whatever is declared, the microphone is closed while it holds.
    pub call: InterruptionPolicy,
    /// About the background.
    pub background: InterruptionPolicy,
    /// Whether the system takes the camera from an app in the background.
    pub background_takes_camera: bool,
    /// Whether it takes the encoder.
    pub background_takes_encoder: bool,
    /// About a camera that is gone. Whatever is declared, it is not shown.
    pub camera_lost: InterruptionPolicy,
    /// About a microphone that is gone.
    pub microphone_lost: InterruptionPolicy,
    /// About heat.
    pub heat: HeatRules,
    /// About a battery that is to be saved.
    pub low_power: Limit,
    /// A cause that ends counts for so long after its end: one that flaps never ended.
    pub settle_ms: u64,
}

/// One thing that the platform says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum InterruptionInput {
    /// A cause begins.
    Began {
        /// Which.
        cause: InterruptionCause,
    },
    /// A cause ends.
    Ended {
        /// Which.
        cause: InterruptionCause,
    },
    /// The device is so hot.
    Thermal {
        /// How hot.
        level: Heat,
    },
    /// The camera delivered a picture. Every one may be told; the first after it was gone counts.
    CameraPicture,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum InterruptionOutput {
    /// Let this be heard from now on.
    Sound {
        /// What.
        sound: HeardSound,
    },
    /// Make the video encoder anew: the system took it.
    RestartEncoder,
    /// Show this from now on.
    Picture {
        /// What.
        picture: ShownPicture,
    },
    /// Ask the video encoder for a key frame.
    Keyframe,
    /// Ask the encoder for no more than this, or for all again.
    Limited {
        /// At most; nothing for all.
        limit: Option<Limit>,
    },
    /// Tell the app.
    Told {
        /// A sentence for a person.
        sentence: String,
        /// The cause that it is about, if it is about one.
        cause: Option<InterruptionCause>,
    },
    /// End the broadcast. Nothing comes after it.
    Stop {
        /// What demands it.
        cause: InterruptionCause,
    },
    /// Nothing more to do before this moment, if there is one, or the next input.
    Wake {
        /// When.
        at_us: Option<u64>,
    },
}

/// Decides what is shown, heard and asked of the encoder while the device interrupts a broadcast. Time
/// is passed in, in microseconds of any clock that only goes forward: a test passes its own.
#[derive(uniffi::Object)]
pub struct InterruptionMachine(Mutex<Interruptions>);

#[uniffi::export]
impl InterruptionMachine {
    /// Begins with camera and microphone on air and no limit.
    #[uniffi::constructor]
    pub fn new(rules: InterruptionRules, now_us: u64) -> Arc<Self> {
        let machine = Interruptions::new(rules.into(), Time::from_micros(now_us));
        Arc::new(Self(Mutex::new(machine)))
    }

    /// Takes one thing that the platform says. Then [`poll`](Self::poll) tells what to do.
    pub fn handle(&self, now_us: u64, input: InterruptionInput) {
        self.lock().handle(Time::from_micros(now_us), input.into());
    }

    /// What to do next. To be called until it answers with `Wake`.
    pub fn poll(&self, now_us: u64) -> InterruptionOutput {
        self.lock().poll(Time::from_micros(now_us)).into()
    }
}

impl InterruptionMachine {
    fn lock(&self) -> MutexGuard<'_, Interruptions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is done on Android, where a foreground service lets everything go on in the background.
#[uniffi::export]
pub fn android_interruptions() -> InterruptionRules {
    Config::android().into()
}

/// What is done on iOS, where the system takes camera and encoder in the background.
#[uniffi::export]
pub fn ios_interruptions() -> InterruptionRules {
    Config::ios().into()
}

/// The level for one of Android's `PowerManager.THERMAL_STATUS_*`.
#[uniffi::export]
pub fn thermal_level_from_android(status: i32) -> Heat {
    ThermalLevel::from_android(status).into()
}

/// What the encoder is to make under a limit, when this was asked for.
#[uniffi::export]
pub fn limited_target(limit: Option<Limit>, asked: EncoderTarget) -> EncoderTarget {
    let Some(frame_rate) = FrameRate::new(asked.frames_per_second.clamp(1, 240)) else {
        return asked;
    };
    let target = Target {
        bitrate: golive::Bitrate::from_bits_per_second(asked.video_bits_per_second),
        frame_rate,
        size: PictureSize { width: asked.width_pixels, height: asked.height_pixels },
        audio_bitrate: golive::Bitrate::from_bits_per_second(asked.audio_bits_per_second),
    };
    limit.map_or(asked, |limit| EncoderLimit::from(limit).apply(target).into())
}

/// Enums that say the same on both sides.
macro_rules! same {
    ($ours:ident = $theirs:ident: $($variant:ident),*) => {
        impl From<$theirs> for $ours {
            fn from(it: $theirs) -> Self {
                match it {
                    $($theirs::$variant => Self::$variant,)*
                }
            }
        }

        impl From<$ours> for $theirs {
            fn from(it: $ours) -> Self {
                match it {
                    $($ours::$variant => Self::$variant,)*
                }
            }
        }
    };
}

same!(InterruptionCause = Cause: Call, Background, CameraLost, MicrophoneLost, Heat, LowPower);
same!(Heat = ThermalLevel: Nominal, Fair, Serious, Critical);
same!(ShownPicture = Picture: Camera, LastFrame, Slate, Nothing);
same!(HeardSound = Sound: Microphone, Muted, Released);

impl From<Response> for InterruptionResponse {
    fn from(response: Response) -> Self {
        match response {
            Response::Show(Scene { picture, sound }) => {
                Self::Show { picture: picture.into(), sound: sound.into() }
            }
            Response::Stop => Self::Stop,
        }
    }
}

impl From<InterruptionResponse> for Response {
    fn from(response: InterruptionResponse) -> Self {
        match response {
            InterruptionResponse::Show { picture, sound } => {
                Self::show(picture.into(), sound.into())
            }
            InterruptionResponse::Stop => Self::Stop,
        }
    }
}

impl From<Policy> for InterruptionPolicy {
    fn from(policy: Policy) -> Self {
        let step = |step: Step| InterruptionStep {
            after_ms: millis(step.after),
            response: step.response.into(),
        };
        let then = policy.then.into_iter().flatten().map(step).collect();
        Self { first: policy.first.into(), then }
    }
}

impl From<InterruptionPolicy> for Policy {
    fn from(policy: InterruptionPolicy) -> Self {
        let mut then = [None; Policy::MAX_STEPS];
        for (place, step) in then.iter_mut().zip(policy.then) {
            let after = Duration::from_millis(step.after_ms);
            *place = Some(Step { after, response: step.response.into() });
        }
        Self { first: policy.first.into(), then }
    }
}

impl From<EncoderLimit> for Limit {
    fn from(limit: EncoderLimit) -> Self {
        Self {
            bitrate_percent: limit.bitrate_percent,
            frames_per_second: limit.frame_rate.map(FrameRate::as_u32),
            width_pixels: limit.size.map(|size| size.width),
            height_pixels: limit.size.map(|size| size.height),
        }
    }
}

impl From<Limit> for EncoderLimit {
    fn from(limit: Limit) -> Self {
        let size = limit.width_pixels.zip(limit.height_pixels);
        Self {
            bitrate_percent: limit.bitrate_percent,
            frame_rate: limit.frames_per_second.and_then(|rate| FrameRate::new(rate.clamp(1, 240))),
            size: size.and_then(|(width, height)| PictureSize::new(width, height)),
        }
    }
}

impl From<Config> for InterruptionRules {
    fn from(config: Config) -> Self {
        let heat = config.heat;
        Self {
            call: config.call.into(),
            background: config.background.into(),
            background_takes_camera: config.background_loss.camera,
            background_takes_encoder: config.background_loss.encoder,
            camera_lost: config.camera_lost.into(),
            microphone_lost: config.microphone_lost.into(),
            heat: HeatRules {
                fair: heat.fair.into(),
                serious: heat.serious.into(),
                critical: heat.critical.into(),
                at_critical: heat.at_critical.into(),
                cooling_ms: millis(heat.cooling),
            },
            low_power: config.low_power.into(),
            settle_ms: millis(config.settle),
        }
    }
}

impl From<InterruptionRules> for Config {
    fn from(rules: InterruptionRules) -> Self {
        let heat = rules.heat;
        Self {
            call: rules.call.into(),
            background: rules.background.into(),
            background_loss: BackgroundLoss {
                camera: rules.background_takes_camera,
                encoder: rules.background_takes_encoder,
            },
            camera_lost: rules.camera_lost.into(),
            microphone_lost: rules.microphone_lost.into(),
            heat: HeatPolicy {
                fair: heat.fair.into(),
                serious: heat.serious.into(),
                critical: heat.critical.into(),
                at_critical: heat.at_critical.into(),
                cooling: Duration::from_millis(heat.cooling_ms),
            },
            low_power: rules.low_power.into(),
            settle: Duration::from_millis(rules.settle_ms),
        }
    }
}

impl From<InterruptionInput> for Input {
    fn from(input: InterruptionInput) -> Self {
        match input {
            InterruptionInput::Began { cause } => Self::Began(cause.into()),
            InterruptionInput::Ended { cause } => Self::Ended(cause.into()),
            InterruptionInput::Thermal { level } => Self::Thermal(level.into()),
            InterruptionInput::CameraPicture => Self::CameraPicture,
        }
    }
}

impl From<Output> for InterruptionOutput {
    fn from(output: Output) -> Self {
        match output {
            Output::Sound(sound) => Self::Sound { sound: sound.into() },
            Output::RestartEncoder => Self::RestartEncoder,
            Output::Picture(picture) => Self::Picture { picture: picture.into() },
            Output::Keyframe => Self::Keyframe,
            Output::Limit(limit) => Self::Limited { limit: limit.map(Limit::from) },
            Output::Event(event) => {
                Self::Told { sentence: event.to_string(), cause: cause_of(&event) }
            }
            Output::Stop { cause } => Self::Stop { cause: cause.into() },
            Output::Wake { at } => {
                Self::Wake { at_us: at.map(|(at, _)| micros(at.since(Time::ZERO))) }
            }
        }
    }
}

/// The cause that an event is about, if it is about one.
pub(crate) fn cause_of(event: &Event) -> Option<InterruptionCause> {
    let cause = match event {
        Event::Began { cause, .. }
        | Event::Escalated { cause, .. }
        | Event::Ended { cause, .. } => *cause,
        Event::Heat { .. } => Cause::Heat,
        _ => return None,
    };
    Some(cause.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_crosses_over_and_back_unchanged() {
        for config in [Config::android(), Config::ios()] {
            assert_eq!(Config::from(InterruptionRules::from(config)), config);
        }
    }

    #[test]
    fn a_call_closes_the_microphone_and_is_told_in_a_sentence() {
        let machine = InterruptionMachine::new(android_interruptions(), 0);
        let call = InterruptionInput::Began { cause: InterruptionCause::Call };
        machine.handle(1_000, call);
        let outputs: Vec<_> = std::iter::from_fn(|| {
            let output = machine.poll(1_000);
            (!matches!(output, InterruptionOutput::Wake { .. })).then_some(output)
        })
        .collect();
        assert_eq!(outputs[0], InterruptionOutput::Sound { sound: HeardSound::Released });
        let told = |output: &InterruptionOutput| match output {
            InterruptionOutput::Told { sentence, cause } => Some((sentence.clone(), *cause)),
            _ => None,
        };
        let (sentence, cause) = outputs.iter().find_map(told).unwrap();
        assert_eq!(cause, Some(InterruptionCause::Call));
        assert!(sentence.contains("a call"), "{sentence}");
    }
}

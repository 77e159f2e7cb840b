//! What an app declares for all causes, and what holds unless it says otherwise.

use std::time::Duration;

use super::{
    BackgroundLoss, Cause, EncoderLimit, HeatPolicy, Picture, Policy, Response, Scene, Sound, Step,
};
use crate::media::{FrameRate, PictureSize};

/// What is done about every cause.
///
/// [`Config::android`] and [`Config::ios`] are sensible; each field says what they hold and why.
/// They stop a broadcast only where a person has been neither seen nor heard for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// About [`Cause::Call`]. Whatever is declared, the microphone is closed while it holds.
    ///
    /// Default: the last picture for 2 s, then a slate, and after 10 more minutes the end. A call
    /// is private, so the camera goes at once; one that is declined is over before viewers see
    /// anything but a pause. After ten minutes of a slate and silence nobody watches.
    pub call: Policy,
    /// About [`Cause::Background`].
    ///
    /// Default on Android: carry on, as a foreground service allows. On iOS: audio only, without
    /// an end, for the person can still be heard.
    pub background: Policy,
    /// What the system takes from an app in the background.
    ///
    /// Default on Android: nothing, as long as there is a foreground service. On iOS: the camera
    /// and the encoder.
    pub background_loss: BackgroundLoss,
    /// About [`Cause::CameraLost`]. Whatever is declared, no less than the last picture is shown.
    ///
    /// Default: the last picture for 2 s, in which a camera that was only switched is back, then
    /// a slate. The person is still heard, so it does not end.
    pub camera_lost: Policy,
    /// About [`Cause::MicrophoneLost`]. Whatever is declared, no less than silence is sent.
    ///
    /// Default: silence, and the camera goes on. The microphone stays open: that is how a silenced
    /// one is noticed to be back.
    pub microphone_lost: Policy,
    /// About [`Cause::Heat`].
    ///
    /// Default: at most 30 pictures a second when it is fair, which spares what is hardly seen;
    /// 60 % of the bitrate and pictures of 960x540 when it is serious, about half of the work of
    /// 1280x720; 35 %, 15 pictures a second and 640x360 when it is critical, and after a minute of
    /// that audio only, because camera and encoder make most of the heat. A level counts until it
    /// has been left for a minute, which is about how fast a phone cools.
    pub heat: HeatPolicy,
    /// About [`Cause::LowPower`].
    ///
    /// Default: 75 % of the bitrate, 30 pictures a second, 1280x720: the person asked for it, and
    /// what is left looks well on a phone.
    pub low_power: EncoderLimit,
    /// A cause that ends counts for so long after its end: if it begins again meanwhile, it never
    /// ended. A beginning always counts at once. Does not concern heat, which has
    /// [`HeatPolicy::cooling`].
    ///
    /// Default: 1 s, in which what systems tell in bursts (audio focus, routes) has settled.
    pub settle: Duration,
}

impl Config {
    /// For Android, with a foreground service of the types `camera` and `microphone`.
    pub const fn android() -> Self {
        Config {
            call: Policy {
                first: Response::show(Picture::LastFrame, Sound::Released),
                then: [
                    step(2, Response::show(Picture::Slate, Sound::Released)),
                    step(600, Response::Stop),
                    None,
                ],
            },
            background: Policy::CARRY_ON,
            background_loss: BackgroundLoss { camera: false, encoder: false },
            camera_lost: Policy {
                first: Response::show(Picture::LastFrame, Sound::Microphone),
                then: [step(2, Response::show(Picture::Slate, Sound::Microphone)), None, None],
            },
            microphone_lost: Policy::always(Response::show(Picture::Camera, Sound::Muted)),
            heat: HeatPolicy {
                fair: limit(100, 30, None),
                serious: limit(60, 30, PictureSize::new(960, 540)),
                critical: limit(35, 15, PictureSize::new(640, 360)),
                at_critical: Policy {
                    first: Response::CARRY_ON,
                    then: [
                        step(60, Response::show(Picture::Nothing, Sound::Microphone)),
                        None,
                        None,
                    ],
                },
                cooling: Duration::from_secs(60),
            },
            low_power: limit(75, 30, PictureSize::new(1_280, 720)),
            settle: Duration::from_secs(1),
        }
    }

    /// For iOS, with the background mode `audio`.
    pub const fn ios() -> Self {
        Config {
            background: Policy::always(Response::show(Picture::Nothing, Sound::Microphone)),
            background_loss: BackgroundLoss { camera: true, encoder: true },
            ..Config::android()
        }
    }

    /// What is done about a cause. Low power has its limit, and nothing else.
    pub(super) const fn policy(&self, cause: Cause) -> Policy {
        match cause {
            Cause::Call => self.call,
            Cause::Background => self.background,
            Cause::CameraLost => self.camera_lost,
            Cause::MicrophoneLost => self.microphone_lost,
            Cause::Heat => self.heat.at_critical,
            Cause::LowPower => Policy::CARRY_ON,
        }
    }

    /// What no policy can lessen: what is taken cannot be shown, and a call is nobody else's.
    pub(super) const fn least(&self, cause: Cause) -> Scene {
        match cause {
            Cause::Call => Scene { sound: Sound::Released, ..Scene::LIVE },
            Cause::CameraLost => Scene { picture: Picture::LastFrame, ..Scene::LIVE },
            Cause::MicrophoneLost => Scene { sound: Sound::Muted, ..Scene::LIVE },
            Cause::Background => match self.background_loss {
                BackgroundLoss { encoder: true, .. } => {
                    Scene { picture: Picture::Nothing, ..Scene::LIVE }
                }
                BackgroundLoss { camera: true, .. } => {
                    Scene { picture: Picture::LastFrame, ..Scene::LIVE }
                }
                _ => Scene::LIVE,
            },
            Cause::Heat | Cause::LowPower => Scene::LIVE,
        }
    }
}

const fn step(seconds: u64, response: Response) -> Option<Step> {
    Some(Step { after: Duration::from_secs(seconds), response })
}

const fn limit(percent: u8, frame_rate: u32, size: Option<PictureSize>) -> EncoderLimit {
    EncoderLimit { bitrate_percent: percent, frame_rate: FrameRate::new(frame_rate), size }
}

//! What a broadcast does while its device interrupts it: a call, the background, a camera or a
//! microphone that is taken away, heat, low power.
//!
//! [`Interruptions`] is told what the platform says ([`Input`]), and answers with what to show, what
//! to let hear and how much to ask of the encoder ([`Output`]). It follows the contract of every
//! state machine here: `handle` one thing, then `poll` until it answers with [`Output::Wake`]. It
//! holds no device, and knows nothing of networks: those are the transport's.
//!
//! It begins with camera and microphone on air and no limit, and tells only what changes.
//!
//! # Several causes
//!
//! Each cause has a policy of its own, and a clock of its own that runs from its beginning. What
//! is shown and heard is the strongest that any of them demands: the end of the broadcast, no
//! picture, a slate, the last picture, the camera; and so for the sound. The lowest of all limits
//! counts. When one ends, the others still hold.
//!
//! # Beginning at once, returning with care
//!
//! A beginning counts at once. An end counts when the cause has not begun again within
//! [`Config::settle`]; if it has, it is the same cause as before, whose clock ran on. A camera that
//! was taken is not shown before it has delivered a picture ([`Input::CameraPicture`]): until then
//! what was shown stays. A key frame follows.
//!
//! # What no policy can change
//!
//! While a call holds the microphone is closed; while the camera is taken it is not shown; while
//! the encoder is taken no picture is asked for. After [`Output::Stop`] there is nothing more.
//!
//! # Inputs that contradict
//!
//! Platforms repeat themselves and leave things out. What holds and begins again goes on; an end
//! without a beginning, and a second end, say nothing; so does a picture of a camera that is
//! taken, which is one that was on its way. [`Cause::Heat`] does not begin or end: it has levels.

mod cause;
mod config;
mod event;
mod heat;
mod hold;
mod limit;
mod machine;
mod policy;
mod scene;
#[cfg(test)]
mod tests;

pub use cause::{Cause, ThermalLevel};
pub use config::Config;
pub use event::Event;
pub use limit::EncoderLimit;
pub use machine::Interruptions;
pub use policy::{BackgroundLoss, HeatPolicy, Policy, Step};
pub use scene::{Picture, Response, Scene, Sound};

use crate::units::Time;

/// One thing that the platform says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A cause begins.
    Began(Cause),
    /// A cause ends.
    Ended(Cause),
    /// The device is so hot.
    Thermal(ThermalLevel),
    /// The camera delivered a picture. The first one after it was taken counts; every one may be
    /// told.
    CameraPicture,
}

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Let this be heard from now on. It comes before everything else.
    Sound(Sound),
    /// Make the video encoder anew, with the last target: the system took it. It begins with a key
    /// frame and its parameter sets, and the timeline goes on.
    RestartEncoder,
    /// Show this from now on.
    Picture(Picture),
    /// Ask the video encoder for a key frame at once.
    Keyframe,
    /// Ask the encoder for no more than this, or for all again; see [`EncoderLimit::apply`].
    Limit(Option<EncoderLimit>),
    /// Tell the app.
    Event(Event),
    /// End the broadcast. Nothing but [`Output::Wake`] without a time comes after it.
    Stop {
        /// What demands it.
        cause: Cause,
    },
    /// Nothing more to do: come back at this moment, or with the next input.
    Wake {
        /// When, and what for; only with the next input if nothing is said.
        at: Option<(Time, WakeReason)>,
    },
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeReason {
    /// The next step of this cause's policy.
    Escalation(Cause),
    /// That this cause, which ended, does not begin again.
    Settling(Cause),
    /// That the device has been below a level of heat for long enough.
    Cooling,
}

/// What is shown, heard and limited, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// What is shown and heard.
    pub scene: Scene,
    /// The encoder's limit, if there is one.
    pub limit: Option<EncoderLimit>,
    /// The level of heat that counts.
    pub heat: ThermalLevel,
    /// Whether the camera was taken and has not delivered a picture since.
    pub waits_for_camera: bool,
    /// The causes that hold, in the order of [`Cause`].
    pub causes: Vec<Holding>,
    /// What ended the broadcast, if something did.
    pub stopped: Option<Cause>,
}

/// A cause that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which.
    pub cause: Cause,
    /// Since when.
    pub since: Time,
    /// When it ended, if that has not settled yet.
    pub ended: Option<Time>,
    /// What is done about it.
    pub response: Response,
}

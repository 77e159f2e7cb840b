//! What the device makes of what interrupts it: the interruption machine, with a camera and a
//! microphone that do what it says.

use std::time::Duration;

use golive_proto::interruption::{
    BackgroundLoss, Cause, Config, EncoderLimit, Event, Input, Interruptions, Output, Picture,
    Scene,
};
use golive_proto::units::Time;

/// See the module.
#[derive(Debug)]
pub(super) struct Stage {
    machine: Interruptions,
    wake: Option<Time>,
    scene: Scene,
    limit: Option<EncoderLimit>,
    camera: Camera,
}

/// Who has the camera.
#[derive(Debug)]
struct Camera {
    taken: bool,
    in_background: bool,
    background: BackgroundLoss,
    /// When it delivers its first picture, once it is free.
    opens: Option<Time>,
}

/// One thing to do.
#[derive(Debug)]
pub(super) enum Cue {
    /// Film and record what the [scene](Stage::scene) says.
    Scene,
    Keyframe,
    RestartEncoder,
    /// Ask for what the [limit](Stage::limit) leaves.
    Limit,
    Tell(Event),
    /// The camera came or went.
    Camera {
        taken: bool,
    },
    Stop,
}

/// From a camera that is free to its first picture.
const OPENING: Duration = Duration::from_millis(300);

impl Stage {
    pub(super) fn new(rules: Config) -> Self {
        Self {
            machine: Interruptions::new(rules, Time::ZERO),
            wake: None,
            scene: Scene::LIVE,
            limit: None,
            camera: Camera {
                taken: false,
                in_background: false,
                background: rules.background_loss,
                opens: None,
            },
        }
    }

    pub(super) fn scene(&self) -> Scene {
        self.scene
    }

    pub(super) fn limit(&self) -> EncoderLimit {
        self.limit.unwrap_or(EncoderLimit::NONE)
    }

    /// When it has something to do.
    pub(super) fn next(&self) -> Option<Time> {
        self.wake.into_iter().chain(self.camera.opens).min()
    }

    /// The platform says something.
    pub(super) fn hear(&mut self, now: Time, input: Input, mut act: impl FnMut(Cue)) {
        if let Some(taken) = self.camera.hear(now, input) {
            act(Cue::Camera { taken });
        }
        self.machine.handle(now, input);
        self.drain(now, act);
    }

    /// Does what is due now.
    pub(super) fn advance(&mut self, now: Time, act: impl FnMut(Cue)) {
        if self.camera.opens.is_some_and(|opens| opens <= now) {
            self.camera.opens = None;
            self.machine.handle(now, Input::CameraPicture);
        }
        self.drain(now, act);
    }

    fn drain(&mut self, now: Time, mut act: impl FnMut(Cue)) {
        loop {
            act(match self.machine.poll(now) {
                Output::Sound(sound) => {
                    self.scene.sound = sound;
                    Cue::Scene
                }
                Output::Picture(picture) => {
                    self.scene.picture = picture;
                    Cue::Scene
                }
                Output::RestartEncoder => Cue::RestartEncoder,
                Output::Keyframe => Cue::Keyframe,
                Output::Limit(limit) => {
                    self.limit = limit;
                    Cue::Limit
                }
                Output::Event(event) => Cue::Tell(event),
                Output::Stop { .. } => Cue::Stop,
                Output::Wake { at } => {
                    self.wake = at.map(|(at, _)| at);
                    return;
                }
            });
        }
    }
}

impl Camera {
    /// Whether it was taken or given back just now, if one of both.
    fn hear(&mut self, now: Time, input: Input) -> Option<bool> {
        let (was_taken, was_lost) = (self.taken, self.is_lost());
        match input {
            Input::Began(Cause::CameraLost) => self.taken = true,
            Input::Ended(Cause::CameraLost) => self.taken = false,
            Input::Began(Cause::Background) => self.in_background = true,
            Input::Ended(Cause::Background) => self.in_background = false,
            _ => {}
        }
        if self.is_lost() {
            self.opens = None;
        } else if was_lost {
            self.opens = Some(now + OPENING);
        }
        (self.taken != was_taken).then_some(self.taken)
    }

    fn is_lost(&self) -> bool {
        self.taken || (self.in_background && self.background.camera)
    }
}

/// Whether anything is encoded, and whether it stands still.
pub(super) fn filmed(picture: Picture) -> (bool, bool) {
    (picture != Picture::Nothing, matches!(picture, Picture::LastFrame | Picture::Slate))
}

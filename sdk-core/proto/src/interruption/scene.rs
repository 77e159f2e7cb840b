//! What viewers see and hear, ordered by how much of it is given up.

use std::fmt;

/// What viewers see. A later one is stronger: where causes disagree, it is what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Picture {
    /// The camera.
    Camera,
    /// The camera's last picture, encoded again at the usual rate.
    LastFrame,
    /// A picture that the app provides.
    Slate,
    /// None at all: audio only. Nothing is encoded.
    Nothing,
}

/// What viewers hear. There is always sound: silence is encoded where there is nothing else, so
/// that the timeline goes on and pictures stay in step with it. A later one is stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sound {
    /// The microphone.
    Microphone,
    /// Silence, while the microphone stays open: what it records is thrown away.
    Muted,
    /// Silence, and the microphone is closed, so that whoever wants it has it.
    Released,
}

/// What viewers see and hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scene {
    /// What they see.
    pub picture: Picture,
    /// What they hear.
    pub sound: Sound,
}

impl Scene {
    /// Camera and microphone: nothing is given up.
    pub const LIVE: Scene = Scene { picture: Picture::Camera, sound: Sound::Microphone };

    /// The stronger picture and the stronger sound of two.
    pub fn strongest(self, other: Scene) -> Scene {
        Scene { picture: self.picture.max(other.picture), sound: self.sound.max(other.sound) }
    }
}

/// What is done about a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Response {
    /// This is shown and heard, or something stronger that another cause demands.
    Show(Scene),
    /// The broadcast ends: stronger than anything.
    Stop,
}

impl Response {
    /// Nothing is given up for it.
    pub const CARRY_ON: Response = Response::Show(Scene::LIVE);

    /// This is shown and heard.
    pub const fn show(picture: Picture, sound: Sound) -> Self {
        Response::Show(Scene { picture, sound })
    }

    /// The same, and no less than `least`.
    pub(super) fn at_least(self, least: Scene) -> Self {
        match self {
            Response::Show(scene) => Response::Show(scene.strongest(least)),
            Response::Stop => Response::Stop,
        }
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Picture::Camera => "the camera is shown",
            Picture::LastFrame => "the last picture is held",
            Picture::Slate => "a slate is shown",
            Picture::Nothing => "no picture is sent",
        })
    }
}

impl fmt::Display for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sound::Microphone => "the microphone is heard",
            Sound::Muted => "silence is sent",
            Sound::Released => "silence is sent and the microphone closed",
        })
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Scene::LIVE {
            return f.write_str("camera and microphone are on air");
        }
        write!(f, "{}, {}", self.picture, self.sound)
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Response::Show(scene) => scene.fmt(f),
            Response::Stop => f.write_str("the broadcast stops"),
        }
    }
}

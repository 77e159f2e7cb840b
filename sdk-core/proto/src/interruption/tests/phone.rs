//! A phone in virtual time: what it says goes in, what it is told to do is done and written down.

use std::time::Duration;

use crate::interruption::{
    Config, EncoderLimit, Event, Input, Interruptions, Output, Picture, Scene, Sound, WakeReason,
};
use crate::units::Time;

/// A phone that broadcasts.
pub(super) struct Phone {
    /// What a failure is told of.
    pub(super) name: String,
    pub(super) now: Time,
    pub(super) machine: Interruptions,
    /// What it does, as it was told.
    pub(super) scene: Scene,
    pub(super) limit: Option<EncoderLimit>,
    pub(super) stopped: bool,
    pub(super) wake: Option<(Time, WakeReason)>,
    pub(super) outputs: Vec<(Time, Output)>,
}

/// What was said since the last draining leads to no more than this: six commands, a stop, and
/// the events.
const LONGEST_DRAIN: usize = 200;

impl Phone {
    /// It has been on air since the start of the clock.
    pub(super) fn new(config: Config) -> Self {
        let now = Time::ZERO;
        let mut phone = Self {
            name: "story".to_owned(),
            now,
            machine: Interruptions::new(config, now),
            scene: Scene::LIVE,
            limit: None,
            stopped: false,
            wake: None,
            outputs: Vec::new(),
        };
        phone.drain();
        assert_eq!(phone.outputs, [], "nothing happened, and something was told");
        phone
    }

    /// Lets the clock run to this second, and whatever is due until then happen.
    pub(super) fn until(&mut self, seconds: f64) -> &mut Self {
        let end = Time::ZERO + Duration::from_secs_f64(seconds);
        while let Some((at, _)) = self.wake.filter(|(at, _)| *at <= end) {
            self.now = at;
            self.drain();
        }
        self.now = end;
        self
    }

    /// At this second the phone says something.
    pub(super) fn says(&mut self, seconds: f64, input: Input) -> &mut Self {
        self.until(seconds);
        self.machine.handle(self.now, input);
        self.drain();
        self
    }

    /// Does what is to be done now.
    pub(super) fn drain(&mut self) {
        for _ in 0..LONGEST_DRAIN {
            if !self.poll() {
                return;
            }
        }
        panic!("{}: it never comes to an end: {:?}", self.name, self.outputs);
    }

    /// Does one thing; answers whether there may be more.
    pub(super) fn poll(&mut self) -> bool {
        let output = self.machine.poll(self.now);
        let Self { name, now, .. } = self;
        if let Output::Wake { at } = output {
            let at_once = at.filter(|(at, _)| at <= now);
            assert_eq!(at_once, None, "{name}: to be woken at once would never end, it is {now}");
            self.wake = at;
            return false;
        }
        assert!(!self.stopped, "{name}: after the end: {output:?}");
        match output {
            Output::Sound(sound) => {
                assert_ne!(self.scene.sound, sound, "{name}: told again");
                self.scene.sound = sound;
            }
            Output::Picture(picture) => {
                assert_ne!(self.scene.picture, picture, "{name}: told again");
                self.scene.picture = picture;
            }
            Output::Limit(limit) => {
                assert_ne!(self.limit, limit, "{name}: told again");
                self.limit = limit;
            }
            Output::Stop { .. } => self.stopped = true,
            Output::Event(_) | Output::Keyframe | Output::RestartEncoder | Output::Wake { .. } => {}
        }
        self.outputs.push((self.now, output));
        true
    }

    /// Everything that was told so far, a line each, and forgets it.
    pub(super) fn story(&mut self) -> Vec<String> {
        let line = |(at, output): (Time, Output)| {
            let told = match output {
                Output::Event(event) => event.to_string(),
                Output::Picture(picture) => format!("Picture {picture:?}"),
                Output::Sound(sound) => format!("Sound {sound:?}"),
                Output::Limit(limit) => {
                    format!("Limit: {}", limit.unwrap_or(EncoderLimit::NONE))
                }
                Output::Stop { cause } => format!("Stop {cause:?}"),
                other => format!("{other:?}"),
            };
            format!("{:.1} {told}", at.as_micros() as f64 / 1e6)
        };
        std::mem::take(&mut self.outputs).into_iter().map(line).collect()
    }

    /// How often the picture and the sound changed.
    pub(super) fn changes(&self) -> (usize, usize) {
        let count = |wanted: fn(&Output) -> bool| {
            self.outputs.iter().filter(|(_, output)| wanted(output)).count()
        };
        (
            count(|output| matches!(output, Output::Picture(_))),
            count(|output| matches!(output, Output::Sound(_))),
        )
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.outputs.iter().filter_map(|(_, output)| match output {
            Output::Event(event) => Some(event),
            _ => None,
        })
    }

    pub(super) fn shows(&self, picture: Picture, sound: Sound) -> bool {
        self.scene == Scene { picture, sound }
    }
}

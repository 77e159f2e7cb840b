//! What a phone said, and what has to be on air by that.
//!
//! The model of the state machine: it keeps only what was said, and works out the rest a tick at a
//! time, with no timers and nothing queued.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::interruption::*;

pub(super) const TICK: Duration = Duration::from_millis(250);

pub(super) const CAUSES: [Cause; 6] = [
    Cause::Call,
    Cause::Background,
    Cause::CameraLost,
    Cause::MicrophoneLost,
    Cause::Heat,
    Cause::LowPower,
];
pub(super) const LEVELS: [ThermalLevel; 4] =
    [ThermalLevel::Nominal, ThermalLevel::Fair, ThermalLevel::Serious, ThermalLevel::Critical];

/// What a phone said, and nothing that was concluded from it but the passing of time.
pub(super) struct Facts {
    config: Config,
    tick: u32,
    /// Since when, and since when it has ended.
    holds: BTreeMap<Cause, (u32, Option<u32>)>,
    /// What was reported when, the latest last.
    levels: Vec<(u32, ThermalLevel)>,
    critical_since: Option<u32>,
    pub(super) camera_delivers: bool,
    pub(super) encoder_works: bool,
    pub(super) stopped: bool,
}

impl Facts {
    /// Nothing was said yet.
    pub(super) fn new(config: Config) -> Self {
        Self {
            config,
            tick: 0,
            holds: BTreeMap::new(),
            levels: vec![(0, ThermalLevel::Nominal)],
            critical_since: None,
            camera_delivers: true,
            encoder_works: true,
            stopped: false,
        }
    }

    /// Takes what the phone says at this tick.
    pub(super) fn hear(&mut self, input: Input) {
        let tick = self.tick;
        match input {
            Input::Began(Cause::Heat) | Input::Ended(Cause::Heat) => {}
            Input::Began(cause) => {
                self.holds.entry(cause).or_insert((tick, None)).1 = None;
                let loss = self.config.background_loss;
                let in_background = cause == Cause::Background;
                self.camera_delivers &=
                    cause != Cause::CameraLost && !(in_background && loss.camera);
                self.encoder_works &= !(in_background && loss.encoder);
            }
            Input::Ended(cause) => {
                if let Some((_, ended)) = self.holds.get_mut(&cause) {
                    ended.get_or_insert(tick);
                }
            }
            Input::Thermal(level) => self.levels.push((tick, level)),
            Input::CameraPicture => self.camera_delivers |= !self.camera_is_taken(),
        }
        self.look();
    }

    pub(super) fn pass_a_tick(&mut self) {
        self.tick += 1;
        self.look();
    }

    /// What time alone changes.
    fn look(&mut self) {
        let (tick, settle) = (self.tick, ticks(self.config.settle));
        self.holds.retain(|_, (_, ended)| ended.is_none_or(|ended| tick < ended + settle));
        let critical = self.level() == ThermalLevel::Critical;
        self.critical_since = critical.then(|| self.critical_since.unwrap_or(tick));
        self.stopped |= CAUSES.iter().any(|cause| self.reached(*cause).contains(&Response::Stop));
    }

    pub(super) fn now_holds(&self, cause: Cause) -> bool {
        self.holds.get(&cause).is_some_and(|(_, ended)| ended.is_none())
    }

    pub(super) fn camera_is_taken(&self) -> bool {
        let in_background = self.config.background_loss.camera && self.now_holds(Cause::Background);
        in_background || self.now_holds(Cause::CameraLost)
    }

    /// The highest level that was reported, or left less than the cooling time ago.
    fn level(&self) -> ThermalLevel {
        let cooling = ticks(self.config.heat.cooling);
        let latest = self.levels.last().map(|(_, level)| *level);
        let counts = |wanted: &ThermalLevel| {
            let mut fell = self.levels.windows(2).rev().filter_map(|pair| match pair {
                [(_, before), (at, after)] if before >= wanted && after < wanted => Some(*at),
                _ => None,
            });
            latest >= Some(*wanted) || fell.next().is_some_and(|at| self.tick < at + cooling)
        };
        LEVELS.into_iter().rev().find(counts).unwrap_or_default()
    }

    /// What the cause's policy has come to, its past included; nothing if it does not hold.
    fn reached(&self, cause: Cause) -> Vec<Response> {
        let (policy, since, until) = match cause {
            Cause::Heat => match self.critical_since {
                Some(since) => (self.config.heat.at_critical, since, self.tick),
                None => return Vec::new(),
            },
            _ => match self.holds.get(&cause) {
                Some((since, ended)) => {
                    (policy(&self.config, cause), *since, ended.unwrap_or(self.tick))
                }
                None => return Vec::new(),
            },
        };
        let mut reached = vec![policy.first];
        let mut due = since;
        for step in policy.then.into_iter().flatten() {
            due += ticks(step.after);
            if due > until {
                break;
            }
            reached.push(step.response);
        }
        reached
    }

    /// What all causes together demand.
    pub(super) fn demanded(&self) -> Scene {
        let mut picture = Picture::Camera;
        let mut sound = Sound::Microphone;
        for cause in CAUSES {
            if let Some(Response::Show(scene)) = self.reached(cause).last() {
                picture = picture.max(scene.picture);
                sound = sound.max(scene.sound);
            }
        }
        let holds = |cause| self.holds.contains_key(&cause);
        let loss = self.config.background_loss;
        if holds(Cause::Call) {
            sound = Sound::Released;
        }
        if holds(Cause::MicrophoneLost) {
            sound = sound.max(Sound::Muted);
        }
        if holds(Cause::CameraLost) || (holds(Cause::Background) && loss.camera) {
            picture = picture.max(Picture::LastFrame);
        }
        if holds(Cause::Background) && loss.encoder {
            picture = Picture::Nothing;
        }
        Scene { picture, sound }
    }

    pub(super) fn limit(&self) -> EncoderLimit {
        let heat = self.config.heat.limit(self.level());
        let low_power = self.holds.contains_key(&Cause::LowPower);
        heat.strictest(if low_power { self.config.low_power } else { EncoderLimit::NONE })
    }
}

fn policy(config: &Config, cause: Cause) -> Policy {
    match cause {
        Cause::Call => config.call,
        Cause::Background => config.background,
        Cause::CameraLost => config.camera_lost,
        Cause::MicrophoneLost => config.microphone_lost,
        Cause::Heat | Cause::LowPower => Policy::CARRY_ON,
    }
}

fn ticks(duration: Duration) -> u32 {
    (duration.as_micros() / TICK.as_micros()) as u32
}

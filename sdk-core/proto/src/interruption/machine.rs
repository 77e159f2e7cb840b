//! The state machine: which causes hold, how far each has come, and what comes out of all.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::heat::Heat;
use super::hold::{Escalation, Hold};
use super::{
    Cause, Config, EncoderLimit, Event, Holding, Input, Output, Picture, Response, Scene, State,
    ThermalLevel, WakeReason,
};
use crate::units::Time;

/// See the module `interruption`.
#[derive(Debug)]
pub struct Interruptions {
    config: Config,
    /// The latest moment that was told.
    now: Time,
    holds: BTreeMap<Cause, Hold>,
    heat: Heat,
    /// The camera has delivered a picture since it was last taken.
    camera_delivers: bool,
    /// The system took the encoder, and it has not been made anew.
    encoder_lost: bool,
    decided: Decision,
    /// Since when something else than camera and microphone is on air.
    interrupted: Option<Time>,
    told: Decision,
    keyframe_owed: bool,
    events: VecDeque<Event>,
    stop: Option<Stop>,
}

/// What comes out of all causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decision {
    scene: Scene,
    limit: EncoderLimit,
}

/// The broadcast is over.
#[derive(Clone, Copy, Debug)]
struct Stop {
    cause: Cause,
    told: bool,
}

/// What the app is told of, once it is clear what is done about it.
#[derive(Clone, Copy, Debug)]
enum Happened {
    Began(Cause),
    Escalated(Cause, Duration),
    Ended(Cause, Duration),
    Level(ThermalLevel, ThermalLevel),
    CameraDelivers,
}

impl Interruptions {
    /// Nothing interrupts yet: camera and microphone are on air. What holds already is told right
    /// afterwards.
    pub fn new(config: Config, now: Time) -> Self {
        let begins = Decision { scene: Scene::LIVE, limit: EncoderLimit::NONE };
        Self {
            config,
            now,
            holds: BTreeMap::new(),
            heat: Heat::default(),
            camera_delivers: true,
            encoder_lost: false,
            decided: begins,
            interrupted: None,
            told: begins,
            keyframe_owed: false,
            events: VecDeque::new(),
            stop: None,
        }
    }

    /// Takes one thing that the platform says. What was due before comes first.
    ///
    /// A moment before the latest one is taken for that: platforms call from several threads.
    pub fn handle(&mut self, now: Time, input: Input) {
        self.advance(now);
        if self.stop.is_some() {
            return;
        }
        let happened = match input {
            Input::Began(Cause::Heat) | Input::Ended(Cause::Heat) => None,
            Input::Began(cause) => self.begin(cause),
            Input::Ended(cause) => {
                if let Some(hold) = self.holds.get_mut(&cause) {
                    hold.ended.get_or_insert(self.now);
                }
                None
            }
            Input::Thermal(level) => {
                let before = self.heat.level();
                self.heat.report(self.now, level);
                self.take_level(self.now, before)
            }
            Input::CameraPicture => self.see_picture(),
        };
        self.conclude(self.now, happened);
        self.advance(now);
    }

    /// Answers with one thing to do; call it until that is [`Output::Wake`].
    pub fn poll(&mut self, now: Time) -> Output {
        self.advance(now);
        if let Some(command) = self.command() {
            return command;
        }
        if let Some(event) = self.events.pop_front() {
            return Output::Event(event);
        }
        match &mut self.stop {
            None => Output::Wake { at: self.next_due() },
            Some(stop) if stop.told => Output::Wake { at: None },
            Some(stop) => {
                stop.told = true;
                Output::Stop { cause: stop.cause }
            }
        }
    }

    /// What is shown, heard and limited, and why.
    pub fn state(&self) -> State {
        let holding = |(cause, hold): (&Cause, &Hold)| Holding {
            cause: *cause,
            since: hold.since,
            ended: hold.ended,
            response: self.response(*cause, hold),
        };
        State {
            scene: self.decided.scene,
            limit: limited(self.decided.limit),
            heat: self.heat.level(),
            waits_for_camera: !self.camera_delivers,
            causes: self.holds.iter().map(holding).collect(),
            stopped: self.stop.map(|stop| stop.cause),
        }
    }

    fn begin(&mut self, cause: Cause) -> Option<Happened> {
        let loss = self.config.background_loss;
        let in_background = cause == Cause::Background;
        self.encoder_lost |= in_background && loss.encoder;
        if cause == Cause::CameraLost || (in_background && loss.camera) {
            self.camera_delivers = false;
        }
        if let Some(hold) = self.holds.get_mut(&cause) {
            hold.ended = None;
            return None;
        }
        self.holds.insert(cause, Hold::new(self.now));
        Some(Happened::Began(cause))
    }

    /// The camera delivered a picture. One of a camera that is taken was on its way.
    fn see_picture(&mut self) -> Option<Happened> {
        if self.camera_delivers || self.is_camera_taken() {
            return None;
        }
        self.camera_delivers = true;
        Some(Happened::CameraDelivers)
    }

    /// Does what is due by now, one after the other.
    fn advance(&mut self, now: Time) {
        self.now = self.now.max(now);
        while self.stop.is_none()
            && let Some((at, reason)) = self.next_due().filter(|(at, _)| *at <= self.now)
        {
            let happened = match reason {
                WakeReason::Escalation(cause) => self.escalate(at, cause),
                WakeReason::Settling(cause) => self.settle(at, cause),
                WakeReason::Cooling => {
                    let before = self.heat.level();
                    self.heat.cool(at, self.config.heat.cooling);
                    self.take_level(at, before)
                }
            };
            self.conclude(at, happened);
        }
    }

    fn next_due(&self) -> Option<(Time, WakeReason)> {
        let due = |(cause, hold): (&Cause, &Hold)| match hold.ended {
            Some(ended) => Some((ended + self.config.settle, WakeReason::Settling(*cause))),
            None => {
                let at = hold.escalates_at(&self.config.policy(*cause))?;
                Some((at, WakeReason::Escalation(*cause)))
            }
        };
        let cools = self.heat.cools_at(self.config.heat.cooling);
        let cools = cools.map(|at| (at, WakeReason::Cooling));
        self.holds.iter().filter_map(due).chain(cools).min_by_key(|(at, _)| *at)
    }

    fn escalate(&mut self, at: Time, cause: Cause) -> Option<Happened> {
        let escalation = self.holds.get_mut(&cause)?.escalation.as_mut()?;
        escalation.step();
        Some(Happened::Escalated(cause, at.since(escalation.since)))
    }

    /// A cause has ended, and did not begin again.
    fn settle(&mut self, at: Time, cause: Cause) -> Option<Happened> {
        let hold = self.holds.remove(&cause)?;
        Some(Happened::Ended(cause, hold.ended.unwrap_or(at).since(hold.since)))
    }

    /// The level of heat that counts may be another than before.
    fn take_level(&mut self, at: Time, before: ThermalLevel) -> Option<Happened> {
        let level = self.heat.level();
        if level == before {
            return None;
        }
        if level == ThermalLevel::Nominal {
            self.holds.remove(&Cause::Heat);
        } else {
            let critical = level == ThermalLevel::Critical;
            let hold = self.holds.entry(Cause::Heat).or_insert(Hold::new(at));
            hold.escalation = critical.then(|| Escalation::new(at));
        }
        Some(Happened::Level(before, level))
    }

    /// Decides anew, and notes what the app is to be told.
    fn conclude(&mut self, at: Time, happened: Option<Happened>) {
        let before = self.decided.scene;
        self.decide();
        let scene = self.decided.scene;
        let changed = (scene != before).then_some(Response::Show(scene));
        let change = if self.stop.is_some() { Some(Response::Stop) } else { changed };
        let event = happened.and_then(|happened| self.event(happened, change));
        self.events.extend(event);
        if scene != Scene::LIVE {
            self.interrupted.get_or_insert(at);
        } else if let Some(since) = self.interrupted.take() {
            self.events.push_back(Event::Resumed { after: at.since(since) });
        }
    }

    fn event(&self, happened: Happened, change: Option<Response>) -> Option<Event> {
        Some(match happened {
            Happened::Began(cause) => {
                let limit = limited(self.limit(cause));
                Event::Began { cause, change, limit }
            }
            Happened::Escalated(cause, after) => Event::Escalated { cause, after, change },
            Happened::Ended(cause, lasted) => {
                Event::Ended { cause, lasted, holding: self.most_demanding(), change }
            }
            Happened::Level(from, to) => {
                Event::Heat { from, to, limit: self.config.heat.limit(to), change }
            }
            Happened::CameraDelivers => Event::CameraDelivers { change: change? },
        })
    }

    /// Takes the strongest of what all causes demand.
    fn decide(&mut self) {
        let mut next = Decision { scene: Scene::LIVE, limit: EncoderLimit::NONE };
        for (cause, hold) in &self.holds {
            let demanded = match self.response(*cause, hold) {
                Response::Show(scene) => scene,
                Response::Stop => {
                    self.stop.get_or_insert(Stop { cause: *cause, told: false });
                    self.config.least(*cause)
                }
            };
            next.scene = next.scene.strongest(demanded);
            next.limit = next.limit.strictest(self.limit(*cause));
        }
        if next.scene.picture == Picture::Camera && !self.camera_delivers {
            next.scene.picture = self.decided.scene.picture;
        }
        if self.stop.is_some() {
            // Nothing comes back on air in the last moment.
            next.scene = next.scene.strongest(self.decided.scene);
        }
        self.decided = next;
    }

    /// The next difference between what was decided and what was told.
    ///
    /// It is taken when it is asked for: what was decided and undone in between is never told, so
    /// that no microphone is opened by a word that was overtaken.
    fn command(&mut self) -> Option<Output> {
        let Decision { scene, limit } = self.decided;
        let goes_on = self.stop.is_none();
        if self.told.scene.sound != scene.sound {
            self.told.scene.sound = scene.sound;
            return Some(Output::Sound(scene.sound));
        }
        if self.encoder_lost && scene.picture != Picture::Nothing && goes_on {
            self.encoder_lost = false;
            return Some(Output::RestartEncoder);
        }
        if self.told.scene.picture != scene.picture {
            let before = std::mem::replace(&mut self.told.scene.picture, scene.picture);
            // Viewers have nothing to go on from, or something quite different.
            let returns = scene.picture == Picture::Camera || before == Picture::Nothing;
            let encoded = scene.picture != Picture::Nothing;
            self.keyframe_owed = encoded && (returns || self.keyframe_owed);
            return Some(Output::Picture(scene.picture));
        }
        if std::mem::take(&mut self.keyframe_owed) && goes_on {
            return Some(Output::Keyframe);
        }
        if self.told.limit != limit && goes_on {
            self.told.limit = limit;
            return Some(Output::Limit(limited(limit)));
        }
        None
    }

    /// What is done about a cause, with what no policy can lessen.
    fn response(&self, cause: Cause, hold: &Hold) -> Response {
        hold.response(&self.config.policy(cause)).at_least(self.config.least(cause))
    }

    fn limit(&self, cause: Cause) -> EncoderLimit {
        match cause {
            Cause::Heat => self.config.heat.limit(self.heat.level()),
            Cause::LowPower => self.config.low_power,
            _ => EncoderLimit::NONE,
        }
    }

    /// The cause that demands the strongest picture, and of several such the strongest sound.
    fn most_demanding(&self) -> Option<Cause> {
        let demands = self.holds.iter().filter_map(|(cause, hold)| {
            let Response::Show(scene) = self.response(*cause, hold) else { return None };
            (scene != Scene::LIVE).then_some((scene.picture, scene.sound, *cause))
        });
        demands.max().map(|(.., cause)| cause)
    }

    fn is_camera_taken(&self) -> bool {
        let holds = |cause| self.holds.get(&cause).is_some_and(|hold| hold.ended.is_none());
        let in_background = self.config.background_loss.camera && holds(Cause::Background);
        in_background || holds(Cause::CameraLost)
    }
}

/// A limit that limits something.
fn limited(limit: EncoderLimit) -> Option<EncoderLimit> {
    let limit = limit.strictest(EncoderLimit::NONE);
    (limit != EncoderLimit::NONE).then_some(limit)
}

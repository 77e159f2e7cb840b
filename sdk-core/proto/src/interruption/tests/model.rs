//! Thousands of phones that say things in random orders, and what holds for each at every moment.
//!
//! The model keeps only what the phone said, and works out from that, a tick at a time and with no
//! timers, what has to be on air.

use std::collections::BTreeMap;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::phone::Phone;
use crate::interruption::*;
use crate::media::{FrameRate, PictureSize};

const SEEDS: u64 = 3_000;
const INPUTS: usize = 60;
const TICK: Duration = Duration::from_millis(250);

const CAUSES: [Cause; 6] = [
    Cause::Call,
    Cause::Background,
    Cause::CameraLost,
    Cause::MicrophoneLost,
    Cause::Heat,
    Cause::LowPower,
];
const LEVELS: [ThermalLevel; 4] =
    [ThermalLevel::Nominal, ThermalLevel::Fair, ThermalLevel::Serious, ThermalLevel::Critical];

#[test]
fn whatever_a_phone_says_in_whatever_order_the_invariants_hold() {
    let (mut stops, mut returns) = (0, 0);
    for seed in 0..SEEDS {
        let mut run = Run::new(seed);
        for _ in 0..INPUTS {
            run.step();
        }
        run.come_to_rest();
        stops += usize::from(run.phone.stopped);
        returns += usize::from(!run.phone.stopped);
    }
    // Both ends are common enough to mean something.
    assert!(stops > SEEDS as usize / 10 && returns > SEEDS as usize / 10, "{stops}, {returns}");
}

/// What a phone said, and nothing that was concluded from it but the passing of time.
struct Facts {
    config: Config,
    tick: u32,
    /// Since when, and since when it has ended.
    holds: BTreeMap<Cause, (u32, Option<u32>)>,
    /// What was reported when, the latest last.
    levels: Vec<(u32, ThermalLevel)>,
    critical_since: Option<u32>,
    camera_delivers: bool,
    encoder_works: bool,
    stopped: bool,
}

impl Facts {
    /// Takes what the phone says at this tick.
    fn hear(&mut self, input: Input) {
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

    fn pass_a_tick(&mut self) {
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

    fn now_holds(&self, cause: Cause) -> bool {
        self.holds.get(&cause).is_some_and(|(_, ended)| ended.is_none())
    }

    fn camera_is_taken(&self) -> bool {
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
    fn demanded(&self) -> Scene {
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

    fn limit(&self) -> EncoderLimit {
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

/// One phone and what it says.
struct Run {
    seed: u64,
    dice: ChaCha8Rng,
    facts: Facts,
    phone: Phone,
    /// Outputs up to here have been judged.
    judged: usize,
    shown: Picture,
    keyframe_owed: bool,
    /// What is on air for somebody who only follows the events.
    followed: Scene,
    told_of: BTreeMap<Cause, bool>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let config = match throw(&mut dice, 4) {
            0 => Config::android(),
            1 => Config::ios(),
            _ => random_config(&mut dice),
        };
        let facts = Facts {
            config,
            tick: 0,
            holds: BTreeMap::new(),
            levels: vec![(0, ThermalLevel::Nominal)],
            critical_since: None,
            camera_delivers: true,
            encoder_works: true,
            stopped: false,
        };
        let phone = Phone { name: format!("seed {seed}"), ..Phone::new(config) };
        Self {
            seed,
            dice,
            facts,
            phone,
            judged: 0,
            shown: Picture::Camera,
            keyframe_owed: false,
            followed: Scene::LIVE,
            told_of: BTreeMap::new(),
        }
    }

    /// Some time passes, the phone says something, and more or less of what follows is done.
    fn step(&mut self) {
        let pause = match throw(&mut self.dice, 100) {
            0..30 => 0,
            30..70 => 1 + throw(&mut self.dice, 4),
            70..98 => throw(&mut self.dice, 40),
            _ => throw(&mut self.dice, 3_000),
        };
        let punctual = throw(&mut self.dice, 4) > 0;
        for _ in 0..pause {
            self.facts.pass_a_tick();
            self.phone.now += TICK;
            if punctual && self.phone.wake.is_some_and(|(at, _)| at <= self.phone.now) {
                self.drain();
            }
        }
        let cause = CAUSES[throw(&mut self.dice, CAUSES.len() as u32) as usize];
        let input = match throw(&mut self.dice, 8) {
            0..3 => Input::Began(cause),
            3..6 => Input::Ended(cause),
            6 => Input::Thermal(LEVELS[throw(&mut self.dice, 4) as usize]),
            _ => Input::CameraPicture,
        };
        if !self.facts.stopped {
            self.facts.hear(input);
        }
        self.phone.machine.handle(self.phone.now, input);
        match throw(&mut self.dice, 10) {
            0 => {}
            1 => {
                self.phone.poll();
                self.judge_every_word();
            }
            _ => self.drain(),
        }
    }

    /// All is over; nothing is left of it.
    fn come_to_rest(&mut self) {
        let ends = CAUSES.into_iter().map(Input::Ended);
        let inputs = ends.chain([Input::Thermal(ThermalLevel::Nominal), Input::CameraPicture]);
        for input in inputs {
            if !self.facts.stopped {
                self.facts.hear(input);
            }
            self.phone.machine.handle(self.phone.now, input);
        }
        self.drain();
        let mut wakes = 0;
        while let Some((at, _)) = self.phone.wake {
            while self.phone.now < at {
                self.facts.pass_a_tick();
                self.phone.now += TICK;
            }
            self.drain();
            wakes += 1;
            assert!(wakes < 20, "seed {}: it never comes to rest", self.seed);
        }
        let state = self.phone.machine.state();
        assert_eq!(state.stopped.is_some(), self.phone.stopped, "seed {}", self.seed);
        if !self.phone.stopped {
            assert_eq!(self.phone.scene, Scene::LIVE, "seed {}: all is over", self.seed);
            assert_eq!(self.phone.limit, None, "seed {}: all is over", self.seed);
            assert_eq!(state.causes, [], "seed {}: all is over", self.seed);
            assert!(!self.told_of.values().any(|held| *held), "seed {}", self.seed);
        }
    }

    fn drain(&mut self) {
        while self.phone.poll() {
            self.judge_every_word();
        }
        self.judge_every_word();
        self.judge_what_is_on_air();
    }

    /// What holds after every single output.
    fn judge_every_word(&mut self) {
        let (seed, phone) = (self.seed, &self.phone);
        if self.facts.now_holds(Cause::Call) {
            assert_eq!(phone.scene.sound, Sound::Released, "seed {seed}: a call is listened to");
        }
        for (_, output) in phone.outputs.iter().skip(self.judged) {
            match *output {
                Output::Picture(picture) => {
                    let encoded = picture != Picture::Nothing;
                    let works = self.facts.encoder_works || !encoded || self.facts.stopped;
                    assert!(works, "seed {seed}: nobody encodes {picture:?}");
                    // Whoever sees the camera again, or anything again, has one to begin with.
                    let before = std::mem::replace(&mut self.shown, picture);
                    let returns = picture == Picture::Camera || before == Picture::Nothing;
                    self.keyframe_owed = encoded && (returns || self.keyframe_owed);
                }
                Output::RestartEncoder => self.facts.encoder_works = true,
                Output::Keyframe => {
                    let owed = std::mem::take(&mut self.keyframe_owed);
                    assert!(owed, "seed {seed}: a key frame for nothing");
                }
                Output::Event(event) => {
                    follow(seed, &mut self.followed, &mut self.told_of, event);
                }
                _ => {}
            }
        }
        self.judged = phone.outputs.len();
    }

    /// What holds once all that was to be done is done.
    fn judge_what_is_on_air(&self) {
        let Self { seed, facts, phone, .. } = self;
        let context = format!("seed {seed} at {}: {:?}", phone.now, phone.machine);
        assert_eq!(facts.stopped, phone.stopped, "{context}");
        if phone.stopped {
            assert_eq!(phone.wake, None, "{context}");
            return;
        }
        if facts.camera_is_taken() {
            assert_ne!(phone.scene.picture, Picture::Camera, "a camera that is taken: {context}");
        }
        if !facts.encoder_works {
            assert_eq!(phone.scene.picture, Picture::Nothing, "nobody encodes it: {context}");
        }
        let demanded = facts.demanded();
        assert_eq!(phone.scene.sound, demanded.sound, "{context}");
        if demanded.picture == Picture::Camera && !facts.camera_delivers {
            assert_ne!(phone.scene.picture, Picture::Camera, "a black picture: {context}");
        } else {
            assert_eq!(phone.scene.picture, demanded.picture, "{context}");
        }
        let limit = phone.limit.unwrap_or(EncoderLimit::NONE);
        assert_eq!(limit, facts.limit(), "{context}");
        assert_eq!(self.followed, phone.scene, "the events tell of something else: {context}");
        assert!(!self.keyframe_owed, "a return without a key frame: {context}");
    }
}

fn follow(seed: u64, scene: &mut Scene, told_of: &mut BTreeMap<Cause, bool>, event: Event) {
    let change = match event {
        Event::Began { cause, change, .. } => {
            assert_ne!(
                told_of.insert(cause, true),
                Some(true),
                "seed {seed}: {cause:?} began twice"
            );
            change
        }
        Event::Ended { cause, change, .. } => {
            assert_eq!(
                told_of.insert(cause, false),
                Some(true),
                "seed {seed}: {cause:?} ended twice"
            );
            change
        }
        Event::Escalated { change, .. } | Event::Heat { change, .. } => change,
        Event::CameraDelivers { change } => Some(change),
        Event::Resumed { .. } => {
            assert_eq!(*scene, Scene::LIVE, "seed {seed}: resumed, and nobody said how");
            None
        }
    };
    if let Some(Response::Show(next)) = change {
        *scene = next;
    }
}

fn throw(dice: &mut ChaCha8Rng, sides: u32) -> u32 {
    dice.next_u32() % sides
}

fn random_config(dice: &mut ChaCha8Rng) -> Config {
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

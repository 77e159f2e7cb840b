//! Thousands of phones that say things in random orders, and what holds for each at every moment.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::chance::{random_config, throw};
use super::facts::{CAUSES, Facts, LEVELS, TICK};
use super::phone::Phone;
use crate::interruption::*;

const SEEDS: u64 = 3_000;
const INPUTS: usize = 60;

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
        let facts = Facts::new(config);
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

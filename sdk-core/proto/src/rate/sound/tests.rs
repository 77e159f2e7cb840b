//! What a listener notices of the policy, as stories of a bitrate.

use super::*;

const STEP: Duration = Duration::from_millis(20);

fn kilobits(kilobits: u64) -> Bitrate {
    Bitrate::from_kilobits_per_second(kilobits)
}

/// A sound of 128 kb/s whose bitrates take a tenth more than they are.
fn rungs() -> impl Iterator<Item = SoundRung> {
    let rung = |bitrate: Bitrate| SoundRung { bitrate, carried: bitrate.scaled(1.1) };
    Sound::bitrates(kilobits(128)).map(rung)
}

/// A sound and its clock.
struct Story {
    sound: Sound,
    now: Time,
    steps: Vec<(Time, Direction, u64)>,
}

impl Story {
    fn new(pictures: Option<Bitrate>) -> Self {
        Self { sound: Sound::new(rungs(), pictures), now: Time::ZERO, steps: Vec::new() }
    }

    /// Lets the uplink carry what `whole` says for so many milliseconds, in kilobits a second.
    fn carry(&mut self, millis: u64, whole: impl Fn(u64) -> u64) {
        let until = self.now + Duration::from_millis(millis);
        while self.now < until {
            self.now += STEP;
            let whole = kilobits(whole(self.now.as_micros() / 1_000));
            let pictures = whole.saturating_sub(self.sound.carried()).max(kilobits(50));
            if let Some(direction) = self.sound.decide(self.now, pictures) {
                let bitrate = self.sound.bitrate().as_kilobits_per_second();
                self.steps.push((self.now, direction, bitrate));
            }
        }
    }

    fn directions(&self) -> Vec<Direction> {
        self.steps.iter().map(|(_, direction, _)| *direction).collect()
    }
}

#[test]
fn sound_has_what_was_asked_for_while_it_is_a_third_of_the_whole() {
    let mut story = Story::new(Some(kilobits(2_500)));
    story.carry(60_000, |_| 430);
    assert_eq!(story.steps, []);
}

#[test]
fn a_link_that_falls_takes_it_down_within_a_second_and_its_return_brings_it_back_at_once() {
    let mut story = Story::new(Some(kilobits(2_500)));
    story.carry(10_000, |_| 2_000);
    story.carry(20_000, |_| 150);
    let (at, _, bitrate) = story.steps[0];
    assert_eq!(bitrate, 48, "no less is known to be needed while pictures have the least");
    assert!(at.since(Time::from_millis(10_000)) < Duration::from_secs(1), "only at {at}");
    let (at, _, bitrate) = story.steps[1];
    assert_eq!(bitrate, 32);
    assert!(at.since(Time::from_millis(10_000)) < Duration::from_secs(2), "only at {at}");
    story.carry(20_000, |_| 2_000);
    assert_eq!(story.directions(), [Direction::Down, Direction::Down, Direction::Up]);
    let (at, _, bitrate) = story.steps[2];
    assert_eq!(bitrate, 128);
    let after = at.since(Time::from_millis(30_000));
    assert!((3..5).contains(&after.as_secs()), "{after:?} after the link came back");
}

#[test]
fn it_takes_no_more_than_a_third_where_more_than_the_least_is_left() {
    for (whole, bitrate) in [(400, 96), (300, 64), (200, 48), (150, 32), (60, 32)] {
        let mut story = Story::new(Some(kilobits(2_500)));
        story.carry(5_000, |_| whole);
        assert_eq!(story.sound.bitrate(), kilobits(bitrate), "of {whole} kb/s");
    }
}

#[test]
fn dips_and_what_is_soon_over_change_nothing() {
    let mut story = Story::new(Some(kilobits(2_500)));
    story.carry(60_000, |millis| if millis % 2_000 < 700 { 100 } else { 800 });
    assert_eq!(story.steps, []);
    for _ in 0..5 {
        story.carry(700, |_| 100);
        // Nothing got through, and nobody asked.
        story.now += Duration::from_secs(3);
        story.sound.interrupted();
    }
    assert_eq!(story.steps, []);
}

#[test]
fn a_whole_at_the_limit_does_not_make_it_flap() {
    let mut story = Story::new(Some(kilobits(2_500)));
    // Ten seconds of room after ten of too little, again and again.
    story.carry(600_000, |millis| if millis / 10_000 % 2 == 0 { 330 } else { 560 });
    let ups = story.directions().iter().filter(|direction| **direction == Direction::Up).count();
    assert!(ups <= 12, "{ups} times up in ten minutes: {:?}", story.steps);
}

#[test]
fn whoever_asks_for_little_picture_beside_it_keeps_both() {
    let mut story = Story::new(Some(kilobits(200)));
    story.carry(10_000, |_| 330);
    assert_eq!(story.steps, []);
    story.carry(10_000, |_| 150);
    assert_eq!(story.directions(), [Direction::Down]);
}

#[test]
fn sound_alone_has_more_of_it() {
    let mut story = Story::new(None);
    story.carry(10_000, |_| 300);
    assert_eq!(story.steps, []);
    story.carry(10_000, |_| 150);
    assert_eq!(story.sound.bitrate(), kilobits(64));
}

#[test]
fn a_step_that_spares_nothing_is_left_out_and_without_sound_there_is_none() {
    let packet = |bitrate| SoundRung { bitrate, carried: kilobits(70) };
    let mut sound = Sound::new(Sound::bitrates(kilobits(64)).map(packet), None);
    for tick in 0..500 {
        sound.decide(Time::from_millis(tick * 20), Bitrate::ZERO);
    }
    assert_eq!(sound.bitrate(), kilobits(64));
    let mut none = Sound::new([], Some(kilobits(2_500)));
    assert_eq!(none.decide(Time::ZERO, Bitrate::ZERO), None);
    assert_eq!((none.bitrate(), none.carried()), (Bitrate::ZERO, Bitrate::ZERO));
}

#[test]
fn a_new_wish_leaves_low_what_was_lowered() {
    let mut story = Story::new(Some(kilobits(2_500)));
    story.carry(5_000, |_| 300);
    assert_eq!(story.sound.bitrate(), kilobits(64));
    story.sound.ask(rungs(), Some(kilobits(4_000)));
    assert_eq!(story.sound.bitrate(), kilobits(64));
    story.sound.ask(rungs().take(1), Some(kilobits(4_000)));
    assert_eq!(story.sound.bitrate(), kilobits(128), "nothing else is left of it");
}

#[test]
fn pictures_that_have_all_they_may_prove_that_there_is_room_for_more_sound() {
    let rung = |bitrate: Bitrate| SoundRung { bitrate, carried: bitrate.scaled(1.1) };
    let most = kilobits(500);
    let mut sound = Sound::new(Sound::bitrates(kilobits(320)).map(rung), Some(most));
    let decide = |sound: &mut Sound, from: u64, until: u64, pictures: Bitrate| {
        for tick in from..until {
            sound.decide(Time::from_millis(tick * 20), pictures);
        }
    };
    decide(&mut sound, 0, 100, kilobits(80));
    assert!(sound.is_lowered());
    decide(&mut sound, 100, 2_000, most);
    assert_eq!(sound.bitrate(), kilobits(320));
}

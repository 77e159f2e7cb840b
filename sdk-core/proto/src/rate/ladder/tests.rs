//! What a broadcaster sees of the ladder, as stories of a bitrate.

use super::*;

const STEP: Duration = Duration::from_millis(20);

fn kilobits(kilobits: u64) -> Bitrate {
    Bitrate::from_kilobits_per_second(kilobits)
}

fn asked(size: &str, rate: u32, bitrate: u64) -> EncoderTarget {
    EncoderTarget {
        bitrate: kilobits(bitrate),
        frame_rate: FrameRate::new(rate).unwrap(),
        size: size.parse().unwrap(),
        audio_bitrate: kilobits(128),
    }
}

/// A ladder and its clock.
struct Story {
    ladder: Ladder,
    now: Time,
    steps: Vec<(Time, Step, String)>,
}

impl Story {
    fn new(asked: EncoderTarget) -> Self {
        let ladder = Ladder::new(asked, Adaptation::default());
        Self { ladder, now: Time::ZERO, steps: Vec::new() }
    }

    /// Lets the uplink carry what `bitrate` says for so many milliseconds.
    fn carry(&mut self, millis: u64, bitrate: impl Fn(u64) -> u64) {
        let until = self.now + Duration::from_millis(millis);
        while self.now < until {
            self.now += STEP;
            let rate = kilobits(bitrate(self.now.as_micros() / 1_000));
            if let Some(step) = self.ladder.decide(self.now, rate) {
                self.steps.push((self.now, step, self.standing()));
            }
        }
    }

    fn standing(&self) -> String {
        let target = self.ladder.target(Bitrate::ZERO, Bitrate::ZERO);
        format!("{} {}", target.size, target.frame_rate.as_u32())
    }
}

#[test]
fn the_rungs_are_fewer_pictures_and_then_smaller_ones_of_the_same_shape() {
    let names = |asked, allowed| -> Vec<String> {
        let name = |rung: &Rung| format!("{} {}", rung.size, rung.frame_rate.as_u32());
        rungs(asked, allowed).iter().map(name).collect()
    };
    let all = Adaptation::default();
    assert_eq!(
        names(asked("1280x720", 60, 2_500), all),
        ["1280x720 60", "1280x720 30", "1280x720 15", "960x540 15", "640x360 15", "416x234 15"]
    );
    assert_eq!(
        names(asked("720x1280", 25, 2_500), all),
        ["720x1280 25", "720x1280 12", "540x960 12", "360x640 12", "234x416 12"]
    );
    assert_eq!(names(asked("320x180", 15, 300), all), ["320x180 15"]);
    // No smaller picture has quite this shape.
    let odd = names(asked("1366x768", 15, 2_500), all);
    assert_eq!(odd, ["1366x768 15", "1280x720 15", "960x540 15", "640x360 15", "426x240 15"]);
    let no_size = Adaptation { size: false, ..all };
    assert_eq!(names(asked("1280x720", 30, 2_500), no_size), ["1280x720 30", "1280x720 15"]);
    let no_rate = Adaptation { frame_rate: false, ..all };
    let last = "416x234 30".to_owned();
    assert_eq!(names(asked("1280x720", 30, 2_500), no_rate).last(), Some(&last));
}

#[test]
fn floors_fall_from_rung_to_rung_for_whatever_is_asked() {
    for size in ["3840x2160", "1920x1080", "1080x1920", "1280x720", "640x480", "2x16384"] {
        for (rate, bitrate) in [(240, 50_000), (60, 300), (30, 2_500), (1, 50)] {
            let asked = asked(size, rate, bitrate);
            let rungs = rungs(asked, Adaptation::default());
            assert!(rungs.is_sorted_by(|upper, lower| upper.floor > lower.floor), "{rungs:?}");
            let first = rungs.first().unwrap();
            assert_eq!((first.size, first.frame_rate), (asked.size, asked.frame_rate));
            assert!(first.floor < asked.bitrate, "what is asked for is what begins");
        }
    }
}

#[test]
fn an_uplink_that_carries_a_tenth_is_followed_within_two_seconds() {
    let mut story = Story::new(asked("1280x720", 30, 2_500));
    story.carry(10_000, |_| 2_500);
    assert_eq!(story.standing(), "1280x720 30");
    let fell = story.now;
    story.carry(2_000, |_| 150);
    assert_eq!(story.standing(), "640x360 15");
    let (first, step, standing) = &story.steps[0];
    assert_eq!((*step, standing.as_str()), (Step::FewerPictures, "1280x720 15"));
    assert!(first.since(fell) < Duration::from_secs(1), "fewer pictures cost nothing");
}

#[test]
fn a_moment_of_too_little_changes_nothing() {
    let mut story = Story::new(asked("1280x720", 30, 2_500));
    story.carry(20_000, |millis| if millis % 1_000 < 300 { 100 } else { 2_000 });
    assert!(story.steps.is_empty(), "{:?}", story.steps);
}

#[test]
fn a_tunnel_changes_nothing_and_a_narrow_link_that_stutters_does() {
    let mut story = Story::new(asked("1280x720", 30, 2_500));
    story.carry(10_000, |_| 2_500);
    story.ladder.interrupted();
    story.now += Duration::from_secs(10);
    story.carry(300, |_| 50);
    story.carry(1_000, |_| 2_000);
    assert!(story.steps.is_empty(), "{:?}", story.steps);
    for _ in 0..20 {
        story.carry(200, |_| 50);
        story.now += Duration::from_millis(150);
        story.ladder.interrupted();
    }
    assert_eq!(story.standing(), "416x234 15");
}

#[test]
fn room_that_lasts_brings_all_of_it_back() {
    let mut story = Story::new(asked("1280x720", 30, 2_500));
    story.carry(5_000, |_| 60);
    assert_eq!(story.standing(), "416x234 15");
    let roomy = story.now;
    story.carry(20_000, |_| 2_000);
    assert_eq!(story.standing(), "1280x720 30");
    let back = story.steps.last().unwrap().0.since(roomy);
    assert!(back >= Proof::new().needed() && back < Duration::from_secs(7), "{back:?}");
}

#[test]
fn the_dips_that_key_frames_make_on_a_narrow_link_do_not_keep_it_down() {
    let mut story = Story::new(asked("1280x720", 30, 2_500));
    story.carry(5_000, |_| 60);
    // As seen on a link of 400 kb/s: down to a quarter with each key frame, and back.
    story.carry(20_000, |millis| 90 + millis % 2_000 * 250 / 2_000);
    assert_eq!(story.standing(), "640x360 15");
    assert_eq!(story.steps.len(), 3, "{:?}", story.steps);
}

#[test]
fn room_that_is_not_there_is_tried_ever_more_seldom() {
    let mut story = Story::new(asked("1280x720", 30, 2_500));
    // Whenever it is asked for more, the uplink turns out to carry less.
    let mut promised_since = Time::ZERO;
    while story.now < Time::from_millis(600_000) {
        let high = story.standing() == "1280x720 30";
        if !high {
            promised_since = story.now;
        }
        let good = !high || story.now.since(promised_since) < Duration::from_secs(5);
        story.carry(20, |_| if good { 800 } else { 250 });
    }
    assert!(story.steps.len() < 30, "it flaps: {} steps in ten minutes", story.steps.len());
    assert!(story.steps.len() > 4, "and goes on trying: {:?}", story.steps);
}

#[test]
fn a_rate_at_a_floor_does_not_flap() {
    let mut story = Story::new(asked("1280x720", 30, 2_500));
    // A sixth to either side of 500 kb/s, within two seconds each.
    story.carry(120_000, |millis| 420 + (millis % 2_000).abs_diff(1_000) * 160 / 1_000);
    assert!(story.steps.len() <= 2, "{:?}", story.steps);
}

#[test]
fn an_owner_who_asks_for_much_picture_at_a_low_rate_gets_it() {
    let mut story = Story::new(asked("1280x720", 30, 300));
    story.carry(10_000, |_| 290);
    assert_eq!(story.standing(), "1280x720 30");
    story.carry(10_000, |_| 50);
    assert_ne!(story.standing(), "1280x720 30");
}

#[test]
fn a_new_wish_keeps_the_rung_if_it_can_and_forgets_what_is_not_allowed() {
    let mut story = Story::new(asked("1280x720", 30, 2_500));
    story.carry(5_000, |_| 200);
    assert_eq!(story.standing(), "960x540 15");
    let wish = asked("1280x720", 30, 4_000);
    story.ladder.ask(wish, kilobits(200));
    assert_eq!(story.standing(), "960x540 15");
    let fixed = Adaptation { size: false, ..Adaptation::default() };
    story.ladder.allow(wish, fixed, kilobits(200));
    assert_eq!(story.standing(), "1280x720 15");
}

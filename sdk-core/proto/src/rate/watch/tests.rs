//! Encoders that do not do what they are told, and some that do.

use bytes::Bytes;

use super::*;
use crate::media::{FrameRate, Track};
use crate::units::{ByteCount, MediaTime};

const TICK: Duration = Duration::from_millis(20);

fn kilobits(kilobits: u64) -> Bitrate {
    Bitrate::from_kilobits_per_second(kilobits)
}

fn target(kilobits_per_second: u64, rate: u32, size: &str) -> EncoderTarget {
    EncoderTarget {
        bitrate: kilobits(kilobits_per_second),
        frame_rate: FrameRate::new(rate).unwrap(),
        size: size.parse().unwrap(),
        audio_bitrate: kilobits(128),
    }
}

/// What the encoder under watch makes of what it is told.
#[derive(Clone, Copy)]
enum Kind {
    /// So many times the bitrate.
    Times(f64),
    /// Whatever it was told first.
    Stubborn,
    /// As told, but a still picture takes no more than this.
    Still(u64),
    /// Nothing, from this second on.
    Frozen(u64),
    /// As told, a second late.
    Late,
}

struct Trial {
    now: Time,
    watch: Watch,
    kind: Kind,
    /// What it was told, and when.
    told: Vec<(Time, EncoderTarget)>,
    next: Time,
    pictures: u64,
    keyframe: bool,
    bytes: u64,
    findings: Vec<(Time, Finding)>,
    /// Whether a restart makes it obey, and a key frame wakes it.
    mends: bool,
    captures: bool,
}

impl Trial {
    fn new(kind: Kind, first: EncoderTarget) -> Self {
        Self {
            now: Time::ZERO,
            watch: Watch::new(VideoCodec::H264, first, Time::ZERO),
            kind,
            told: vec![(Time::ZERO, first)],
            next: Time::ZERO,
            pictures: 0,
            keyframe: true,
            bytes: 0,
            findings: Vec::new(),
            mends: false,
            captures: true,
        }
    }

    fn want(&mut self, wanted: EncoderTarget) {
        self.watch.want(self.now, wanted);
        self.told.push((self.now, self.watch.told()));
    }

    fn run(&mut self, seconds: u64) -> Bitrate {
        let (until, before) = (self.now + Duration::from_secs(seconds), self.bytes);
        while self.now < until {
            self.now += TICK;
            while self.next <= self.now {
                self.capture();
            }
            let Some(finding) = self.watch.check(self.now) else { continue };
            self.findings.push((self.now, finding));
            match finding.remedy {
                Remedy::ToldLess(_) | Remedy::AskedAgain => {
                    self.told.push((self.now, self.watch.told()));
                }
                Remedy::KeyframeRequested => self.keyframe = true,
                Remedy::Restarted if self.mends => self.kind = Kind::Times(1.0),
                _ => {}
            }
        }
        Bitrate::average(ByteCount::new(self.bytes - before), Duration::from_secs(seconds))
    }

    fn capture(&mut self) {
        let told = self.obeyed();
        self.next += told.frame_rate.interval();
        self.pictures += 1;
        if self.captures {
            self.watch.captured(self.pictures);
        }
        let second = self.now.as_micros() / 1_000_000;
        if matches!(self.kind, Kind::Frozen(from) if second >= from) {
            return;
        }
        let mean = told.bitrate.bytes_in(told.frame_rate.interval()).as_u64();
        let length = match self.kind {
            Kind::Times(factor) => (mean as f64 * factor) as u64,
            Kind::Still(most) => {
                mean.min(kilobits(most).bytes_in(told.frame_rate.interval()).as_u64())
            }
            _ => mean,
        };
        // A key frame of ten pictures' size every two seconds, made up for by the others.
        let group = u64::from(told.frame_rate.as_u32()) * 2;
        let keyframe = self.keyframe || self.pictures.is_multiple_of(group);
        self.keyframe = false;
        let length = if keyframe { length * 10 } else { length * (group - 10) / (group - 1) };
        self.bytes += length;
        let pts = MediaTime::from_micros(self.now.as_micros() as i64);
        let data = Bytes::from(vec![0x55; length as usize]);
        let unit = AccessUnit { track: Track::Video, pts, dts: pts, keyframe, data };
        self.watch.produced(self.now, &unit);
    }

    /// What it goes by.
    fn obeyed(&self) -> EncoderTarget {
        let since = match self.kind {
            Kind::Stubborn => Time::ZERO,
            Kind::Late => self.now.saturating_sub(Duration::from_secs(1)),
            _ => self.now,
        };
        self.told.iter().rev().find(|(at, _)| *at <= since).unwrap().1
    }

    fn remedies(&self) -> Vec<Remedy> {
        self.findings.iter().map(|(_, finding)| finding.remedy).collect()
    }
}

#[test]
fn an_encoder_that_makes_twice_as_much_is_told_half() {
    let mut trial = Trial::new(Kind::Times(2.0), target(1_000, 30, "1280x720"));
    trial.run(5);
    let (at, finding) = trial.findings[0];
    assert!(matches!(finding.fault, EncoderFault::Overshoots { .. }), "{finding:?}");
    assert!(at < Time::from_millis(3_000), "noticed only at {at}");
    assert!(finding.worth_telling);
    trial.run(10);
    let produced = trial.run(10).as_kilobits_per_second();
    assert!((800..1_150).contains(&produced), "{produced} kb/s come out");
    assert!(trial.findings.len() < 5, "{:?}", trial.findings);
}

#[test]
fn ten_times_as_much_is_noticed_within_a_second() {
    let mut trial = Trial::new(Kind::Times(10.0), target(2_000, 30, "1280x720"));
    trial.run(1);
    assert_eq!(trial.findings.len(), 1, "{:?}", trial.findings);
    trial.run(20);
    let produced = trial.run(10).as_kilobits_per_second();
    assert!((1_500..2_300).contains(&produced), "{produced} kb/s come out");
}

#[test]
fn honest_encoders_are_never_accused() {
    for kind in [Kind::Times(1.0), Kind::Times(1.1), Kind::Still(100), Kind::Late] {
        for rate in [15, 30, 60] {
            let mut trial = Trial::new(kind, target(2_500, rate, "1280x720"));
            // Down, up, far down, and a key frame asked for every second.
            for bitrate in [2_500, 600, 2_000, 80, 150, 2_500] {
                trial.want(target(bitrate, rate, "1280x720"));
                for _ in 0..8 {
                    trial.run(1);
                    trial.watch.keyframe_asked();
                    trial.keyframe = true;
                }
            }
            assert_eq!(trial.findings, [], "at {rate} a second");
        }
    }
}

#[test]
fn a_still_picture_that_moves_again_is_no_overshoot() {
    let mut trial = Trial::new(Kind::Still(50), target(2_000, 30, "1280x720"));
    trial.run(20);
    trial.kind = Kind::Times(1.0);
    trial.run(20);
    assert_eq!(trial.findings, []);
}

#[test]
fn one_that_does_not_hear_is_asked_again_and_then_made_anew() {
    let mut trial = Trial::new(Kind::Stubborn, target(2_500, 30, "1280x720"));
    trial.mends = true;
    trial.run(10);
    assert_eq!(trial.findings, []);
    trial.want(target(500, 30, "1280x720"));
    trial.run(10);
    assert_eq!(trial.remedies(), [Remedy::AskedAgain, Remedy::Restarted]);
    assert!(trial.findings.iter().all(|(_, finding)| finding.worth_telling));
    let produced = trial.run(5).as_kilobits_per_second();
    assert!((400..600).contains(&produced), "{produced} kb/s come out");
}

#[test]
fn one_that_never_hears_is_made_anew_more_and_more_seldom_and_told_of_seldom() {
    let mut trial = Trial::new(Kind::Stubborn, target(2_500, 30, "1280x720"));
    trial.run(5);
    trial.want(target(500, 30, "1280x720"));
    trial.run(600);
    let restarts: Vec<Time> = trial
        .findings
        .iter()
        .filter(|(_, finding)| finding.remedy == Remedy::Restarted)
        .map(|(at, _)| *at)
        .collect();
    assert!((3..=8).contains(&restarts.len()), "{restarts:?}");
    let pauses: Vec<Duration> = restarts.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    assert!(pauses.iter().all(|pause| *pause >= FIRST_RESTART_PAUSE), "{pauses:?}");
    let told = trial.findings.iter().filter(|(_, finding)| finding.worth_telling).count();
    assert!(told <= 70, "told of {told} times in ten minutes");
}

#[test]
fn a_frozen_encoder_is_asked_for_a_key_frame_and_then_made_anew() {
    let mut trial = Trial::new(Kind::Frozen(5), target(1_000, 30, "1280x720"));
    trial.mends = true;
    trial.run(10);
    assert_eq!(trial.remedies(), [Remedy::KeyframeRequested, Remedy::Restarted]);
    let (first, second) = (trial.findings[0].0, trial.findings[1].0);
    assert!(first < Time::from_millis(6_200) && second < Time::from_millis(7_300));
    trial.run(20);
    assert_eq!(trial.findings.len(), 2, "it delivers again");
}

#[test]
fn a_camera_that_pauses_is_no_frozen_encoder() {
    let mut trial = Trial::new(Kind::Frozen(5), target(1_000, 30, "1280x720"));
    trial.captures = false;
    trial.run(30);
    assert_eq!(trial.findings, []);
}

#[test]
fn one_that_keeps_its_frame_rate_is_taken_as_it_is_in_the_end() {
    let mut trial = Trial::new(Kind::Stubborn, target(800, 30, "1280x720"));
    trial.run(5);
    trial.want(target(800, 15, "1280x720"));
    trial.run(60);
    let expected = [Remedy::AskedAgain, Remedy::Restarted, Remedy::Accepted];
    assert_eq!(trial.remedies(), expected, "{:?}", trial.findings);
}

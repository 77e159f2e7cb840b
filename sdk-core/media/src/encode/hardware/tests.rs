//! What a viewer gets of an encoder that the system lends, and takes away.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::picture::Picture;

const IDR: &[u8] = &[0x65, 0xAA];
const OTHER: &[u8] = &[0x41, 0xBB];

/// The system: what it was told, and what it is about to do.
#[derive(Default)]
struct System {
    opened: Vec<Settings>,
    told: Vec<String>,
    /// Sessions cannot be made.
    closed: bool,
    /// The session at work is gone.
    gone: bool,
    /// Pictures to leave out.
    skip: u32,
    /// Requests for a key frame to ignore.
    deaf: u32,
    /// Pictures that it holds back.
    delay: usize,
    /// It is not done with the next picture in time.
    late: bool,
}

type Shared = Rc<RefCell<System>>;

struct Fake(Shared);

struct FakeSession {
    system: Shared,
    first: bool,
    ready: VecDeque<Finished>,
}

impl Sessions for Fake {
    type Session = FakeSession;

    fn open(&mut self, settings: Settings) -> Result<FakeSession, Failure> {
        let mut system = self.0.borrow_mut();
        if system.closed {
            return Err(Failure::of(-12_915, "make a session"));
        }
        system.gone = false;
        system.opened.push(settings);
        Ok(FakeSession { system: self.0.clone(), first: true, ready: VecDeque::new() })
    }
}

impl FakeSession {
    fn check(&self) -> Result<(), Failure> {
        let gone = self.system.borrow().gone;
        if gone { Err(Failure::of(-12_903, "encode a picture")) } else { Ok(()) }
    }
}

impl Session for FakeSession {
    fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), Failure> {
        self.system.borrow_mut().told.push(format!("{} kb/s", bitrate.as_kilobits_per_second()));
        self.check()
    }

    fn set_frame_rate(&mut self, frame_rate: FrameRate) -> Result<(), Failure> {
        self.system.borrow_mut().told.push(format!("{} Hz", frame_rate.as_u32()));
        self.check()
    }

    fn submit(&mut self, _image: &Image, pts: MediaTime, keyframe: bool) -> Result<(), Failure> {
        self.check()?;
        let mut system = self.system.borrow_mut();
        let heard = keyframe && system.deaf == 0;
        if keyframe {
            system.deaf = system.deaf.saturating_sub(1);
        }
        let first = std::mem::take(&mut self.first);
        let unit = if heard || first { IDR } else { OTHER };
        let sample = if system.skip > 0 {
            system.skip -= 1;
            None
        } else {
            let data = [&(unit.len() as u32).to_be_bytes()[..], unit].concat();
            let parameter_sets = vec![vec![0x67, 1, 2, 3], vec![0x68, 1]];
            Some(Sample { data, length_size: 4, parameter_sets })
        };
        self.ready.push_back(Finished { pts, sample: Ok(sample) });
        Ok(())
    }

    fn finished(&mut self, _patience: Duration) -> Option<Finished> {
        if std::mem::take(&mut self.system.borrow_mut().late) {
            return None;
        }
        if self.ready.len() > self.system.borrow().delay { self.ready.pop_front() } else { None }
    }
}

struct Viewer {
    system: Shared,
    encoder: HardwareEncoder<Fake>,
    size: PictureSize,
    picture: u64,
}

impl Viewer {
    fn new() -> Self {
        let system = Shared::default();
        let target = crate::Config::default().target();
        let encoder = HardwareEncoder::new(Fake(system.clone()), target, Duration::from_secs(2));
        Self { system, encoder, size: PictureSize::new(64, 36).unwrap(), picture: 0 }
    }

    fn next(&mut self) -> Result<Option<AccessUnit>, Error> {
        let pts = FrameRate::new(30).unwrap().time_of(self.picture);
        self.picture += 1;
        self.encoder.encode(&Picture::black(self.size).into(), pts)
    }

    /// The key frames among the next `count` pictures, which all come out.
    fn keyframes(&mut self, count: u64) -> Vec<u64> {
        let first = self.picture;
        let pictures = (first..first + count).map(|number| (number, self.next().unwrap().unwrap()));
        pictures.filter(|(_, unit)| unit.keyframe).map(|(number, _)| number).collect()
    }
}

#[test]
fn key_frames_come_every_two_seconds_and_when_they_are_asked_for() {
    let mut viewer = Viewer::new();
    assert_eq!(viewer.keyframes(130), [0, 60, 120]);
    viewer.encoder.request_keyframe();
    assert_eq!(viewer.keyframes(61), [130, 190]);
    assert_eq!(viewer.system.borrow().opened.len(), 1);
}

#[test]
fn a_session_that_the_system_takes_is_replaced_without_a_picture_lost() {
    let mut viewer = Viewer::new();
    viewer.keyframes(10);
    viewer.system.borrow_mut().gone = true;
    let unit = viewer.next().unwrap().expect("the picture that met it");
    assert!(unit.keyframe, "a new session begins with a key frame");
    assert_eq!(unit.pts, FrameRate::new(30).unwrap().time_of(10), "on the same timeline");
    assert_eq!(viewer.keyframes(60), [70], "and a new interval");
    assert_eq!(viewer.system.borrow().opened.len(), 2);
}

#[test]
fn a_session_may_also_be_gone_when_it_is_told_another_rate() {
    let mut viewer = Viewer::new();
    viewer.keyframes(3);
    viewer.system.borrow_mut().gone = true;
    let bitrate = Bitrate::from_kilobits_per_second(700);
    viewer.encoder.set_target(EncoderTarget { bitrate, ..crate::Config::default().target() });
    assert!(viewer.next().unwrap().unwrap().keyframe);
    assert_eq!(viewer.system.borrow().opened[1].bitrate, bitrate, "it is made for the new rate");
}

#[test]
fn while_none_can_be_made_it_is_tried_four_times_a_second_and_goes_on_when_one_can() {
    let mut viewer = Viewer::new();
    viewer.keyframes(3);
    {
        let mut system = viewer.system.borrow_mut();
        system.gone = true;
        system.closed = true;
    }
    let errors: Vec<_> = (0..60).map(|_| viewer.next().unwrap_err().to_string()).collect();
    assert!(errors[0].contains("make a session: code -12915"), "{}", errors[0]);
    let attempts =
        errors.iter().filter(|error| error.contains("make a session: code -12915")).count();
    assert_eq!(attempts, 8, "in two seconds");
    assert!(viewer.encoder.is_hopeless());
    viewer.system.borrow_mut().closed = false;
    let back = (0..10).find_map(|_| viewer.next().ok().flatten()).expect("a picture again");
    assert!(back.keyframe);
    assert!(!viewer.encoder.is_hopeless());
}

#[test]
fn rates_change_while_it_runs_and_another_size_is_another_session() {
    let mut viewer = Viewer::new();
    let target = crate::Config::default().target();
    viewer.keyframes(5);
    let bitrate = Bitrate::from_kilobits_per_second(400);
    let frame_rate = FrameRate::new(15).unwrap();
    viewer.encoder.set_target(EncoderTarget { bitrate, frame_rate, ..target });
    assert_eq!(viewer.keyframes(5), [0; 0], "no key frame for another rate");
    assert_eq!(viewer.system.borrow().told, ["15 Hz", "400 kb/s"], "once");
    viewer.size = PictureSize::new(32, 18).unwrap();
    assert_eq!(viewer.keyframes(5), [10]);
    let opened = viewer.system.borrow().opened[1];
    assert_eq!(
        (opened.size, opened.bitrate, opened.frame_rate),
        (viewer.size, bitrate, frame_rate)
    );
}

#[test]
fn a_key_frame_that_was_left_out_or_not_made_is_asked_for_again() {
    let mut viewer = Viewer::new();
    viewer.keyframes(5);
    viewer.encoder.request_keyframe();
    viewer.system.borrow_mut().skip = 1;
    assert_eq!(viewer.next(), Ok(None), "left out to keep to the rate");
    assert_eq!(viewer.keyframes(5), [6]);
    viewer.encoder.request_keyframe();
    viewer.system.borrow_mut().deaf = 2;
    assert_eq!(viewer.keyframes(5), [13], "the third request is heard");
}

#[test]
fn an_encoder_that_holds_a_picture_back_delivers_each_in_its_place() {
    let mut viewer = Viewer::new();
    viewer.system.borrow_mut().delay = 2;
    let units: Vec<_> = (0..10).filter_map(|_| viewer.next().unwrap()).collect();
    let rate = FrameRate::new(30).unwrap();
    let expected: Vec<_> = (0..8).map(|number| rate.time_of(number)).collect();
    assert_eq!(units.iter().map(|unit| unit.pts).collect::<Vec<_>>(), expected);
}

#[test]
fn an_encoder_that_begins_slowly_catches_up() {
    let mut viewer = Viewer::new();
    viewer.system.borrow_mut().late = true;
    assert_eq!(viewer.next(), Ok(None), "its first picture takes long");
    let rate = FrameRate::new(30).unwrap();
    let first = viewer.next().unwrap().unwrap();
    let second = viewer.encoder.take_more().unwrap();
    assert_eq!([first.pts, second.pts], [0, 1].map(|number| rate.time_of(number)));
    let third = viewer.next().unwrap().unwrap();
    assert_eq!(third.pts, rate.time_of(2), "no picture is late any more");
    assert_eq!(viewer.encoder.take_more(), None);
}

#[test]
fn an_encoder_that_hangs_is_made_anew() {
    let mut viewer = Viewer::new();
    viewer.keyframes(5);
    viewer.system.borrow_mut().delay = usize::MAX;
    let error = (0..10).find_map(|_| viewer.next().err()).expect("it is noticed");
    assert!(error.to_string().contains("holds 4 pictures back"), "{error}");
    viewer.system.borrow_mut().delay = 0;
    let back = (0..10).find_map(|_| viewer.next().ok().flatten()).unwrap();
    assert!(back.keyframe);
}

#[test]
fn what_the_system_is_told_of_a_rate_is_one_that_it_can_keep() {
    let rate = Bitrate::from_kilobits_per_second(2_000);
    assert_eq!(bits(rate), 2_000_000);
    assert_eq!(limit(rate), (312_500, 1.0), "a quarter above the mean, in bytes");
    assert_eq!(bits(Bitrate::ZERO), 50_000);
    assert_eq!(bits(Bitrate::from_kilobits_per_second(10_000_000)), 240_000_000);
}

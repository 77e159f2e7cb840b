//! Cameras that come and go, without any.

use std::sync::mpsc::{TryRecvError, channel, sync_channel};
use std::time::Instant;

use super::*;
use crate::event::{Event, Output};
use crate::producer::testing;

fn frame(luma: u8) -> RawFrame {
    let data = [luma, 128].repeat(64 * 48);
    let (format, taken) = (RawFormat::Yuyv, testing::clock());
    RawFrame { format, width: 64, height: 48, data, taken, missed: 0 }
}

/// A camera that says these things, then lives on for a while in silence.
fn feed(messages: Vec<Message>, lives_on: Duration) -> Feed {
    let (sender, receiver) = sync_channel(16);
    let (spare, _) = sync_channel(1);
    let thread = std::thread::spawn(move || {
        for mut message in messages {
            std::thread::sleep(Duration::from_millis(40));
            if let Message::Frame(frame) = &mut message {
                frame.taken = testing::clock();
            }
            if sender.send(message).is_err() {
                return;
            }
        }
        std::thread::sleep(lives_on);
    });
    Feed { messages: receiver, spare, thread: Some(thread) }
}

fn opened() -> Message {
    Message::Opened { name: "fake".to_owned() }
}

#[test]
fn a_camera_that_goes_away_leaves_its_last_picture_and_is_found_again() {
    let (sender, events) = channel();
    let shared = testing::shared(Box::new(move |output| drop(sender.send(output))));
    let context = testing::context(shared);
    let mut feeds = vec![
        feed(vec![opened(), Message::Frame(frame(50)), Message::Frame(frame(60))], Duration::ZERO),
        feed(vec![Message::Failed(Error::NoCamera(0))], Duration::ZERO),
    ]
    .into_iter();
    let open = move || {
        feeds.next().unwrap_or_else(|| {
            let frames = (0..20).map(|_| Message::Frame(frame(200)));
            feed(std::iter::once(opened()).chain(frames).collect(), Duration::ZERO)
        })
    };
    let track = CameraTrack::open(0, Box::new(open)).unwrap();

    let mut lumas: Vec<u8> = Vec::new();
    let mut times = Vec::new();
    let middle = crate::Area { x: 640, y: 360, width: 8, height: 8 };
    std::thread::scope(|scope| {
        scope.spawn(|| track.run(&context));
        let began = Instant::now();
        while lumas.last() != Some(&200) && began.elapsed() < Duration::from_secs(20) {
            let frame = context.hand_over.take().unwrap();
            times.push(frame.pts);
            let picture = frame.image.into_planar().unwrap();
            lumas.extend(middle.mean(&picture.luma()));
            context.hand_over.recycle(picture.into());
        }
        context.halt.stop();
    });
    assert!(times.is_sorted_by(|one, next| one < next), "one timeline");
    assert!(lumas.iter().filter(|&&luma| luma == 60).count() > 20, "the last picture goes on");
    assert_eq!(lumas.last(), Some(&200), "the camera's pictures again");
    let events: Vec<_> = events.try_iter().collect();
    let expected = |event: &Output| {
        matches!(event, Output::Event(Event::DeviceLost { .. } | Event::DeviceBack { .. }))
    };
    assert!(events.len() >= 2 && events.iter().all(expected), "{events:?}");
    assert!(matches!(&events[1], Output::Event(Event::DeviceBack { name, .. }) if name == "fake"));
}

#[test]
fn a_camera_that_hangs_is_lost_after_two_seconds_and_does_not_hold_up_the_end() {
    let (sender, events) = channel();
    let shared = testing::shared(Box::new(move |output| drop(sender.send(output))));
    let context = testing::context(shared);
    let messages = [opened(), Message::Frame(frame(50))];
    let open = move || feed(messages.iter().map(again).collect(), Duration::from_secs(5));
    let track = CameraTrack::open(0, Box::new(open)).unwrap();
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| track.run(&context));
        let event = events.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(matches!(event, Output::Event(Event::DeviceLost { .. })), "{event:?}");
        assert!(began.elapsed() >= Duration::from_secs(2));
        context.halt.stop();
    });
    assert!(began.elapsed() < Duration::from_secs(15));
}

/// Runs a camera that shows 50, says something, pauses and shows 200 again. Returns what viewers see
/// of it, and what is told.
fn interrupted(reason: Option<&str>) -> (Vec<u8>, Vec<Output>) {
    let (sender, events) = channel();
    let shared = testing::shared(Box::new(move |output| drop(sender.send(output))));
    let context = testing::context(shared);
    let pause = Message::Interrupted(reason.map(str::to_owned));
    let (feed_sender, messages) = sync_channel(16);
    let (spare, closing) = sync_channel(1);
    let thread = std::thread::spawn(move || {
        let show = |luma| {
            let frame = RawFrame { taken: testing::clock(), ..frame(luma) };
            let _ = feed_sender.send(Message::Frame(frame));
        };
        feed_sender.send(opened()).unwrap();
        show(50);
        feed_sender.send(pause).unwrap();
        std::thread::sleep(Duration::from_millis(2_500));
        while closing.try_recv() != Err(TryRecvError::Disconnected) {
            show(200);
            std::thread::sleep(Duration::from_millis(40));
        }
    });
    let mut only = Some(Feed { messages, spare, thread: Some(thread) });
    // Opened again it would say nothing, and the pictures of before would go on.
    let open = move || only.take().unwrap_or_else(|| feed(Vec::new(), Duration::ZERO));
    let track = CameraTrack::open(0, Box::new(open)).unwrap();
    let mut lumas = Vec::new();
    let middle = crate::Area { x: 640, y: 360, width: 8, height: 8 };
    std::thread::scope(|scope| {
        scope.spawn(|| track.run(&context));
        let began = Instant::now();
        while lumas.last() != Some(&200) && began.elapsed() < Duration::from_secs(20) {
            let picture = context.hand_over.take().unwrap().image.into_planar().unwrap();
            lumas.extend(middle.mean(&picture.luma()));
            context.hand_over.recycle(picture.into());
        }
        context.halt.stop();
    });
    (lumas, events.try_iter().collect())
}

#[test]
fn a_camera_that_the_system_interrupts_holds_its_picture_and_goes_on_without_being_opened_again() {
    let (lumas, events) = interrupted(Some("another app has the camera"));
    assert!(lumas.iter().filter(|&&luma| luma == 50).count() > 20, "the last picture goes on");
    let [Output::Event(lost), Output::Event(back)] = &events[..] else { panic!("{events:?}") };
    assert!(
        matches!(lost, Event::DeviceLost { reason, .. } if reason == "another app has the camera"),
        "{lost:?}"
    );
    assert!(matches!(back, Event::DeviceBack { .. }), "{back:?}");
}

#[test]
fn a_camera_that_another_one_is_about_to_replace_holds_its_picture_and_nothing_is_told() {
    let (lumas, events) = interrupted(None);
    assert!(lumas.iter().filter(|&&luma| luma == 50).count() > 20, "the last picture goes on");
    assert!(events.is_empty(), "{events:?}");
}

fn again(message: &Message) -> Message {
    match message {
        Message::Opened { name } => Message::Opened { name: name.clone() },
        _ => Message::Frame(frame(50)),
    }
}

#[test]
fn a_camera_that_cannot_be_opened_says_why() {
    let refused = || Error::CameraForbidden { index: 3, reason: "no".to_owned() };
    let open = move || feed(vec![Message::Failed(refused())], Duration::ZERO);
    assert_eq!(CameraTrack::open(3, Box::new(open)).err(), Some(refused()));
    let gone = || feed(Vec::new(), Duration::ZERO);
    let error = CameraTrack::open(3, Box::new(gone)).err().unwrap();
    assert!(matches!(error, Error::CameraBusy { index: 3, .. }), "{error}");
}

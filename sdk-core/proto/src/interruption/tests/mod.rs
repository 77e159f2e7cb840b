//! Stories of phones that are interrupted, and a model that says what holds in all of them.

mod chance;
mod facts;
mod heat;
mod model;
mod phone;

use std::time::Duration;

use phone::Phone;

use super::*;

use Input::{Began, CameraPicture, Ended, Thermal};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_call_at_minute_three_that_lasts_forty_seconds() {
    let mut phone = Phone::new(Config::android());
    phone.says(180.0, Began(Cause::Call)).says(220.0, Ended(Cause::Call)).until(3_600.0);
    assert_eq!(
        phone.story(),
        [
            "180.0 Sound Released",
            "180.0 Picture LastFrame",
            "180.0 a call, or another app, took the sound: the last picture is held, silence is \
             sent and the microphone closed",
            "182.0 Picture Slate",
            "182.0 the call goes on, for 2.0 s now: a slate is shown, silence is sent and the \
             microphone closed",
            "221.0 Sound Microphone",
            "221.0 Picture Camera",
            "221.0 Keyframe",
            "221.0 the call is over, after 40.0 s",
            "221.0 camera and microphone are on air again, after 41.0 s",
        ]
    );
    assert_eq!(phone.wake, None, "nothing is waited for any more");
}

#[test]
fn a_call_on_an_iphone_takes_the_app_to_the_background_and_everything_returns_in_turn() {
    let mut phone = Phone::new(Config::ios());
    phone.says(10.0, Began(Cause::Call)).says(11.0, Began(Cause::Background)).until(30.0);
    assert!(phone.shows(Picture::Nothing, Sound::Released));
    phone.says(40.0, Ended(Cause::Background)).says(40.4, CameraPicture);
    phone.says(45.0, Ended(Cause::Call)).until(100.0);
    assert_eq!(
        phone.story(),
        [
            "10.0 Sound Released",
            "10.0 Picture LastFrame",
            "10.0 a call, or another app, took the sound: the last picture is held, silence is \
             sent and the microphone closed",
            "11.0 Picture Nothing",
            "11.0 the app went to the background: no picture is sent, silence is sent and the \
             microphone closed",
            "12.0 the call goes on, for 2.0 s now: nothing changes",
            "41.0 RestartEncoder",
            "41.0 Picture Slate",
            "41.0 Keyframe",
            "41.0 the app is in the foreground again, after 29.0 s, and the call goes on: a slate \
             is shown, silence is sent and the microphone closed",
            "46.0 Sound Microphone",
            "46.0 Picture Camera",
            "46.0 Keyframe",
            "46.0 the call is over, after 35.0 s",
            "46.0 camera and microphone are on air again, after 36.0 s",
        ]
    );
}

#[test]
fn no_black_picture_is_shown_while_the_camera_of_an_iphone_comes_back() {
    let mut phone = Phone::new(Config::ios());
    phone.says(10.0, Began(Cause::Background)).says(70.0, Ended(Cause::Background)).until(75.0);
    assert!(phone.shows(Picture::Nothing, Sound::Microphone), "the camera delivers nothing yet");
    assert!(phone.machine.state().waits_for_camera);
    phone.story();
    phone.says(75.5, CameraPicture);
    assert_eq!(
        phone.story(),
        [
            "75.5 RestartEncoder",
            "75.5 Picture Camera",
            "75.5 Keyframe",
            "75.5 the camera delivers pictures again",
            "75.5 camera and microphone are on air again, after 65.5 s",
        ]
    );
}

#[test]
fn with_a_foreground_service_the_background_changes_nothing() {
    let mut phone = Phone::new(Config::android());
    phone.says(10.0, Began(Cause::Background)).says(70.0, Ended(Cause::Background)).until(99.0);
    assert_eq!(
        phone.story(),
        [
            "10.0 the app went to the background: nothing changes",
            "71.0 the app is in the foreground again, after 60.0 s",
        ]
    );
}

#[test]
fn a_camera_that_is_taken_in_the_background_is_replaced_by_a_slate_afterwards() {
    let mut phone = Phone::new(Config::ios());
    phone.says(10.0, Began(Cause::Background)).says(20.0, Began(Cause::CameraLost));
    phone.says(30.0, CameraPicture).says(60.0, Ended(Cause::Background)).until(80.0);
    assert!(phone.shows(Picture::Slate, Sound::Microphone), "somebody else has the camera");
    let told: Vec<_> = phone.events().map(Event::to_string).collect();
    assert_eq!(
        told.last().unwrap(),
        "the app is in the foreground again, after 50.0 s, and the camera is lost: a slate is \
         shown, the microphone is heard"
    );
    phone.says(90.0, Ended(Cause::CameraLost)).until(95.0);
    assert!(phone.shows(Picture::Slate, Sound::Microphone), "its first picture is not there");
    phone.says(95.0, CameraPicture);
    assert!(phone.shows(Picture::Camera, Sound::Microphone));
}

#[test]
fn a_call_that_does_not_end_ends_the_broadcast_and_nothing_follows() {
    let mut phone = Phone::new(Config::android());
    phone.says(10.0, Began(Cause::Call)).until(700.0);
    let story = phone.story();
    assert_eq!(
        story[story.len() - 2..],
        ["612.0 the call goes on, for 602.0 s now: the broadcast stops", "612.0 Stop Call"]
    );
    assert_eq!(phone.machine.state().stopped, Some(Cause::Call));
    phone.says(701.0, Ended(Cause::Call)).says(702.0, Began(Cause::Background)).until(9_999.0);
    assert_eq!(phone.story(), [""; 0]);
    assert!(phone.shows(Picture::Slate, Sound::Released), "nothing comes back on air");
}

#[test]
fn audio_focus_that_comes_and_goes_moves_the_picture_once() {
    let mut phone = Phone::new(Config::android());
    for tenth in (0..200).step_by(5) {
        let at = 10.0 + f64::from(tenth) / 10.0;
        phone.says(at, Began(Cause::Call)).says(at + 0.2, Ended(Cause::Call));
        assert!(phone.scene.sound == Sound::Released, "it began at once, and may begin again");
    }
    phone.until(60.0);
    // Last picture, slate, camera; closed, open.
    assert_eq!(phone.changes(), (3, 2), "{:?}", phone.outputs);
    assert_eq!(phone.events().count(), 4);
    assert_eq!(phone.scene, Scene::LIVE);
}

#[test]
fn a_call_that_begins_again_just_before_it_is_over_goes_on_where_it_stood() {
    let mut phone = Phone::new(Config::android());
    phone.says(0.0, Began(Cause::Call)).says(5.0, Ended(Cause::Call)).until(5.9);
    let held = phone.machine.state().causes;
    let ended = Time::from_millis(5_000);
    assert_eq!(held.first().map(|call| (call.since, call.ended)), Some((Time::ZERO, Some(ended))));
    phone.says(5.9, Began(Cause::Call)).until(20.0);
    assert!(phone.shows(Picture::Slate, Sound::Released), "not the last picture once more");
    phone.says(20.0, Ended(Cause::Call)).says(21.5, Began(Cause::Call));
    assert!(phone.shows(Picture::LastFrame, Sound::Released), "this one is another call");
}

#[test]
fn what_ended_does_not_escalate_while_it_settles() {
    let config = Config { settle: seconds(5), ..Config::android() };
    let mut phone = Phone::new(config);
    phone.says(0.0, Began(Cause::Call)).says(1.0, Ended(Cause::Call)).until(5.9);
    assert!(phone.shows(Picture::LastFrame, Sound::Released), "no slate for what is over");
    phone.until(6.0);
    assert_eq!(phone.scene, Scene::LIVE);
}

#[test]
fn the_strongest_of_several_is_shown_and_the_others_still_hold_when_it_ends() {
    let show = |picture, sound| Policy::always(Response::show(picture, sound));
    let config = Config {
        camera_lost: show(Picture::LastFrame, Sound::Microphone),
        background: show(Picture::Nothing, Sound::Muted),
        call: show(Picture::Slate, Sound::Released),
        ..Config::android()
    };
    let mut phone = Phone::new(config);
    phone.says(1.0, Began(Cause::CameraLost)).says(2.0, Began(Cause::Background));
    phone.says(3.0, Began(Cause::Call));
    assert!(phone.shows(Picture::Nothing, Sound::Released));
    phone.says(10.0, Ended(Cause::Background)).until(12.0);
    assert!(phone.shows(Picture::Slate, Sound::Released));
    phone.says(20.0, Ended(Cause::Call)).until(22.0);
    assert!(phone.shows(Picture::LastFrame, Sound::Microphone));
    let since: Vec<_> = phone.machine.state().causes.iter().map(|held| held.since).collect();
    assert_eq!(since, [Time::from_millis(1_000)]);
}

#[test]
fn no_policy_shows_a_camera_that_is_taken_or_listens_to_a_call() {
    let careless = Config {
        call: Policy::CARRY_ON,
        background: Policy::CARRY_ON,
        camera_lost: Policy::CARRY_ON,
        microphone_lost: Policy::CARRY_ON,
        ..Config::ios()
    };
    for (cause, picture, sound) in [
        (Cause::Call, Picture::Camera, Sound::Released),
        (Cause::Background, Picture::Nothing, Sound::Microphone),
        (Cause::CameraLost, Picture::LastFrame, Sound::Microphone),
        (Cause::MicrophoneLost, Picture::Camera, Sound::Muted),
    ] {
        let mut phone = Phone::new(careless);
        phone.says(1.0, Began(cause));
        assert!(phone.shows(picture, sound), "{cause:?}: {:?}", phone.scene);
    }
}

#[test]
fn a_word_that_was_overtaken_before_it_was_told_never_opens_the_microphone() {
    let mut phone = Phone::new(Config::android());
    phone.says(0.0, Began(Cause::Call)).says(10.0, Ended(Cause::Call));
    phone.story();
    // The timer is late: the next call is there first.
    phone.now = Time::from_millis(15_000);
    phone.machine.handle(phone.now, Began(Cause::Call));
    phone.drain();
    assert_eq!(phone.changes(), (1, 0), "only a last picture in place of the slate");
}

#[test]
fn a_device_that_slept_past_several_steps_hears_of_each_and_does_the_last() {
    let mut phone = Phone::new(Config::android());
    phone.says(0.0, Began(Cause::CameraLost));
    phone.story();
    phone.now = Time::from_millis(60_000);
    phone.machine.handle(phone.now, Ended(Cause::CameraLost));
    phone.machine.handle(Time::from_millis(59_000), CameraPicture);
    phone.drain();
    assert_eq!(
        phone.story(),
        [
            "60.0 Picture Slate",
            "60.0 the camera is lost, for 2.0 s now: a slate is shown, the microphone is heard",
        ]
    );
    phone.until(61.0);
    assert_eq!(phone.scene, Scene::LIVE);
}

#[test]
fn what_repeats_or_contradicts_changes_nothing() {
    let mut phone = Phone::new(Config::ios());
    for cause in [Cause::Call, Cause::Background, Cause::CameraLost, Cause::LowPower, Cause::Heat] {
        phone.says(1.0, Ended(cause));
    }
    phone.says(2.0, CameraPicture).says(2.0, Began(Cause::Heat));
    phone.says(2.0, Thermal(ThermalLevel::Nominal)).until(5.0);
    assert_eq!(phone.story(), [""; 0]);
    phone.says(10.0, Began(Cause::CameraLost)).until(20.0).story();
    phone.says(20.0, Began(Cause::CameraLost)).says(21.0, CameraPicture).until(30.0);
    assert_eq!(phone.story(), [""; 0], "a picture of a camera that is taken was on its way");
    phone.says(30.0, Ended(Cause::CameraLost)).says(30.5, Ended(Cause::CameraLost));
    phone.says(30.6, CameraPicture).until(30.9);
    assert_eq!(phone.story(), [""; 0]);
    phone.until(31.0);
    assert_eq!(phone.scene, Scene::LIVE, "the first end counts");
}

#[test]
fn a_policy_may_stop_at_once_and_nothing_is_opened_in_the_last_moment() {
    let stop = Policy::always(Response::Stop);
    let show = Policy::always(Response::show(Picture::Nothing, Sound::Muted));
    let heat = HeatPolicy { at_critical: stop, ..Config::android().heat };
    let config = Config { call: stop, background: show, heat, ..Config::android() };
    let mut phone = Phone::new(config);
    phone.says(1.0, Began(Cause::Background)).story();
    phone.says(2.0, Began(Cause::Call));
    assert_eq!(
        phone.story(),
        [
            "2.0 Sound Released",
            "2.0 a call, or another app, took the sound: the broadcast stops",
            "2.0 Stop Call",
        ]
    );
    let mut phone = Phone::new(config);
    phone.says(1.0, Thermal(ThermalLevel::Critical));
    assert!(phone.stopped);
}

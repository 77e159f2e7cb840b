//! Broadcasts in virtual time, as an app's own tests tell them.

#![allow(clippy::unwrap_used)]

use std::net::IpAddr;
use std::time::Duration;

use golive::interruption::{self, Cause, Input, Picture, Scene, Sound, ThermalLevel};
use golive::rehearsal::{EncoderChange, Happening, Heard, IngestChange, Network, Rehearsal};
use golive::session::{self, EncoderFault, Interruption, State, TargetReason};
use golive::srt::Rejection;
use golive::{
    AudioFormat, Bitrate, Broadcast, Change, DeviceEvent, ErrorKind, Event, NetworkChange,
    NetworkEvent, PictureSize, Program, SourceChange, Summary, Via, VideoCodec,
};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn minutes(minutes: u64) -> Duration {
    seconds(60 * minutes)
}

fn builder(options: &str) -> golive::Builder {
    let url = format!("srt://ingest.example:9000?streamid=live_4711{options}");
    Broadcast::builder(url.parse().unwrap())
}

fn rehearsal() -> Rehearsal {
    Rehearsal::new(builder(""), interruption::Config::android(), 1).unwrap()
}

fn sessions(rehearsal: &Rehearsal) -> impl Iterator<Item = &session::Event> {
    rehearsal.events().iter().filter_map(|(_, event)| match event {
        Event::Session(event) => Some(event),
        _ => None,
    })
}

fn sentences(rehearsal: &Rehearsal) -> Vec<String> {
    let line = |(at, event): &(Duration, Event)| format!("{:.1} {event}", at.as_secs_f64());
    rehearsal.events().iter().map(line).collect()
}

#[test]
fn a_call_at_minute_three_and_cellular_at_minute_four() {
    let mut rehearsal = rehearsal();
    rehearsal.at(minutes(3), Happening::began(Cause::Call));
    rehearsal.at(minutes(4), Happening::HandOver(Network::lte()));
    rehearsal.at(minutes(5), Happening::ended(Cause::Call));
    rehearsal.start().unwrap();
    rehearsal.run_until(minutes(3));
    let before = rehearsal.viewer();
    assert!(before.is_live(), "{before:?}");
    assert!(before.picture_age.unwrap() < Duration::from_millis(300), "{before:?}");
    assert!(before.behind.unwrap() < Duration::from_millis(300), "{before:?}");

    rehearsal.run_until(minutes(3) + seconds(1));
    let held = rehearsal.viewer();
    assert_eq!((held.picture, held.sound), (Picture::LastFrame, Heard::Silence));
    assert_eq!(held.picture_age, Some(seconds(1)), "the picture is the one before the call");
    assert_eq!(held.frozen_since, None, "it is held, and the stream goes on");
    rehearsal.run_until(minutes(3) + seconds(3));
    assert_eq!(rehearsal.viewer().picture, Picture::Slate);
    assert_eq!(rehearsal.viewer().picture_age, None);

    rehearsal.run_until(minutes(4) + Duration::from_millis(900));
    let between = rehearsal.viewer();
    assert_eq!((between.picture, between.sound), (Picture::Slate, Heard::Nothing));
    assert!(between.frozen_since.unwrap() > minutes(4), "{between:?}");
    rehearsal.run_until(minutes(4) + seconds(4));
    assert_eq!(rehearsal.viewer().sound, Heard::Silence);
    assert_eq!(rehearsal.health().link.state, State::Live);

    rehearsal.run_until(minutes(5) + seconds(3));
    assert!(rehearsal.viewer().is_live(), "{:?}", rehearsal.viewer());
    assert_eq!(rehearsal.viewer_at(minutes(2)).picture, Picture::Camera);
    assert_eq!(rehearsal.viewer_at(minutes(4)).picture, Picture::Slate);
    let lost = |event: &session::Event| {
        matches!(event, session::Event::Recovering { cause: Interruption::Silence(_) })
    };
    assert!(sessions(&rehearsal).any(lost), "{:?}", sentences(&rehearsal));
    let told: Vec<String> =
        rehearsal.interruptions().iter().map(|(_, event)| event.to_string()).collect();
    assert!(told[0].starts_with("a call, or another app, took the sound"), "{told:?}");
    assert!(told.last().unwrap().starts_with("camera and microphone are on air again"));
    let summary = rehearsal.stop().unwrap();
    assert_eq!(summary.cause, session::EndCause::Stopped);
    assert_eq!(summary.health.link.totals.reconnections, 1);
    assert_eq!(rehearsal.viewer().picture, Picture::Nothing, "it is over");
    assert_eq!(rehearsal.stop().unwrap(), summary);
    assert_eq!(rehearsal.set(Change::Keyframe).unwrap_err().kind(), ErrorKind::Ended);
}

#[test]
fn a_network_that_grows_poor_costs_quality_and_not_the_broadcast() {
    let mut rehearsal = rehearsal();
    rehearsal.start().unwrap();
    rehearsal.run_until(seconds(30));
    let good = rehearsal.health().link.produced;
    rehearsal.now(Happening::Network(Network::poor_cellular()));
    rehearsal.advance(seconds(30));
    let poor = rehearsal.health().link.produced;
    assert!(poor < Bitrate::from_kilobits_per_second(700), "{poor}");
    assert!(good > poor.scaled(3.0), "{good} and then {poor}");
    assert_eq!(rehearsal.viewer().picture, Picture::Camera);
    let congested = |event: &session::Event| {
        let session::Event::TargetChanged { reason, .. } = event else { return false };
        matches!(reason, TargetReason::Congestion | TargetReason::Loss)
    };
    assert!(sessions(&rehearsal).any(congested), "{:?}", sentences(&rehearsal));
    rehearsal.now(Happening::Network(Network::wifi()));
    rehearsal.advance(seconds(60));
    assert!(rehearsal.health().link.produced > poor.scaled(2.0), "{:?}", rehearsal.health());
}

#[test]
fn on_a_poor_network_a_latency_that_leaves_time_for_repair_keeps_the_picture_moving() {
    let frozen = |latency: &str| {
        let rules = interruption::Config::android();
        let mut rehearsal = Rehearsal::new(builder(latency), rules, 1).unwrap();
        rehearsal.at(Duration::ZERO, Happening::Network(Network::poor_cellular()));
        rehearsal.start().unwrap();
        let looks = (100..1_000).map(|tenth| {
            rehearsal.run_until(Duration::from_millis(100 * tenth));
            rehearsal.viewer().frozen_since.is_some()
        });
        looks.filter(|frozen| *frozen).count()
    };
    // Within 120 ms nothing is asked for again over a way of 140 ms.
    let (short, long) = (frozen("&latency=120"), frozen("&latency=500"));
    assert!(short > 10 * long.max(1), "{short} and {long} tenths of a second of 900");
}

#[test]
fn an_ingest_that_dies_freezes_the_picture_until_it_is_back() {
    let mut rehearsal = rehearsal();
    rehearsal.at(seconds(60), Happening::Ingest(IngestChange::Dies));
    rehearsal.at(seconds(70), Happening::Ingest(IngestChange::Returns));
    rehearsal.start().unwrap();
    rehearsal.run_until(seconds(65));
    let frozen = rehearsal.viewer();
    let since = frozen.frozen_since.unwrap();
    assert!(since <= seconds(60) && since > seconds(59), "{frozen:?}");
    assert_eq!(frozen.sound, Heard::Nothing);
    assert!(frozen.behind.unwrap() > seconds(5), "{frozen:?}");
    assert_eq!(rehearsal.health().link.state, State::Recovering);
    rehearsal.run_until(seconds(75));
    assert!(rehearsal.viewer().is_live(), "{:?}", rehearsal.viewer());
    assert_eq!(rehearsal.health().link.totals.reconnections, 1);
}

#[test]
fn an_encoder_that_freezes_is_made_anew_before_long() {
    let mut rehearsal = rehearsal();
    rehearsal.at(seconds(20), Happening::Encoder(EncoderChange::Freezes));
    rehearsal.start().unwrap();
    rehearsal.run_until(seconds(21));
    let frozen = rehearsal.viewer();
    assert!(frozen.frozen_since.is_some(), "{frozen:?}");
    assert_eq!(frozen.sound, Heard::Microphone, "the sound goes on");
    rehearsal.run_until(seconds(30));
    assert!(rehearsal.viewer().is_live(), "{:?}", rehearsal.viewer());
    let told = |event: &session::Event| {
        matches!(event, session::Event::Encoder { fault: EncoderFault::Freezes { .. }, .. })
    };
    assert!(sessions(&rehearsal).any(told), "{:?}", sentences(&rehearsal));
}

#[test]
fn encoders_that_overshoot_or_fail_are_seen_to() {
    let mut rehearsal = rehearsal();
    rehearsal.at(seconds(10), Happening::Encoder(EncoderChange::Overshoots(2.0)));
    rehearsal.at(seconds(60), Happening::Encoder(EncoderChange::Fails));
    rehearsal.start().unwrap();
    rehearsal.run_until(seconds(50));
    let asked = Bitrate::from_kilobits_per_second(2_500);
    let produced = rehearsal.health().link.produced;
    assert!(produced < asked.scaled(1.2), "{produced} of {asked}");
    rehearsal.run_until(seconds(65));
    assert!(rehearsal.viewer().is_live(), "{:?}", rehearsal.viewer());
    let failed = |event: &Event| matches!(event, Event::Device(DeviceEvent::EncoderFailed { .. }));
    assert!(rehearsal.events().iter().any(|(_, event)| failed(event)));
}

#[test]
fn a_hot_phone_does_less_and_all_again_when_it_has_cooled() {
    let mut rehearsal = rehearsal();
    rehearsal.at(minutes(1), Happening::heat(ThermalLevel::Serious));
    rehearsal.at(minutes(2), Happening::heat(ThermalLevel::Nominal));
    rehearsal.start().unwrap();
    rehearsal.run_until(minutes(2));
    assert_eq!(rehearsal.health().link.target, Bitrate::from_kilobits_per_second(1_500));
    assert!(rehearsal.viewer().is_live());
    rehearsal.run_until(minutes(4));
    assert_eq!(rehearsal.health().link.target, Bitrate::from_kilobits_per_second(2_500));
}

#[test]
fn what_the_owner_asks_for_holds_as_far_as_the_phone_bears_it() {
    let mut rehearsal = rehearsal();
    rehearsal.start().unwrap();
    rehearsal.now(Happening::heat(ThermalLevel::Serious));
    rehearsal.set(Change::VideoBitrate(Bitrate::from_kilobits_per_second(1_000))).unwrap();
    rehearsal.set(Change::Source(SourceChange::AudioMuted(true))).unwrap();
    rehearsal.advance(seconds(10));
    assert_eq!(rehearsal.health().link.target, Bitrate::from_kilobits_per_second(600));
    assert_eq!(rehearsal.viewer().sound, Heard::Silence);
    rehearsal.set(Change::Source(SourceChange::AudioMuted(false))).unwrap();
    rehearsal.advance(seconds(1));
    assert_eq!(rehearsal.viewer().sound, Heard::Microphone);
}

#[test]
fn what_an_app_shows_and_what_an_interruption_demands_are_weighed_against_each_other() {
    let mut rehearsal = rehearsal();
    rehearsal.start().unwrap();
    rehearsal.run_until(minutes(1));
    rehearsal.set(Change::Source(SourceChange::Shown(Picture::Slate))).unwrap();
    rehearsal.advance(seconds(5));
    assert_eq!(rehearsal.viewer().picture, Picture::Slate);
    // A call demands less of the picture, and more of the sound.
    rehearsal.now(Happening::began(Cause::Call));
    rehearsal.advance(seconds(1));
    assert_eq!(rehearsal.scene(), Scene { picture: Picture::Slate, sound: Sound::Released });
    rehearsal.now(Happening::ended(Cause::Call));
    rehearsal.set(Change::Source(SourceChange::Shown(Picture::Camera))).unwrap();
    rehearsal.advance(seconds(10));
    assert!(rehearsal.viewer().is_live());
}

#[test]
fn in_the_background_of_ios_viewers_only_hear_and_then_see_again() {
    let mut rehearsal = Rehearsal::new(builder(""), interruption::Config::ios(), 1).unwrap();
    rehearsal.at(seconds(30), Happening::began(Cause::Background));
    rehearsal.at(seconds(60), Happening::ended(Cause::Background));
    rehearsal.start().unwrap();
    rehearsal.run_until(seconds(40));
    let viewer = rehearsal.viewer();
    assert_eq!((viewer.picture, viewer.sound), (Picture::Nothing, Heard::Microphone));
    assert_eq!(viewer.frozen_since, None, "nothing is to be seen: {viewer:?}");
    rehearsal.run_until(seconds(63));
    assert!(rehearsal.viewer().is_live(), "{:?}", rehearsal.viewer());
}

#[test]
fn pictures_alone_and_sound_alone_are_broadcasts_too() {
    let format = AudioFormat { sample_rate: 44_100, channels: 1 };
    let programs = [(Some(VideoCodec::H265), None), (None, Some(format))];
    for (video, audio) in programs {
        let rules = interruption::Config::ios();
        let program = Program { video, audio };
        let mut rehearsal = Rehearsal::producing(builder(""), program, rules, 1).unwrap();
        rehearsal.at(seconds(20), Happening::began(Cause::Background));
        rehearsal.start().unwrap();
        rehearsal.run_until(seconds(20));
        let viewer = rehearsal.viewer();
        assert!(viewer.is_live(), "{viewer:?}");
        assert_eq!(viewer.picture == Picture::Camera, video.is_some());
        assert_eq!(viewer.sound == Heard::Microphone, audio.is_some());
        rehearsal.run_until(seconds(25));
        let viewer = rehearsal.viewer();
        assert_eq!((viewer.picture, viewer.frozen_since), (Picture::Nothing, None), "{viewer:?}");
        assert_eq!(
            viewer.is_live(),
            video.is_none(),
            "what is left is all that there was: {viewer:?}"
        );
    }
}

#[test]
fn a_camera_that_is_taken_is_told_held_and_seen_again() {
    let mut rehearsal = rehearsal();
    rehearsal.at(seconds(30), Happening::began(Cause::CameraLost));
    rehearsal.at(seconds(31), Happening::Interruption(Input::CameraPicture));
    rehearsal.at(seconds(40), Happening::ended(Cause::CameraLost));
    rehearsal.start().unwrap();
    rehearsal.run_until(seconds(35));
    let viewer = rehearsal.viewer();
    assert_eq!((viewer.picture, viewer.sound), (Picture::Slate, Heard::Microphone));
    rehearsal.run_until(seconds(43));
    assert!(rehearsal.viewer().is_live(), "{:?}", rehearsal.viewer());
    let device = |event: &Event| matches!(event, Event::Device(_));
    assert_eq!(rehearsal.events().iter().filter(|(_, event)| device(event)).count(), 2);
}

#[test]
fn a_wrong_key_ends_it_at_once() {
    let mut wrong = rehearsal();
    wrong.at(Duration::ZERO, Happening::Ingest(IngestChange::Refuses(Rejection::UNAUTHORIZED)));
    let error = wrong.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.message().contains("key"), "{error}");
    assert!(wrong.elapsed() < seconds(1), "after {:?}", wrong.elapsed());
    assert_eq!(wrong.health().link.state, State::Ended);
    assert_eq!(wrong.viewer().picture, Picture::Nothing);
}

#[test]
fn an_ingest_that_still_holds_the_old_stream_has_it_back_once_it_lets_go() {
    let mut rehearsal = rehearsal();
    rehearsal.at(seconds(30), Happening::Ingest(IngestChange::Dies));
    rehearsal.at(seconds(32), Happening::Ingest(IngestChange::Refuses(Rejection::CONFLICT)));
    rehearsal.at(seconds(32), Happening::Ingest(IngestChange::Returns));
    rehearsal.at(seconds(40), Happening::Ingest(IngestChange::Admits));
    rehearsal.start().unwrap();
    rehearsal.run_until(seconds(39));
    assert_eq!(rehearsal.health().link.state, State::Recovering);
    rehearsal.run_until(seconds(50));
    assert!(rehearsal.viewer().is_live(), "{:?}", rehearsal.viewer());
    let refused = session::Event::RefusedForNow { rejection: Rejection::CONFLICT };
    assert!(sessions(&rehearsal).any(|event| *event == refused), "{:?}", sentences(&rehearsal));
}

#[test]
fn an_ingest_that_nobody_reaches_is_given_up_after_ten_seconds() {
    let mut rehearsal = rehearsal();
    rehearsal.at(Duration::ZERO, Happening::Network(Network::none()));
    let error = rehearsal.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(rehearsal.elapsed() >= seconds(10) && rehearsal.elapsed() < seconds(12));
}

#[test]
fn a_stream_is_encrypted_where_the_destination_says_so() {
    let builder = builder("&passphrase=correct+horse");
    let mut rehearsal = Rehearsal::new(builder, interruption::Config::android(), 1).unwrap();
    rehearsal.start().unwrap();
    rehearsal.advance(seconds(5));
    assert!(rehearsal.viewer().is_live());
    let encrypted =
        |event: &session::Event| matches!(event, session::Event::Live { encrypted: true, .. });
    assert!(sessions(&rehearsal).any(encrypted));
}

#[test]
fn what_makes_no_sense_is_refused_before_it_begins() {
    let rules = interruption::Config::android();
    let refused = |builder| {
        let error = Rehearsal::new(builder, rules, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    };
    refused(builder("").video_bitrate(Bitrate::ZERO));
    refused(Broadcast::builder("srt://0.0.0.0:9000?mode=listener".parse().unwrap()));
}

#[test]
fn of_two_networks_one_may_go_and_nobody_sees_it() {
    let (wifi, cellular): (IpAddr, IpAddr) =
        ("192.168.1.7".parse().unwrap(), "10.0.0.7".parse().unwrap());
    let builder = builder("&latency=500").via(Via::new(wifi)).via(Via::new(cellular));
    let mut rehearsal = Rehearsal::new(builder, interruption::Config::android(), 1).unwrap();
    let gone = Happening::NetworkOf { number: 0, network: Network::none() };
    rehearsal.at(seconds(30), gone);
    rehearsal.start().unwrap();
    rehearsal.run_until(seconds(29));
    let shares: Vec<f64> = rehearsal.health().networks.iter().map(|it| it.share).collect();
    assert_eq!(shares.len(), 2);
    assert!(shares[0] > 0.0, "{shares:?}");
    // The network dies without a word, then the system says so.
    for tenth in 0..50 {
        rehearsal.run_until(seconds(30) + Duration::from_millis(100 * tenth));
        assert!(rehearsal.viewer().is_live(), "{:?}", rehearsal.viewer());
    }
    rehearsal.set(Change::Network(NetworkChange::Removed(wifi))).unwrap();
    rehearsal.advance(seconds(10));
    let silent = Event::Network(NetworkEvent::Silent { address: wifi });
    assert!(rehearsal.events().iter().any(|(_, event)| *event == silent));
    assert!(rehearsal.viewer().is_live());
    assert_eq!(rehearsal.health().link.totals.reconnections, 0);

    // Another network comes, and carries.
    let home: IpAddr = "192.168.7.7".parse().unwrap();
    rehearsal.set(Change::Network(NetworkChange::Added(Via::new(home)))).unwrap();
    rehearsal.advance(seconds(5));
    let joined = Event::Network(NetworkEvent::Joined { address: home });
    assert!(rehearsal.events().iter().any(|(_, event)| *event == joined));
    rehearsal.now(Happening::Ingest(IngestChange::Dies));
    rehearsal.advance(seconds(3));
    assert!(rehearsal.viewer().frozen_since.is_some());
    rehearsal.now(Happening::Ingest(IngestChange::Returns));
    rehearsal.advance(seconds(5));
    assert!(rehearsal.viewer().is_live(), "{:?}", rehearsal.viewer());
    rehearsal.stop().unwrap();
}

#[test]
fn a_network_is_no_news_to_a_broadcast_that_began_on_one() {
    let mut rehearsal = rehearsal();
    rehearsal.start().unwrap();
    let added = NetworkChange::Added(Via::new("10.0.0.7".parse().unwrap()));
    let error = rehearsal.set(Change::Network(added)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[test]
fn values_that_nobody_would_choose_do_no_harm() {
    let mut rehearsal = rehearsal();
    rehearsal.start().unwrap();
    let networks = [
        Network::like(Bitrate::MAX, Duration::MAX).with_loss(f64::NAN).with_queue(Duration::MAX),
        Network::like(Bitrate::from_bits_per_second(1), Duration::ZERO).with_loss(-1.0),
        Network::like(Bitrate::MAX, Duration::ZERO).with_loss(7.0).with_jitter(Duration::MAX),
    ];
    for network in networks {
        rehearsal.now(Happening::HandOver(network));
        rehearsal.advance(seconds(2));
    }
    rehearsal.now(Happening::HandOver(Network::wifi()));
    for factor in [f64::NAN, f64::INFINITY, -1.0] {
        rehearsal.now(Happening::Encoder(EncoderChange::Overshoots(factor)));
        rehearsal.advance(seconds(1));
    }
    rehearsal.now(Happening::Encoder(EncoderChange::Obeys));
    for size in [PictureSize { width: 0, height: 0 }, PictureSize { width: u32::MAX, height: 1 }] {
        rehearsal.set(Change::Size(size)).unwrap();
        rehearsal.advance(seconds(1));
    }
    for bitrate in [Bitrate::ZERO, Bitrate::MAX] {
        rehearsal.set(Change::VideoBitrate(bitrate)).unwrap();
        rehearsal.set(Change::AudioBitrate(bitrate)).unwrap();
        rehearsal.advance(seconds(1));
    }
    rehearsal.at(Duration::MAX, Happening::began(Cause::Call));
    assert_eq!(rehearsal.viewer_at(Duration::MAX).at, rehearsal.elapsed());
    rehearsal.stop().unwrap();
}

/// A quarter of an hour in which much happens, and so on for as long.
fn eventful(seed: u64, length: Duration) -> (Vec<String>, Summary) {
    let mut rehearsal = Rehearsal::new(builder(""), interruption::Config::android(), seed).unwrap();
    for quarter in 0..4 {
        let at = |minute: u64| minutes(15 * quarter + minute);
        rehearsal.at(at(2), Happening::HandOver(Network::lte()));
        rehearsal.at(at(5), Happening::began(Cause::Call));
        rehearsal.at(at(6), Happening::ended(Cause::Call));
        rehearsal.at(at(8), Happening::Network(Network::poor_cellular()));
        rehearsal.at(at(11), Happening::HandOver(Network::wifi()));
    }
    rehearsal.start().unwrap();
    rehearsal.run_until(length);
    assert!(rehearsal.viewer().is_live(), "{:?}", rehearsal.viewer());
    (sentences(&rehearsal), rehearsal.stop().unwrap())
}

#[test]
fn an_hour_is_no_longer_than_a_test_may_take() {
    let (_, summary) = eventful(7, minutes(60));
    assert_eq!(summary.health.link.totals.reconnections, 8);
}

#[test]
fn the_same_seed_makes_the_same_broadcast_again() {
    let first = eventful(7, minutes(12));
    assert_eq!(first, eventful(7, minutes(12)));
    assert_ne!(first, eventful(8, minutes(12)));
}

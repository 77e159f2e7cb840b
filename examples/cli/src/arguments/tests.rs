//! What a person types, and what it is taken for.

use clap::CommandFactory;

use super::*;

fn parsed(line: &str) -> Result<Arguments, Failure> {
    parse(line.split(' ').map(OsString::from).collect())
}

fn to(line: &str) -> To {
    match parsed(line).unwrap().command {
        Command::To(to) => *to,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_definition_of_the_arguments_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn a_broadcast_has_the_promised_defaults() {
    let to = to("golive to srt://host:9000");
    assert_eq!(to.sources.video, None);
    assert_eq!(to.sources.audio, None);
    assert_eq!(to.encoding.size.to_string(), "1280x720");
    assert_eq!(to.encoding.fps.as_u32(), 30);
    assert_eq!(to.encoding.video_bitrate.as_kilobits_per_second(), 2_500);
    assert_eq!(to.encoding.audio_bitrate.as_kilobits_per_second(), 128);
    assert_eq!(to.encoding.keyframe_interval, Duration::from_secs(2));
    assert!(!to.encoding.fixed_bitrate && !to.output.json && to.output.duration.is_none());
}

#[test]
fn every_option_of_a_broadcast_is_understood() {
    let to = to("golive to srt://host:9000 --video file:a.mp4 --audio file --loop --size 640x360 \
                 --fps 25 --video-bitrate 1.5M --audio-bitrate 96k --keyframe-interval 1s \
                 --fixed-bitrate --duration 10s --record a.ts --json");
    assert_eq!(to.address.reveal(), "srt://host:9000");
    assert_eq!(to.sources.video, Some(VideoChoice::File("a.mp4".into())));
    assert_eq!(to.sources.audio, Some(AudioChoice::File));
    assert!(to.sources.looped && to.encoding.fixed_bitrate && to.output.json);
    assert_eq!(to.encoding.video_bitrate.as_kilobits_per_second(), 1_500);
    assert_eq!(to.output.duration, Some(Duration::from_secs(10)));
    assert_eq!(to.record, Some("a.ts".into()));
}

#[test]
fn standard_input_is_a_dash() {
    let Command::Send(send) = parsed("golive send - srt://host:9000").unwrap().command else {
        panic!("not send")
    };
    assert!(send.reads_standard_input());
}

#[test]
fn an_ingest_listens_on_this_machine_alone_unless_told_otherwise() {
    let Command::Ingest(ingest) = parsed("golive ingest").unwrap().command else {
        panic!("not ingest")
    };
    assert!(ingest.srt.ip().is_loopback() && ingest.http.ip().is_loopback());
    let elsewhere = "golive ingest --srt [::]:9000 --http 0.0.0.0:80 --record r --key -";
    assert!(parsed(elsewhere).is_ok());
}

#[test]
fn each_network_of_several_is_named_by_itself() {
    let to = to("golive to srt://host:9000 --via 192.168.1.7 --via 10.0.0.7,metered=500MB");
    let addresses: Vec<_> = to.via.iter().map(|via| via.address().to_string()).collect();
    assert_eq!(addresses, ["192.168.1.7", "10.0.0.7"]);
}

#[test]
fn wrong_usage_has_a_status_of_its_own() {
    for line in [
        "golive",
        "golive fly",
        "golive to",
        "golive send a.ts",
        "golive to srt://host:1 --size 1281x720",
        "golive to srt://host:1 --fps 0",
        "golive to srt://host:1 --video-bitrate 1k",
        "golive to srt://host:1 --video-bitrate fast",
        "golive to srt://host:1 --duration 10",
        "golive to srt://host:1 --video webcam",
        "golive to srt://host:1 --audio file:a.mp4",
        "golive to srt://host:1 --via wlan0",
        "golive to srt://host:1 --via 10.0.0.7,metered=much",
        "golive ingest --srt nowhere",
    ] {
        assert_eq!(parsed(line).unwrap_err().exit(), Exit::Usage, "{line}");
    }
}

#[test]
fn a_secret_in_a_misplaced_address_is_not_echoed() {
    for line in [
        "golive srt://host:1?streamid=hidden&passphrase=hidden",
        "golive to a srt://host:1?passphrase=hidden",
        "golive to srt://host:1 --size srt://host:1?passphrase=hidden",
    ] {
        let text = parsed(line).unwrap_err().to_string();
        assert!(!text.contains("hidden") && text.contains("srt://host:1?…"), "{text}");
    }
}

#[test]
fn every_help_shows_an_example() {
    for command in Arguments::command().get_subcommands_mut() {
        let help = command.render_long_help().to_string();
        assert!(help.contains("Examples:"), "{help}");
    }
}

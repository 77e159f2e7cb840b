//! The ladder at work: a link that becomes narrow and wide again, between `golive to` and
//! `ffmpeg`.

use std::collections::BTreeSet;
use std::path::Path as FilePath;
use std::process::{Command, Stdio};
use std::time::Duration;

use golive_proto::units::{Bitrate, ByteCount};
use golive_tests::network::{Conditions, Path, RateLimit};
use golive_tests::peers::{
    Mode, Options, Output, Process, Recording, available, decoding_errors, free_address, golive,
    receive_into_file, wait_until_bound,
};
use golive_tests::relay::Relay;

use crate::scratch::Scratch;

/// How long the link is wide, narrow, and wide again.
const SPELLS: [Duration; 3] =
    [Duration::from_secs(4), Duration::from_secs(10), Duration::from_secs(16)];

#[test]
fn on_a_narrow_link_there_is_less_of_everything_and_all_that_comes_can_be_decoded() {
    if !available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let scratch = Scratch::new("ladder");
    let (received, recorded) = (scratch.file("received.ts"), scratch.file("recorded.ts"));
    let options = Options::latency(Duration::from_secs(1));
    let address = free_address();
    let mut receiver = receive_into_file(Mode::Listener(address), &options, &received);
    wait_until_bound(address);
    let wide = Conditions::delay(Duration::from_millis(20));
    let relay = Relay::start(address, &Path::symmetric(wide.clone(), 1)).expect("a relay");

    let mut command = golive();
    command.args(["to", &options.url(Mode::Caller(relay.address())), "--json"]);
    command.args(["--video", "synthetic", "--audio", "synthetic"]);
    command.args([
        "--size",
        "640x360",
        "--video-bitrate",
        "800k",
        "--minimum-video-bitrate",
        "60k",
    ]);
    command.arg("--record").arg(&recorded);
    let mut broadcaster = Process::start(command, Output::Log);
    broadcaster.wait_for_line(r#""event":"live""#, Duration::from_secs(20));
    std::thread::sleep(SPELLS[0]);
    let bitrate = Bitrate::from_kilobits_per_second(230);
    let rate = Some(RateLimit { bitrate, queue: ByteCount::new(100_000) });
    relay.set_both(&Conditions { rate, ..wide.clone() });
    broadcaster.wait_for_line(r#""reason":"frame_rate_lowered""#, SPELLS[1]);
    broadcaster.wait_for_line(r#""reason":"size_lowered""#, SPELLS[1]);
    broadcaster.wait_for_line(r#""reason":"sound_lowered""#, SPELLS[1]);
    std::thread::sleep(SPELLS[1]);
    relay.set_both(&wide);
    broadcaster.wait_for_line(r#""reason":"size_raised""#, SPELLS[2]);
    broadcaster.wait_for_line(r#""reason":"sound_raised""#, SPELLS[2]);
    std::thread::sleep(SPELLS[0]);
    broadcaster.interrupt();
    assert!(broadcaster.wait(Duration::from_secs(20)).success(), "{:#?}", broadcaster.log());
    assert!(receiver.wait(Duration::from_secs(20)).success(), "ffmpeg ended in an error");

    let faults = broadcaster.log().into_iter().filter(|line| line.contains("encoder_fault"));
    assert_eq!(faults.collect::<Vec<_>>(), Vec::<String>::new(), "an honest encoder");
    for file in [&received, &recorded] {
        assert_eq!(decoding_errors(file), Vec::<String>::new());
        assert_eq!(Recording::read(file).timestamp_faults(), Vec::<String>::new());
        let sizes = sizes(file);
        assert!(sizes.contains("640,360") && sizes.len() > 1, "{sizes:?}");
    }
}

/// The sizes of a recording's pictures.
fn sizes(file: &FilePath) -> BTreeSet<String> {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-select_streams", "v", "-of", "csv=p=0"]);
    command.args(["-show_entries", "frame=width,height"]).arg(file);
    let output = command.stdin(Stdio::null()).output().expect("ffprobe starts");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| line.trim_end_matches(',').to_owned()).collect()
}

//! `golive to`, as most tests start it.

use std::time::Duration;

use golive_tests::peers::{Output, Process, golive};

/// What there is to see and to hear.
pub(crate) const SYNTHETIC: [&str; 4] = ["--video", "synthetic", "--audio", "synthetic"];

/// Goes on air with a small picture of `source` for so many seconds.
pub(crate) fn start(url: &str, source: &[&str], seconds: u32) -> Process {
    let mut command = golive();
    command.args(["to", url]).args(source);
    command.args(["--size", "640x360", "--video-bitrate", "1500k"]);
    command.args(["--duration", &format!("{seconds}s"), "--json"]);
    Process::start(command, Output::Log)
}

/// Waits for the end of a broadcast of so many seconds.
///
/// # Panics
/// If it does not end well.
pub(crate) fn finish(broadcaster: &mut Process, seconds: u32) {
    let status = broadcaster.wait(Duration::from_secs(u64::from(seconds) + 30));
    assert!(status.success(), "golive ended with {status}: {:#?}", broadcaster.log());
}

//! `golive to` into MediaMTX, whose SRT (gosrt) has nothing in common with libsrt but the
//! protocol, and back out of it with ffmpeg. `GOLIVE_MEDIAMTX` names the program: no package has
//! it, so nothing installs it.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use golive_tests::peers::{
    Flash, Mode, Options, Output, Process, available, free_address, receive_into_file,
    wait_until_bound,
};

use crate::broadcaster;
use crate::recorded::{Expected, assert_watchable};
use crate::scratch::Scratch;

const PASSPHRASE: &str = "a-horse-of-a-different-colour";
const SECONDS: u32 = 10;
/// Whoever reads joins so much later, once there is something to read.
const HEAD_START: Duration = Duration::from_secs(2);

#[test]
fn mediamtx_passes_a_plain_broadcast_on() {
    through_mediamtx("mediamtx-plain", None);
}

#[test]
fn mediamtx_passes_an_encrypted_broadcast_on() {
    through_mediamtx("mediamtx-encrypted", Some(PASSPHRASE));
}

fn through_mediamtx(name: &str, passphrase: Option<&str>) {
    if !available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let Some(program) = std::env::var_os("GOLIVE_MEDIAMTX") else {
        eprintln!("skipped: GOLIVE_MEDIAMTX names no MediaMTX");
        return;
    };
    let scratch = Scratch::new(name);
    let address = free_address();
    let configuration = scratch.file("mediamtx.yml");
    std::fs::write(&configuration, configure(address, passphrase)).expect("a configuration");
    let mut command = Command::new(program);
    command.arg(&configuration);
    let _server = Process::start(command, Output::Log);
    wait_until_bound(address);

    let file = scratch.file("received.ts");
    let url = options("publish:live", passphrase).url(Mode::Caller(address));
    let mut broadcaster = broadcaster::start(&url, &broadcaster::SYNTHETIC, SECONDS);
    std::thread::sleep(HEAD_START);
    let reading = options("read:live", passphrase);
    let mut reader = receive_into_file(Mode::Caller(address), &reading, &file);
    broadcaster::finish(&mut broadcaster, SECONDS);
    // Whether ffmpeg calls the end of its input an error is its own affair.
    reader.wait(Duration::from_secs(20));
    let seconds = f64::from(SECONDS) - HEAD_START.as_secs_f64();
    let flash = Some(Flash::SyntheticPatch);
    assert_watchable(&file, Expected { seconds, keyframe_interval: Some(2.0), flash });
}

/// SRT alone, and any path.
fn configure(address: SocketAddr, passphrase: Option<&str>) -> String {
    let others: String =
        ["rtsp", "rtmp", "hls", "webrtc", "moq"].map(|name| format!("{name}: no\n")).concat();
    let keys = passphrase.map_or(String::new(), |passphrase| {
        format!("    srtPublishPassphrase: {passphrase}\n    srtReadPassphrase: {passphrase}\n")
    });
    format!("{others}srtAddress: {address}\npaths:\n  all_others:\n{keys}")
}

fn options(stream_id: &str, passphrase: Option<&str>) -> Options {
    Options {
        stream_id: Some(stream_id.into()),
        encryption: passphrase.map(|passphrase| (passphrase.into(), 32)),
        ..Options::latency(Duration::from_millis(200))
    }
}

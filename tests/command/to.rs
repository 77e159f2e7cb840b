//! `golive to` into programs that were not written here.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use golive_tests::peers::{
    Flash, Mode, Options, available, free_address, long, receive_into_file, transmit_to_udp,
    wait_until_bound,
};
use golive_tests::sink::Sink;

use crate::broadcaster;
use crate::recorded::{Expected, assert_watchable};
use crate::scratch::Scratch;

const PASSPHRASE: &str = "a horse of a different colour";

#[test]
fn ffmpeg_gets_a_plain_broadcast() {
    into_ffmpeg("ffmpeg-plain", None);
}

#[test]
fn ffmpeg_gets_a_broadcast_with_a_key_of_16_bytes() {
    into_ffmpeg("ffmpeg-16", Some(16));
}

#[test]
fn ffmpeg_gets_a_broadcast_with_a_key_of_24_bytes() {
    into_ffmpeg("ffmpeg-24", Some(24));
}

#[test]
fn ffmpeg_gets_a_broadcast_with_a_key_of_32_bytes() {
    into_ffmpeg("ffmpeg-32", Some(32));
}

#[test]
fn srt_live_transmit_gets_a_plain_broadcast() {
    into_transmit("transmit-plain", None);
}

#[test]
fn srt_live_transmit_gets_a_broadcast_with_a_key_of_16_bytes() {
    into_transmit("transmit-16", Some(16));
}

#[test]
fn srt_live_transmit_gets_a_broadcast_with_a_key_of_24_bytes() {
    into_transmit("transmit-24", Some(24));
}

#[test]
fn srt_live_transmit_gets_a_broadcast_with_a_key_of_32_bytes() {
    into_transmit("transmit-32", Some(32));
}

fn into_ffmpeg(name: &str, key_length: Option<u8>) {
    if !available(&["ffmpeg", "ffprobe"]) {
        return;
    }
    let scratch = Scratch::new(name);
    let file = scratch.file("received.ts");
    let options = options(key_length);
    let address = free_address();
    let mut receiver = receive_into_file(Mode::Listener(address), &options, &file);
    wait_until_bound(address);
    let seconds = broadcast(Mode::Caller(address), &options);
    assert!(receiver.wait(Duration::from_secs(20)).success(), "ffmpeg ended in an error");
    assert_watchable(&file, expected(seconds));
}

fn into_transmit(name: &str, key_length: Option<u8>) {
    if !available(&["srt-live-transmit", "ffmpeg", "ffprobe"]) {
        return;
    }
    let scratch = Scratch::new(name);
    let file = scratch.file("received.ts");
    let sink = Sink::start((File::create(&file).expect("a file"), 0), |state, bytes, _| {
        state.0.write_all(bytes).expect("room for a recording");
        state.1 += 1;
    });
    let options = options(key_length);
    let address = free_address();
    let receiver = transmit_to_udp(Mode::Listener(address), &options, sink.address());
    wait_until_bound(address);
    let seconds = broadcast(Mode::Caller(address), &options);
    sink.settle(u64::MAX, Duration::from_secs(1), |state| state.1);
    drop(receiver);
    drop(sink);
    assert_watchable(&file, expected(seconds));
}

/// Runs `golive to` with the synthetic source; returns for how many seconds.
fn broadcast(mode: Mode, options: &Options) -> u32 {
    let seconds = if long() { 60 } else { 10 };
    let url = options.url(mode);
    let mut broadcaster = broadcaster::start(&url, &broadcaster::SYNTHETIC, seconds);
    broadcaster::finish(&mut broadcaster, seconds);
    seconds
}

fn options(key_length: Option<u8>) -> Options {
    Options {
        encryption: key_length.map(|length| (PASSPHRASE.replace(' ', "-"), length)),
        ..Options::latency(Duration::from_millis(200))
    }
}

fn expected(seconds: u32) -> Expected {
    Expected {
        seconds: f64::from(seconds),
        keyframe_interval: Some(2.0),
        flash: Some(Flash::SyntheticPatch),
    }
}

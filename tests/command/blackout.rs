//! `golive to` over a narrow link that goes dark, through `golive netlab` into libsrt's receiver, and
//! what ffmpeg's decoder makes of it.

use std::time::Duration;

use golive_media::{Plane, burnt_clock};
use golive_proto::units::Time;
use golive_tests::peers::{Mode, Options, Output, Process, available, free_address, golive, long};
use golive_tests::viewing::{self, LUMA_HEIGHT, LUMA_WIDTH, Picture, Receiver, Viewing};

use crate::broadcaster;
use crate::scratch::Scratch;

const LATENCY: Duration = Duration::from_millis(500);
/// A round of the link, and the part of it that is dark.
const ROUND: Duration = Duration::from_secs(12);
const DARK: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(7)];
/// Milliseconds from one packet of 1,500 bytes to the next: 1.2 Mb/s, for a picture of twice as much.
const STEP: u64 = 10;
/// A picture may take this long to the viewer on a machine with other things to do.
const PATIENCE: Duration = Duration::from_secs(2);
const BACK_WITHIN: Duration = Duration::from_secs(1);

#[test]
fn libsrt_and_ffmpeg_show_a_broadcast_again_within_a_second_of_a_blackout() {
    if !available(&["srt-live-transmit", "ffmpeg"]) {
        return;
    }
    let scratch = Scratch::new("blackout");
    let rounds: u32 = if long() { 5 } else { 1 };
    let (pictures, began) = broadcast(&scratch, ROUND * rounds);
    let judge = |from: Time, until: Time| Viewing::judge(&pictures, from, until, PATIENCE);
    let whole = judge(began, began + ROUND * rounds);
    assert_eq!(whole.unexplained, 0, "sent without what it refers to: {whole:?}");
    for round in 0..rounds {
        let [dark, back] = DARK.map(|moment| began + ROUND * round + moment);
        let settled = dark.saturating_sub(Duration::from_secs(2));
        let before = judge(settled, dark.saturating_sub(LATENCY));
        assert_eq!(before.faulty, 0, "nothing was lost yet: {before:?}");
        assert!(before.on_time > 10, "round {round} before the dark: {before:?}");
        let after = judge(back, back + BACK_WITHIN);
        assert!(after.on_time > 0, "round {round}: no picture within a second: {after:?}");
        let rest = judge(back + BACK_WITHIN, back + Duration::from_secs(3));
        assert!(rest.on_time > 20, "round {round} after the dark: {rest:?}");
    }
}

/// What came out of the receiver, and when the link began.
fn broadcast(scratch: &Scratch, length: Duration) -> (Vec<Picture>, Time) {
    let trace = scratch.file("dark.up");
    let millis = (STEP..=ROUND.as_millis() as u64).step_by(STEP as usize);
    let dark = DARK.map(|moment| moment.as_millis() as u64);
    let lines = millis.filter(|at| !(dark[0]..dark[1]).contains(at)).map(|at| format!("{at}\n"));
    std::fs::write(&trace, lines.collect::<String>()).expect("a trace");

    let receiver = Receiver::start(LATENCY);
    let listen = free_address();
    let mut command = golive();
    command.args(["netlab", "--listen", &listen.to_string(), "--delay", "20ms", "--json"]);
    command.args(["--to", &receiver.address().to_string(), "--trace"]).arg(&trace);
    let netlab = Process::start(command, Output::Log);
    netlab.wait_for_line(r#""event":"relaying""#, Duration::from_secs(20));
    let began = viewing::now();

    let mut command = golive();
    command.args(["to", &Options::latency(LATENCY).url(Mode::Caller(listen)), "--json"]);
    command.args(broadcaster::SYNTHETIC).args(["--size", "320x180", "--video-bitrate", "2400k"]);
    let mut broadcast = Process::start(command, Output::Log);
    std::thread::sleep(length.saturating_sub(viewing::now().since(began)));
    broadcast.interrupt();
    let status = broadcast.wait(Duration::from_secs(20));
    assert!(status.success(), "golive ended with {status}");
    std::thread::sleep(2 * LATENCY);
    drop(netlab);
    let (datagrams, _) = receiver.finish();
    (viewing::pictures(&datagrams, &scratch.file("received.ts"), burnt_time), began)
}

/// The time that is burnt into a picture.
fn burnt_time(luma: &[u8]) -> Option<u64> {
    let plane = Plane { samples: luma, stride: LUMA_WIDTH, width: LUMA_WIDTH, height: LUMA_HEIGHT };
    Some(burnt_clock::read(plane)?.unix_millis)
}

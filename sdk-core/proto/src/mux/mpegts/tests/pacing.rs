//! Departure times of recorded streams.

use std::time::Duration;

use super::super::clock::Timestamp;
use super::super::packet::Header;
use super::*;

/// A stream of packets, where `clock(n)` gives packet `n` a clock reference.
fn stream(packets: u64, clock: impl Fn(u64) -> Option<i64>) -> Vec<u8> {
    let packet = |number| {
        let mut packet = [0; PACKET_LENGTH];
        let pcr = clock(number).map(Timestamp::from_ticks);
        let header = Header { pid: 0x100, pcr, ..Header::default() };
        header.write(&mut packet, number as u8, PACKET_LENGTH).fill(0);
        packet
    };
    (0..packets).flat_map(packet).collect()
}

fn departure(pacing: &mut Pacing, packet: u64) -> Duration {
    match pacing.departure(packet * PACKET_LENGTH as u64) {
        Departure::At(time) => time,
        Departure::Unknown => panic!("packet {packet} has no departure yet"),
    }
}

#[test]
fn packets_between_two_references_are_spread_evenly() {
    let mut pacing = Pacing::new();
    // 36 ms for the first ten packets, 72 ms for the next.
    let ticks = [0, 3_240, 9_720];
    pacing
        .push(&stream(21, |number| (number % 10 == 0).then(|| ticks[number as usize / 10])))
        .unwrap();
    for (packet, micros) in [(0, 0), (1, 3_600), (5, 18_000), (10, 36_000), (15, 72_000)] {
        assert_eq!(departure(&mut pacing, packet), Duration::from_micros(micros));
    }
    assert_eq!(pacing.departure(21 * 188), Departure::Unknown);
    pacing.finish().unwrap();
    assert_eq!(departure(&mut pacing, 30), Duration::from_micros(180_000));
}

#[test]
fn the_clock_wraps_without_notice() {
    let mut pacing = Pacing::new();
    let start = (1 << 33) - 9_000;
    pacing.push(&stream(300, |number| Some(start + number as i64 * 90))).unwrap();
    pacing.finish().unwrap();
    for packet in (0..299).step_by(7) {
        assert_eq!(departure(&mut pacing, packet), Duration::from_millis(packet));
    }
}

#[test]
fn a_clock_that_starts_over_keeps_the_pace() {
    let mut pacing = Pacing::new();
    pacing.push(&stream(200, |number| Some((number as i64 % 100) * 90 + 500_000))).unwrap();
    pacing.finish().unwrap();
    for packet in (0..200).step_by(3) {
        assert_eq!(departure(&mut pacing, packet), Duration::from_millis(packet));
    }
}

#[test]
fn a_pause_in_the_recording_is_a_pause_on_the_way() {
    let mut pacing = Pacing::new();
    let clock = |number: u64| Some(number as i64 * 90 + if number < 50 { 0 } else { 270_000 });
    pacing.push(&stream(100, clock)).unwrap();
    assert_eq!(departure(&mut pacing, 49), Duration::from_millis(49));
    assert_eq!(departure(&mut pacing, 50), Duration::from_millis(3_050));
}

#[test]
fn a_written_broadcast_leaves_in_its_own_time() {
    let stream = write(BOTH, &broadcast(MediaTime::ZERO, 90));
    let mut pacing = Pacing::new();
    for piece in stream.chunks(1_000) {
        pacing.push(piece).unwrap();
    }
    pacing.finish().unwrap();
    let Departure::At(end) = pacing.departure(stream.len() as u64) else { panic!("no end") };
    assert!((2_950..3_050).contains(&end.as_millis()), "{end:?}");
}

#[test]
fn what_has_no_packets_or_no_clock_is_refused() {
    let mut pacing = Pacing::new();
    assert_eq!(pacing.push(&[7; 100_000]), Err(PacingError::NotTransportStream));
    let mut pacing = Pacing::new();
    pacing.push(&stream(10, |_| None)).unwrap();
    assert_eq!(pacing.finish(), Err(PacingError::NoClock));
    let mut pacing = Pacing::new();
    let silent = stream(100_000, |_| None);
    assert_eq!(pacing.push(&silent), Err(PacingError::NoClock));
    let mut pacing = Pacing::new();
    pacing.push(b"short").unwrap();
    assert_eq!(pacing.finish(), Err(PacingError::NotTransportStream));
}

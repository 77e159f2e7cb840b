//! Peers and strangers that send what they should not.

use std::time::Duration;

use super::pair::{CALLER, Link, Pair, Who};
use crate::transport::srt::*;
use crate::units::Time;

const TWO_MILLIS: Duration = Duration::from_millis(2);

/// Random bytes behind a header that reaches the connection.
fn addressed(pair: &mut Pair, to: Who, datagram: &mut [u8]) {
    pair.random_bytes(datagram);
    let kinds = [0u16, 1, 2, 3, 5, 6, 7, 8, 0x7FFF];
    let kind = kinds[usize::from(datagram[0]) % kinds.len()];
    match datagram[1] % 4 {
        0 => datagram[0] &= 0x7F,
        _ => datagram[..2].copy_from_slice(&(kind | 0x8000).to_be_bytes()),
    }
    if let Some(destination) = datagram.get_mut(12..16) {
        let id = pair.side(to).connection.local_id().as_u32();
        destination.copy_from_slice(&id.to_be_bytes());
    }
}

#[test]
fn garbage_never_panics_nor_keeps_a_connection_from_coming_to_rest() {
    for seed in 0..10 {
        let mut pair = Pair::connected(seed, Link::rtt(40), 120);
        for _ in 0..3_000 {
            let to = if pair.chance(0.5) { Who::Caller } else { Who::Listener };
            let length =
                16 + (pair.chance(0.5) as usize) * 24 + (pair.now.subsec_nanos() as usize % 90);
            let mut datagram = vec![0; length];
            addressed(&mut pair, to, &mut datagram);
            pair.handle(to, Input::Datagram(&datagram));
            pair.send(to, &datagram);
            pair.run_for(Duration::from_micros(700));
        }
    }
}

#[test]
fn garbage_from_strangers_does_not_disturb_a_stream() {
    let mut pair = Pair::connected(3, Link::rtt(40), 120);
    for number in 0..500 {
        let mut datagram = [0; 100];
        pair.random_bytes(&mut datagram);
        datagram[12] = 0x80;
        pair.handle(Who::Listener, Input::Datagram(&datagram));
        pair.stream_from(Who::Caller, number, 1, TWO_MILLIS);
    }
    pair.run_for(Duration::from_secs(1));
    assert_eq!(pair.accepted().numbers(), (0..500).collect::<Vec<_>>());
}

#[test]
fn every_prefix_of_a_real_datagram_is_survived() {
    let mut pair = Pair::connected(4, Link::rtt(40).loss(0.2), 120);
    for number in 0..300 {
        pair.stream_from(Who::Caller, number, 1, TWO_MILLIS);
        let real = pair.last_flown.clone();
        for length in 0..real.len().min(64) {
            pair.handle(Who::Caller, Input::Datagram(&real[..length]));
            pair.handle(Who::Listener, Input::Datagram(&real[..length]));
        }
    }
    assert_eq!(pair.caller.connection.state(), State::Live);
}

#[test]
fn a_listener_survives_garbage_and_answers_no_longer_than_it_is_asked() {
    let mut pair = Pair::new(5, Link::rtt(40), Config::default(), Config::default());
    let mut listener = Listener::new(ListenerConfig::default(), Time::ZERO, [5; 32]);
    let mut answered = 0;
    for round in 0..20_000u32 {
        let mut datagram = vec![0; 16 + (round as usize % 120)];
        pair.random_bytes(&mut datagram);
        datagram[..4].copy_from_slice(&[0x80, 0, 0, 0]);
        datagram[12..16].copy_from_slice(&[0; 4]);
        if datagram.len() > 40 {
            datagram[16..20].copy_from_slice(&[0, 0, 0, 4 + (round % 2) as u8]);
            let kind: u32 = if round % 3 == 0 { u32::MAX } else { 1 };
            datagram[36..40].copy_from_slice(&kind.to_be_bytes());
        }
        let mut reply = [0; MAX_DATAGRAM_BYTES];
        match listener.handle(Time::ZERO, CALLER, &datagram, &mut reply) {
            ListenerOutput::Reply { length } => {
                assert!(length <= datagram.len());
                answered += 1;
            }
            ListenerOutput::Request(request) => panic!("a cookie was guessed: {request:?}"),
            ListenerOutput::Ignore => {}
        }
    }
    assert!(answered > 1_000, "only {answered} inductions were answered");
}

#[test]
fn a_peer_that_acknowledges_what_was_never_sent_is_not_believed() {
    let mut pair = Pair::connected(6, Link::rtt(40), 120);
    pair.blackout = true;
    pair.stream_from(Who::Caller, 0, 10, TWO_MILLIS);
    let id = pair.caller.connection.local_id().as_u32();
    for next in [0u32, 1 << 30, 0x7FFF_FFFF, u32::MAX] {
        let mut datagram = [0; 44];
        datagram[..4].copy_from_slice(&[0x80, 2, 0, 0]);
        datagram[12..16].copy_from_slice(&id.to_be_bytes());
        datagram[16..20].copy_from_slice(&next.to_be_bytes());
        pair.handle(Who::Caller, Input::Datagram(&datagram));
    }
    let now = pair.clock(Who::Caller);
    let statistics = pair.caller.connection.statistics(now);
    assert_eq!(statistics.bytes_acknowledged.as_u64(), 0);
    assert_eq!(statistics.packets_in_flight, 10);
}

//! Packet filters: what is rebuilt, what is asked for again, and who is refused.

use std::collections::BTreeSet;
use std::time::Duration;

use super::pair::{Link, Pair, Who};
use crate::transport::srt::number::SequenceNumber;
use crate::transport::srt::*;

const TWO_MILLIS: Duration = Duration::from_millis(2);
const PACKETS: u32 = 10_000;

fn config(filter: Option<&str>, latency: u64) -> Config {
    Config {
        latency: Duration::from_millis(latency),
        packet_filter: filter.map(|filter| filter.parse().unwrap()),
        ..Config::default()
    }
}

fn connected(seed: u8, link: Link, latency: u64, filter: &str) -> Pair {
    let mut pair = Pair::new(seed, link, config(Some(filter), latency), config(None, latency));
    pair.connect();
    pair
}

/// What share of a stream is lost at last, in per cent; what the caller, and what the listener
/// counted.
fn stream(pair: &mut Pair) -> (f64, Statistics, Statistics) {
    pair.stream(Who::Caller, PACKETS, TWO_MILLIS);
    let arrived: BTreeSet<u32> = pair.accepted().numbers().into_iter().collect();
    let lost = 100.0 - arrived.len() as f64 * 100.0 / f64::from(PACKETS);
    let (caller, listener) = (pair.clock(Who::Caller), pair.clock(Who::Listener));
    let sent = pair.caller.connection.statistics(caller);
    let received = pair.accepted().connection.statistics(listener);
    (lost, sent, received)
}

/// With a round trip longer than the latency nothing but the filter can repair anything.
#[test]
fn every_layout_rebuilds_what_retransmission_could_not() {
    for (filter, at_most, overhead) in [
        ("fec,cols:5,arq:never", 0.5, 0.2),
        ("fec,cols:10,rows:-5,layout:even,arq:never", 0.25, 0.2),
        ("fec,cols:10,rows:-5,layout:staircase,arq:never", 0.25, 0.2),
        ("fec,cols:10,rows:5,layout:even,arq:never", 0.02, 0.3),
        ("fec,cols:10,rows:5,layout:staircase,arq:never", 0.02, 0.3),
    ] {
        let mut pair = connected(7, Link::rtt(300).loss(0.02), 250, filter);
        let (lost, sent, received) = stream(&mut pair);
        assert!(lost <= at_most, "{filter}: {lost} % is lost");
        assert!(received.packets_rebuilt > 150, "{filter}: {received:?}");
        assert_eq!(sent.packets_retransmitted, 0, "{filter}");
        let expected = f64::from(PACKETS) * overhead;
        let repairs = sent.repair_packets_sent as f64;
        assert!((repairs - expected).abs() < 60.0, "{filter}: {repairs} repair packets");
    }
}

#[test]
fn what_the_filter_rebuilds_is_not_sent_again_even_if_it_is_reported() {
    let link = Link::rtt(40).loss(0.03);
    let filtered = |arq: &str| {
        let mut pair = connected(3, link, 400, &format!("fec,cols:10,rows:5,arq:{arq}"));
        stream(&mut pair)
    };
    let (lost, sent, received) = filtered("onreq");
    assert_eq!(lost, 0.0);
    assert!(received.packets_rebuilt > 250, "{received:?}");
    assert!((1..40).contains(&sent.packets_retransmitted), "{}", sent.packets_retransmitted);
    let (lost, sent, _) = filtered("always");
    assert_eq!(lost, 0.0);
    assert!(sent.packets_reported_lost > 200, "{}", sent.packets_reported_lost);
    assert!((1..60).contains(&sent.packets_retransmitted), "{}", sent.packets_retransmitted);
}

#[test]
fn encrypted_packets_of_uneven_length_are_rebuilt_past_the_wrap_of_their_numbers() {
    let secret = |filter| Config {
        passphrase: Some(Passphrase::new("correct horse").unwrap()),
        ..config(filter, 250)
    };
    let filter = Some("fec,cols:8,rows:4,arq:never");
    let mut pair = Pair::new(5, Link::rtt(300).loss(0.02), secret(filter), secret(None));
    pair.caller.connection.number_from(SequenceNumber::new(0x7FFF_FF00));
    pair.connect();
    let mut expected = Vec::new();
    for number in 0..3_000u32 {
        let mut payload = vec![number as u8; 200 + (number as usize * 37) % 1_000];
        payload[..4].copy_from_slice(&number.to_be_bytes());
        pair.send(Who::Caller, &payload);
        expected.push(payload);
        pair.run_for(TWO_MILLIS);
    }
    pair.run_for(Duration::from_secs(2));
    let arrived: Vec<Vec<u8>> =
        pair.accepted().payloads.iter().map(|(_, payload)| payload.clone()).collect();
    assert!(arrived.iter().all(|payload| expected.contains(payload)), "something was made up");
    assert!(expected.len() - arrived.len() < 15, "{} arrived", arrived.len());
}

#[test]
fn a_filter_that_the_listener_contradicts_is_refused_for_what_it_is() {
    let mut pair = Pair::new(
        1,
        Link::rtt(40),
        config(Some("fec,cols:10,rows:5"), 120),
        config(Some("fec,cols:8"), 120),
    );
    pair.run_for(Duration::from_secs(2));
    assert_eq!(pair.caller.events, [Event::Rejected(Rejection::FILTER)]);
}

#[test]
fn both_sides_know_what_was_agreed_on() {
    let mut pair = Pair::new(
        1,
        Link::rtt(40),
        config(Some("fec,cols:10,rows:5"), 120),
        config(Some("fec,arq:never,layout:even"), 120),
    );
    pair.connect();
    for who in [Who::Caller, Who::Listener] {
        let negotiated = pair.side(who).connection.negotiated().unwrap();
        let filter = negotiated.packet_filter.unwrap().to_string();
        assert_eq!(filter, "fec,cols:10,rows:5,layout:even,arq:never");
        assert_eq!(negotiated.max_payload, 1_316);
    }
}

/// As libsrt has it: a filter is the caller's choice.
#[test]
fn a_listener_with_a_filter_takes_callers_without_one() {
    let mut pair = Pair::new(1, Link::rtt(40), config(None, 120), config(Some("fec,cols:9"), 120));
    pair.connect();
    assert_eq!(pair.accepted().connection.negotiated().unwrap().packet_filter, None);
}

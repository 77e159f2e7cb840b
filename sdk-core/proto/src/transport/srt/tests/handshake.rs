//! How connections begin and end.

use std::time::Duration;

use super::pair::{Link, Pair, Who};
use crate::transport::srt::*;
use crate::units::Time;

const MILLIS: Duration = Duration::from_millis(1);

fn config(latency: u64) -> Config {
    Config { latency: Duration::from_millis(latency), ..Config::default() }
}

#[test]
fn the_longer_latency_holds_in_each_direction_by_itself() {
    let caller = Config { peer_latency: Some(400 * MILLIS), ..config(80) };
    let mut pair = Pair::new(1, Link::rtt(40), caller, config(120));
    pair.run_for(Duration::from_secs(1));
    let caller = pair.caller.connection.negotiated().unwrap();
    let listener = pair.accepted().connection.negotiated().unwrap();
    assert_eq!((caller.send_latency, caller.receive_latency), (400 * MILLIS, 120 * MILLIS));
    assert_eq!((listener.send_latency, listener.receive_latency), (120 * MILLIS, 400 * MILLIS));
    assert_eq!(caller.peer_version, (1, 5, 0));
    assert!(caller.golive && listener.golive);
}

#[test]
fn a_handshake_survives_a_link_that_loses_every_second_datagram() {
    for seed in 0..20 {
        let patient = Config { connect_timeout: Duration::from_secs(30), ..config(120) };
        let mut pair = Pair::new(seed, Link::rtt(80).loss(0.5), patient, config(120));
        while pair.caller.connection.state() != State::Live {
            pair.run_for(MILLIS);
            assert!(pair.now < Duration::from_secs(15), "seed {seed}");
        }
        assert_eq!(pair.accepted().connection.state(), State::Live, "seed {seed}");
    }
}

#[test]
fn a_lost_answer_to_a_conclusion_is_repeated_by_the_connection() {
    let mut pair = Pair::new(3, Link::rtt(40), config(120), config(120));
    pair.run_for(50 * MILLIS);
    pair.lose_next = 1;
    pair.run_for(Duration::from_secs(1));
    pair.caller.events.clear();
    pair.stream(Who::Caller, 10, MILLIS);
    pair.stream(Who::Listener, 10, MILLIS);
    assert_eq!(pair.accepted().payloads.len(), 10);
    assert_eq!(pair.caller.payloads.len(), 10);
}

#[test]
fn nobody_answering_ends_after_the_connect_timeout() {
    let mut pair = Pair::new(4, Link::rtt(40).loss(1.0), config(120), config(120));
    pair.run_for(Duration::from_millis(2_999));
    assert_eq!(pair.caller.connection.state(), State::Connecting);
    pair.run_for(MILLIS);
    let timeout = Broken::ConnectTimeout(Duration::from_secs(3));
    assert_eq!(pair.caller.events, [Event::Broken(timeout)]);
    assert_eq!(pair.caller.connection.state(), State::Ended);
}

#[test]
fn a_rejection_reaches_the_caller_with_its_reason() {
    let mut pair = Pair::new(5, Link::rtt(40), config(120), config(120));
    pair.reject_with = Some(Rejection::FORBIDDEN);
    pair.run_for(Duration::from_secs(1));
    assert_eq!(pair.caller.events, [Event::Rejected(Rejection::FORBIDDEN)]);
}

#[test]
fn a_request_carries_the_stream_id_and_prints_no_secret() {
    let stream_id = StreamId::new("#!::r=live/one,s=hush").unwrap();
    let caller = Config { stream_id: Some(stream_id.clone()), ..config(120) };
    let mut pair = Pair::new(6, Link::rtt(40), caller, config(120));
    pair.run_for(Duration::from_secs(1));
    let request = pair.last_request.as_ref().unwrap();
    assert_eq!(request.stream_id(), Some(&stream_id));
    assert!(!request.encrypted());
    assert!(!format!("{request:?}").contains("hush"));
}

#[test]
fn closing_tells_the_peer_who_first_hands_out_what_it_still_holds() {
    let mut pair = Pair::connected(7, Link::rtt(40), 500);
    pair.stream_from(Who::Caller, 0, 10, MILLIS);
    pair.run_for(40 * MILLIS);
    pair.handle(Who::Caller, Input::Close);
    assert_eq!(pair.caller.events, [Event::Closed { by_peer: false }]);
    pair.run_for(40 * MILLIS);
    assert_eq!(pair.accepted().payloads.len(), 0, "their time has not come");
    assert_eq!(pair.accepted().events, []);
    pair.run_for(500 * MILLIS);
    assert_eq!(pair.accepted().payloads.len(), 10);
    assert_eq!(pair.accepted().events, [Event::Closed { by_peer: true }]);
}

#[test]
fn a_silent_peer_is_given_up_after_five_seconds_and_a_quiet_one_never() {
    let mut pair = Pair::connected(8, Link::rtt(40), 120);
    pair.run_for(Duration::from_secs(60));
    assert_eq!(pair.caller.events, [], "keepalives go both ways");
    let heard = pair.caller.connection.last_heard().unwrap();
    assert!(pair.clock(Who::Caller).since(heard) <= Duration::from_millis(1_100));
    pair.blackout = true;
    pair.run_for(Duration::from_millis(3_900));
    assert_eq!(pair.caller.events, []);
    pair.run_for(Duration::from_millis(1_200));
    let silence = Broken::Silence(Duration::from_secs(5));
    assert_eq!(pair.caller.events, [Event::Broken(silence)]);
    assert_eq!(pair.accepted().events, [Event::Broken(silence)]);
}

#[test]
fn a_listener_that_forgets_nothing_refuses_what_exceeds_its_backlog() {
    let mut listener = Listener::new(ListenerConfig { backlog: 2 }, Time::ZERO, [9; 32]);
    let mut outcomes = Vec::new();
    for number in 0..3 {
        let from = format!("192.0.2.{number}:99").parse().unwrap();
        let mut caller = Connection::connect(config(120), from, Time::ZERO, [number; 32]);
        let mut buffer = [0; MAX_DATAGRAM_BYTES];
        let mut reply = [0; MAX_DATAGRAM_BYTES];
        for _ in 0..2 {
            let Output::Transmit { length, .. } = caller.poll(Time::ZERO, &mut buffer) else {
                panic!("no handshake");
            };
            let output = listener.handle(Time::ZERO, from, &buffer[..length], &mut reply);
            if let ListenerOutput::Reply { length } = output {
                caller.handle(Time::ZERO, Input::Datagram(&reply[..length]));
            }
        }
        outcomes.push(caller.state());
    }
    assert_eq!(outcomes, [State::Connecting, State::Connecting, State::Ended]);
}

#[test]
fn a_cookie_is_good_for_its_own_address_and_for_two_minutes_at_most() {
    let mut listener = Listener::new(ListenerConfig::default(), Time::ZERO, [10; 32]);
    let from = "192.0.2.1:99".parse().unwrap();
    let mut caller = Connection::connect(config(120), from, Time::ZERO, [1; 32]);
    let mut buffer = [0; MAX_DATAGRAM_BYTES];
    let mut reply = [0; MAX_DATAGRAM_BYTES];
    caller.poll(Time::ZERO, &mut buffer);
    let ListenerOutput::Reply { length } =
        listener.handle(Time::ZERO, from, &buffer[..64], &mut reply)
    else {
        panic!("no answer to the induction");
    };
    caller.handle(Time::ZERO, Input::Datagram(&reply[..length]));
    let Output::Transmit { length, .. } = caller.poll(Time::ZERO, &mut buffer) else {
        panic!("no conclusion");
    };
    let conclusion = &buffer[..length];
    let elsewhere = "192.0.2.2:99".parse().unwrap();
    let ignored = listener.handle(Time::ZERO, elsewhere, conclusion, &mut reply);
    assert!(matches!(ignored, ListenerOutput::Ignore));
    let late = Time::from_millis(120_001);
    assert!(matches!(listener.handle(late, from, conclusion, &mut reply), ListenerOutput::Ignore));
    let in_time = Time::from_millis(60_001);
    let request = listener.handle(in_time, from, conclusion, &mut reply);
    assert!(matches!(request, ListenerOutput::Request(_)));
}

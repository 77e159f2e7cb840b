//! On the steady path of an SRT connection nothing is allocated per packet: neither by the side
//! that sends, nor by the side that receives, with encryption and with losses repaired on the way.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::Duration;

use golive_proto::transport::srt::{
    Config, Connection, Event, Input, Listener, ListenerConfig, ListenerOutput, MAX_DATAGRAM_BYTES,
    Output, Passphrase, State,
};
use golive_proto::units::Time;

/// Datagrams under way in one direction, in memory taken beforehand.
struct Wire {
    datagrams: Vec<([u8; MAX_DATAGRAM_BYTES], usize)>,
    count: usize,
}

impl Wire {
    fn new() -> Self {
        Self { datagrams: vec![([0; MAX_DATAGRAM_BYTES], 0); 256], count: 0 }
    }

    fn put(&mut self, datagram: &[u8]) {
        let (bytes, length) = &mut self.datagrams[self.count];
        bytes[..datagram.len()].copy_from_slice(datagram);
        *length = datagram.len();
        self.count += 1;
    }

    fn deliver(&mut self, now: Time, to: &mut Connection) {
        for (bytes, length) in &self.datagrams[..self.count] {
            to.handle(now, Input::Datagram(&bytes[..*length]));
        }
        self.count = 0;
    }
}

/// Puts what `from` sends on the wire, but for every `lost`th datagram; payloads delivered.
fn drain(from: &mut Connection, now: Time, wire: &mut Wire, seen: &mut u32, lost: u32) -> u32 {
    let mut buffer = [0; MAX_DATAGRAM_BYTES];
    let mut payloads = 0;
    loop {
        match from.poll(now, &mut buffer) {
            Output::Transmit { length, .. } => {
                *seen += 1;
                if !seen.is_multiple_of(lost) {
                    wire.put(&buffer[..length]);
                }
            }
            Output::Payload { .. } => payloads += 1,
            Output::Event(event) => {
                assert!(matches!(event, Event::Connected(_) | Event::KeyRefreshed), "{event:?}");
            }
            Output::Wake { .. } => return payloads,
        }
    }
}

fn connect() -> (Connection, Connection) {
    let peer: SocketAddr = "192.0.2.1:9000".parse().unwrap();
    let config = || Config {
        passphrase: Some(Passphrase::new("correct horse").unwrap()),
        ..Config::default()
    };
    let mut listener = Listener::new(ListenerConfig::default(), Time::ZERO, [1; 32]);
    let mut caller = Connection::connect(config(), peer, Time::ZERO, [2; 32]);
    let mut buffer = [0; MAX_DATAGRAM_BYTES];
    let mut reply = [0; MAX_DATAGRAM_BYTES];
    let mut accepted = None;
    while accepted.is_none() {
        let Output::Transmit { length, .. } = caller.poll(Time::ZERO, &mut buffer) else {
            panic!("no handshake");
        };
        match listener.handle(Time::ZERO, peer, &buffer[..length], &mut reply) {
            ListenerOutput::Reply { length } => {
                caller.handle(Time::ZERO, Input::Datagram(&reply[..length]));
            }
            ListenerOutput::Request(request) => {
                accepted = Some(listener.accept(Time::ZERO, *request, config()));
            }
            ListenerOutput::Ignore => panic!("the handshake was ignored"),
        }
    }
    (caller, accepted.unwrap())
}

#[test]
fn nothing_is_allocated_per_packet_by_either_side() {
    let (mut sender, mut receiver) = connect();
    let (mut there, mut back) = (Wire::new(), Wire::new());
    let (mut sent, mut returned) = (0, 0);
    let mut delivered = 0;
    let mut run = |millis: std::ops::Range<u64>| {
        for millis in millis {
            let now = Time::ZERO + Duration::from_millis(millis);
            there.deliver(now, &mut receiver);
            back.deliver(now, &mut sender);
            if sender.state() == State::Live {
                sender.handle(now, Input::Payload { data: &[7; 1_316], origin: now });
            }
            delivered += drain(&mut receiver, now, &mut back, &mut returned, u32::MAX);
            drain(&mut sender, now, &mut there, &mut sent, 20);
        }
    };
    run(1..1_000);
    let allocations = allocation_counter::measure(|| run(1_000..6_000));
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
    assert!(delivered > 5_500, "{delivered}");
}

//! The relay between real sockets.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use super::*;
use crate::network::Loss;

fn client() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket
}

/// Whether the target got datagram `number`, for each of 200.
fn arrived(path: &Path) -> Vec<bool> {
    let target = client();
    let relay = Relay::start(target.local_addr().unwrap(), path).unwrap();
    let sender = client();
    for number in 0..200_u8 {
        sender.send_to(&[number], relay.address()).unwrap();
    }
    let mut arrived = vec![false; 200];
    let expected = {
        // Everything is offered once the counters say so.
        let patience = Instant::now() + Duration::from_secs(10);
        while relay.statistics().forward.offered < 200 && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(5));
        }
        relay.statistics().forward.passed
    };
    let mut byte = [0];
    for _ in 0..expected {
        target.recv_from(&mut byte).unwrap();
        arrived[usize::from(byte[0])] = true;
    }
    arrived
}

#[test]
fn the_same_seed_loses_the_same_datagrams_again() {
    let lossy = Conditions::default().with_loss(Loss::bursty(0.2, 3.0));
    let path = Path::symmetric(lossy, 11);
    let first = arrived(&path);
    assert!(first.contains(&false) && first.contains(&true));
    assert_eq!(first, arrived(&path));
    assert_ne!(first, arrived(&Path { seed: 12, ..path }));
}

#[test]
fn datagrams_take_their_time_both_ways_and_each_client_gets_its_own_answers() {
    let delay = Duration::from_millis(50);
    let target = client();
    let path = Path::symmetric(Conditions::delay(delay), 0);
    let relay = Relay::start(target.local_addr().unwrap(), &path).unwrap();
    for name in [b"one", b"two"] {
        let sender = client();
        let started = Instant::now();
        sender.send_to(name, relay.address()).unwrap();
        let mut datagram = [0; 16];
        let (length, from) = target.recv_from(&mut datagram).unwrap();
        assert!(started.elapsed() >= delay);
        target.send_to(&datagram[..length], from).unwrap();
        let (length, from) = sender.recv_from(&mut datagram).unwrap();
        assert!(started.elapsed() >= 2 * delay);
        assert_eq!(from, relay.address());
        assert_eq!(&datagram[..length], name);
    }
}

#[test]
fn a_network_can_go_away_and_come_back() {
    let target = client();
    let relay = Relay::start(target.local_addr().unwrap(), &Path::default()).unwrap();
    let sender = client();
    relay.set_both(&Conditions::default().with_loss(Loss::BLACKOUT));
    sender.send_to(b"lost", relay.address()).unwrap();
    let patience = Instant::now() + Duration::from_secs(10);
    while relay.statistics().forward.lost == 0 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
    relay.set_both(&Conditions::default());
    sender.send_to(b"passed", relay.address()).unwrap();
    let mut datagram = [0; 16];
    let (length, _) = target.recv_from(&mut datagram).unwrap();
    assert_eq!(&datagram[..length], b"passed");
}

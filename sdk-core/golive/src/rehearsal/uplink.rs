//! The network between the device and the ingest, and what is under way on it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use golive_netlab::network::{Link, Path};
use golive_proto::session::LegId;
use golive_proto::units::Time;

use super::Network;

/// See the module.
#[derive(Debug)]
pub(super) struct Uplink {
    forward: Link,
    backward: Link,
    /// The source port of each leg; a connection that is made anew comes from another one.
    legs: BTreeMap<LegId, u16>,
    next_port: u16,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    datagrams: u64,
    /// The network that takes over, and when.
    takes_over: Option<(Time, Network)>,
}

/// A datagram that will arrive.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    at: Time,
    /// Of two that arrive at once the one that left first comes first.
    number: u64,
    port: u16,
    to_ingest: bool,
    bytes: Vec<u8>,
}

/// A datagram that arrived.
#[derive(Debug)]
pub(super) enum Arrival {
    AtIngest { from: SocketAddr, bytes: Vec<u8> },
    AtLeg { leg: LegId, bytes: Vec<u8> },
}

/// Where the ingest is.
pub(super) const INGEST: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9_000);
const FIRST_PORT: u16 = 40_000;
/// From one network to the next.
const HAND_OVER: Duration = Duration::from_millis(400);

impl Uplink {
    pub(super) fn new(network: Network, seed: u64) -> Self {
        let path = Path { forward: network.uplink(), backward: network.downlink(), seed };
        let (forward, backward) = path.links();
        Self {
            forward,
            backward,
            legs: BTreeMap::new(),
            next_port: FIRST_PORT,
            under_way: BinaryHeap::new(),
            datagrams: 0,
            takes_over: None,
        }
    }

    /// The network is like this from now on.
    pub(super) fn set(&mut self, network: Network) {
        self.takes_over = None;
        self.forward.set_conditions(network.uplink());
        self.backward.set_conditions(network.downlink());
    }

    /// Another network takes over, on which the device has another address.
    pub(super) fn hand_over(&mut self, now: Time, network: Network) {
        self.set(Network::none());
        self.takes_over = Some((now + HAND_OVER, network));
        for port in self.legs.values_mut() {
            *port = self.next_port;
            self.next_port = following(self.next_port);
        }
    }

    pub(super) fn open(&mut self, leg: LegId) {
        self.legs.insert(leg, self.next_port);
        self.next_port = following(self.next_port);
    }

    pub(super) fn close(&mut self, leg: LegId) {
        self.legs.remove(&leg);
    }

    /// A leg sends a datagram.
    pub(super) fn send(&mut self, now: Time, leg: LegId, bytes: &[u8]) {
        if let Some(port) = self.legs.get(&leg).copied() {
            self.carry(now, true, port, bytes);
        }
    }

    /// The ingest answers.
    pub(super) fn answer(&mut self, now: Time, to: SocketAddr, bytes: &[u8]) {
        self.carry(now, false, to.port(), bytes);
    }

    /// When something arrives or changes.
    pub(super) fn next(&self) -> Option<Time> {
        let arrival = self.under_way.peek().map(|Reverse(datagram)| datagram.at);
        let change = self.takes_over.map(|(at, _)| at);
        arrival.into_iter().chain(change).min()
    }

    /// What arrives now, a datagram at a time.
    pub(super) fn arrive(&mut self, now: Time) -> Option<Arrival> {
        if let Some((_, network)) = self.takes_over.filter(|(at, _)| *at <= now) {
            self.set(network);
        }
        loop {
            self.under_way.peek().filter(|Reverse(next)| next.at <= now)?;
            let Reverse(UnderWay { port, to_ingest, bytes, .. }) = self.under_way.pop()?;
            if to_ingest {
                let from = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
                return Some(Arrival::AtIngest { from, bytes });
            }
            // What comes to an address that is no longer the device's is lost.
            let leg = self.legs.iter().find(|(_, of_leg)| **of_leg == port);
            if let Some((leg, _)) = leg {
                return Some(Arrival::AtLeg { leg: *leg, bytes });
            }
        }
    }

    fn carry(&mut self, now: Time, to_ingest: bool, port: u16, bytes: &[u8]) {
        let link = if to_ingest { &mut self.forward } else { &mut self.backward };
        for at in link.carry(now, bytes.len().into()).arrivals() {
            let number = self.datagrams;
            self.datagrams += 1;
            let bytes = bytes.to_vec();
            self.under_way.push(Reverse(UnderWay { at, number, port, to_ingest, bytes }));
        }
    }
}

fn following(port: u16) -> u16 {
    port.checked_add(1).unwrap_or(FIRST_PORT)
}

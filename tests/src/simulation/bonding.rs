//! A broadcast over several networks at once, in virtual time: a [`Session`], the srtla sender
//! that chooses links, a pair of [`Link`]s for each network, the srtla receiver, and an ingest.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use golive_netlab::ends::{Encoder, Ingest, Manners, Received};
use golive_proto::media::Track;
use golive_proto::session::{Config, Event, Health, Input, LegId, Output, Session};
use golive_proto::transport::Priority;
use golive_proto::transport::srtla::{
    self, LinkHealth, LinkId, LinkOptions, Received as Arrived, Receiver, ReceiverOutput, Sender,
};
use golive_proto::units::{ByteCount, MediaTime, Time};

use super::arrivals::Arrivals;
use crate::network::{Conditions, Counters, Link, Loss, Path};

const INGEST: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9_710);
/// A session that is polled so often without time passing never comes to rest.
const RESTLESS: usize = 100_000;

/// Where the multiplexer has zero of the media timeline, in milliseconds.
const STREAM_BEGINS: i64 = 1_000;

/// An access unit that the encoder delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Produced {
    /// Pictures or sound.
    pub track: Track,
    /// Its place on the timeline.
    pub pts: MediaTime,
}

/// A network that a broadcast may use.
struct Network {
    forward: Link,
    backward: Link,
    /// What it is like when it is there.
    conditions: Conditions,
    options: LinkOptions,
    present: bool,
    /// Datagrams that belong to key frames.
    of_keyframes: u64,
}

/// One leg of the session: an srtla sender, and the port that its sockets have on each network.
struct Bond {
    sender: Sender,
    port: u16,
    opened: bool,
    wake: Option<Time>,
}

/// A broadcast and the networks around it.
pub struct BondedSimulation {
    now: Time,
    session: Session,
    session_wake: Option<Time>,
    bonds: BTreeMap<LegId, Bond>,
    networks: Vec<Network>,
    next_port: u16,
    receiver: Receiver,
    ingest: Ingest,
    arrivals: Arrivals,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    datagrams: u64,
    encoder: Encoder,
    latency: Duration,
    buffer: Vec<u8>,
    rewritten: Vec<u8>,
    events: Vec<(Time, Event)>,
    link_events: Vec<(Time, srtla::Event)>,
    produced: Vec<Produced>,
    received: Vec<Received>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    at: Time,
    number: u64,
    network: usize,
    port: u16,
    forward: bool,
    bytes: Vec<u8>,
}

impl BondedSimulation {
    /// A broadcast over these networks, each with its own chances.
    pub fn new(config: Config, networks: &[(Conditions, LinkOptions)], seed: u64) -> Self {
        let networks = networks.iter().zip(seed..).map(|((conditions, options), seed)| {
            let (forward, backward) = Path::symmetric(conditions.clone(), seed).links();
            let conditions = conditions.clone();
            Network {
                forward,
                backward,
                conditions,
                options: *options,
                present: true,
                of_keyframes: 0,
            }
        });
        Self {
            now: Time::ZERO,
            latency: config.transport.latency,
            encoder: Encoder::new(config.target),
            session: Session::new(config, Time::ZERO, [seed as u8; 32]),
            session_wake: Some(Time::ZERO),
            bonds: BTreeMap::new(),
            networks: networks.collect(),
            next_port: 40_000,
            receiver: Receiver::new(Time::ZERO, [seed as u8 ^ 0x5A; 32]),
            ingest: Ingest::new(Time::ZERO, 1, Manners::default()),
            arrivals: Arrivals::default(),
            under_way: BinaryHeap::new(),
            datagrams: 0,
            buffer: vec![0; 1_500],
            rewritten: vec![0; 1_500],
            events: Vec::new(),
            link_events: Vec::new(),
            produced: Vec::new(),
            received: Vec::new(),
        }
    }

    /// How much time has passed.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What the session told, and when.
    pub fn events(&self) -> &[(Time, Event)] {
        &self.events
    }

    /// What the links did, and when. Networks are numbered as they were given.
    pub fn link_events(&self) -> &[(Time, srtla::Event)] {
        &self.link_events
    }

    /// What the encoder delivered.
    pub fn produced(&self) -> &[Produced] {
        &self.produced
    }

    /// What the ingest read.
    pub fn received(&self) -> &[Received] {
        &self.received
    }

    /// How long what was captured from one moment to another took to be at the ingest as a whole,
    /// the shortest first.
    pub fn delays(&self, from: Time, until: Time) -> Vec<Duration> {
        let delays = self.arrivals.delays(from, until).into_iter();
        let mut delays: Vec<Duration> = delays.map(|(_, delay)| delay).collect();
        delays.sort_unstable();
        delays
    }

    /// How the broadcast is doing.
    pub fn health(&mut self) -> Health {
        self.session.health(self.now)
    }

    /// How the links of the newest leg are doing.
    pub fn links(&mut self) -> Vec<LinkHealth> {
        let now = self.now;
        self.bonds.values_mut().next_back().map_or_else(Vec::new, |bond| bond.sender.health(now))
    }

    /// What a network carried towards the ingest.
    pub fn carried(&self, network: usize) -> Counters {
        self.networks[network].forward.counters()
    }

    /// What a network carried towards the broadcaster.
    pub fn carried_back(&self, network: usize) -> Counters {
        self.networks[network].backward.counters()
    }

    /// How many of the datagrams that it carried belong to key frames.
    pub fn of_keyframes(&self, network: usize) -> u64 {
        self.networks[network].of_keyframes
    }

    /// Changes both ways of a network.
    pub fn change(&mut self, network: usize, conditions: &Conditions) {
        self.networks[network].conditions = conditions.clone();
        self.apply(network, conditions.clone());
    }

    /// Nothing passes any more, and nobody is told.
    pub fn cut(&mut self, network: usize) {
        let conditions = self.networks[network].conditions.clone();
        self.apply(network, conditions.with_loss(Loss::BLACKOUT));
    }

    /// It is again what it was.
    pub fn restore(&mut self, network: usize) {
        let conditions = self.networks[network].conditions.clone();
        self.apply(network, conditions);
    }

    /// Says that a network is about to go away.
    pub fn announce_leaving(&mut self, network: usize) {
        self.networks[network].present = false;
        for bond in self.bonds.values_mut() {
            bond.sender.announce_leaving(self.now, LinkId::new(network as u32));
            bond.wake = Some(self.now);
        }
    }

    /// Units of which nothing arrived, by when they were produced.
    pub fn missing(&self) -> Vec<Produced> {
        let mut arrived = std::collections::BTreeSet::new();
        for unit in &self.received {
            arrived.insert((unit.track == Track::Video, millis(unit.pts) - STREAM_BEGINS));
        }
        let has = |unit: &Produced| {
            let pts = millis(unit.pts);
            (pts - 1..=pts + 1).any(|pts| arrived.contains(&(unit.track == Track::Video, pts)))
        };
        self.produced.iter().filter(|unit| !has(unit)).copied().collect()
    }

    /// From the encoder to the ingest's reader: the longest of all units that arrived after `from`.
    pub fn longest_way(&self, from: Time) -> Duration {
        let way = |unit: &Received| {
            let produced = (unit.pts.as_micros() - STREAM_BEGINS * 1_000).max(0);
            unit.at.since(Time::from_micros(produced as u64))
        };
        self.received.iter().filter(|unit| unit.at >= from).map(way).max().unwrap_or_default()
    }

    /// Lets `duration` pass.
    pub fn run(&mut self, duration: Duration) {
        let until = self.now + duration;
        loop {
            self.drain();
            let arrival = self.under_way.peek().map(|Reverse(datagram)| datagram.at);
            let bonds = self.bonds.values().filter_map(|bond| bond.wake).min();
            let encoder = self.encoder.next();
            let wakes = [self.session_wake, bonds, self.ingest.next(), arrival, encoder];
            let next = wakes.into_iter().flatten().min().filter(|next| *next < until);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            self.arrive();
            if let Some(unit) = self.encoder.produce(self.now) {
                self.produced.push(Produced { track: unit.track, pts: unit.pts });
                self.session.handle(self.now, Input::Unit(unit));
                self.session_wake = Some(self.now);
            }
        }
        self.now = until;
    }

    fn apply(&mut self, network: usize, conditions: Conditions) {
        let network = &mut self.networks[network];
        network.forward.set_conditions(conditions.clone());
        network.backward.set_conditions(conditions);
    }

    /// Everything that arrives now.
    fn arrive(&mut self) {
        while let Some(Reverse(next)) = self.under_way.peek()
            && next.at <= self.now
        {
            let Some(Reverse(datagram)) = self.under_way.pop() else { break };
            if datagram.forward {
                self.arrive_at_ingest(&datagram);
            } else {
                self.arrive_at_broadcaster(&datagram);
            }
        }
    }

    fn arrive_at_ingest(&mut self, datagram: &UnderWay) {
        let from = address(datagram.network, datagram.port);
        let (now, bytes) = (self.now, &datagram.bytes);
        let length = match self.receiver.handle(now, from, bytes, &mut self.rewritten) {
            ReceiverOutput::Ours { length } => length,
            ReceiverOutput::Srt { peer, length } => {
                self.arrivals.arrived(now, datagram.port, bytes);
                self.ingest.receive(self.now, peer, &datagram.bytes);
                length
            }
        };
        if length > 0 {
            let reply = self.rewritten[..length].to_vec();
            self.carry(false, datagram.network, datagram.port, &reply);
        }
    }

    fn arrive_at_broadcaster(&mut self, datagram: &UnderWay) {
        let found = self.bonds.iter_mut().find(|(_, bond)| bond.port == datagram.port);
        let Some((leg, bond)) = found else { return };
        let link = LinkId::new(datagram.network as u32);
        bond.wake = Some(self.now);
        let data = match bond.sender.receive(self.now, link, &datagram.bytes, &mut self.rewritten) {
            Arrived::Ours => return,
            Arrived::Srt => &datagram.bytes[..],
            Arrived::Rewritten { length } => &self.rewritten[..length],
        };
        self.session.handle(self.now, Input::Datagram { leg: *leg, from: INGEST, data });
        self.session_wake = Some(self.now);
    }

    /// Does all that everyone wants done now.
    fn drain(&mut self) {
        for _ in 0..RESTLESS {
            if self.session_wake.is_some_and(|wake| wake <= self.now) {
                self.drain_session();
            } else if let Some(leg) = self.due_bond() {
                self.drain_bond(leg);
            } else {
                return self.drain_ingest();
            }
        }
        panic!("at {} there is no rest", self.now);
    }

    fn due_bond(&self) -> Option<LegId> {
        let due = |bond: &Bond| bond.wake.is_some_and(|wake| wake <= self.now);
        self.bonds.iter().find(|(_, bond)| due(bond)).map(|(leg, _)| *leg)
    }

    fn drain_session(&mut self) {
        for _ in 0..RESTLESS {
            match self.session.poll(self.now, &mut self.buffer) {
                Output::Open { leg } => self.open(leg),
                Output::Close { leg } => drop(self.bonds.remove(&leg)),
                Output::Transmit { leg, length, priority, .. } => {
                    let Some(bond) = self.bonds.get_mut(&leg) else { continue };
                    let datagram = self.buffer[..length].to_vec();
                    bond.wake = Some(self.now);
                    let port = bond.port;
                    if let Some(link) = bond.sender.route(self.now, &datagram, priority) {
                        let network = link.as_u32() as usize;
                        let of_keyframe = u64::from(priority == Priority::High);
                        self.networks[network].of_keyframes += of_keyframe;
                        self.carry(true, network, port, &datagram);
                    }
                }
                Output::Target(target) => self.encoder.set_target(self.now, target),
                Output::Keyframe => self.encoder.request_keyframe(),
                Output::RestartEncoder => self.encoder.restart(),
                Output::Event(event) => self.events.push((self.now, event)),
                Output::Wake { at, reason } => {
                    let now = self.now;
                    assert!(at.is_none_or(|at| at > now), "{now}: {at:?} for {reason:?}");
                    self.session_wake = at;
                    return;
                }
                Output::Ended => {
                    self.session_wake = None;
                    return;
                }
            }
        }
        panic!("at {} the session does not come to rest", self.now);
    }

    fn open(&mut self, leg: LegId) {
        let config = srtla::Config { latency: self.latency };
        let mut sender = Sender::new(config, self.now, [self.next_port as u8; 32]);
        for (number, network) in self.networks.iter().enumerate().filter(|(_, it)| it.present) {
            sender.add(self.now, LinkId::new(number as u32), network.options);
        }
        let bond = Bond { sender, port: self.next_port, opened: false, wake: Some(self.now) };
        self.bonds.insert(leg, bond);
        self.next_port += 1;
    }

    fn drain_bond(&mut self, leg: LegId) {
        for _ in 0..RESTLESS {
            let Some(bond) = self.bonds.get_mut(&leg) else { return };
            match bond.sender.poll(self.now, &mut self.buffer) {
                srtla::Output::Transmit { link, length } => {
                    let port = bond.port;
                    let datagram = self.buffer[..length].to_vec();
                    self.carry(true, link.as_u32() as usize, port, &datagram);
                }
                srtla::Output::Receive { length } => {
                    let data = &self.buffer[..length];
                    let input = Input::Datagram { leg, from: INGEST, data };
                    self.session.handle(self.now, input);
                    self.session_wake = Some(self.now);
                }
                srtla::Output::Close { .. } => {}
                srtla::Output::Ways(ways) => {
                    self.session.handle(self.now, Input::Ways { leg, ways });
                }
                srtla::Output::Event(event) => {
                    self.link_events.push((self.now, event));
                    if matches!(event, srtla::Event::Joined { .. }) && !bond.opened {
                        bond.opened = true;
                        self.arrivals.opened(self.now, bond.port);
                        self.session.handle(self.now, Input::Opened { leg, peer: INGEST });
                        self.session_wake = Some(self.now);
                    }
                }
                srtla::Output::Wake { at } => {
                    let now = self.now;
                    assert!(at.is_none_or(|at| at > now), "{now}: woken at {at:?}");
                    bond.wake = at;
                    return;
                }
            }
        }
        panic!("at {} the links do not come to rest", self.now);
    }

    fn drain_ingest(&mut self) {
        for (peer, bytes) in self.ingest.drain(self.now, &mut self.received) {
            let targets = self.receiver.targets(self.now, peer, &bytes);
            for to in targets.iter() {
                let (network, port) = place(to);
                self.carry(false, network, port, &bytes);
            }
        }
    }

    fn carry(&mut self, forward: bool, network: usize, port: u16, bytes: &[u8]) {
        let both = &mut self.networks[network];
        let link = if forward { &mut both.forward } else { &mut both.backward };
        for at in link.carry(self.now, ByteCount::from(bytes.len())).arrivals() {
            let number = self.datagrams;
            self.datagrams += 1;
            let bytes = bytes.to_vec();
            self.under_way.push(Reverse(UnderWay { at, number, network, port, forward, bytes }));
        }
    }
}

/// Where a leg's socket on a network is seen.
fn address(network: usize, port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, network as u8, 1], port))
}

fn place(address: SocketAddr) -> (usize, u16) {
    let IpAddr::V4(ip) = address.ip() else { panic!("{address} belongs to no network") };
    (usize::from(ip.octets()[2]), address.port())
}

fn millis(time: MediaTime) -> i64 {
    time.as_micros().div_euclid(1_000)
}

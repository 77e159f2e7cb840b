//! The networks between the device and the ingest, and what is under way on them: one that the
//! system chooses, or several at once.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use golive_proto::session::LegId;
use golive_proto::transport::srtla::{
    self, LinkHealth, LinkId, Received, Receiver, ReceiverOutput,
};
use golive_proto::transport::{Priority, Ways};
use golive_proto::units::{ByteCount, Time};

use super::Network;
use super::bond::Bond;
use super::way::Way;
use crate::broadcast::{NetworkChange, NetworkHealth, NetworkRecord, Via, network_event};
use crate::event::NetworkEvent;

/// See the module.
#[derive(Debug)]
pub(super) struct Uplink {
    seed: u64,
    /// By their number.
    ways: Vec<Way>,
    /// What networks are like that are not there yet, by their number.
    expected: BTreeMap<usize, Network>,
    legs: BTreeMap<LegId, Leg>,
    next_port: u16,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    datagrams: u64,
    /// What there is to tell before anything else arrives.
    ready: VecDeque<Arrival>,
    bonding: Option<Bonding>,
    buffer: Vec<u8>,
}

/// What it takes to use several networks at once.
#[derive(Debug)]
struct Bonding {
    config: srtla::Config,
    /// The ingest's half, as long as there is an ingest.
    receiver: Option<Receiver>,
}

#[derive(Debug)]
struct Leg {
    port: u16,
    bond: Option<Bond>,
}

/// A datagram that will arrive.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    at: Time,
    /// Of two that arrive at once the one that left first comes first.
    number: u64,
    way: usize,
    port: u16,
    to_ingest: bool,
    bytes: Vec<u8>,
}

/// Something that arrived.
#[derive(Debug)]
pub(super) enum Arrival {
    AtIngest {
        from: SocketAddr,
        bytes: Vec<u8>,
    },
    AtLeg {
        leg: LegId,
        bytes: Vec<u8>,
    },
    /// A leg may begin: it is let in on one of several networks.
    Opened {
        leg: LegId,
    },
    Ways {
        leg: LegId,
        ways: Ways,
    },
    Network(NetworkEvent),
}

/// Where the ingest is.
pub(super) const INGEST: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9_000);
const FIRST_PORT: u16 = 40_000;
const BUFFER: usize = 1_500;

impl Uplink {
    /// Over these networks at once, or over one where none is named.
    pub(super) fn new(vias: &[Via], config: srtla::Config, seed: u64) -> Self {
        let bonding = (!vias.is_empty())
            .then(|| Bonding { config, receiver: Some(Receiver::new(Time::ZERO, drawn(seed, 0))) });
        let mut uplink = Self {
            seed,
            ways: Vec::new(),
            expected: BTreeMap::new(),
            legs: BTreeMap::new(),
            next_port: FIRST_PORT,
            under_way: BinaryHeap::new(),
            datagrams: 0,
            ready: VecDeque::new(),
            bonding,
            buffer: vec![0; BUFFER],
        };
        if vias.is_empty() {
            uplink.ways.push(Way::new(Network::wifi(), None, seed));
        }
        vias.iter().for_each(|via| {
            uplink.note_network(*via);
        });
        uplink
    }

    /// Whether it began with several networks.
    pub(super) fn is_bonded(&self) -> bool {
        self.bonding.is_some()
    }

    /// Every network is like this from now on.
    pub(super) fn set(&mut self, network: Network) {
        self.ways.iter_mut().for_each(|way| way.set(network));
    }

    /// The network of this number is like this from now on, or once it is there.
    pub(super) fn set_one(&mut self, number: usize, network: Network) {
        match self.ways.get_mut(number) {
            Some(way) => way.set(network),
            None => drop(self.expected.insert(number, network)),
        }
    }

    /// Another network takes over, on which the device has another address.
    pub(super) fn hand_over(&mut self, now: Time, network: Network) {
        self.ways.iter_mut().for_each(|way| way.hand_over(now, network));
        for leg in self.legs.values_mut().filter(|leg| leg.bond.is_none()) {
            leg.port = self.next_port;
            self.next_port = following(self.next_port);
        }
    }

    /// The owner says that a network came or goes.
    pub(super) fn change_network(&mut self, now: Time, change: NetworkChange) {
        let number = match change {
            NetworkChange::Added(via) => Some(self.note_network(via)),
            NetworkChange::Leaving(address) | NetworkChange::Removed(address) => {
                self.number_of(address)
            }
        };
        let way = number.and_then(|number| self.ways.get_mut(number));
        let Some(record) = way.and_then(|way| way.record.as_mut()) else { return };
        let bonds = self.legs.values_mut().filter_map(|leg| leg.bond.as_mut());
        match change {
            NetworkChange::Added(_) => bonds.for_each(|bond| bond.add(now, record)),
            NetworkChange::Leaving(_) => {
                record.usable = false;
                bonds.for_each(|bond| bond.announce_leaving(now, record));
            }
            NetworkChange::Removed(_) => {
                record.usable = false;
                bonds.for_each(|bond| bond.remove(now, record));
            }
        }
    }

    /// How each of several networks is doing on the newest leg.
    pub(super) fn health(&mut self, now: Time) -> Vec<NetworkHealth> {
        let newest = self.legs.values_mut().filter_map(|leg| leg.bond.as_mut()).next_back();
        let links: Vec<LinkHealth> = newest.map(|bond| bond.sender.health(now)).unwrap_or_default();
        let records = self.ways.iter().filter_map(|way| way.record.as_ref());
        let health = |record: &NetworkRecord| {
            let link = links.iter().find(|link| link.link.as_u32() == record.number);
            record.health(link, link.map_or(ByteCount::ZERO, |link| link.bytes))
        };
        records.map(health).collect()
    }

    /// The ingest is gone, or there again.
    pub(super) fn ingest_is_there(&mut self, now: Time, is_there: bool) {
        let seed = drawn(self.seed, self.datagrams);
        if let Some(bonding) = &mut self.bonding {
            bonding.receiver = is_there.then(|| Receiver::new(now, seed));
        }
    }

    /// Opens a leg; whether it may begin at once.
    pub(super) fn open(&mut self, now: Time, leg: LegId) -> bool {
        let port = self.next_port;
        self.next_port = following(self.next_port);
        let seed = drawn(self.seed, port.into());
        let bond = self.bonding.as_ref().map(|bonding| {
            let networks = self.ways.iter().filter_map(|way| way.record.as_ref());
            Bond::new(now, bonding.config, seed, networks)
        });
        let begins = bond.is_none();
        self.legs.insert(leg, Leg { port, bond });
        begins
    }

    pub(super) fn close(&mut self, leg: LegId) {
        self.legs.remove(&leg);
    }

    /// A leg sends a datagram.
    pub(super) fn send(&mut self, now: Time, leg: LegId, bytes: &[u8], priority: Priority) {
        let Some(Leg { port, bond }) = self.legs.get_mut(&leg) else { return };
        let port = *port;
        let way = match bond {
            None => Some(0),
            Some(bond) => {
                bond.wake = Some(now);
                bond.sender.route(now, bytes, priority).map(number)
            }
        };
        if let Some(way) = way {
            self.carry(now, true, way, port, bytes);
        }
    }

    /// The ingest answers.
    pub(super) fn answer(&mut self, now: Time, to: SocketAddr, bytes: &[u8]) {
        let receiver = self.bonding.as_ref().and_then(|bonding| bonding.receiver.as_ref());
        let targets: Vec<SocketAddr> = match receiver {
            Some(receiver) => receiver.targets(now, to, bytes).iter().collect(),
            None => vec![to],
        };
        for target in targets {
            self.carry(now, false, place(target), target.port(), bytes);
        }
    }

    /// When something arrives or changes.
    pub(super) fn next(&self) -> Option<Time> {
        let arrival = self.under_way.peek().map(|Reverse(datagram)| datagram.at);
        let changes = self.ways.iter().filter_map(Way::next);
        let bonds = self.legs.values().filter_map(|leg| leg.bond.as_ref()?.wake);
        arrival.into_iter().chain(changes).chain(bonds).min()
    }

    /// What arrives now, one thing at a time.
    pub(super) fn arrive(&mut self, now: Time) -> Option<Arrival> {
        self.ways.iter_mut().for_each(|way| way.advance(now));
        loop {
            self.drive(now);
            if let Some(arrival) = self.ready.pop_front() {
                return Some(arrival);
            }
            self.under_way.peek().filter(|Reverse(next)| next.at <= now)?;
            let Reverse(datagram) = self.under_way.pop()?;
            if datagram.to_ingest {
                self.arrive_at_ingest(now, datagram);
            } else {
                self.arrive_at_leg(now, datagram);
            }
        }
    }

    fn arrive_at_ingest(&mut self, now: Time, datagram: UnderWay) {
        let UnderWay { way, port, bytes, .. } = datagram;
        let from = address(way, port);
        let Some(bonding) = &mut self.bonding else {
            return self.ready.push_back(Arrival::AtIngest { from, bytes });
        };
        let Some(receiver) = &mut bonding.receiver else { return };
        let length = match receiver.handle(now, from, &bytes, &mut self.buffer) {
            ReceiverOutput::Ours { length } => length,
            ReceiverOutput::Srt { peer, length } => {
                self.ready.push_back(Arrival::AtIngest { from: peer, bytes });
                length
            }
        };
        let reply = self.buffer.get(..length).unwrap_or_default().to_vec();
        if !reply.is_empty() {
            self.carry(now, false, way, port, &reply);
        }
    }

    fn arrive_at_leg(&mut self, now: Time, datagram: UnderWay) {
        let UnderWay { way, port, bytes, .. } = datagram;
        // What comes to an address that is no longer the device's is lost.
        let found = self.legs.iter_mut().find(|(_, leg)| leg.port == port);
        let Some((id, leg)) = found else { return };
        let bytes = match &mut leg.bond {
            None => bytes,
            Some(bond) => {
                bond.wake = Some(now);
                match bond.sender.receive(now, link(way), &bytes, &mut self.buffer) {
                    Received::Ours => return,
                    Received::Srt => bytes,
                    Received::Rewritten { length } => {
                        self.buffer.get(..length).unwrap_or_default().to_vec()
                    }
                }
            }
        };
        self.ready.push_back(Arrival::AtLeg { leg: *id, bytes });
    }

    /// Does what the legs over several networks want done.
    fn drive(&mut self, now: Time) {
        let due = |leg: &Leg| leg.bond.as_ref()?.wake.filter(|wake| *wake <= now);
        while let Some(id) = self.legs.iter().find_map(|(id, leg)| due(leg).map(|_| *id)) {
            self.drive_leg(now, id);
        }
    }

    fn drive_leg(&mut self, now: Time, id: LegId) {
        loop {
            let Some(Leg { port, bond: Some(bond) }) = self.legs.get_mut(&id) else { return };
            let port = *port;
            match bond.sender.poll(now, &mut self.buffer) {
                srtla::Output::Transmit { link, length } => {
                    let bytes = self.buffer.get(..length).unwrap_or_default().to_vec();
                    self.carry(now, true, number(link), port, &bytes);
                }
                srtla::Output::Receive { length } => {
                    let bytes = self.buffer.get(..length).unwrap_or_default().to_vec();
                    self.ready.push_back(Arrival::AtLeg { leg: id, bytes });
                }
                srtla::Output::Ways(ways) => {
                    self.ready.push_back(Arrival::Ways { leg: id, ways });
                }
                srtla::Output::Close { link, bytes } => {
                    if let Some(record) = record_of(&mut self.ways, link) {
                        record.spent += bytes;
                        let address = record.via.address();
                        self.ready.push_back(Arrival::Network(NetworkEvent::Left { address }));
                    }
                }
                srtla::Output::Event(event) => {
                    let begins = matches!(event, srtla::Event::Joined { .. }) && !bond.joined;
                    bond.joined |= begins;
                    let ways = &mut self.ways;
                    let address = |link| record_of(ways, link).map(|it| it.via.address());
                    self.ready.extend(network_event(event, address).map(Arrival::Network));
                    self.ready.extend(begins.then_some(Arrival::Opened { leg: id }));
                }
                srtla::Output::Wake { at } => {
                    bond.wake = at;
                    return;
                }
            }
        }
    }

    /// A network that the broadcast knows from now on, or knows again; answers its number.
    fn note_network(&mut self, via: Via) -> usize {
        let number = self.number_of(via.address()).unwrap_or(self.ways.len());
        if let Some(known) = record_of(&mut self.ways, link(number)) {
            known.usable = true;
            return number;
        }
        let usual = if number == 0 { Network::wifi() } else { Network::lte() };
        let network = self.expected.remove(&number).unwrap_or(usual);
        let record = NetworkRecord {
            number: link(number).as_u32(),
            via,
            spent: ByteCount::ZERO,
            usable: true,
        };
        let seed = self.seed.wrapping_add(number as u64);
        self.ways.push(Way::new(network, Some(record), seed));
        number
    }

    fn number_of(&self, address: IpAddr) -> Option<usize> {
        let has = |way: &Way| way.record.as_ref().is_some_and(|it| it.via.address() == address);
        self.ways.iter().position(has)
    }

    fn carry(&mut self, now: Time, to_ingest: bool, way: usize, port: u16, bytes: &[u8]) {
        let Some(network) = self.ways.get_mut(way) else { return };
        for at in network.carry(now, to_ingest, bytes.len()).arrivals() {
            let number = self.datagrams;
            self.datagrams += 1;
            let bytes = bytes.to_vec();
            self.under_way.push(Reverse(UnderWay { at, number, way, port, to_ingest, bytes }));
        }
    }
}

fn record_of(ways: &mut [Way], link: LinkId) -> Option<&mut NetworkRecord> {
    ways.get_mut(number(link))?.record.as_mut()
}

fn link(way: usize) -> LinkId {
    LinkId::new(u32::try_from(way).unwrap_or(u32::MAX))
}

fn number(link: LinkId) -> usize {
    link.as_u32() as usize
}

/// Where the socket of a leg on a network is seen.
fn address(way: usize, port: u16) -> SocketAddr {
    let [_, _, high, low] = link(way).as_u32().to_be_bytes();
    SocketAddr::from(([10, high, low, 1], port))
}

/// The network that an address belongs to.
fn place(address: SocketAddr) -> usize {
    match address.ip() {
        IpAddr::V4(ip) => {
            let [_, high, low, _] = ip.octets();
            usize::from(u16::from_be_bytes([high, low]))
        }
        IpAddr::V6(_) => 0,
    }
}

fn following(port: u16) -> u16 {
    port.checked_add(1).unwrap_or(FIRST_PORT)
}

fn drawn(seed: u64, number: u64) -> [u8; 32] {
    let mut long = [0xA5; 32];
    let halves = seed.to_be_bytes().into_iter().chain(number.to_be_bytes());
    for (byte, drawn) in long.iter_mut().zip(halves) {
        *byte = drawn;
    }
    long
}

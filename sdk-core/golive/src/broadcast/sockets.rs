//! The sockets of a broadcast's legs, and the addresses they talk to.
//!
//! A leg has one socket, or one on each of several networks.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::thread;

use async_channel::Sender;
use golive_proto::session::{LegId, Role};
use golive_proto::transport::srtla::{self, LinkId};
use golive_proto::transport::{Priority, Ways};
use golive_proto::units::{ByteCount, Time};

use super::bond::{Bond, Word};
use super::carrier::Command;
use super::network::{Network, NetworkChange, NetworkHealth, Via};
use crate::error::{Error, ErrorKind};
use crate::event::NetworkEvent;
use crate::net::{Batch, Inbox, Socket, Waker, resolve};

/// Where a broadcast goes, or waits to be called.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) role: Role,
}

/// Open legs, and what is needed to open more.
pub(super) struct Sockets {
    endpoint: Endpoint,
    legs: Vec<OpenLeg>,
    /// Used at once, if there are any.
    networks: Vec<Network>,
    bonding: srtla::Config,
    next_network: u32,
    addresses: Vec<SocketAddr>,
    next_address: usize,
    waiting: Vec<LegId>,
    looking_up: bool,
    commands: Sender<Command>,
    waker: Waker,
    batch: Batch,
    /// Whose datagrams wait in the batch.
    batched: Option<(LegId, Option<LinkId>)>,
    inbox: Inbox,
}

struct OpenLeg {
    id: LegId,
    way: Way,
}

enum Way {
    One(Socket),
    Several(Box<Bond>),
}

/// What legs have to say.
pub(super) enum Heard<'a> {
    /// A leg's ingest is at this address, and can be called.
    Opened(LegId, SocketAddr),
    /// A datagram came.
    Datagram(LegId, SocketAddr, &'a [u8]),
    /// A leg's datagrams take ways like this.
    Ways(LegId, Ways),
    /// Something happened to a network.
    Network(NetworkEvent),
}

/// Datagrams that the system may coalesce into one buffer when receiving: with less room than a
/// whole UDP datagram, it would cut one of them short without a word.
const RECEIVE_SEGMENTS: usize = 32;
/// Batches taken from one socket before the others and the timers have their turn.
const MAX_BATCHES: usize = 16;

impl Sockets {
    pub(super) fn new(
        endpoint: Endpoint,
        networks: &[Via],
        bonding: srtla::Config,
        commands: Sender<Command>,
        waker: Waker,
    ) -> Self {
        let mut sockets = Self {
            networks: Vec::new(),
            bonding,
            next_network: 0,
            batched: None,
            addresses: numeric(&endpoint).into_iter().collect(),
            endpoint,
            legs: Vec::new(),
            next_address: 0,
            waiting: Vec::new(),
            looking_up: false,
            commands,
            waker,
            batch: Batch::new(),
            inbox: Inbox::new(RECEIVE_SEGMENTS),
        };
        for via in networks {
            sockets.note_network(*via);
        }
        sockets
    }

    /// Opens a leg's socket, at once where the address is known, else when it is. Answers with
    /// the address of the ingest if this side calls and knows it; over several networks that comes
    /// later, from [`Sockets::drive`].
    ///
    /// # Errors
    ///
    /// When the system refuses the socket or the thread for a look-up.
    pub(super) fn open(&mut self, now: Time, id: LegId) -> io::Result<Option<SocketAddr>> {
        if self.endpoint.role == Role::Listener {
            let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, self.endpoint.port));
            let socket = Socket::bind(self.addresses.first().copied().unwrap_or(any))?;
            self.legs.push(OpenLeg { id, way: Way::One(socket) });
            return Ok(None);
        }
        // A name may lead elsewhere by now; what is known serves until the answer is here.
        self.look_up()?;
        let Some(peer) = self.pick_address() else {
            self.waiting.push(id);
            return Ok(None);
        };
        if self.networks.is_empty() {
            let way = Way::One(Socket::for_peer(peer)?);
            self.legs.push(OpenLeg { id, way });
            return Ok(Some(peer));
        }
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(io::Error::other)?;
        let usable = self.networks.iter().filter(|network| network.usable && !network.is_spent());
        let bond = Bond::open(now, self.bonding, seed, peer, usable.copied())?;
        self.legs.push(OpenLeg { id, way: Way::Several(Box::new(bond)) });
        Ok(None)
    }

    /// Closes a leg. Answers with what to say if it never got as far as its first handshake.
    pub(super) fn close(&mut self, now: Time, id: LegId) -> Option<Error> {
        self.waiting.retain(|waiting| *waiting != id);
        let index = self.legs.iter().position(|leg| leg.id == id)?;
        if self.batched.is_some_and(|(leg, _)| leg == id) {
            self.flush();
        }
        let Way::Several(mut bond) = self.legs.remove(index).way else { return None };
        for (link, bytes) in bond.spent(now) {
            self.note_spent(link, bytes);
        }
        (!bond.has_joined()).then(|| no_receiver(bond.peer()))
    }

    /// A network is there, leaves or is gone.
    pub(super) fn change_network(&mut self, now: Time, change: NetworkChange) {
        let bonds = self.legs.iter_mut().filter_map(|leg| match &mut leg.way {
            Way::Several(bond) => Some(bond),
            Way::One(_) => None,
        });
        match change {
            NetworkChange::Added(via) => {
                let network = self.note_network(via);
                for leg in &mut self.legs {
                    if let Way::Several(bond) = &mut leg.way
                        && !network.is_spent()
                    {
                        // It is tried again later.
                        let _ = bond.add(now, network);
                    }
                }
            }
            NetworkChange::Leaving(address) => {
                bonds.for_each(|bond| bond.announce_leaving(now, address));
                self.forbid(address);
            }
            NetworkChange::Removed(address) => {
                bonds.for_each(|bond| bond.remove(now, address));
                self.forbid(address);
            }
        }
    }

    /// How each network is doing on the newest leg that uses it.
    pub(super) fn network_health(&mut self, now: Time) -> Vec<NetworkHealth> {
        let (mut links, mut spent) = (Vec::new(), Vec::new());
        for leg in &mut self.legs {
            if let Way::Several(bond) = &mut leg.way {
                links.extend(bond.health(now));
                spent.extend(bond.spent(now));
            }
        }
        let health = |network: &Network| {
            let is_it = |link: &&srtla::LinkHealth| link.link.as_u32() == network.number;
            let now_spent = spent.iter().filter(|(link, _)| link.as_u32() == network.number);
            let bytes = now_spent.map(|(_, bytes)| *bytes).sum();
            network.health(links.iter().rev().find(is_it), bytes)
        };
        self.networks.iter().map(health).collect()
    }

    /// Does what the links of several networks want done; answers when they want to be woken.
    pub(super) fn drive(&mut self, now: Time, mut tell: impl FnMut(Heard<'_>)) -> Option<Time> {
        let mut wake: Option<Time> = None;
        for leg in &mut self.legs {
            let Way::Several(bond) = &mut leg.way else { continue };
            let (id, peer) = (leg.id, bond.peer());
            let at = bond.drive(now, |word| tell(heard(id, peer, word)));
            wake = wake.into_iter().chain(at).min();
        }
        wake
    }

    /// The look-up is done. Answers with the legs that waited for it.
    pub(super) fn resolved(&mut self, addresses: Vec<SocketAddr>) -> Vec<LegId> {
        self.looking_up = false;
        if !addresses.is_empty() {
            self.addresses = addresses;
        }
        std::mem::take(&mut self.waiting)
    }

    /// Where datagrams for the next [`Sockets::transmit`] are written.
    pub(super) fn room(&mut self) -> &mut [u8] {
        self.batch.room()
    }

    /// Sends what was written to [`Sockets::room`], now or with what follows at this moment.
    pub(super) fn transmit(
        &mut self,
        now: Time,
        id: LegId,
        to: SocketAddr,
        length: usize,
        priority: Priority,
    ) {
        let Some(leg) = self.legs.iter_mut().find(|leg| leg.id == id) else { return };
        let link = match &mut leg.way {
            Way::One(_) => None,
            Way::Several(bond) => {
                let data = self.batch.room().get(..length).unwrap_or_default();
                // What had better not leave now, SRT sends again if it must.
                let Some(link) = bond.route(now, data, priority) else { return };
                Some(link)
            }
        };
        if self.batched.is_some_and(|batched| batched != (id, link)) {
            self.flush_before(length);
        }
        self.batched = Some((id, link));
        let Some(socket) = socket(&self.legs, id, link) else { return };
        if let Err(error) = self.batch.push(socket, to, length) {
            tracing::debug!(%error, "datagrams were not sent");
        }
    }

    /// Sends what still waits: before the thread sleeps, and before a socket is closed.
    pub(super) fn flush(&mut self) {
        self.flush_before(0);
    }

    /// Sends what waits for another socket than the datagram of `length` that was written last.
    fn flush_before(&mut self, length: usize) {
        let Some((leg, link)) = self.batched.take() else { return };
        let Some(socket) = socket(&self.legs, leg, link) else { return };
        if let Err(error) = self.batch.flush_before(socket, length) {
            tracing::debug!(%error, "datagrams were not sent");
        }
    }

    /// Hands everything that is there to `tell`; answers with a leg whose socket failed.
    pub(super) fn receive(&mut self, now: Time, mut tell: impl FnMut(Heard<'_>)) -> Option<LegId> {
        for leg in &mut self.legs {
            let socket = match &mut leg.way {
                Way::One(socket) => socket,
                Way::Several(bond) => {
                    let (id, peer) = (leg.id, bond.peer());
                    bond.receive(now, &mut self.inbox, |word| tell(heard(id, peer, word)));
                    continue;
                }
            };
            for _ in 0..MAX_BATCHES {
                let more = match socket.receive(&mut self.inbox) {
                    Ok(more) => more,
                    Err(error) => {
                        tracing::warn!(%error, leg = %leg.id, "a socket failed");
                        return Some(leg.id);
                    }
                };
                for (from, datagram) in self.inbox.datagrams() {
                    tell(Heard::Datagram(leg.id, from, datagram));
                }
                if !more {
                    break;
                }
            }
        }
        None
    }

    /// Whether no leg is open.
    pub(super) fn is_empty(&self) -> bool {
        self.legs.is_empty()
    }

    pub(super) fn sockets(&self) -> impl Iterator<Item = &Socket> {
        self.legs.iter().flat_map(|leg| {
            let (one, several) = match &leg.way {
                Way::One(socket) => (Some(socket), None),
                Way::Several(bond) => (None, Some(bond.sockets())),
            };
            one.into_iter().chain(several.into_iter().flatten())
        })
    }

    /// Keeps a network; one that was known goes on with what it has spent.
    fn note_network(&mut self, via: Via) -> Network {
        let number = self.next_network;
        self.next_network = self.next_network.wrapping_add(1);
        let mut network = Network { number, via, spent: ByteCount::ZERO, usable: true };
        match self.networks.iter_mut().find(|known| known.via.address() == via.address()) {
            Some(known) => {
                network.spent = known.spent;
                *known = network;
            }
            None => self.networks.push(network),
        }
        network
    }

    fn forbid(&mut self, address: IpAddr) {
        for network in &mut self.networks {
            network.usable &= network.via.address() != address;
        }
    }

    fn note_spent(&mut self, link: LinkId, bytes: ByteCount) {
        for network in self.networks.iter_mut().filter(|it| it.number == link.as_u32()) {
            network.spent += bytes;
        }
    }

    /// Attempts go round all addresses of a host: one of them may be of a family, or a machine,
    /// that does not answer.
    fn pick_address(&mut self) -> Option<SocketAddr> {
        let index = self.next_address.checked_rem(self.addresses.len())?;
        self.next_address = self.next_address.wrapping_add(1);
        self.addresses.get(index).copied()
    }

    fn look_up(&mut self) -> io::Result<()> {
        if self.looking_up || numeric(&self.endpoint).is_some() {
            return Ok(());
        }
        self.looking_up = true;
        let (commands, waker) = (self.commands.clone(), self.waker.clone());
        let Endpoint { host, port, .. } = self.endpoint.clone();
        thread::Builder::new().name("golive-lookup".to_owned()).spawn(move || {
            // A closed queue means that nobody waits for the answer any more.
            let _ = commands.send_blocking(Command::Resolved(resolve(&host, port)));
            waker.wake();
        })?;
        Ok(())
    }
}

fn heard(leg: LegId, peer: SocketAddr, word: Word<'_>) -> Heard<'_> {
    match word {
        Word::Joined => Heard::Opened(leg, peer),
        Word::Datagram(data) => Heard::Datagram(leg, peer, data),
        Word::Ways(ways) => Heard::Ways(leg, ways),
        Word::Event(event) => Heard::Network(event),
    }
}

fn socket(legs: &[OpenLeg], leg: LegId, link: Option<LinkId>) -> Option<&Socket> {
    match (&legs.iter().find(|open| open.id == leg)?.way, link) {
        (Way::One(socket), _) => Some(socket),
        (Way::Several(bond), Some(link)) => bond.socket(link),
        (Way::Several(_), None) => None,
    }
}

fn no_receiver(peer: SocketAddr) -> Error {
    let message = format!(
        "no srtla receiver answered at {peer} on any of the networks: check the address, that this \
         device can reach it from each of them, and that an ingest for several networks, such as \
         `golive ingest`, runs there"
    );
    Error::new(ErrorKind::Unreachable, message)
}

fn numeric(endpoint: &Endpoint) -> Option<SocketAddr> {
    let address: IpAddr = match endpoint.host.as_str() {
        "" => Ipv4Addr::UNSPECIFIED.into(),
        host => host.parse().ok()?,
    };
    Some(SocketAddr::new(address, endpoint.port))
}

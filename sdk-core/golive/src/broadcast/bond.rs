//! One leg over several networks: a socket on each, and the srtla sender that chooses between
//! them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use golive_proto::transport::srtla::{self, LinkHealth, LinkId, LinkOptions, Received, Sender};
use golive_proto::transport::{Priority, Ways};
use golive_proto::units::{ByteCount, Time};

use super::network::{Network, network_event};
use crate::event::NetworkEvent;
use crate::net::{Inbox, Socket};

/// See the module.
pub(super) struct Bond {
    sender: Sender,
    peer: SocketAddr,
    links: Vec<Open>,
    /// Networks whose socket could not be opened, or failed.
    shut: Vec<Network>,
    untold: Vec<NetworkEvent>,
    /// What links that are closed have sent and received.
    past: Vec<(LinkId, ByteCount)>,
    next_try: Time,
    joined: bool,
    rewritten: Vec<u8>,
}

/// A link's socket.
struct Open {
    id: LinkId,
    address: IpAddr,
    socket: Socket,
}

/// What a bond has to say to the rest of the broadcast.
pub(super) enum Word<'a> {
    /// The receiver let the first link in: SRT may begin.
    Joined,
    /// A datagram for the session.
    Datagram(&'a [u8]),
    /// What the ways are like, for the session.
    Ways(Ways),
    /// Something for the owner.
    Event(NetworkEvent),
}

/// A network that was not there is looked for so often.
const TRY_INTERVAL: Duration = Duration::from_secs(1);
/// Batches taken from one socket before the others and the timers have their turn.
const MAX_BATCHES: usize = 16;
/// Room for what is written here: keep-alives, registrations, reports.
const BUFFER: usize = 1_500;

impl Bond {
    /// A bond to the srtla receiver at `peer`, over those of the networks that are there.
    ///
    /// # Errors
    ///
    /// The system's, if none is.
    pub(super) fn open(
        now: Time,
        config: srtla::Config,
        seed: [u8; 32],
        peer: SocketAddr,
        networks: impl Iterator<Item = Network>,
    ) -> io::Result<Self> {
        let mut bond = Self {
            sender: Sender::new(config, now, seed),
            peer,
            links: Vec::new(),
            shut: Vec::new(),
            untold: Vec::new(),
            past: Vec::new(),
            next_try: now + TRY_INTERVAL,
            joined: false,
            rewritten: vec![0; BUFFER],
        };
        let mut failure = None;
        for network in networks {
            if let Err(error) = bond.add(now, network) {
                failure = Some(error);
            }
        }
        match failure {
            Some(error) if bond.links.is_empty() => Err(error),
            _ => Ok(bond),
        }
    }

    /// Opens a socket on a network; if that fails, it is tried again.
    ///
    /// # Errors
    ///
    /// The system's.
    pub(super) fn add(&mut self, now: Time, network: Network) -> io::Result<()> {
        let result = self.open_link(now, network);
        if let Err(error) = &result {
            let (address, cause) = (network.via.address, error.to_string());
            self.untold.push(NetworkEvent::Failed { address, cause });
            self.shut.push(network);
        }
        result
    }

    fn open_link(&mut self, now: Time, network: Network) -> io::Result<()> {
        let address = network.via.address;
        if address.is_ipv4() != self.peer.is_ipv4() {
            let message = "the ingest's address is of the other family";
            return Err(io::Error::new(io::ErrorKind::Unsupported, message));
        }
        let socket = Socket::bind_attached(SocketAddr::new(address, 0), network.via.attachment)?;
        let id = LinkId::new(network.number);
        self.links.push(Open { id, address, socket });
        self.sender.add(now, id, LinkOptions { budget: network.left() });
        Ok(())
    }

    /// A network is about to go away.
    pub(super) fn announce_leaving(&mut self, now: Time, address: IpAddr) {
        self.shut.retain(|network| network.via.address != address);
        if let Some(link) = self.links.iter().find(|link| link.address == address) {
            self.sender.announce_leaving(now, link.id);
        }
    }

    /// A network is gone.
    pub(super) fn remove(&mut self, now: Time, address: IpAddr) {
        self.shut.retain(|network| network.via.address != address);
        if let Some(index) = self.links.iter().position(|link| link.address == address) {
            let link = self.links.remove(index);
            let bytes = self.sender.remove(now, link.id);
            self.past.push((link.id, bytes));
        }
    }

    /// Which link a datagram of SRT's takes.
    pub(super) fn route(&mut self, now: Time, data: &[u8], priority: Priority) -> Option<LinkId> {
        self.sender.route(now, data, priority)
    }

    pub(super) fn socket(&self, id: LinkId) -> Option<&Socket> {
        self.links.iter().find(|link| link.id == id).map(|link| &link.socket)
    }

    pub(super) fn sockets(&self) -> impl Iterator<Item = &Socket> {
        self.links.iter().map(|link| &link.socket)
    }

    /// Where the srtla receiver is.
    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Whether any link was ever let in.
    pub(super) fn has_joined(&self) -> bool {
        self.joined
    }

    /// What each link has sent and received, those that are closed included.
    pub(super) fn spent(&mut self, now: Time) -> Vec<(LinkId, ByteCount)> {
        let open = self.sender.health(now).into_iter().map(|link| (link.link, link.bytes));
        self.past.iter().copied().chain(open).collect()
    }

    pub(super) fn health(&mut self, now: Time) -> Vec<LinkHealth> {
        self.sender.health(now)
    }

    /// Takes all that has arrived.
    pub(super) fn receive(&mut self, now: Time, inbox: &mut Inbox, mut tell: impl FnMut(Word<'_>)) {
        let mut failed = Vec::new();
        for link in &self.links {
            for _ in 0..MAX_BATCHES {
                let more = match link.socket.receive(inbox) {
                    Ok(more) => more,
                    Err(error) => {
                        failed.push((link.address, error));
                        break;
                    }
                };
                let from_peer = inbox.datagrams().filter(|(from, _)| *from == self.peer);
                for (_, datagram) in from_peer {
                    match self.sender.receive(now, link.id, datagram, &mut self.rewritten) {
                        Received::Ours => {}
                        Received::Srt => tell(Word::Datagram(datagram)),
                        Received::Rewritten { length } => {
                            let data = self.rewritten.get(..length).unwrap_or_default();
                            tell(Word::Datagram(data));
                        }
                    }
                }
                if !more {
                    break;
                }
            }
        }
        for (address, error) in failed {
            self.remove(now, address);
            let cause = error.to_string();
            tell(Word::Event(NetworkEvent::Failed { address, cause }));
        }
    }

    /// Does what the links want done; answers when they want to be woken.
    pub(super) fn drive(&mut self, now: Time, mut tell: impl FnMut(Word<'_>)) -> Option<Time> {
        self.try_again(now, &mut tell);
        for event in self.untold.drain(..) {
            tell(Word::Event(event));
        }
        let mut buffer = [0; BUFFER];
        loop {
            match self.sender.poll(now, &mut buffer) {
                srtla::Output::Transmit { link, length } => {
                    let data = buffer.get(..length).unwrap_or_default();
                    let Some(socket) = self.socket(link) else { continue };
                    if let Err(error) = socket.send(self.peer, data, length) {
                        tracing::debug!(%error, %link, "a datagram was not sent");
                    }
                }
                srtla::Output::Receive { length } => {
                    tell(Word::Datagram(buffer.get(..length).unwrap_or_default()));
                }
                srtla::Output::Ways(ways) => tell(Word::Ways(ways)),
                srtla::Output::Close { link, bytes } => {
                    let Some(index) = self.links.iter().position(|open| open.id == link) else {
                        continue;
                    };
                    self.past.push((link, bytes));
                    let address = self.links.remove(index).address;
                    tell(Word::Event(NetworkEvent::Left { address }));
                }
                srtla::Output::Event(event) => self.take_event(event, &mut tell),
                srtla::Output::Wake { at } => {
                    let next_try = (!self.shut.is_empty()).then_some(self.next_try);
                    return at.into_iter().chain(next_try).min();
                }
            }
        }
    }

    fn take_event(&mut self, event: srtla::Event, tell: &mut impl FnMut(Word<'_>)) {
        let address = |id: LinkId| self.links.iter().find(|it| it.id == id).map(|it| it.address);
        let event = network_event(event, address);
        let joined = matches!(event, Some(NetworkEvent::Joined { .. }));
        if let Some(event) = event {
            tell(Word::Event(event));
        }
        if joined && !std::mem::replace(&mut self.joined, true) {
            tell(Word::Joined);
        }
    }

    fn try_again(&mut self, now: Time, tell: &mut impl FnMut(Word<'_>)) {
        if self.shut.is_empty() || now < self.next_try {
            return;
        }
        self.next_try = now + TRY_INTERVAL;
        for network in std::mem::take(&mut self.shut) {
            let address = network.via.address;
            // That it is away has been told.
            match self.open_link(now, network) {
                Ok(()) => tell(Word::Event(NetworkEvent::Opened { address })),
                Err(_) => self.shut.push(network),
            }
        }
    }
}

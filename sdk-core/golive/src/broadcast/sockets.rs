//! The sockets of a broadcast's legs, and the addresses they talk to.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::thread;

use async_channel::Sender;
use golive_proto::session::{LegId, Role};

use super::carrier::Command;
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
    addresses: Vec<SocketAddr>,
    next_address: usize,
    waiting: Vec<LegId>,
    looking_up: bool,
    commands: Sender<Command>,
    waker: Waker,
    batch: Batch,
    inbox: Inbox,
}

struct OpenLeg {
    id: LegId,
    socket: Socket,
}

/// Datagrams that the system may coalesce into one buffer when receiving: with less room than a
/// whole UDP datagram, it would cut one of them short without a word.
const RECEIVE_SEGMENTS: usize = 32;
/// Batches taken from one socket before the others and the timers have their turn.
const MAX_BATCHES: usize = 16;

impl Sockets {
    pub(super) fn new(endpoint: Endpoint, commands: Sender<Command>, waker: Waker) -> Self {
        Self {
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
        }
    }

    /// Opens a leg's socket, at once where the address is known, else when it is. Answers with
    /// the address of the ingest if this side calls and knows it.
    ///
    /// # Errors
    ///
    /// When the system refuses the socket or the thread for a look-up.
    pub(super) fn open(&mut self, id: LegId) -> io::Result<Option<SocketAddr>> {
        if self.endpoint.role == Role::Listener {
            let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, self.endpoint.port));
            let socket = Socket::bind(self.addresses.first().copied().unwrap_or(any))?;
            self.legs.push(OpenLeg { id, socket });
            return Ok(None);
        }
        // A name may lead elsewhere by now; what is known serves until the answer is here.
        self.look_up()?;
        let Some(peer) = self.pick_address() else {
            self.waiting.push(id);
            return Ok(None);
        };
        let socket = Socket::for_peer(peer)?;
        self.legs.push(OpenLeg { id, socket });
        Ok(Some(peer))
    }

    pub(super) fn close(&mut self, id: LegId) {
        self.legs.retain(|leg| leg.id != id);
        self.waiting.retain(|waiting| *waiting != id);
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
    pub(super) fn transmit(&mut self, id: LegId, to: SocketAddr, length: usize) {
        let Some(leg) = self.legs.iter().find(|leg| leg.id == id) else { return };
        if let Err(error) = self.batch.push(&leg.socket, to, length) {
            tracing::debug!(%error, "datagrams were not sent");
        }
    }

    /// Sends what still waits: before another leg transmits, and before the thread sleeps.
    pub(super) fn flush(&mut self, id: LegId) {
        let Some(leg) = self.legs.iter().find(|leg| leg.id == id) else { return };
        if let Err(error) = self.batch.flush(&leg.socket) {
            tracing::debug!(%error, "datagrams were not sent");
        }
    }

    /// Hands every datagram that is there to `take`; answers with a leg whose socket failed.
    pub(super) fn receive(
        &mut self,
        mut take: impl FnMut(LegId, SocketAddr, &[u8]),
    ) -> Option<LegId> {
        for leg in &self.legs {
            for _ in 0..MAX_BATCHES {
                let more = match leg.socket.receive(&mut self.inbox) {
                    Ok(more) => more,
                    Err(error) => {
                        tracing::warn!(%error, leg = %leg.id, "a socket failed");
                        return Some(leg.id);
                    }
                };
                for (from, datagram) in self.inbox.datagrams() {
                    take(leg.id, from, datagram);
                }
                if !more {
                    break;
                }
            }
        }
        None
    }

    pub(super) fn sockets(&self) -> impl Iterator<Item = &Socket> {
        self.legs.iter().map(|leg| &leg.socket)
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

fn numeric(endpoint: &Endpoint) -> Option<SocketAddr> {
    let address: IpAddr = match endpoint.host.as_str() {
        "" => Ipv4Addr::UNSPECIFIED.into(),
        host => host.parse().ok()?,
    };
    Some(SocketAddr::new(address, endpoint.port))
}

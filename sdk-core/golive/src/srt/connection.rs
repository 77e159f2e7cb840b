//! A connection, as its user sees it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use golive_proto::transport::srt::{Broken, Negotiated, Rejection, Statistics};
use golive_proto::units::Time;

use super::engine::{Engine, EngineHandle};
use super::link::Link;
use super::listener::{ListenOptions, Listener};
use super::ring::PAYLOAD;
use crate::clock;
use crate::destination::Destination;
use crate::error::{Error, ErrorKind};
use crate::net::{Socket, resolve};

/// An SRT connection. Dropping it closes it without waiting for what is queued.
#[derive(Debug)]
pub struct Connection {
    link: Arc<Link>,
    engine: EngineHandle,
    key: u64,
    peer: SocketAddr,
}

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// This side closed it.
    ClosedHere,
    /// The peer closed it.
    ClosedByPeer,
    /// The peer refused it.
    Refused(Rejection),
    /// The peer did not answer, or no longer.
    Broken(Broken),
    /// The system failed the socket or the thread.
    System,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::ClosedHere => f.write_str("closed here"),
            Ended::ClosedByPeer => f.write_str("the peer closed the connection"),
            Ended::Refused(rejection) => write!(f, "the peer refused: {rejection}"),
            Ended::Broken(broken) => broken.fmt(f),
            Ended::System => f.write_str("the system failed the socket or its thread"),
        }
    }
}

impl Ended {
    fn error(self) -> Error {
        let kind = match self {
            Ended::ClosedHere | Ended::ClosedByPeer => ErrorKind::Ended,
            Ended::Refused(_) => ErrorKind::Refused,
            Ended::Broken(_) => ErrorKind::Unreachable,
            Ended::System => ErrorKind::System,
        };
        Error::new(kind, self.to_string())
    }
}

impl Connection {
    /// Calls the destination, or waits to be called if it is one that listens; returns once
    /// connected.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreachable`], [`ErrorKind::Refused`], or [`ErrorKind::System`].
    pub fn connect(destination: &Destination) -> Result<Self, Error> {
        let endpoint = destination.endpoint();
        if destination.is_listener() {
            return Self::be_called(destination);
        }
        let mut last = None;
        for peer in resolve(&endpoint.host, endpoint.port)? {
            match Self::call(destination, peer) {
                Err(error) if error.kind() == ErrorKind::Unreachable => last = Some(error),
                result => return result,
            }
        }
        Err(last.unwrap_or_else(|| Ended::System.error()))
    }

    fn call(destination: &Destination, peer: SocketAddr) -> Result<Self, Error> {
        let socket = Socket::for_peer(peer).map_err(super::engine::system_error)?;
        let engine = Engine::start(socket, None)?;
        let connection = Self::new(engine.call(destination.transport(), peer)?, engine, peer);
        connection.link.wait_connected().map_err(Ended::error)?;
        Ok(connection)
    }

    fn be_called(destination: &Destination) -> Result<Self, Error> {
        let endpoint = destination.endpoint();
        let host = if endpoint.host.is_empty() { "0.0.0.0" } else { &endpoint.host };
        let address = resolve(host, endpoint.port)?.into_iter().next();
        let address = address.ok_or_else(|| Ended::System.error())?;
        let options = ListenOptions::from_config(destination.transport());
        loop {
            let request = Listener::bind(address, options.clone())?.accept()?;
            let connection = request.accept()?;
            match connection.link.wait_connected() {
                Ok(_) => return Ok(connection),
                // A caller with the wrong passphrase does not end the wait for the right one.
                Err(Ended::System) => return Err(Ended::System.error()),
                Err(ended) => tracing::warn!("a caller was turned away: {ended}"),
            }
        }
    }

    pub(super) fn new(
        (key, link): (u64, Arc<Link>),
        engine: EngineHandle,
        peer: SocketAddr,
    ) -> Self {
        Self { link, engine, key, peer }
    }

    /// Queues a payload to leave now; waits for room.
    ///
    /// # Errors
    ///
    /// Why the connection is over, or [`ErrorKind::Configuration`] for a payload of more than
    /// 1,456 bytes.
    pub fn send(&self, payload: &[u8]) -> Result<(), Error> {
        self.send_at(payload, clock::now())?;
        self.engine.send_queued();
        Ok(())
    }

    /// Queues a payload to leave at a moment to come, in order with the others; waits for room.
    /// Payloads queued ahead cost this thread and the network's no wake for each.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_at(&self, payload: &[u8], at: Time) -> Result<(), Error> {
        if payload.len() > PAYLOAD {
            let message = format!("a payload of {} bytes: at most {PAYLOAD} fit", payload.len());
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        let pushed = self.link.outgoing.push_blocking(payload, at);
        pushed.map_err(|_| self.link.ended().unwrap_or(Ended::ClosedHere).error())
    }

    /// Sends what was queued by [`send_at`](Self::send_at) and is due, and sees to it that the rest
    /// leaves when it is.
    pub fn flush(&self) {
        self.engine.send_queued();
    }

    /// Waits for the next payload and copies it to `buffer`; nothing once the connection is over
    /// and everything was read. [`ended`](Self::ended) tells why.
    pub fn receive(&self, buffer: &mut [u8]) -> Option<usize> {
        self.link.incoming.pop_blocking(buffer)
    }

    /// Queues a report for a peer that understands it; others are not sent any.
    pub fn report(&self, report: &[u8]) {
        self.engine.report(self.key, report);
    }

    /// The peer's latest report, once.
    pub fn take_peer_report(&self) -> Option<Vec<u8>> {
        self.link.take_report()
    }

    /// What was agreed on, once connected.
    pub fn negotiated(&self) -> Option<Negotiated> {
        self.link.negotiated()
    }

    /// What was counted and measured, at most 100 ms ago.
    pub fn statistics(&self) -> Statistics {
        self.link.statistics()
    }

    /// The address of the peer.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Why the connection is over, if it is.
    pub fn ended(&self) -> Option<Ended> {
        self.link.ended()
    }

    /// Closes at once.
    pub fn close(&self) {
        self.engine.close(self.key);
    }

    /// Sends what is queued, waits until it is acknowledged or too late and played out, and
    /// closes. Answers with why the connection ended; nothing if it did not within `timeout`.
    pub fn finish(&self, timeout: Duration) -> Option<Ended> {
        self.link.outgoing.close();
        self.engine.send_queued();
        self.link.wait_ended(timeout)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

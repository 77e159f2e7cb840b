//! Waiting for callers.

use std::net::SocketAddr;

use async_channel::Receiver;
use golive_proto::transport::srt::{self, Passphrase, Rejection, StreamId};

use super::connection::Connection;
use super::engine::{Engine, EngineHandle, system_error};
use crate::error::{Error, ErrorKind};
use crate::net::Socket;
use crate::secret::Secret;

/// What a listener offers its callers.
#[derive(Clone, Debug, Default)]
pub struct ListenOptions {
    config: srt::Config,
}

impl ListenOptions {
    /// Encrypts; callers need the same passphrase.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] unless it has 10 to 79 bytes.
    pub fn passphrase(mut self, passphrase: &Secret) -> Result<Self, Error> {
        let passphrase = Passphrase::new(passphrase.expose()).map_err(|error| {
            Error::with_source(ErrorKind::Configuration, error.to_string(), error)
        })?;
        self.config.passphrase = Some(passphrase);
        Ok(self)
    }

    /// How long what is received is held back at least.
    #[must_use]
    pub fn latency(mut self, latency: std::time::Duration) -> Self {
        self.config.latency = latency;
        self
    }

    pub(super) fn from_config(config: srt::Config) -> Self {
        Self { config }
    }
}

/// Listens for callers on a thread of its own, which also drives the connections that it
/// accepts. They live on when it is dropped; [`close`](Self::close) ends them as well.
#[derive(Debug)]
pub struct Listener {
    requests: Receiver<srt::Request>,
    engine: EngineHandle,
    options: ListenOptions,
    address: SocketAddr,
}

/// Someone wants in.
#[derive(Debug)]
pub struct Request {
    request: srt::Request,
    engine: EngineHandle,
    options: ListenOptions,
}

/// Callers that wait to be let in; more are told to come back.
const WAITING_REQUESTS: usize = 16;

impl Listener {
    /// Listens on an address; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::System`] when the address is taken or not this machine's.
    pub fn bind(address: SocketAddr, options: ListenOptions) -> Result<Self, Error> {
        let socket = Socket::bind(address).map_err(|error| {
            let message = format!(
                "UDP {address} cannot be listened on ({error}): choose another port, or end the \
                 program that has it"
            );
            Error::with_source(ErrorKind::System, message, error)
        })?;
        let address = socket.local_address().map_err(system_error)?;
        let (sender, requests) = async_channel::bounded(WAITING_REQUESTS);
        let engine = Engine::start(socket, Some(sender))?;
        Ok(Self { requests, engine, options, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the next caller.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ended`] once the listener is closed.
    pub fn accept(&self) -> Result<Request, Error> {
        let closed = |_| Error::new(ErrorKind::Ended, "the listener is closed");
        let request = self.requests.recv_blocking().map_err(closed)?;
        Ok(Request { request, engine: self.engine.clone(), options: self.options.clone() })
    }

    /// Closes the listener: [`accept`](Self::accept) ends, and so do its connections.
    pub fn close(&self) {
        self.requests.close();
        self.engine.stop();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.requests.close();
    }
}

impl Request {
    /// Who calls.
    pub fn peer(&self) -> SocketAddr {
        self.request.peer()
    }

    /// What the caller asks for; it may hold a key.
    pub fn stream_id(&self) -> Option<&StreamId> {
        self.request.stream_id()
    }

    /// Whether the caller wants to encrypt.
    pub fn is_encrypted(&self) -> bool {
        self.request.encrypted()
    }

    /// Lets the caller in. If the passphrases do not fit, the connection ends as refused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ended`] once the listener is closed.
    pub fn accept(self) -> Result<Connection, Error> {
        let peer = self.request.peer();
        let accepted = self.engine.accept(self.request, self.options.config)?;
        Ok(Connection::new(accepted, self.engine, peer))
    }

    /// Turns the caller away.
    pub fn reject(self, rejection: Rejection) {
        self.engine.reject(self.request, rejection);
    }
}

//! Whoever waits to be called (section 4.3.1).
//!
//! Nothing is kept for a caller until it has shown that it receives at the address that it sends
//! from: its induction is answered with a cookie that only the listener can make, and only a
//! conclusion with that cookie is read any further. No answer to an induction is longer than the
//! induction, so nobody is flooded through the listener.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha1::Sha1;

use crate::units::Time;

use super::config::Config;
use super::connection::{Connection, Request, write_rejection};
use super::number::SocketId;
use super::rejection::Rejection;
use super::wire::{
    ControlHeader, ControlKind, Handshake, HandshakeFields, HandshakeKind, Packet, Writer,
    address_words, extension_flag,
};

/// A cookie is good for the rest of its span and the one after.
const COOKIE_SPAN: Duration = Duration::from_secs(60);

/// A request is forgotten when nobody has answered it for so long.
const REQUEST_LIFETIME: Duration = Duration::from_secs(10);

const INDUCTION_VERSION: u32 = 4;
const VERSION: u32 = 5;

/// Settings of a listener.
#[derive(Clone, Debug)]
pub struct ListenerConfig {
    /// Requests that wait to be accepted or rejected; more are refused.
    pub backlog: usize,
}

impl Default for ListenerConfig {
    fn default() -> Self {
        Self { backlog: 64 }
    }
}

/// What became of a datagram that a listener was given.
#[derive(Debug)]
pub enum ListenerOutput {
    /// The first `length` bytes of the reply are to be sent back.
    Reply {
        /// Bytes.
        length: usize,
    },
    /// Somebody wants to connect: accept or reject it, within ten seconds.
    Request(Box<Request>),
    /// Nothing is to be done.
    Ignore,
}

/// Answers handshakes that are not of a connection yet.
pub struct Listener {
    config: ListenerConfig,
    start: Time,
    random: ChaCha20Rng,
    cookie_key: [u8; 32],
    socket_id: SocketId,
    pending: VecDeque<Pending>,
}

/// A request that was handed out and neither accepted nor rejected.
struct Pending {
    peer: SocketAddr,
    peer_id: SocketId,
    since: Time,
}

impl Listener {
    /// A listener that draws cookies, socket ids and its connections' seeds from `seed`.
    pub fn new(config: ListenerConfig, now: Time, seed: [u8; 32]) -> Self {
        let mut random = ChaCha20Rng::from_seed(seed);
        let mut cookie_key = [0; 32];
        random.fill_bytes(&mut cookie_key);
        let socket_id = SocketId::from_random(random.next_u32());
        let pending = VecDeque::with_capacity(config.backlog);
        Self { config, start: now, random, cookie_key, socket_id, pending }
    }

    /// Takes a datagram from `from` that belongs to no connection. `reply` holds at least
    /// [`MAX_DATAGRAM_BYTES`](super::MAX_DATAGRAM_BYTES).
    pub fn handle(
        &mut self,
        now: Time,
        from: SocketAddr,
        datagram: &[u8],
        reply: &mut [u8],
    ) -> ListenerOutput {
        let Some(Packet::Control(packet)) = Packet::parse(datagram) else {
            return ListenerOutput::Ignore;
        };
        let to_us = packet.header.destination == SocketId::LISTENER
            || packet.header.destination == self.socket_id;
        if packet.header.kind != ControlKind::Handshake || !to_us {
            return ListenerOutput::Ignore;
        }
        let Some(handshake) = Handshake::parse(packet.body) else {
            return ListenerOutput::Ignore;
        };
        match handshake.fields.kind {
            HandshakeKind::Induction => self.induct(now, from, &handshake.fields, reply),
            HandshakeKind::Conclusion => {
                self.conclude(now, from, &handshake, packet.header.timestamp, reply)
            }
            HandshakeKind::Rejection(_) | HandshakeKind::Other => ListenerOutput::Ignore,
        }
    }

    /// Accepts a request. The connection's first datagram is the answer to it; if the passphrases
    /// do not fit, that is a refusal, and the connection ends with
    /// [`Event::Rejected`](super::Event::Rejected).
    pub fn accept(&mut self, now: Time, request: Request, config: Config) -> Connection {
        self.forget(&request);
        let mut seed = [0; 32];
        self.random.fill_bytes(&mut seed);
        Connection::accept(config, &request, now, seed)
    }

    /// Rejects a request: the first so many bytes of `reply` are to be sent back. `reply` holds
    /// at least [`MAX_DATAGRAM_BYTES`](super::MAX_DATAGRAM_BYTES).
    pub fn reject(
        &mut self,
        _now: Time,
        request: Request,
        rejection: Rejection,
        reply: &mut [u8],
    ) -> usize {
        self.forget(&request);
        write_rejection(&request.fields, rejection, reply)
    }

    fn induct(
        &self,
        now: Time,
        from: SocketAddr,
        fields: &HandshakeFields,
        reply: &mut [u8],
    ) -> ListenerOutput {
        if fields.version < INDUCTION_VERSION {
            return ListenerOutput::Ignore;
        }
        let answer = HandshakeFields {
            version: VERSION,
            encryption: 0,
            extension: extension_flag::MAGIC,
            socket_id: self.socket_id,
            cookie: self.cookie(from, self.span(now)),
            peer_address: address_words(from.ip()),
            ..*fields
        };
        let mut writer = Writer::new(reply);
        let header = ControlHeader {
            kind: ControlKind::Handshake,
            information: 0,
            timestamp: now.since(self.start).as_micros() as u32,
            destination: fields.socket_id,
        };
        header.write(&mut writer);
        answer.write(&mut writer);
        ListenerOutput::Reply { length: writer.length() }
    }

    fn conclude(
        &mut self,
        now: Time,
        from: SocketAddr,
        handshake: &Handshake<'_>,
        timestamp: u32,
        reply: &mut [u8],
    ) -> ListenerOutput {
        let fields = &handshake.fields;
        let span = self.span(now);
        let cookies = [Some(span), span.checked_sub(1)];
        let proved = cookies.into_iter().flatten().any(|s| self.cookie(from, s) == fields.cookie);
        if !proved || fields.version != VERSION {
            return ListenerOutput::Ignore;
        }
        self.pending.retain(|pending| now.since(pending.since) < REQUEST_LIFETIME);
        let waits = |p: &Pending| p.peer == from && p.peer_id == fields.socket_id;
        if self.pending.iter().any(waits) {
            return ListenerOutput::Ignore;
        }
        let request = Request::parse(handshake, from, now, timestamp);
        let rejection = match request {
            Ok(request) if self.pending.len() < self.config.backlog => {
                let peer_id = request.peer_id();
                self.pending.push_back(Pending { peer: from, peer_id, since: now });
                return ListenerOutput::Request(Box::new(request));
            }
            Ok(_) => Rejection::BACKLOG,
            Err(rejection) => rejection,
        };
        let length = write_rejection(fields, rejection, reply);
        ListenerOutput::Reply { length }
    }

    fn forget(&mut self, request: &Request) {
        self.pending.retain(|pending| {
            pending.peer != request.peer() || pending.peer_id != request.peer_id()
        });
    }

    fn span(&self, now: Time) -> u64 {
        now.since(self.start).as_secs() / COOKIE_SPAN.as_secs()
    }

    /// What only this listener can say of an address in a span of time.
    fn cookie(&self, from: SocketAddr, span: u64) -> u32 {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.cookie_key) else {
            return 0;
        };
        match from.ip() {
            IpAddr::V4(address) => mac.update(&address.octets()),
            IpAddr::V6(address) => mac.update(&address.octets()),
        }
        mac.update(&from.port().to_be_bytes());
        mac.update(&span.to_be_bytes());
        let code = mac.finalize().into_bytes();
        code.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("pending", &self.pending.len()).finish_non_exhaustive()
    }
}

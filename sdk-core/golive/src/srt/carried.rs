//! One connection on the thread that drives it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use golive_proto::transport::{srt, srtla};
use golive_proto::units::{ByteCount, Time};

use super::connection::Ended;
use super::link::Link;
use super::ring::Due;
use crate::net::{Batch, Socket};

/// A connection, and what its user sees of it.
pub(super) struct Carried {
    pub(super) connection: srt::Connection,
    pub(super) link: Arc<Link>,
    goodbye: Goodbye,
    unread: u64,
}

/// Where a connection's datagrams leave, and how many ways lead to its peer.
#[derive(Clone, Copy)]
pub(super) struct Outlet<'a> {
    pub(super) socket: &'a Socket,
    /// The links of peers that come over several networks.
    pub(super) gathering: Option<&'a srtla::Receiver>,
}

impl Outlet<'_> {
    /// Sends the datagram that was written to the batch's room, now or with what follows.
    fn push(
        &self,
        now: Time,
        peer: SocketAddr,
        length: usize,
        batch: &mut Batch,
    ) -> io::Result<()> {
        let Some(gathering) = self.gathering else {
            return batch.push(self.socket, peer, length);
        };
        let datagram = batch.room().get(..length).unwrap_or_default();
        let targets = gathering.targets(now, peer, datagram);
        let mut targets = targets.iter();
        let Some(first) = targets.next() else { return Ok(()) };
        let mut result = Ok(());
        for to in targets {
            result = result.and(self.socket.send(to, datagram, length));
        }
        batch.push(self.socket, first, length).and(result)
    }
}

/// How far the end of a connection has come whose user has nothing more to send.
enum Goodbye {
    NotYet,
    /// What was sent is still being acknowledged.
    Draining,
    /// The receiver holds the last packets back until then.
    Lingering(Time),
}

/// Beyond the latency, the receiver's timers need this long to deliver the last packet.
const LINGER_MARGIN: Duration = Duration::from_millis(60);
/// While draining, how often it is looked whether everything has arrived.
const DRAIN_INTERVAL: Duration = Duration::from_millis(10);

impl Carried {
    pub(super) fn new(connection: srt::Connection, link: Arc<Link>) -> Self {
        Self { connection, link, goodbye: Goodbye::NotYet, unread: 0 }
    }

    pub(super) fn show_statistics(&self, now: Time) {
        self.link.set_statistics(self.connection.statistics(now));
    }

    /// Takes what is due from the user, and does what the connection wants. Answers when it wants
    /// to be woken, or nothing once it is over.
    pub(super) fn drive(
        &mut self,
        now: Time,
        outlet: Outlet<'_>,
        batch: &mut Batch,
        payload: &mut [u8],
    ) -> Option<Time> {
        let due = self.take_due(now, payload);
        let mut wake = loop {
            match self.connection.poll(now, batch.room()) {
                srt::Output::Transmit { length, .. } => {
                    if let Err(error) = outlet.push(now, self.connection.peer(), length, batch) {
                        tracing::debug!(%error, "datagrams were not sent");
                    }
                }
                srt::Output::Payload { length, origin } => {
                    let payload = batch.room().get(..length).unwrap_or_default();
                    if !self.link.incoming.try_push(payload, origin) {
                        self.note_unread();
                    }
                }
                srt::Output::Event(event) => {
                    if let Some(ended) = self.handle_event(event, batch.room()) {
                        self.flush(outlet.socket, batch);
                        self.show_statistics(now);
                        self.link.end(ended);
                        return None;
                    }
                }
                srt::Output::Wake { at, .. } => break at,
            }
        };
        self.flush(outlet.socket, batch);
        for at in [due, self.say_goodbye(now)].into_iter().flatten() {
            wake = Some(wake.map_or(at, |wake| wake.min(at)));
        }
        Some(wake.unwrap_or(now + DRAIN_INTERVAL))
    }

    /// Hands payloads whose moment has come to the connection; answers when the next is due.
    fn take_due(&mut self, now: Time, payload: &mut [u8]) -> Option<Time> {
        if self.connection.state() != srt::State::Live {
            return None;
        }
        loop {
            match self.link.outgoing.pop_due(now, payload) {
                Due::Payload { length, at } => {
                    let data = payload.get(..length).unwrap_or_default();
                    self.connection.handle(now, srt::Input::Payload { data, origin: at });
                }
                Due::Later(at) => return Some(at),
                Due::Empty => return None,
                Due::Closed => {
                    if matches!(self.goodbye, Goodbye::NotYet) {
                        self.goodbye = Goodbye::Draining;
                    }
                    return None;
                }
            }
        }
    }

    /// Answers when to look again.
    fn say_goodbye(&mut self, now: Time) -> Option<Time> {
        match self.goodbye {
            Goodbye::NotYet => None,
            Goodbye::Draining => {
                let feedback = self.connection.feedback(now)?;
                if feedback.in_flight > ByteCount::ZERO || feedback.unsent > ByteCount::ZERO {
                    return Some(now + DRAIN_INTERVAL);
                }
                let latency = self.connection.negotiated()?.send_latency;
                self.goodbye = Goodbye::Lingering(now + latency + LINGER_MARGIN);
                Some(now)
            }
            Goodbye::Lingering(until) if now < until => Some(until),
            Goodbye::Lingering(_) => {
                self.connection.handle(now, srt::Input::Close);
                Some(now)
            }
        }
    }

    fn handle_event(&mut self, event: srt::Event, buffer: &[u8]) -> Option<Ended> {
        match event {
            srt::Event::Connected(negotiated) => self.link.connected(negotiated),
            srt::Event::Rejected(rejection) => return Some(Ended::Refused(rejection)),
            srt::Event::Broken(broken) => return Some(Ended::Broken(broken)),
            srt::Event::Closed { by_peer: true } => return Some(Ended::ClosedByPeer),
            srt::Event::Closed { by_peer: false } => return Some(Ended::ClosedHere),
            srt::Event::PeerReport { length } => {
                self.link.set_report(buffer.get(..length).unwrap_or_default());
            }
            srt::Event::Dropped { packets } => tracing::warn!(packets, "gave up packets"),
            srt::Event::KeyRefreshed => tracing::debug!("a new key is in use"),
        }
        None
    }

    fn flush(&self, socket: &Socket, batch: &mut Batch) {
        if let Err(error) = batch.flush(socket) {
            tracing::debug!(%error, "datagrams were not sent");
        }
    }

    /// Whoever reads too slowly loses the newest: said once for every thousand.
    fn note_unread(&mut self) {
        if self.unread.is_multiple_of(1_000) {
            tracing::warn!(lost = self.unread + 1, "received payloads are read too slowly");
        }
        self.unread += 1;
    }
}

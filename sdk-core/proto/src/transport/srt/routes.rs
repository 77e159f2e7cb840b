//! Which connection a datagram belongs to, where many share a socket.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::number::SocketId;
use super::wire::{ControlKind, Handshake, HandshakeKind, Packet};

/// Where a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To the connection that was inserted under this number.
    Connection(u64),
    /// To the listener.
    Listener,
    /// Nowhere: it is malformed, or belongs to nothing that exists (any more).
    Nowhere,
}

/// The connections of one socket, by address and socket id.
///
/// A datagram reaches a connection only from the address that the connection was made with.
#[derive(Debug)]
pub struct Routes {
    limit: usize,
    connections: BTreeMap<SocketId, Entry>,
    /// Conclusions are addressed to the listener even when they are repeated: they reach their
    /// connection by the socket that they come from.
    callers: BTreeMap<(SocketAddr, SocketId), u64>,
}

#[derive(Debug)]
struct Entry {
    peer: SocketAddr,
    caller: Option<SocketId>,
    number: u64,
}

/// There are as many connections as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are {0} connections already, which is the limit")]
pub struct TooManyConnections(pub usize);

impl Routes {
    /// Routes to `limit` connections at most.
    pub fn new(limit: usize) -> Self {
        Self { limit, connections: BTreeMap::new(), callers: BTreeMap::new() }
    }

    /// Adds a connection with this peer and [local id](super::Connection::local_id) under a
    /// number of the caller's choosing; `caller` is the
    /// [peer's socket](super::Request::peer_id), if it was accepted from a listener.
    ///
    /// # Errors
    ///
    /// The limit is reached. Reject the request then.
    pub fn insert(
        &mut self,
        number: u64,
        peer: SocketAddr,
        local_id: SocketId,
        caller: Option<SocketId>,
    ) -> Result<(), TooManyConnections> {
        if self.connections.len() >= self.limit {
            return Err(TooManyConnections(self.limit));
        }
        if let Some(caller) = caller {
            self.callers.insert((peer, caller), number);
        }
        self.connections.insert(local_id, Entry { peer, caller, number });
        Ok(())
    }

    /// Removes the connection with this local id.
    pub fn remove(&mut self, local_id: SocketId) {
        if let Some(entry) = self.connections.remove(&local_id)
            && let Some(caller) = entry.caller
        {
            self.callers.remove(&(entry.peer, caller));
        }
    }

    /// Where a datagram from `from` goes.
    pub fn find(&self, from: SocketAddr, datagram: &[u8]) -> Route {
        let destination = match Packet::parse(datagram) {
            None => return Route::Nowhere,
            Some(Packet::Data(packet)) => packet.destination,
            Some(Packet::Control(packet)) => {
                if packet.header.kind == ControlKind::Handshake
                    && packet.header.destination == SocketId::LISTENER
                {
                    return self.find_handshake(from, packet.body);
                }
                packet.header.destination
            }
        };
        match self.connections.get(&destination) {
            Some(entry) if entry.peer == from => Route::Connection(entry.number),
            _ => Route::Nowhere,
        }
    }

    /// Connections that there are.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    fn find_handshake(&self, from: SocketAddr, body: &[u8]) -> Route {
        let Some(handshake) = Handshake::parse(body) else { return Route::Nowhere };
        let known = self.callers.get(&(from, handshake.fields.socket_id));
        match (handshake.fields.kind, known) {
            (HandshakeKind::Conclusion, Some(number)) => Route::Connection(*number),
            _ => Route::Listener,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{
        Config, Connection, Input, Listener, ListenerConfig, ListenerOutput, MAX_DATAGRAM_BYTES,
        Output,
    };
    use super::*;
    use crate::units::Time;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn transmit(connection: &mut Connection, now: Time) -> Vec<u8> {
        let mut buffer = [0; MAX_DATAGRAM_BYTES];
        loop {
            match connection.poll(now, &mut buffer) {
                Output::Transmit { length, .. } => return buffer[..length].to_vec(),
                Output::Event(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_repeated_conclusion_reaches_the_connection_that_it_made() {
        let caller = address("192.0.2.1:1000");
        let mut reply = [0; MAX_DATAGRAM_BYTES];
        let mut listener = Listener::new(ListenerConfig::default(), Time::ZERO, [1; 32]);
        let target = address("192.0.2.9:9");
        let mut calling = Connection::connect(Config::default(), target, Time::ZERO, [2; 32]);
        let mut routes = Routes::new(1);

        let induction = transmit(&mut calling, Time::ZERO);
        assert_eq!(routes.find(caller, &induction), Route::Listener);
        let output = listener.handle(Time::ZERO, caller, &induction, &mut reply);
        let ListenerOutput::Reply { length } = output else { panic!("{output:?}") };
        assert!(length <= induction.len(), "an answer must not be longer than what it answers");
        calling.handle(Time::ZERO, Input::Datagram(&reply[..length]));

        let conclusion = transmit(&mut calling, Time::ZERO);
        assert_eq!(routes.find(caller, &conclusion), Route::Listener);
        let output = listener.handle(Time::ZERO, caller, &conclusion, &mut reply);
        let ListenerOutput::Request(request) = output else { panic!("{output:?}") };
        let peer_id = request.peer_id();
        let mut accepted = listener.accept(Time::ZERO, *request, Config::default());
        routes.insert(7, caller, accepted.local_id(), Some(peer_id)).unwrap();

        assert_eq!(routes.find(caller, &conclusion), Route::Connection(7));
        assert_eq!(routes.find(address("192.0.2.2:1000"), &conclusion), Route::Listener);
        let first = transmit(&mut accepted, Time::ZERO);
        let later = Time::ZERO + Duration::from_millis(300);
        accepted.handle(later, Input::Datagram(&conclusion));
        let second = transmit(&mut accepted, later);
        assert_eq!(first.len(), second.len());
        assert_ne!(first[8..12], second[8..12], "the timestamp is that of the repetition");

        let mut data = [0; 20];
        data[12..16].copy_from_slice(&accepted.local_id().as_u32().to_be_bytes());
        assert_eq!(routes.find(caller, &data), Route::Connection(7));
        assert_eq!(routes.find(address("192.0.2.2:1000"), &data), Route::Nowhere);
        let more = routes.insert(8, caller, SocketId::new(8), None);
        assert_eq!(more, Err(TooManyConnections(1)));
        routes.remove(accepted.local_id());
        assert_eq!(routes.find(caller, &data), Route::Nowhere);
        assert_eq!(routes.find(caller, &conclusion), Route::Listener);
    }

    #[test]
    fn what_is_no_packet_goes_nowhere() {
        assert_eq!(Routes::new(1).find(address("[2001:db8::1]:1"), &[0x80; 15]), Route::Nowhere);
    }
}

//! Waiting to be called: a broadcaster in listener mode lets in one ingest at a time.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::leg::LegId;
use super::link::LinkOutput;
use crate::transport::srt;
use crate::units::Time;

/// A listener and its unsent replies.
#[derive(Debug)]
pub(super) struct Doorway {
    pub(super) id: LegId,
    listener: srt::Listener,
    transport: srt::Config,
    replies: VecDeque<(SocketAddr, Vec<u8>)>,
}

/// Replies are produced by datagrams and leave at once; a flood loses its own.
const MAX_REPLIES: usize = 16;
/// Room for a handshake with every extension.
const MAX_REPLY: usize = 1_456;

impl Doorway {
    pub(super) fn new(transport: &srt::Config, id: LegId, now: Time, seed: [u8; 32]) -> Self {
        let listener = srt::Listener::new(srt::ListenerConfig::default(), now, seed);
        Self { id, listener, transport: transport.clone(), replies: VecDeque::new() }
    }

    /// A datagram that belongs to no connection; answers with a new one.
    pub(super) fn receive(
        &mut self,
        now: Time,
        from: SocketAddr,
        datagram: &[u8],
    ) -> Option<srt::Connection> {
        let mut reply = vec![0; MAX_REPLY];
        match self.listener.handle(now, from, datagram, &mut reply) {
            srt::ListenerOutput::Reply { length } => {
                reply.truncate(length);
                if self.replies.len() < MAX_REPLIES {
                    self.replies.push_back((from, reply));
                }
                None
            }
            srt::ListenerOutput::Request(request) => {
                Some(self.listener.accept(now, *request, self.transport.clone()))
            }
            srt::ListenerOutput::Ignore => None,
        }
    }

    /// The next reply, written to `buffer`.
    pub(super) fn reply(&mut self, buffer: &mut [u8]) -> Option<LinkOutput> {
        let (to, reply) = self.replies.pop_front()?;
        let length = reply.len().min(buffer.len());
        buffer.get_mut(..length)?.copy_from_slice(reply.get(..length)?);
        Some(LinkOutput::Transmit { leg: self.id, to, length })
    }
}

//! The programs that are tried.

use std::net::{SocketAddr, UdpSocket};

use crate::payload::LENGTH;
use crate::peers::{
    Mode, Options, Process, dropped_by_receiver, free_address, transmit_from_udp, transmit_to_udp,
};

use super::sink::Sink;

/// A program that carries payloads over SRT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// libsrt's `srt-live-transmit`.
    Libsrt,
}

/// A program that sends, and how it is given payloads.
pub(super) struct Sender {
    pub(super) process: Process,
    feed: Feed,
}

enum Feed {
    Udp { socket: UdpSocket, to: SocketAddr },
}

impl Program {
    pub(super) fn send(self, mode: Mode, options: &Options) -> Sender {
        match self {
            Program::Libsrt => {
                let to = free_address();
                let process = transmit_from_udp(to, mode, options);
                let socket = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
                Sender { process, feed: Feed::Udp { socket, to } }
            }
        }
    }

    pub(super) fn receive(self, mode: Mode, options: &Options, sink: &Sink) -> Process {
        match self {
            Program::Libsrt => transmit_to_udp(mode, options, sink.address),
        }
    }
}

impl Sender {
    pub(super) fn give(&mut self, payload: &[u8; LENGTH]) {
        match &mut self.feed {
            Feed::Udp { socket, to } => {
                socket.send_to(payload, *to).expect("loopback takes a datagram");
            }
        }
    }

    /// Payloads that the sending program never got to read.
    pub(super) fn unread(&self) -> u64 {
        match &self.feed {
            Feed::Udp { to, .. } => dropped_by_receiver(*to),
        }
    }
}

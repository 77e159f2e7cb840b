//! The programs that are tried.

use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::process::ChildStdin;

use crate::payload::LENGTH;
use crate::peers::{
    Mode, Options, Process, dropped_by_receiver, free_address, transmit_from_stdin,
    transmit_from_udp, transmit_to_udp,
};

/// A program that carries payloads over SRT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// libsrt's `srt-live-transmit`.
    Libsrt,
}

/// How a sender is given payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// One by one at their time, in the way that suits the program: libsrt's reads several at
    /// once from a pipe, so it gets datagrams; `golive` gets a pipe.
    OneByOne,
    /// Through a pipe, for rates at which datagrams would be lost on the way in.
    Pipe,
}

/// A program that sends, and how it is given payloads.
pub(super) struct Sender {
    pub(super) process: Process,
    input: Input,
}

enum Input {
    Datagrams { socket: UdpSocket, to: SocketAddr },
    Pipe(ChildStdin),
}

impl Program {
    pub(super) fn send(self, feed: Feed, mode: Mode, options: &Options) -> Sender {
        match (self, feed) {
            (Program::Libsrt, Feed::OneByOne) => {
                let to = free_address();
                let process = transmit_from_udp(to, mode, options);
                let socket = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
                Sender { process, input: Input::Datagrams { socket, to } }
            }
            (Program::Libsrt, Feed::Pipe) => Sender::with_pipe(transmit_from_stdin(mode, options)),
        }
    }

    pub(super) fn receive(self, mode: Mode, options: &Options, to: SocketAddr) -> Process {
        match self {
            Program::Libsrt => transmit_to_udp(mode, options, to),
        }
    }
}

impl Sender {
    fn with_pipe(mut process: Process) -> Self {
        let input = Input::Pipe(process.take_stdin());
        Self { process, input }
    }

    pub(super) fn give(&mut self, payload: &[u8; LENGTH]) {
        match &mut self.input {
            Input::Datagrams { socket, to } => {
                socket.send_to(payload, *to).expect("loopback takes a datagram");
            }
            // At most PIPE_BUF (4,096) bytes: a pipe takes them whole.
            Input::Pipe(pipe) => pipe.write_all(payload).expect("the sender takes its input"),
        }
    }

    /// Payloads that the sending program never got to read.
    pub(super) fn unread(&self) -> u64 {
        match &self.input {
            Input::Datagrams { to, .. } => dropped_by_receiver(*to),
            Input::Pipe(_) => 0,
        }
    }
}

//! The programs that are tried.

use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::process::ChildStdin;
use std::time::{Duration, Instant};

use crate::endpoint::Endpoint;
use crate::payload::LENGTH;
use crate::peers::{
    Mode, Options, Output, Process, dropped_by_receiver, free_address, golive, transmit_from_stdin,
    transmit_from_udp, transmit_to_udp,
};

/// Something that carries payloads over SRT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// libsrt's `srt-live-transmit`.
    Libsrt,
    /// `golive send`; it has no receiving side that gives out payloads as such.
    Golive,
    /// Golive's own state machines on a plain socket, within the test.
    Endpoint,
}

/// How a sender is given payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// One by one at their time, in the way that suits the program: libsrt's reads several at
    /// once from a pipe, so it gets datagrams.
    OneByOne,
    /// Through a pipe, for rates at which datagrams would be lost on the way in.
    Pipe,
}

/// How long a connection may take on a bad network and a busy machine.
const CONNECTING: Duration = Duration::from_secs(20);

/// What `srt-live-transmit -v` prints when it is connected.
const LIBSRT_CONNECTED: &str = "connected";
/// What `golive --json` prints then.
const GOLIVE_CONNECTED: &str = r#""event":"live""#;

/// What sends or receives.
enum End {
    /// A program, and what it prints once it is connected.
    Process(Process, &'static str),
    Endpoint(Endpoint),
}

/// The end that takes payloads in.
pub(super) struct Sender {
    end: End,
    input: Input,
}

enum Input {
    Datagrams { socket: UdpSocket, to: SocketAddr },
    Pipe(ChildStdin),
    Call,
}

/// The end that gives payloads out, as datagrams.
pub(super) struct Receiver {
    end: End,
}

impl Program {
    /// Whether it retransmits the last payloads of a stream on its own. A receiver cannot report
    /// lost what nothing follows, and libsrt, once its peer sends periodic NAKs, waits for one.
    pub(super) fn repairs_what_nothing_follows(self) -> bool {
        self != Program::Libsrt
    }

    pub(super) fn send(self, feed: Feed, mode: Mode, options: &Options) -> Sender {
        match (self, feed) {
            (Program::Libsrt, Feed::OneByOne) => {
                let to = free_address();
                let end = End::Process(transmit_from_udp(to, mode, options), LIBSRT_CONNECTED);
                let socket = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
                Sender { end, input: Input::Datagrams { socket, to } }
            }
            (Program::Libsrt, Feed::Pipe) => {
                Sender::with_pipe(transmit_from_stdin(mode, options), LIBSRT_CONNECTED)
            }
            (Program::Golive, _) => {
                let mut command = golive();
                command.args(["send", "-", &options.url(mode), "--json"]);
                Sender::with_pipe(Process::start(command, Output::Log), GOLIVE_CONNECTED)
            }
            (Program::Endpoint, _) => {
                let end = End::Endpoint(Endpoint::start(mode, options, 1, |_, _| {}));
                Sender { end, input: Input::Call }
            }
        }
    }

    pub(super) fn receive(self, mode: Mode, options: &Options, to: SocketAddr) -> Receiver {
        let end = match self {
            Program::Libsrt => End::Process(transmit_to_udp(mode, options, to), LIBSRT_CONNECTED),
            Program::Endpoint | Program::Golive => {
                let socket = UdpSocket::bind("127.0.0.1:0").expect("a free loopback port");
                End::Endpoint(Endpoint::start(mode, options, 2, move |payload, _| {
                    socket.send_to(payload, to).expect("loopback takes a datagram");
                }))
            }
        };
        Receiver { end }
    }
}

impl Sender {
    fn with_pipe(mut process: Process, connected: &'static str) -> Self {
        let input = Input::Pipe(process.take_stdin());
        Self { end: End::Process(process, connected), input }
    }

    pub(super) fn wait_until_connected(&self) {
        self.end.wait_until_connected();
    }

    pub(super) fn give(&mut self, payload: &[u8; LENGTH]) {
        match (&mut self.input, &self.end) {
            (Input::Datagrams { socket, to }, _) => {
                socket.send_to(payload, *to).expect("loopback takes a datagram");
            }
            // At most PIPE_BUF (4,096) bytes: a pipe takes them whole.
            (Input::Pipe(pipe), _) => pipe.write_all(payload).expect("the sender takes its input"),
            (Input::Call, End::Endpoint(endpoint)) => endpoint.send(payload),
            (Input::Call, End::Process(..)) => {}
        }
    }

    /// Payloads that the sending program never got to read.
    pub(super) fn unread(&self) -> u64 {
        match &self.input {
            Input::Datagrams { to, .. } => dropped_by_receiver(*to),
            Input::Pipe(_) | Input::Call => 0,
        }
    }

    pub(super) fn cpu_time(&self) -> Option<Duration> {
        match &self.end {
            End::Process(process, _) => process.cpu_time(),
            End::Endpoint(_) => None,
        }
    }
}

impl Receiver {
    pub(super) fn wait_until_connected(&self) {
        self.end.wait_until_connected();
    }
}

impl End {
    fn wait_until_connected(&self) {
        match self {
            End::Process(process, said) => drop(process.wait_for_line(said, CONNECTING)),
            End::Endpoint(endpoint) => {
                let until = Instant::now() + CONNECTING;
                while !endpoint.is_live() {
                    assert!(Instant::now() < until, "no connection: {:?}", endpoint.events());
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
    }
}

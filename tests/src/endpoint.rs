//! One end of an SRT connection, straight over the state machines and a plain UDP socket.
//!
//! For tests that want to see payloads as such, or a side that no command takes: a caller that
//! receives, a listener that sends. One connection, two threads, nothing clever; the `golive`
//! crate is how applications do it.

use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use golive_proto::transport::srt::{
    Config, Connection, Event, Input, KeyLength, Listener, ListenerConfig, ListenerOutput,
    MAX_DATAGRAM_BYTES, Output, Passphrase, State, Statistics, StreamId,
};
use golive_proto::units::Time;
use socket2::SockRef;

use crate::payload;
use crate::peers::{Mode, Options};

/// A running end; closed when dropped.
#[derive(Debug)]
pub struct Endpoint {
    inputs: Sender<Happening>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    view: Mutex<View>,
}

#[derive(Clone, Debug, Default)]
struct View {
    events: Vec<Event>,
    statistics: Statistics,
    is_live: bool,
    has_ended: bool,
}

enum Happening {
    Datagram(Vec<u8>, SocketAddr),
    Payload(Vec<u8>, Time),
    Close,
}

/// How long the receiving thread waits before it looks whether the other has ended.
const STOP_CHECK: Duration = Duration::from_millis(100);
/// Room for what arrives while the machine does something else.
const RECEIVE_BUFFER: usize = 4 << 20;

impl Endpoint {
    /// Connects, or waits for one connection; `take` gets every payload on time.
    ///
    /// # Panics
    /// If there is no socket to be had, or an option is none that SRT knows.
    pub fn start(
        mode: Mode,
        options: &Options,
        seed: u8,
        take: impl FnMut(&[u8], Time) + Send + 'static,
    ) -> Self {
        let (own, peer) = match mode {
            Mode::Caller(peer) => (SocketAddr::new(crate::relay::loopback(peer), 0), Some(peer)),
            Mode::Listener(own) => (own, None),
        };
        let socket = Arc::new(UdpSocket::bind(own).expect("a loopback port"));
        socket.set_read_timeout(Some(STOP_CHECK)).expect("a timeout");
        SockRef::from(&*socket).set_recv_buffer_size(RECEIVE_BUFFER).expect("a receive buffer");
        let (inputs, happenings) = channel();
        let shared = Arc::new(Shared::default());
        let receiving = {
            let (inputs, socket, shared) =
                (inputs.clone(), Arc::clone(&socket), Arc::clone(&shared));
            std::thread::spawn(move || receive(&socket, &inputs, &shared))
        };
        let driving = {
            let driver = Driver {
                socket,
                config: config(options),
                shared: Arc::clone(&shared),
                listener: Listener::new(ListenerConfig::default(), payload::now(), [seed; 32]),
                connection: peer.map(|peer| {
                    Connection::connect(config(options), peer, payload::now(), [seed; 32])
                }),
                buffer: vec![0; MAX_DATAGRAM_BYTES],
            };
            std::thread::spawn(move || driver.run(&happenings, take))
        };
        Self { inputs, shared, threads: vec![receiving, driving] }
    }

    /// Sends a payload that was made now.
    pub fn send(&self, data: &[u8]) {
        // It has ended: whoever judges what arrives will see.
        let _ = self.inputs.send(Happening::Payload(data.to_vec(), payload::now()));
    }

    /// Whether payloads may flow.
    pub fn is_live(&self) -> bool {
        self.shared.view().is_live
    }

    /// What happened so far.
    pub fn events(&self) -> Vec<Event> {
        self.shared.view().events.clone()
    }

    /// What was counted, as of a moment ago.
    pub fn statistics(&self) -> Statistics {
        self.shared.view().statistics
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.inputs.send(Happening::Close);
        for thread in self.threads.drain(..) {
            // A thread that panicked has already printed why.
            let _ = thread.join();
        }
    }
}

struct Driver {
    socket: Arc<UdpSocket>,
    config: Config,
    shared: Arc<Shared>,
    listener: Listener,
    connection: Option<Connection>,
    buffer: Vec<u8>,
}

impl Driver {
    fn run(mut self, happenings: &Receiver<Happening>, mut take: impl FnMut(&[u8], Time)) {
        loop {
            let wake = self.drain(&mut take);
            if self.connection.as_ref().is_some_and(|live| live.state() == State::Ended) {
                break;
            }
            let wait = wake.map_or(STOP_CHECK, |wake| wake.since(payload::now()));
            match happenings.recv_timeout(wait) {
                Ok(Happening::Close) if self.connection.is_none() => break,
                Ok(happening) => self.handle(happening),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let mut view = self.shared.view();
        view.is_live = false;
        view.has_ended = true;
    }

    fn handle(&mut self, happening: Happening) {
        let now = payload::now();
        match (happening, &mut self.connection) {
            (Happening::Datagram(bytes, from), Some(connection)) if from == connection.peer() => {
                connection.handle(now, Input::Datagram(&bytes));
            }
            (Happening::Datagram(bytes, from), None) => self.welcome(now, from, &bytes),
            (Happening::Payload(data, origin), Some(connection)) => {
                connection.handle(now, Input::Payload { data: &data, origin });
            }
            (Happening::Close, Some(connection)) => connection.handle(now, Input::Close),
            _ => {}
        }
    }

    fn welcome(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        match self.listener.handle(now, from, datagram, &mut self.buffer) {
            ListenerOutput::Reply { length } => self.transmit(length, from),
            ListenerOutput::Request(request) => {
                let config = self.config.clone();
                self.connection = Some(self.listener.accept(now, *request, config));
            }
            ListenerOutput::Ignore => {}
        }
    }

    /// Does all that is to be done now; returns when there is more.
    fn drain(&mut self, take: &mut impl FnMut(&[u8], Time)) -> Option<Time> {
        loop {
            let now = payload::now();
            let connection = self.connection.as_mut()?;
            let peer = connection.peer();
            match connection.poll(now, &mut self.buffer) {
                Output::Transmit { length, .. } => self.transmit(length, peer),
                Output::Payload { length, .. } => take(&self.buffer[..length], now),
                Output::Event(event) => self.shared.view().events.push(event),
                Output::Wake { at, .. } => {
                    let mut view = self.shared.view();
                    view.is_live = connection.state() == State::Live;
                    view.statistics = connection.statistics(now);
                    return at;
                }
            }
        }
    }

    fn transmit(&self, length: usize, to: SocketAddr) {
        // A full or closed socket loses the datagram, as a network may.
        let _ = self.socket.send_to(&self.buffer[..length], to);
    }
}

impl Shared {
    fn view(&self) -> std::sync::MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn receive(socket: &UdpSocket, inputs: &Sender<Happening>, shared: &Shared) {
    let mut datagram = [0; 2_048];
    while !shared.view().has_ended {
        // Timeouts, and errors that an earlier datagram caused, end in another try.
        if let Ok((length, from)) = socket.recv_from(&mut datagram)
            && inputs.send(Happening::Datagram(datagram[..length].to_vec(), from)).is_err()
        {
            return;
        }
    }
}

fn config(options: &Options) -> Config {
    let mut config = Config { latency: options.latency, ..Config::default() };
    if let Some((passphrase, length)) = &options.encryption {
        config.passphrase = Some(Passphrase::new(passphrase.clone()).expect("a passphrase"));
        config.key_length = KeyLength::from_bytes(usize::from(*length)).expect("a key length");
    }
    config.packet_filter =
        options.packet_filter.as_ref().map(|filter| filter.parse().expect("a packet filter"));
    config.stream_id =
        options.stream_id.as_ref().map(|id| StreamId::new(id.clone()).expect("a stream id"));
    config
}

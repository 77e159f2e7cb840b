//! What drives one socket's connections: a thread of its own for what arrives and for timers, and
//! whoever sends, for what they send.
//!
//! A sender that only queued its payload would wake the thread for each, which costs several times
//! what sending does. So it takes the engine itself for a moment, if nobody has it, and the thread
//! is woken only where it must come back earlier than it had planned.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use golive_proto::transport::srt::{self, Rejection};
use golive_proto::transport::srtla;
use golive_proto::units::Time;

use super::carried::{Carried, Outlet};
use super::connection::Ended;
use super::link::Link;
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::net::{Batch, Inbox, Socket, Waiter, Waker, waker};

/// Tells the thread what to do. The thread ends with the last handle, once its connections have.
#[derive(Clone, Debug)]
pub(super) struct EngineHandle {
    commands: Sender<Command>,
    waker: Waker,
    next_key: Arc<AtomicU64>,
    /// The thread alone keeps it, and with it the socket, alive.
    engine: Weak<Mutex<Engine>>,
}

enum Command {
    Add { key: u64, connection: Box<srt::Connection>, link: Arc<Link> },
    Accept { key: u64, request: Box<srt::Request>, config: Box<srt::Config>, link: Arc<Link> },
    Reject(Box<srt::Request>, Rejection),
    Report(u64, Vec<u8>),
    Close(u64),
    Stop,
}

/// Connections of one socket: far more than one machine's ingest is for.
const MAX_CONNECTIONS: usize = 256;
/// Commands on their way: users wait for room.
const WAITING_COMMANDS: usize = 64;
/// Datagrams that the system may coalesce into one buffer when receiving: with less room than a
/// whole UDP datagram, it would cut one of them short without a word.
const RECEIVE_SEGMENTS: usize = 32;
/// Batches taken before timers and senders have their turn.
const MAX_BATCHES: usize = 32;
/// How long the thread sleeps at most.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);
/// How often what a connection counted is shown to its user.
const STATISTICS_INTERVAL: Duration = Duration::from_millis(100);

impl EngineHandle {
    /// Calls a listener.
    pub(super) fn call(
        &self,
        config: srt::Config,
        peer: SocketAddr,
    ) -> Result<(u64, Arc<Link>), Error> {
        let connection = srt::Connection::connect(config, peer, clock::now(), seed()?);
        let (key, link) = self.new_link();
        let connection = Box::new(connection);
        self.tell(Command::Add { key, connection, link: link.clone() })?;
        Ok((key, link))
    }

    /// Lets a caller in.
    pub(super) fn accept(
        &self,
        request: srt::Request,
        config: srt::Config,
    ) -> Result<(u64, Arc<Link>), Error> {
        let (key, link) = self.new_link();
        let (request, config) = (Box::new(request), Box::new(config));
        self.tell(Command::Accept { key, request, config, link: link.clone() })?;
        Ok((key, link))
    }

    pub(super) fn reject(&self, request: srt::Request, rejection: Rejection) {
        self.tell_if_running(Command::Reject(Box::new(request), rejection));
    }

    pub(super) fn report(&self, key: u64, report: &[u8]) {
        self.tell_if_running(Command::Report(key, report.to_vec()));
    }

    pub(super) fn close(&self, key: u64) {
        self.tell_if_running(Command::Close(key));
    }

    pub(super) fn stop(&self) {
        self.tell_if_running(Command::Stop);
    }

    /// Sends what is queued and due, at once and on this thread if it can be had.
    pub(super) fn send_queued(&self) {
        let Some(engine) = self.engine.upgrade() else { return };
        match engine.try_lock() {
            Ok(mut engine) => engine.send_queued(&self.waker),
            Err(_) => self.waker.wake(),
        }
    }

    fn new_link(&self) -> (u64, Arc<Link>) {
        (self.next_key.fetch_add(1, Ordering::Relaxed), Arc::new(Link::new()))
    }

    fn tell(&self, command: Command) -> Result<(), Error> {
        let closed = |_| Error::new(ErrorKind::Ended, "the network thread has ended");
        self.commands.send_blocking(command).map_err(closed)?;
        self.waker.wake();
        Ok(())
    }

    /// What is said to a thread that has ended has come true already.
    fn tell_if_running(&self, command: Command) {
        let _ = self.tell(command);
    }
}

pub(super) fn system_error(error: io::Error) -> Error {
    Error::with_source(ErrorKind::System, format!("the system refused a socket: {error}"), error)
}

fn seed() -> Result<[u8; 32], Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| {
        Error::with_source(ErrorKind::System, "the system gives no random numbers", error)
    })?;
    Ok(seed)
}

/// What the thread and those who send take turns with.
pub(super) struct Engine {
    socket: Arc<Socket>,
    door: Option<Door>,
    connections: BTreeMap<u64, Carried>,
    routes: srt::Routes,
    commands: Receiver<Command>,
    batch: Batch,
    inbox: Inbox,
    payload: Vec<u8>,
    next_statistics: Time,
    /// Until when the thread sleeps.
    planned: Time,
    stopping: bool,
}

/// A listener, and where callers wait.
struct Door {
    listener: srt::Listener,
    /// Callers may come over several networks at once.
    gathering: srtla::Receiver,
    requests: Sender<srt::Request>,
}

impl Engine {
    /// Starts the thread for a socket; callers are let in if there is somewhere for them to wait.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::System`] when the system refuses what it takes.
    pub(super) fn start(
        socket: Socket,
        requests: Option<Sender<srt::Request>>,
    ) -> Result<EngineHandle, Error> {
        let (waker, waiter) = waker().map_err(system_error)?;
        let (sender, commands) = async_channel::bounded(WAITING_COMMANDS);
        let now = clock::now();
        let open = |requests| -> Result<Door, Error> {
            let config = srt::ListenerConfig::default();
            Ok(Door {
                listener: srt::Listener::new(config, now, seed()?),
                gathering: srtla::Receiver::new(now, seed()?),
                requests,
            })
        };
        let engine = Arc::new(Mutex::new(Self {
            socket: Arc::new(socket),
            door: requests.map(open).transpose()?,
            connections: BTreeMap::new(),
            routes: srt::Routes::new(MAX_CONNECTIONS),
            commands,
            batch: Batch::new(),
            inbox: Inbox::new(RECEIVE_SEGMENTS),
            payload: vec![0; srt::MAX_DATAGRAM_BYTES],
            next_statistics: now,
            planned: now,
            stopping: false,
        }));
        let handle = EngineHandle {
            commands: sender,
            waker,
            next_key: Arc::default(),
            engine: Arc::downgrade(&engine),
        };
        thread::Builder::new()
            .name("golive-srt".to_owned())
            .spawn(move || run(&engine, waiter))
            .map_err(system_error)?;
        Ok(handle)
    }

    /// What the thread does between two sleeps; answers when to wake it.
    fn turn(&mut self, readable: bool) -> io::Result<Time> {
        let now = clock::now();
        self.take_commands(now);
        if readable {
            self.receive(now)?;
        }
        self.planned = self.drive(now);
        self.show_statistics(now);
        Ok(self.planned)
    }

    fn send_queued(&mut self, waker: &Waker) {
        let connections = self.connections.len();
        let wake = self.drive(clock::now());
        // A connection that has ended may have been the last.
        if wake < self.planned || self.connections.len() < connections {
            waker.wake();
        }
    }

    /// Whether nobody is left who could want anything.
    fn is_done(&self) -> bool {
        let nobody_asks = self.commands.is_closed() && self.commands.is_empty();
        let nobody_is_let_in = self.door.as_ref().is_none_or(|door| door.requests.is_closed());
        self.connections.is_empty() && (self.stopping || (nobody_asks && nobody_is_let_in))
    }

    fn take_commands(&mut self, now: Time) {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Add { key, connection, link } => self.add(key, *connection, None, link),
                Command::Accept { key, request, config, link } => {
                    if let Some(door) = &mut self.door {
                        let caller = Some(request.peer_id());
                        let connection = door.listener.accept(now, *request, *config);
                        self.add(key, connection, caller, link);
                    }
                }
                Command::Reject(request, rejection) => self.reject(now, *request, rejection),
                Command::Report(key, report) => {
                    if let Some(carried) = self.connections.get_mut(&key) {
                        carried.connection.handle(now, srt::Input::Report(&report));
                    }
                }
                Command::Close(key) => {
                    if let Some(carried) = self.connections.get_mut(&key) {
                        carried.connection.handle(now, srt::Input::Close);
                    }
                }
                Command::Stop => {
                    self.stopping = true;
                    for carried in self.connections.values_mut() {
                        carried.connection.handle(now, srt::Input::Close);
                    }
                }
            }
        }
    }

    fn receive(&mut self, now: Time) -> io::Result<()> {
        for _ in 0..MAX_BATCHES {
            let more = self.socket.receive(&mut self.inbox)?;
            for (from, datagram) in self.inbox.datagrams() {
                let from = match &mut self.door {
                    None => from,
                    Some(door) => {
                        let reply = &mut self.payload;
                        match door.gather(now, &self.socket, from, datagram, reply) {
                            Some(peer) => peer,
                            None => continue,
                        }
                    }
                };
                match self.routes.find(from, datagram) {
                    srt::Route::Connection(key) => {
                        if let Some(carried) = self.connections.get_mut(&key) {
                            carried.connection.handle(now, srt::Input::Datagram(datagram));
                        }
                    }
                    srt::Route::Listener => {
                        if let Some(door) = &mut self.door {
                            door.knock(now, &self.socket, from, datagram, &mut self.payload);
                        }
                    }
                    srt::Route::Nowhere => {}
                }
            }
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        key: u64,
        connection: srt::Connection,
        caller: Option<srt::SocketId>,
        link: Arc<Link>,
    ) {
        let (peer, local_id) = (connection.peer(), connection.local_id());
        match self.routes.insert(key, peer, local_id, caller) {
            Ok(()) => {
                self.connections.insert(key, Carried::new(connection, link));
            }
            // Unanswered, the caller gives up by itself.
            Err(error) => {
                tracing::warn!("{error}");
                link.end(Ended::System);
            }
        }
    }

    fn reject(&mut self, now: Time, request: srt::Request, rejection: Rejection) {
        let Some(door) = &mut self.door else { return };
        let to = request.peer();
        let length = door.listener.reject(now, request, rejection, &mut self.payload);
        let refusal = self.payload.get(..length).unwrap_or_default();
        answer(now, &door.gathering, &self.socket, to, refusal);
    }

    /// Lets every connection do what it wants; answers when the first wants to be woken.
    fn drive(&mut self, now: Time) -> Time {
        let mut wake = now + LONGEST_SLEEP;
        let (socket, batch, payload) = (&self.socket, &mut self.batch, &mut self.payload);
        let routes = &mut self.routes;
        let gathering = self.door.as_ref().map(|door| &door.gathering);
        let outlet = Outlet { socket, gathering };
        self.connections.retain(|_, carried| match carried.drive(now, outlet, batch, payload) {
            Some(at) => {
                wake = wake.min(at);
                true
            }
            None => {
                routes.remove(carried.connection.local_id());
                false
            }
        });
        wake
    }

    fn show_statistics(&mut self, now: Time) {
        if now >= self.next_statistics {
            self.next_statistics = now + STATISTICS_INTERVAL;
            for carried in self.connections.values() {
                carried.show_statistics(now);
            }
        }
    }
}

/// The thread: until nobody is left who could want anything.
fn run(engine: &Mutex<Engine>, mut waiter: Waiter) {
    let socket = lock(engine).socket.clone();
    let mut readable = true;
    while let Some(turned) = next_turn(engine, readable) {
        let waited = turned.and_then(|wake| {
            waiter.wait(std::iter::once(&*socket), Some(wake.since(clock::now())))
        });
        match waited {
            Ok(any) => readable = any,
            Err(error) => {
                tracing::error!(%error, "the socket failed");
                break;
            }
        }
    }
    for carried in lock(engine).connections.values() {
        carried.link.end(Ended::System);
    }
}

fn next_turn(engine: &Mutex<Engine>, readable: bool) -> Option<io::Result<Time>> {
    let mut engine = lock(engine);
    (!engine.is_done()).then(|| engine.turn(readable))
}

fn lock(engine: &Mutex<Engine>) -> MutexGuard<'_, Engine> {
    // A holder that panicked left at worst a connection that its peer gives up.
    engine.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Door {
    /// As whose a datagram is to be taken; nothing if it was about the gathering alone.
    fn gather(
        &mut self,
        now: Time,
        socket: &Socket,
        from: SocketAddr,
        datagram: &[u8],
        reply: &mut [u8],
    ) -> Option<SocketAddr> {
        let (peer, length) = match self.gathering.handle(now, from, datagram, reply) {
            srtla::ReceiverOutput::Ours { length } => (None, length),
            srtla::ReceiverOutput::Srt { peer, length } => (Some(peer), length),
        };
        send(socket, from, reply.get(..length).unwrap_or_default());
        peer
    }

    /// A datagram that belongs to no connection.
    fn knock(
        &mut self,
        now: Time,
        socket: &Socket,
        from: SocketAddr,
        datagram: &[u8],
        reply: &mut [u8],
    ) {
        match self.listener.handle(now, from, datagram, reply) {
            srt::ListenerOutput::Reply { length } => {
                let reply = reply.get(..length).unwrap_or_default();
                answer(now, &self.gathering, socket, from, reply);
            }
            srt::ListenerOutput::Request(request) => {
                let Err(full) = self.requests.try_send(*request) else { return };
                let request = full.into_inner();
                let length = self.listener.reject(now, request, Rejection::BACKLOG, reply);
                let reply = reply.get(..length).unwrap_or_default();
                answer(now, &self.gathering, socket, from, reply);
            }
            srt::ListenerOutput::Ignore => {}
        }
    }
}

/// Sends to whoever `peer` is: an address, or the links of a group.
fn answer(
    now: Time,
    gathering: &srtla::Receiver,
    socket: &Socket,
    peer: SocketAddr,
    datagram: &[u8],
) {
    for to in gathering.targets(now, peer, datagram).iter() {
        send(socket, to, datagram);
    }
}

fn send(socket: &Socket, to: SocketAddr, datagram: &[u8]) {
    if datagram.is_empty() {
        return;
    }
    if let Err(error) = socket.send(to, datagram, datagram.len()) {
        tracing::debug!(%error, "a handshake was not sent");
    }
}

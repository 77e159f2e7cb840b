//! Broadcasters' SRT connections, a thread each.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{error, io};

use golive::srt::{Connection, ListenOptions, Listener, Rejection, Request, Statistics};

use crate::config::Config;
use crate::error::Error;
use crate::event::Event;
use crate::health::{BroadcasterReport, LinkHealth};
use crate::key::Refusal;
use crate::registry::{Admission, Publisher, Registry};

/// Connections at a time, those that show nothing yet and those being replaced included.
const MAX_CONNECTIONS: usize = 64;
/// How often the page learns how a link is doing.
const HEALTH_INTERVAL: Duration = Duration::from_millis(500);
/// Bytes of the largest SRT payload.
const MAX_PAYLOAD: usize = 1_456;

/// Takes broadcasters' connections until it is dropped.
pub(crate) struct Endpoint {
    listener: Arc<Listener>,
    thread: Option<JoinHandle<()>>,
}

impl Endpoint {
    /// Listens as `config` says, and lets in whom `registry` admits.
    pub(crate) fn start(config: &Config, registry: Arc<Registry>) -> Result<Self, Error> {
        let mut options = ListenOptions::default().latency(config.latency);
        if let Some(passphrase) = &config.passphrase {
            options = options.passphrase(passphrase).map_err(Error::Srt)?;
        }
        let listener =
            Listener::bind(config.srt, options).map_err(|error| listen_error(config.srt, error))?;
        registry.set_srt_address(listener.address());
        let listener = Arc::new(listener);
        let thread = thread::Builder::new().name("golive-ingest".to_owned());
        let thread = thread.spawn({
            let listener = Arc::clone(&listener);
            move || accept(&listener, &registry)
        });
        Ok(Self { listener, thread: Some(thread.map_err(Error::System)?) })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.address()
    }
}

/// Closes every connection, and waits for their threads.
impl Drop for Endpoint {
    fn drop(&mut self) {
        self.listener.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &Listener, registry: &Arc<Registry>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    while let Ok(request) = listener.accept() {
        threads.retain(|thread| !thread.is_finished());
        let peer = request.peer();
        let stream_id = request.stream_id().map_or("", |stream_id| stream_id.as_str());
        let admission = registry.admit(stream_id, Some(peer)).and_then(|admission| {
            if threads.len() < MAX_CONNECTIONS { Ok(admission) } else { Err(Refusal::Overloaded) }
        });
        match admission {
            Ok(admission) => threads.extend(receive(request, admission, registry)),
            Err(refusal) => request.reject(rejection(refusal)),
        }
    }
    for thread in threads {
        let _ = thread.join();
    }
}

/// A thread that receives what the caller sends.
fn receive(request: Request, admission: Admission, registry: &Registry) -> Option<JoinHandle<()>> {
    let connection = request.accept().ok()?;
    let thread = thread::Builder::new().name("golive-receive".to_owned());
    let spawned = thread.spawn(move || carry(&connection, admission));
    let failed = |error: &io::Error| {
        let cause = format!("a connection could not be served: {error}; close other programs");
        registry.events().push(Event::Failed { cause });
    };
    spawned.inspect_err(failed).ok()
}

fn carry(connection: &Connection, admission: Admission) {
    let mut payload = [0; MAX_PAYLOAD];
    // A caller with a wrong passphrase sends nothing, and must not take over from anyone.
    let Some(mut length) = connection.receive(&mut payload) else { return };
    let Ok(publisher) = admission.begin() else { return };
    let mut next_health = Instant::now();
    loop {
        let data = payload.get(..length).unwrap_or_default();
        let mut taken = publisher.push_ts(data);
        if Instant::now() >= next_health {
            next_health = Instant::now() + HEALTH_INTERVAL;
            taken = taken.and_then(|()| tell_health(connection, &publisher));
        }
        if taken.is_err() {
            return connection.close();
        }
        match connection.receive(&mut payload) {
            Some(received) => length = received,
            None => break,
        }
    }
    let cause = connection.ended().map(|ended| ended.to_string());
    publisher.end(cause.as_deref().unwrap_or("the connection was closed"));
}

fn tell_health(
    connection: &Connection,
    publisher: &Publisher,
) -> Result<(), crate::registry::Replaced> {
    let Statistics { rtt, packets_received, packets_recovered, packets_lost, .. } =
        connection.statistics();
    let negotiated = connection.negotiated();
    publisher.set_link_health(LinkHealth {
        rtt_ms: Some(rtt.as_secs_f64() * 1e3),
        latency_ms: negotiated.as_ref().map(|it| it.receive_latency.as_secs_f64() * 1e3),
        packets_received,
        packets_lost: packets_recovered + packets_lost,
        packets_recovered,
        packets_dropped: packets_lost,
        encrypted: negotiated.is_some_and(|negotiated| negotiated.encryption.is_some()),
    })?;
    match connection.take_peer_report().as_deref().and_then(BroadcasterReport::parse) {
        Some(report) => publisher.set_report(report),
        None => Ok(()),
    }
}

const fn rejection(refusal: Refusal) -> Rejection {
    match refusal {
        Refusal::Unauthorized => Rejection::UNAUTHORIZED,
        Refusal::WrongMode => Rejection::BAD_MODE,
        Refusal::Overloaded => Rejection::OVERLOAD,
    }
}

fn listen_error(address: SocketAddr, error: golive::Error) -> Error {
    let source = error::Error::source(&error).and_then(|source| source.downcast_ref::<io::Error>());
    match source {
        Some(source) => Error::listen("SRT", address, source.kind().into()),
        None => Error::Srt(error),
    }
}

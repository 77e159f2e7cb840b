//! One end of the simulated connection.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use golive_proto::transport::Priority;
use golive_proto::transport::srt::{
    Config, Connection, Event, Input, Listener, ListenerConfig, ListenerOutput, MAX_DATAGRAM_BYTES,
    Output, State, Statistics,
};
use golive_proto::units::Time;

use crate::payload::{Judge, Payload};

/// A caller's connection, or a listener and the connection that it accepts.
pub(super) struct Peer {
    clock: Clock,
    listener: Option<(Listener, Config)>,
    connection: Option<Connection>,
    /// A listener's answers, which it gives at once.
    answers: Vec<Vec<u8>>,
    buffer: Vec<u8>,
    wake: Option<Time>,
    now: Time,
    pub(super) judge: Judge,
    pub(super) events: Vec<(Time, Event)>,
}

/// A peer's own clock: it began earlier, and does not run at quite the same speed.
#[derive(Clone, Copy)]
struct Clock {
    ahead: Duration,
    drift_ppm: i32,
}

/// Where the listener sees the caller, and the caller the listener.
const CALLER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 40_000);
const LISTENER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9_710);

impl Peer {
    pub(super) fn caller(config: &Config, drift_ppm: i32, seed: u64) -> Self {
        // A clock that begins at zero would hide what underflows.
        let clock = Clock { ahead: Duration::from_secs(1_000), drift_ppm };
        let now = clock.local(Time::ZERO);
        let seed = expand(seed, 1);
        let connection = Connection::connect(config.clone(), LISTENER, now, seed);
        Self { connection: Some(connection), ..Self::new(clock) }
    }

    pub(super) fn listener(config: &Config, uptime: Duration, seed: u64) -> Self {
        let started = Duration::from_secs(77);
        let clock = Clock { ahead: started + uptime, drift_ppm: 0 };
        let now = Time::ZERO + started;
        let listener = Listener::new(ListenerConfig::default(), now, expand(seed, 2));
        Self { listener: Some((listener, config.clone())), ..Self::new(clock) }
    }

    fn new(clock: Clock) -> Self {
        Self {
            clock,
            listener: None,
            connection: None,
            answers: Vec::new(),
            buffer: vec![0; MAX_DATAGRAM_BYTES],
            wake: Some(Time::ZERO),
            now: Time::ZERO,
            judge: Judge::default(),
            events: Vec::new(),
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.state() == State::Live)
    }

    /// When it wants to be polled again.
    pub(super) fn wake(&self) -> Option<Time> {
        self.wake
    }

    pub(super) fn statistics(&self, now: Time) -> Statistics {
        let now = self.clock.local(now);
        self.connection.as_ref().map_or_else(Statistics::default, |live| live.statistics(now))
    }

    /// Takes a datagram from the other end.
    pub(super) fn receive(&mut self, now: Time, datagram: &[u8]) {
        let local = self.clock.local(now);
        self.wake = Some(now);
        if let Some(connection) = &mut self.connection
            && connection.state() != State::Ended
        {
            connection.handle(local, Input::Datagram(datagram));
            return;
        }
        let Some((listener, config)) = &mut self.listener else { return };
        match listener.handle(local, CALLER, datagram, &mut self.buffer) {
            ListenerOutput::Reply { length } => self.answers.push(self.buffer[..length].to_vec()),
            ListenerOutput::Request(request) => {
                self.connection = Some(listener.accept(local, *request, config.clone()));
            }
            ListenerOutput::Ignore => {}
        }
    }

    /// Sends a payload that was made now.
    pub(super) fn send(&mut self, now: Time, payload: Payload, priority: Priority) {
        let origin = self.clock.local(now);
        if let Some(connection) = &mut self.connection {
            connection.set_priority(priority);
            connection.handle(origin, Input::Payload { data: &payload.to_bytes(), origin });
        }
        self.wake = Some(now);
    }

    /// Closes the connection.
    pub(super) fn close(&mut self, now: Time) {
        if let Some(connection) = &mut self.connection {
            connection.handle(self.clock.local(now), Input::Close);
        }
        self.wake = Some(now);
    }

    /// The next datagram for the other end; nothing if it is at rest until [`Peer::wake`].
    pub(super) fn next_datagram(&mut self, now: Time) -> Option<Vec<u8>> {
        assert!(now >= self.now, "time goes back");
        self.now = now;
        if let Some(answer) = self.answers.pop() {
            return Some(answer);
        }
        if self.wake.is_none_or(|wake| wake > now) {
            return None;
        }
        let Some(connection) = &mut self.connection else {
            self.wake = None;
            return None;
        };
        let local = self.clock.local(now);
        loop {
            match connection.poll(local, &mut self.buffer) {
                Output::Transmit { length, .. } => return Some(self.buffer[..length].to_vec()),
                Output::Payload { length, .. } => self.judge.arrived(&self.buffer[..length], now),
                Output::Event(event) => self.events.push((now, event)),
                Output::Wake { at, reason } => {
                    let wake = at.map(|at| self.clock.common(at));
                    assert!(
                        at.is_none_or(|at| at > local),
                        "it is {local} and it wants to be woken at {at:?} for {reason:?}"
                    );
                    // Rounding must not make it wake early and ask again.
                    self.wake = wake.map(|wake| wake.max(now + Duration::from_micros(1)));
                    return None;
                }
            }
        }
    }
}

impl Clock {
    /// What this clock shows at a moment of the simulation.
    fn local(self, now: Time) -> Time {
        let drift = now.as_micros() as i128 * i128::from(self.drift_ppm) / 1_000_000;
        let micros = now.as_micros() as i128 + drift;
        Time::from_micros(micros.max(0) as u64) + self.ahead
    }

    /// The first moment of the simulation at which this clock shows `local` or more.
    fn common(self, local: Time) -> Time {
        let shown = local.since(Time::ZERO + self.ahead).as_micros() as i128;
        let scale = 1_000_000 + i128::from(self.drift_ppm);
        let micros = (shown * 1_000_000).div_euclid(scale);
        let mut now = Time::from_micros(micros.max(0) as u64);
        while self.local(now) < local {
            now += Duration::from_micros(1);
        }
        now
    }
}

/// A seed for `purpose`, drawn from the simulation's.
fn expand(seed: u64, purpose: u8) -> [u8; 32] {
    let mut bytes = [purpose; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes
}

//! Two connections over a bad link, in virtual time.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::transport::srt::*;
use crate::units::Time;

/// What the link does, in both directions.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) delay: Duration,
    /// Added to the delay of each datagram, at random: reordering, if longer than their spacing.
    pub(super) jitter: Duration,
    /// Share of datagrams lost.
    pub(super) loss: f64,
    /// Share of datagrams that arrive twice.
    pub(super) duplicates: f64,
}

impl Link {
    pub(super) const fn rtt(millis: u64) -> Self {
        let delay = Duration::from_micros(millis * 500);
        Self { delay, jitter: Duration::ZERO, loss: 0.0, duplicates: 0.0 }
    }

    pub(super) const fn loss(self, loss: f64) -> Self {
        Self { loss, ..self }
    }

    pub(super) const fn jitter(self, millis: u64) -> Self {
        Self { jitter: Duration::from_millis(millis), ..self }
    }

    pub(super) const fn duplicates(self, duplicates: f64) -> Self {
        Self { duplicates, ..self }
    }
}

/// One side.
pub(super) struct Side {
    pub(super) connection: Connection,
    pub(super) events: Vec<Event>,
    pub(super) payloads: VecDeque<(Time, Vec<u8>)>,
    pub(super) reports: Vec<Vec<u8>>,
    wake: Option<Time>,
    /// What its clock shows at the beginning: clocks agree on nothing but their pace.
    epoch: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Caller,
    Listener,
}

/// A caller and a listener, and the link between them.
pub(super) struct Pair {
    pub(super) now: Duration,
    pub(super) link: Link,
    pub(super) caller: Side,
    /// Its connection, once it has accepted one.
    pub(super) accepted: Option<Side>,
    pub(super) listener: Listener,
    listener_config: Config,
    pub(super) listener_epoch: Time,
    pub(super) reject_with: Option<Rejection>,
    pub(super) last_request: Option<Request>,
    flying: BTreeMap<(Duration, u64), (Who, Vec<u8>)>,
    flown: u64,
    random: ChaCha20Rng,
    /// The last datagram that either side sent.
    pub(super) last_flown: Vec<u8>,
    pub(super) blackout: bool,
    /// Whether key material is lost on the way.
    pub(super) lose_key_messages: bool,
    /// Datagrams that reach neither side: how many are yet to be lost.
    pub(super) lose_next: u32,
}

pub(super) const CALLER: SocketAddr = address(1);
pub(super) const LISTENER: SocketAddr = address(2);

const fn address(last: u8) -> SocketAddr {
    SocketAddr::new(
        std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, last)),
        5_000 + last as u16,
    )
}

impl Pair {
    pub(super) fn new(seed: u8, link: Link, caller: Config, listener: Config) -> Self {
        Self::with_epochs(seed, link, caller, listener, Time::from_millis(9), Time::from_millis(4))
    }

    /// The caller's and the listener's clocks begin at these times.
    pub(super) fn with_epochs(
        seed: u8,
        link: Link,
        caller: Config,
        listener_config: Config,
        caller_epoch: Time,
        listener_epoch: Time,
    ) -> Self {
        let connection = Connection::connect(caller, LISTENER, caller_epoch, [seed; 32]);
        Self {
            now: Duration::ZERO,
            link,
            caller: Side::new(connection, caller_epoch),
            accepted: None,
            listener: Listener::new(ListenerConfig::default(), Time::ZERO, [seed ^ 0xFF; 32]),
            listener_config,
            listener_epoch,
            reject_with: None,
            last_request: None,
            flying: BTreeMap::new(),
            flown: 0,
            random: ChaCha20Rng::from_seed([seed; 32]),
            blackout: false,
            lose_key_messages: false,
            last_flown: Vec::new(),
            lose_next: 0,
        }
    }

    /// Two sides with the default configuration and this latency, connected.
    pub(super) fn connected(seed: u8, link: Link, latency: u64) -> Self {
        let config = || Config { latency: Duration::from_millis(latency), ..Config::default() };
        let mut pair = Self::new(seed, link, config(), config());
        pair.connect();
        pair
    }

    /// Runs until both sides are connected.
    pub(super) fn connect(&mut self) {
        self.run_for(Duration::from_millis(2_900));
        assert!(
            matches!(self.caller.events[..], [Event::Connected(_)]),
            "{:?}",
            self.caller.events
        );
        let accepted = self.accepted();
        assert!(matches!(accepted.events[..], [Event::Connected(_)]), "{:?}", accepted.events);
        self.caller.events.clear();
        self.accepted().events.clear();
    }

    pub(super) fn accepted(&mut self) -> &mut Side {
        self.accepted.as_mut().expect("nothing was accepted")
    }

    pub(super) fn side(&mut self, who: Who) -> &mut Side {
        match who {
            Who::Caller => &mut self.caller,
            Who::Listener => self.accepted(),
        }
    }

    pub(super) fn clock(&mut self, who: Who) -> Time {
        let now = self.now;
        self.side(who).epoch + now
    }

    pub(super) fn handle(&mut self, who: Who, input: Input<'_>) {
        let now = self.clock(who);
        self.side(who).connection.handle(now, input);
        self.drain(who);
    }

    pub(super) fn send(&mut self, who: Who, data: &[u8]) {
        let origin = self.clock(who);
        self.handle(who, Input::Payload { data, origin });
    }

    /// Sends `count` numbered payloads, one every `interval`, and runs on until all that will
    /// ever arrive has arrived.
    pub(super) fn stream(&mut self, from: Who, count: u32, interval: Duration) {
        self.stream_from(from, 0, count, interval);
        self.run_for(Duration::from_secs(2));
    }

    pub(super) fn stream_from(&mut self, from: Who, first: u32, count: u32, interval: Duration) {
        for number in first..first + count {
            let mut payload = [0; 1_316];
            payload[..4].copy_from_slice(&number.to_be_bytes());
            self.send(from, &payload);
            self.run_for(interval);
        }
    }

    pub(super) fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            self.drain(Who::Caller);
            if self.accepted.is_some() {
                self.drain(Who::Listener);
            }
            let wakes = [Some(&self.caller), self.accepted.as_ref()].into_iter().flatten();
            let wake = wakes
                .filter_map(|side| Some(side.wake?.since(side.epoch)))
                .chain(self.flying.keys().next().map(|(at, _)| *at))
                .min();
            match wake {
                Some(at) if at <= end => self.now = self.now.max(at),
                _ => break,
            }
            self.land();
        }
        self.now = end;
    }

    /// Delivers what has arrived by now.
    fn land(&mut self) {
        while let Some(entry) = self.flying.first_entry()
            && entry.key().0 <= self.now
        {
            let (to, datagram) = entry.remove();
            self.arrive(to, &datagram);
        }
    }

    pub(super) fn arrive(&mut self, to: Who, datagram: &[u8]) {
        if to == Who::Caller {
            return self.handle(Who::Caller, Input::Datagram(datagram));
        }
        if self.accepted.is_some() {
            return self.handle(Who::Listener, Input::Datagram(datagram));
        }
        let now = self.listener_epoch + self.now;
        let mut reply = [0; MAX_DATAGRAM_BYTES];
        match self.listener.handle(now, CALLER, datagram, &mut reply) {
            ListenerOutput::Reply { length } => self.fly(Who::Caller, &reply[..length]),
            ListenerOutput::Request(request) => {
                self.last_request = Some((*request).clone());
                match self.reject_with {
                    Some(rejection) => {
                        let length = self.listener.reject(now, *request, rejection, &mut reply);
                        self.fly(Who::Caller, &reply[..length]);
                    }
                    None => {
                        let config = self.listener_config.clone();
                        let connection = self.listener.accept(now, *request, config);
                        self.accepted = Some(Side::new(connection, self.listener_epoch));
                        self.drain(Who::Listener);
                    }
                }
            }
            ListenerOutput::Ignore => {}
        }
    }

    fn fly(&mut self, to: Who, datagram: &[u8]) {
        self.last_flown = datagram.to_vec();
        if self.lose_next > 0 {
            self.lose_next -= 1;
            return;
        }
        let keys = datagram.starts_with(&[0xFF, 0xFF, 0]) && self.lose_key_messages;
        if keys || self.blackout || self.chance(self.link.loss) {
            return;
        }
        let copies = if self.chance(self.link.duplicates) { 2 } else { 1 };
        for _ in 0..copies {
            let jitter = self.link.jitter.as_micros() as u64;
            let jitter = Duration::from_micros(self.random.next_u64() % (jitter + 1));
            self.flown += 1;
            let at = self.now + self.link.delay + jitter;
            self.flying.insert((at, self.flown), (to, datagram.to_vec()));
        }
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        f64::from(self.random.next_u32()) < probability * f64::from(u32::MAX)
    }

    pub(super) fn random_bytes(&mut self, bytes: &mut [u8]) {
        self.random.fill_bytes(bytes);
    }

    fn drain(&mut self, who: Who) {
        let mut buffer = [0; MAX_DATAGRAM_BYTES];
        let now = self.clock(who);
        for _ in 0..100_000 {
            let side = self.side(who);
            match side.connection.poll(now, &mut buffer) {
                Output::Transmit { length, .. } => {
                    let to = match who {
                        Who::Caller => Who::Listener,
                        Who::Listener => Who::Caller,
                    };
                    self.fly(to, &buffer[..length]);
                }
                Output::Payload { length, .. } => {
                    side.payloads.push_back((now, buffer[..length].to_vec()));
                }
                Output::Event(Event::PeerReport { length }) => {
                    side.reports.push(buffer[..length].to_vec());
                }
                Output::Event(event) => side.events.push(event),
                Output::Wake { at, reason } => {
                    assert!(at.is_none_or(|at| at > now), "woken for the past: {reason:?}");
                    side.wake = at;
                    return;
                }
            }
        }
        panic!("{who:?} never comes to rest");
    }
}

impl Side {
    fn new(connection: Connection, epoch: Time) -> Self {
        Self {
            connection,
            events: Vec::new(),
            payloads: VecDeque::new(),
            reports: Vec::new(),
            wake: Some(epoch),
            epoch,
        }
    }

    /// The numbers of the payloads that arrived, in the order of their arrival.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.payloads
            .iter()
            .map(|(_, payload)| u32::from_be_bytes(*payload.first_chunk().unwrap()))
            .collect()
    }
}

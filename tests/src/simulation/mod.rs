//! Two SRT connections and the network between them, in virtual time.
//!
//! The same pure state machines and the same [`Link`]s as in real life, driven by a loop that
//! jumps from one event to the next: ten seconds pass in some milliseconds, and everything that
//! happens is a function of the [`Plan`] and its seed.

mod arrivals;
mod bonding;
mod broadcast;
#[cfg(feature = "networks")]
mod gcc;
mod oracle;
mod peer;
mod pilot;
mod rivals;
mod scenario;
mod score;
mod split;
mod storm;
mod tcp;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use golive_proto::transport::Priority;
use golive_proto::transport::srt::{Config, Event, Statistics};
use golive_proto::units::{Bitrate, ByteCount, Time};

use crate::network::{Conditions, Counters, Link, Path};
use crate::payload::{LENGTH, Payload, Verdict};
pub use bonding::{BondedSimulation, Produced};
pub use broadcast::{BroadcastSimulation, config};
pub use golive_netlab::ends::{Label, Received, Temper};
use oracle::Oracle;
use peer::Peer;
pub use pilot::{Pilot, Shadow, Sight};
pub use rivals::{Range, Rival};
pub use scenario::{BUDGET, LATENCY, MINIMUM, SETTLING, Scenario};
pub use score::{Bounds, Score};
use split::Split;
pub use storm::Second;
pub use tcp::Tcp;

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The network; its seed is that of the two peers too.
    pub path: Path,
    /// How both are configured.
    pub config: Config,
    /// Which of them do what libsrt does, and no more.
    pub plain: Plain,
    /// Of the payloads, without headers.
    pub rate: Bitrate,
    /// What a payload is worth, by its number.
    pub priority: fn(u64) -> Priority,
    /// How long the listener has been up when the caller comes; its clock shows that much more.
    pub listener_uptime: Duration,
    /// How much faster the caller's clock runs than the listener's, in millionths.
    pub caller_drift: i32,
}

/// Who does what libsrt does, and no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plain {
    /// Nobody: Golive to Golive.
    #[default]
    Nobody,
    /// Who receives: Golive to libsrt.
    Receiver,
    /// Both: libsrt to libsrt.
    Both,
}

impl Plan {
    /// Both ways alike: 5 Mb/s with this latency.
    pub fn new(conditions: Conditions, latency: Duration, seed: u64) -> Self {
        Self {
            path: Path::symmetric(conditions, seed),
            config: Config { latency, ..Config::default() },
            plain: Plain::Nobody,
            rate: Bitrate::from_kilobits_per_second(5_000),
            priority: |_| Priority::Ordinary,
            listener_uptime: Duration::ZERO,
            caller_drift: 0,
        }
    }
}

/// A caller that sends, a listener that receives, and what is under way between them.
pub struct Simulation {
    now: Time,
    caller: Peer,
    listener: Peer,
    forward: Link,
    backward: Link,
    split: Option<Split>,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    datagrams: u64,
    rate: Bitrate,
    priority: fn(u64) -> Priority,
    next_payload: Option<Time>,
    payloads: u64,
    oracle: Oracle,
}

/// The sequence number with which the caller of a simulation with this seed begins.
///
/// # Panics
/// If it does not begin with a handshake.
pub fn first_sequence_number(seed: u64) -> u32 {
    let mut caller = Peer::caller(&Config::default(), 0, seed);
    let handshake = caller.next_datagram(Time::ZERO).expect("a handshake");
    // After the header of 16 bytes, and the version, encryption and extension fields of 8.
    let number = handshake.get(24..28).and_then(|bytes| bytes.try_into().ok());
    u32::from_be_bytes(number.expect("a whole handshake"))
}

/// A datagram on its way. Ordered by arrival, then by departure.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    at: Time,
    number: u64,
    forward: bool,
    bytes: Vec<u8>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What arrived at the listener.
    pub verdict: Verdict,
    /// What the caller counted.
    pub sender: Statistics,
    /// What the listener counted.
    pub receiver: Statistics,
    /// From the caller to the listener.
    pub forward: Counters,
    /// From the listener to the caller.
    pub backward: Counters,
    /// Bytes of the caller on the wire over one SRT packet a payload, in per cent.
    pub overhead_percent: f64,
    /// Bytes of media packets that the caller sent again, over those that it sent once, in per
    /// cent.
    pub again_percent: f64,
    /// The share of payloads, in per cent, that were lost the first time and that nothing the
    /// caller heard told of in time.
    pub untold_percent: f64,
}

/// SRT's 16 bytes, UDP's 8 and IPv4's 20.
const HEADERS: u64 = 44;
/// A connection that is polled so often without time passing never comes to rest.
const RESTLESS: usize = 1_000_000;

impl Simulation {
    /// Puts both peers in place; the caller begins to call at once.
    pub fn new(plan: &Plan) -> Self {
        let (forward, backward) = plan.path.links();
        let now = Time::ZERO;
        let seed = plan.path.seed;
        let config = |plain: bool| Config {
            introduces_itself: plan.config.introduces_itself && !plain,
            plans_repair: plan.config.plans_repair && !plain,
            ..plan.config.clone()
        };
        let calling = config(plan.plain == Plain::Both);
        let listening = config(plan.plain != Plain::Nobody);
        Self {
            now,
            caller: Peer::caller(&calling, plan.caller_drift, seed),
            listener: Peer::listener(&listening, plan.listener_uptime, seed),
            forward,
            backward,
            split: None,
            under_way: BinaryHeap::new(),
            datagrams: 0,
            rate: plan.rate,
            priority: plan.priority,
            next_payload: None,
            payloads: 0,
            oracle: Oracle::new(plan.config.latency),
        }
    }

    /// The same, but packets take this path and the plan's in turn, and neither peer knows that the
    /// other is Golive. See `split`.
    pub fn split(plan: &Plan, second: &Path) -> Self {
        Self { split: Some(Split::new(second)), ..Self::new(plan) }
    }

    /// How much time has passed.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What happened at the caller so far, and when.
    pub fn caller_events(&self) -> &[(Time, Event)] {
        &self.caller.events
    }

    /// What happened at the listener so far, and when.
    pub fn listener_events(&self) -> &[(Time, Event)] {
        &self.listener.events
    }

    /// Changes both ways of the network.
    pub fn change(&mut self, conditions: &Conditions) {
        self.forward.set_conditions(conditions.clone());
        self.backward.set_conditions(conditions.clone());
    }

    /// Lets time pass until both are connected.
    ///
    /// # Panics
    /// If they are not within 30 s.
    pub fn connect(&mut self) {
        let until = self.now + Duration::from_secs(30);
        while !(self.caller.is_connected() && self.listener.is_connected()) {
            assert!(self.now < until, "no connection: {:?}", self.caller.events);
            self.pass(Duration::from_millis(10));
        }
    }

    /// Sends payloads at the rate for `duration`.
    pub fn send_for(&mut self, duration: Duration) {
        self.next_payload = Some(self.now);
        self.pass(duration);
        self.next_payload = None;
    }

    /// Lets `duration` pass.
    pub fn pass(&mut self, duration: Duration) {
        let until = self.now + duration;
        self.drain();
        loop {
            let arrival = self.under_way.peek().map(|Reverse(datagram)| datagram.at);
            let wakes = [self.caller.wake(), self.listener.wake(), arrival, self.next_payload];
            let next = wakes.into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next < until) else { break };
            self.now = self.now.max(next);
            self.happen();
            self.drain();
        }
        self.now = until;
    }

    /// Has the caller close the connection.
    pub fn close(&mut self) {
        self.caller.close(self.now);
    }

    /// Lets the last payloads arrive, and judges.
    pub fn finish(mut self, grace: Duration) -> Outcome {
        self.pass(grace);
        let bytes = self.forward.counters().offered_bytes.as_u64();
        let least = self.payloads.max(1) * (LENGTH as u64 + HEADERS);
        let sender = self.caller.statistics(self.now);
        let share = |part: u64, whole: u64| part as f64 * 100.0 / whole.max(1) as f64;
        Outcome {
            verdict: self.listener.judge.verdict(self.payloads),
            again_percent: share(sender.packets_retransmitted, sender.packets_sent),
            untold_percent: share(self.oracle.lost(self.now), self.payloads),
            sender,
            receiver: self.listener.statistics(self.now),
            forward: self.forward.counters(),
            backward: self.backward.counters(),
            overhead_percent: (bytes as f64 / least as f64 - 1.0) * 100.0,
        }
    }

    /// Everything that is due now.
    fn happen(&mut self) {
        while let Some(Reverse(datagram)) = self.under_way.peek()
            && datagram.at <= self.now
        {
            let Some(Reverse(datagram)) = self.under_way.pop() else { break };
            let peer = if datagram.forward { &mut self.listener } else { &mut self.caller };
            peer.receive(self.now, &datagram.bytes);
            self.drain();
        }
        if self.next_payload.is_some_and(|due| due <= self.now) {
            let payload = Payload { number: self.payloads, sent: self.now };
            self.caller.send(self.now, payload, (self.priority)(self.payloads));
            self.payloads += 1;
            let interval = self.rate.time_for(ByteCount::from(LENGTH));
            self.next_payload = self.next_payload.map(|due| due + interval);
        }
    }

    /// Takes out whatever the peers want to send, until both are at rest.
    fn drain(&mut self) {
        for _ in 0..RESTLESS {
            if let Some(bytes) = self.caller.next_datagram(self.now) {
                self.carry(true, bytes);
            } else if let Some(bytes) = self.listener.next_datagram(self.now) {
                self.carry(false, bytes);
            } else {
                return;
            }
        }
        panic!("at {} there is no end to what is to be sent", self.now);
    }

    fn carry(&mut self, forward: bool, mut bytes: Vec<u8>) {
        let length = ByteCount::from(bytes.len());
        let mut ways = [true, false];
        if let Some(split) = &mut self.split {
            split::disguise(&mut bytes);
            ways = split.ways(forward, &bytes);
        }
        let first = if forward { &mut self.forward } else { &mut self.backward };
        let second = self.split.as_mut().map(|split| split.link(forward));
        let links = [Some(first), second].into_iter().flatten().zip(ways);
        let taken = links.filter(|(_, taken)| *taken);
        let arrivals: Vec<Time> =
            taken.flat_map(|(link, _)| link.carry(self.now, length).arrivals()).collect();
        match (forward, arrivals.first()) {
            (true, first) => self.oracle.sent(self.now, &bytes, first.is_some()),
            (false, Some(at)) => self.oracle.told(*at, &bytes),
            (false, None) => {}
        }
        for at in arrivals {
            let number = self.datagrams;
            self.datagrams += 1;
            self.under_way.push(Reverse(UnderWay { at, number, forward, bytes: bytes.clone() }));
        }
    }
}

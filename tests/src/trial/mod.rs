//! Payloads from a sender through a bad network to a receiver, judged.

mod program;

use std::time::Duration;

use golive_proto::units::Bitrate;

use crate::gate::Gate;
use crate::network::Path;
use crate::payload::{self, Judge, Verdict};
use crate::peers::{Mode, Options, free_address, wait_until_bound};
use crate::relay::{Relay, Statistics};
use crate::sink::Sink;

pub use program::{Feed, Program};

/// What is tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Who sends.
    pub sender: Program,
    /// Who receives.
    pub receiver: Program,
    /// Who connects to whom. The relay's forward direction is the caller's.
    pub caller: Role,
    /// The network between them.
    pub path: Path,
    /// Of the caller's media and repair packets, counted from zero, which ones are lost beside what
    /// the path loses.
    pub lost_media: Option<fn(u64) -> bool>,
    /// Latency, encryption and packet filter of both.
    pub options: Options,
    /// Of the payloads, without headers.
    pub rate: Bitrate,
    /// How the sender is given payloads.
    pub feed: Feed,
    /// For how long payloads are sent.
    pub duration: Duration,
    /// Without the relay: the path is ignored.
    pub direct: bool,
    /// How long the listener has been up when the caller comes.
    pub listener_uptime: Duration,
}

/// One end of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The end that takes payloads in.
    Sender,
    /// The end that gives payloads out.
    Receiver,
}

/// What came of a trial.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What arrived.
    pub verdict: Verdict,
    /// What the network did.
    pub network: Statistics,
    /// Bytes from the sender on the wire, over one SRT packet a payload, in per cent.
    pub overhead_percent: f64,
    /// Payloads that the sending program was too slow to read: not the network's doing, nor SRT's.
    pub unread: u64,
    /// The sender's processor time from the first payload to the last.
    pub sender_cpu: Option<Duration>,
}

/// What follows the payloads that are judged, beside the latency, where the sender needs it.
const FOLLOWED_BY: Duration = Duration::from_millis(500);

/// SRT's 16 bytes, UDP's 8 and IPv4's 20.
const SRT_AND_UDP_HEADERS: u64 = 44;

impl Trial {
    /// `sender` calls `receiver` at 5 Mb/s for ten seconds.
    pub fn new(sender: Program, receiver: Program, path: Path, latency: Duration) -> Self {
        Self {
            sender,
            receiver,
            caller: Role::Sender,
            path,
            lost_media: None,
            options: Options::latency(latency),
            feed: Feed::OneByOne,
            rate: Bitrate::from_kilobits_per_second(5_000),
            duration: Duration::from_secs(10),
            direct: false,
            listener_uptime: Duration::ZERO,
        }
    }

    /// Runs it, in about its duration.
    ///
    /// # Panics
    /// If a program does not start or no connection comes about.
    pub fn run(&self) -> Outcome {
        let sink = Sink::start(Judge::default(), Judge::arrived);
        let address = free_address();
        let relay = Relay::start(address, &self.path).expect("a relay on loopback");
        let called = if self.direct { address } else { relay.address() };
        let gate = self.lost_media.map(|is_lost| Gate::start(called, is_lost));
        let called = gate.as_ref().map_or(called, Gate::address);
        let (calling, listening) = (Mode::Caller(called), Mode::Listener(address));
        let (mut sender, receiver) = match self.caller {
            Role::Sender => {
                let receiver = self.receiver.receive(listening, &self.options, sink.address());
                wait_until_bound(address);
                std::thread::sleep(self.listener_uptime);
                (self.sender.send(self.feed, calling, &self.options), receiver)
            }
            Role::Receiver => {
                let sender = self.sender.send(self.feed, listening, &self.options);
                wait_until_bound(address);
                std::thread::sleep(self.listener_uptime);
                let receiver = self.receiver.receive(calling, &self.options, sink.address());
                (sender, receiver)
            }
        };
        if self.caller == Role::Sender {
            // A calling receiver of libsrt says nothing until media comes.
            receiver.wait_until_connected();
        }
        sender.wait_until_connected();
        let before = relay.statistics();
        let cpu_before = sender.cpu_time();
        let followed_for = if self.sender.repairs_what_nothing_follows() {
            Duration::ZERO
        } else {
            self.options.latency + FOLLOWED_BY
        };
        let duration = self.duration + followed_for;
        let sent = payload::generate(self.rate, duration, |bytes| sender.give(bytes));
        let cpu = sender.cpu_time();
        sink.settle(sent, self.options.latency + Duration::from_secs(2), Judge::arrivals);
        let network = relay.statistics();
        let verdict = sink.state().verdict(payload::count(self.rate, self.duration));
        let (after, before) = match self.caller {
            Role::Sender => (network.forward, before.forward),
            Role::Receiver => (network.backward, before.backward),
        };
        let bytes = after.offered_bytes.saturating_sub(before.offered_bytes).as_u64();
        let least = sent.max(1) * (payload::LENGTH as u64 + SRT_AND_UDP_HEADERS);
        Outcome {
            verdict,
            network,
            overhead_percent: (bytes as f64 / least as f64 - 1.0) * 100.0,
            unread: sender.unread(),
            sender_cpu: cpu.zip(cpu_before).map(|(after, before)| after - before),
        }
    }
}

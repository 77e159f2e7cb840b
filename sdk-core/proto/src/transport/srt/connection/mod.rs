//! One SRT connection, from the first handshake to the last packet.

mod accepted;
mod caller;
mod control;
mod live;
mod negotiation;

use std::net::SocketAddr;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::transport::{Feedback, Priority, Ways};
use crate::units::{Bitrate, ByteCount, Time};

use super::config::Config;
use super::crypto::KeyLength;
use super::filter::{AgreedFilter, PathLosses};
use super::number::SocketId;
use super::rejection::Rejection;
use super::statistics::Statistics;
use super::wire::{ControlKind, ControlPacket, Handshake, Packet};

use accepted::Refusal;
use caller::{Answer, Caller};
use live::Live;

pub(crate) use accepted::write_rejection;
pub use negotiation::Request;

/// Bytes of the largest datagram: an Ethernet frame's 1,500 less the headers of IPv4 and UDP.
pub const MAX_DATAGRAM_BYTES: usize = 1_472;

/// What happened to a connection.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram came from the peer, at the time that `handle` is told.
    Datagram(&'a [u8]),
    /// A payload is to be sent; ignored unless the connection is live.
    Payload {
        /// Up to [`Negotiated::max_payload`] bytes (1,316 for MPEG-TS); what is beyond is cut.
        data: &'a [u8],
        /// When it came into being, for the receiver's pacing: it is delivered there this much
        /// and the latency later. Taken as no later than `now` and no earlier than the last.
        origin: Time,
    },
    /// Up to 1,024 bytes for a peer that announced that it understands them (see
    /// [`Negotiated::golive`]); otherwise ignored. An unsent one before it is replaced.
    Report(&'a [u8]),
    /// The connection is to be closed.
    Close,
}

/// What a connection wants.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// The first `length` bytes of the buffer are a datagram for the peer.
    Transmit {
        /// Bytes.
        length: usize,
        /// What kind of datagram it is.
        kind: Transmit,
    },
    /// The first `length` bytes of the buffer are a payload whose time has come.
    Payload {
        /// Bytes.
        length: usize,
        /// When it left the peer's application, plus the way of the handshake, on our clock.
        origin: Time,
    },
    /// Something to know.
    Event(Event),
    /// Nothing more now.
    Wake {
        /// When to poll again, unless something is handled before; never, once it has ended.
        at: Option<Time>,
        /// What for.
        reason: WakeReason,
    },
}

/// What kind of datagram is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transmit {
    /// A media packet, for the first time.
    Data,
    /// A media packet, again.
    Retransmission,
    /// What media packets that are lost can be rebuilt from.
    Repair,
    /// Handshakes, acknowledgements, loss reports and the like.
    Control,
}

/// Why a connection wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeReason {
    /// To repeat its handshake, or to give it up.
    Handshake,
    /// To send what the pacer holds back.
    Pace,
    /// To send something again that seems lost.
    Retransmit,
    /// To give up what has become too old.
    Expire,
    /// To acknowledge what arrived.
    Acknowledge,
    /// To report what is missing.
    ReportLosses,
    /// To deliver a payload on time.
    Deliver,
    /// To announce a new key again.
    AnnounceKey,
    /// To show that it is alive.
    KeepAlive,
    /// To give up a silent peer.
    Silence,
    /// Nothing will ever happen again.
    Ended,
    /// The lent buffer is shorter than [`MAX_DATAGRAM_BYTES`].
    BufferTooShort,
}

/// Something to know about a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Payloads may flow.
    Connected(Negotiated),
    /// The connection was refused, by the peer or by us. It has ended.
    Rejected(Rejection),
    /// The connection was given up. It has ended.
    Broken(Broken),
    /// The connection was closed. It has ended.
    Closed {
        /// By the peer, rather than by us.
        by_peer: bool,
    },
    /// The sender gave up packets that were too old.
    Dropped {
        /// How many.
        packets: u64,
    },
    /// What we send is encrypted with a new key from now on.
    KeyRefreshed,
    /// The first `length` bytes of the buffer are a report from the peer.
    PeerReport {
        /// Bytes.
        length: usize,
    },
}

/// Why a connection was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Nobody answered the handshake.
    #[error("nobody answered within {0:?}: check the address, and that UDP gets through")]
    ConnectTimeout(Duration),
    /// The peer fell silent.
    #[error("nothing was heard from the peer for {0:?}")]
    Silence(Duration),
}

/// What the two sides agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// The SRT version of the peer: major, minor, patch.
    pub peer_version: (u8, u8, u8),
    /// How long the peer holds what we send.
    pub send_latency: Duration,
    /// How long we hold what we receive.
    pub receive_latency: Duration,
    /// The key that media is encrypted with.
    pub encryption: Option<KeyLength>,
    /// Bytes of a payload at most.
    pub max_payload: usize,
    /// How lost packets are rebuilt, if they are.
    pub packet_filter: Option<AgreedFilter>,
    /// Whether the peer is a Golive peer and understands [`Input::Report`].
    pub golive: bool,
}

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The handshake is under way.
    Connecting,
    /// Payloads may flow.
    Live,
    /// It was refused, given up or closed.
    Ended,
}

/// An SRT connection as a state machine, of either side.
///
/// A caller begins with [`Connection::connect`], a listener's with
/// [`Listener::accept`](super::Listener::accept). After that both are alike: tell it what
/// happened with [`Connection::handle`], then [`Connection::poll`] until it answers
/// [`Output::Wake`].
pub struct Connection {
    peer: SocketAddr,
    local_id: SocketId,
    phase: Phase,
}

enum Phase {
    Calling(Box<Caller>),
    Refusing(Box<Refusal>),
    Live(Box<Live>),
    /// With what there is left to say, and what was counted.
    Ending(Option<Event>, Box<Statistics>),
}

impl Connection {
    /// Calls the listener at `peer`. The connection's own clock, which its timestamps count,
    /// starts at `now`.
    pub fn connect(config: Config, peer: SocketAddr, now: Time, seed: [u8; 32]) -> Self {
        let caller = Caller::new(config, peer, now, ChaCha20Rng::from_seed(seed));
        Self { peer, local_id: caller.local_id(), phase: Phase::Calling(Box::new(caller)) }
    }

    /// A caller whose packets are numbered from `number`, so that a test sees them wrap.
    #[cfg(test)]
    pub(crate) fn number_from(&mut self, number: super::number::SequenceNumber) {
        if let Phase::Calling(caller) = &mut self.phase {
            caller.number_from(number);
        }
    }

    /// Accepts what a listener's caller asks for; refuses it, in its first datagram, if the
    /// passphrases do not fit.
    pub(crate) fn accept(config: Config, request: &Request, now: Time, seed: [u8; 32]) -> Self {
        let mut random = ChaCha20Rng::from_seed(seed);
        let local_id = SocketId::from_random(random.next_u32());
        let phase = match accepted::accept(&config, request, now, local_id, random) {
            Ok(live) => Phase::Live(Box::new(live)),
            Err(refusal) => Phase::Refusing(Box::new(refusal)),
        };
        Self { peer: request.peer, local_id, phase }
    }

    /// Tells it what happened. `now` never goes back.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        match &mut self.phase {
            Phase::Calling(caller) => match input {
                Input::Datagram(datagram) => match caller.handle(now, datagram) {
                    Some(Answer::Connected(live)) => self.phase = Phase::Live(live),
                    Some(Answer::Refused(rejection)) => self.end(now, Event::Rejected(rejection)),
                    None => {}
                },
                Input::Close => self.end(now, Event::Closed { by_peer: false }),
                Input::Payload { .. } | Input::Report(_) => {}
            },
            Phase::Live(live) => live.handle(now, input),
            Phase::Refusing(_) | Phase::Ending(..) => {}
        }
    }

    /// What it wants next. `buffer` holds at least [`MAX_DATAGRAM_BYTES`].
    pub fn poll(&mut self, now: Time, buffer: &mut [u8]) -> Output {
        if buffer.len() < MAX_DATAGRAM_BYTES {
            return Output::Wake { at: None, reason: WakeReason::BufferTooShort };
        }
        let output = match &mut self.phase {
            Phase::Calling(caller) => caller.poll(now, buffer),
            Phase::Refusing(refusal) => refusal.poll(buffer),
            Phase::Live(live) => live.poll(now, buffer),
            Phase::Ending(event, _) => match event.take() {
                Some(event) => return Output::Event(event),
                None => Output::Wake { at: None, reason: WakeReason::Ended },
            },
        };
        if let Output::Event(Event::Rejected(_) | Event::Broken(_) | Event::Closed { .. }) = output
        {
            let statistics = Box::new(self.statistics(now));
            self.phase = Phase::Ending(None, statistics);
        }
        output
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        match &self.phase {
            Phase::Calling(_) => State::Connecting,
            Phase::Live(_) => State::Live,
            Phase::Refusing(_) | Phase::Ending(..) => State::Ended,
        }
    }

    /// The address of the peer.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Our own socket: the destination of the peer's datagrams.
    pub fn local_id(&self) -> SocketId {
        self.local_id
    }

    /// Whether a datagram from this address is for this connection: it names our socket, or it
    /// repeats the handshake that this connection is the answer to.
    pub fn is_addressed(&self, from: SocketAddr, datagram: &[u8]) -> bool {
        if from != self.peer {
            return false;
        }
        match Packet::parse(datagram) {
            Some(Packet::Data(packet)) => packet.destination == self.local_id,
            Some(Packet::Control(packet)) => {
                packet.header.destination == self.local_id || self.is_repeated(&packet)
            }
            None => false,
        }
    }

    fn is_repeated(&self, packet: &ControlPacket<'_>) -> bool {
        packet.header.kind == ControlKind::Handshake
            && self.live().is_some_and(|live| {
                let handshake = Handshake::parse(packet.body);
                handshake.is_some_and(|handshake| handshake.fields.socket_id == live.peer_id())
            })
    }

    /// What was agreed on, once the connection is live.
    pub fn negotiated(&self) -> Option<Negotiated> {
        self.live().map(Live::negotiated)
    }

    /// When a datagram of the peer last came, once the connection is live.
    pub fn last_heard(&self) -> Option<Time> {
        self.live().map(Live::last_heard)
    }

    /// What has been counted and measured.
    pub fn statistics(&self, now: Time) -> Statistics {
        match &self.phase {
            Phase::Live(live) => live.statistics(now),
            Phase::Ending(_, statistics) => **statistics,
            Phase::Calling(_) | Phase::Refusing(_) => Statistics::default(),
        }
    }

    /// The same for a rate controller, once the connection is live.
    pub fn feedback(&self, now: Time) -> Option<Feedback> {
        self.live().map(|live| live.feedback(now))
    }

    /// What is lost of what is sent, once enough was sent to tell; nothing while the path is full, for
    /// then something else has to change.
    pub fn path_losses(&self) -> Option<PathLosses> {
        self.live().and_then(Live::path_losses)
    }

    /// Spreads media over time at `rate`, retransmissions included, from `now` on; `None` sends
    /// it as it comes.
    pub fn set_pacing_rate(&mut self, now: Time, rate: Option<Bitrate>) {
        if let Phase::Live(live) = &mut self.phase {
            live.set_pacing_rate(now, rate);
        }
    }

    /// What the payloads that follow are worth: how often they are sent again, if they are lost.
    pub fn set_priority(&mut self, priority: Priority) {
        if let Phase::Live(live) = &mut self.phase {
            live.set_priority(priority);
        }
    }

    /// Keeps media back until `from`, retransmissions included, and lost packets from being sent
    /// more than once without being asked for again, unless there is room for `copies`.
    pub fn restrain(&mut self, from: Time, copies: bool) {
        if let Phase::Live(live) = &mut self.phase {
            live.restrain(from, copies);
        }
    }

    /// Tells of the ways that datagrams take beyond the socket, once the connection is live.
    pub fn note_ways(&mut self, ways: Ways) {
        if let Phase::Live(live) = &mut self.phase {
            live.note_ways(ways);
        }
    }

    /// Media accepted and not yet sent once.
    pub fn unsent(&self) -> ByteCount {
        self.live().map_or(ByteCount::ZERO, Live::unsent)
    }

    /// Media sent and not acknowledged yet.
    pub fn in_flight(&self) -> ByteCount {
        self.live().map_or(ByteCount::ZERO, Live::in_flight)
    }

    /// The number that the next payload gets, once the connection is live.
    pub(crate) fn next_number(&self) -> Option<super::number::SequenceNumber> {
        self.live().map(Live::next_number)
    }

    fn live(&self) -> Option<&Live> {
        match &self.phase {
            Phase::Live(live) => Some(live),
            _ => None,
        }
    }

    fn end(&mut self, now: Time, event: Event) {
        let statistics = Box::new(self.statistics(now));
        self.phase = Phase::Ending(Some(event), statistics);
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .field("local_id", &self.local_id)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

//! Which connection carries the broadcast, and when it is replaced.
//!
//! At most four legs exist: the current one, a candidate whose handshake is under way beside it, one
//! that is ready to take its place, and one that is only saying goodbye.

mod exchange;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::backoff::Backoff;
use super::config::{Config, ReconnectPolicy, Role};
use super::doorway::Doorway;
use super::event::{FilterObstacle, Interruption};
use super::health::Totals;
use super::leg::{Leg, LegId};
use crate::transport::srt::{self, Rejection};
use crate::transport::{Feedback, Ways};
use crate::units::Time;
use exchange::Exchange;

/// What the session learns from its link.
#[derive(Debug)]
pub(super) enum LinkOutput {
    /// A socket is needed, or no longer.
    Open(LegId),
    Close(LegId),
    /// A datagram was written to the buffer.
    Transmit {
        leg: LegId,
        to: SocketAddr,
        length: usize,
    },
    /// An attempt begins.
    Connecting {
        attempt: u32,
    },
    /// A new connection carries the broadcast.
    Connected {
        latency: Duration,
        encrypted: bool,
        took: Duration,
    },
    /// The connection that was thought lost speaks again.
    Returned,
    /// A connection with another packet filter is ready to carry on.
    Ready,
    /// There will be none; the old filter stays.
    Unchanged(FilterObstacle),
    /// The connection gave up packets that were too late.
    GaveUp,
    /// The connection is lost or silent.
    Lost(Interruption),
    /// An attempt was refused; another follows, or not.
    Refused {
        rejection: Rejection,
        finally: bool,
    },
    /// The first connection was not made in time.
    Unreachable(Duration),
    /// Nothing more to do before this moment.
    Wake(Option<Time>),
}

/// The legs and what is known of them.
#[derive(Debug)]
pub(super) struct Link {
    transport: srt::Config,
    policy: ReconnectPolicy,
    dice: ChaCha20Rng,
    backoff: Backoff,
    outputs: VecDeque<LinkOutput>,
    current: Option<Leg>,
    candidate: Option<Leg>,
    leaving: Option<Leg>,
    exchange: Exchange,
    /// A leg whose socket is being opened, and since when.
    opening: Option<(LegId, Time)>,
    doorway: Option<Doorway>,
    /// Whether the current leg is silent: nothing new is given to it.
    suspended: bool,
    trying_since: Time,
    next_attempt: Option<Time>,
    next_leg: u32,
    was_live: bool,
    given_up: bool,
    /// What legs that are gone had counted.
    past: Totals,
}

impl Link {
    pub(super) fn new(config: &Config, now: Time, seed: [u8; 32]) -> Self {
        let mut dice = ChaCha20Rng::from_seed(seed);
        let policy = config.reconnect;
        let transport = srt::Config { receives: false, ..config.transport.clone() };
        let mut link = Self {
            transport,
            policy,
            backoff: Backoff::new(policy.first_pause, policy.longest_pause),
            outputs: VecDeque::new(),
            current: None,
            candidate: None,
            leaving: None,
            exchange: Exchange::default(),
            opening: None,
            doorway: None,
            suspended: false,
            trying_since: now,
            next_attempt: None,
            next_leg: 0,
            was_live: false,
            given_up: false,
            past: Totals::default(),
            dice: ChaCha20Rng::from_seed(next_seed(&mut dice)),
        };
        match config.role {
            Role::Caller => link.schedule_attempt(now),
            Role::Listener => {
                let id = link.open_leg();
                link.backoff.next_pause(&mut link.dice);
                link.outputs.push_back(LinkOutput::Connecting { attempt: 1 });
                let seed = next_seed(&mut link.dice);
                link.doorway = Some(Doorway::new(&link.transport, id, now, seed));
            }
        }
        link
    }

    /// The connection that new media goes to, if there is one that answers.
    pub(super) fn carrier(&mut self) -> Option<&mut srt::Connection> {
        let suspended = self.suspended;
        self.current.as_mut().filter(|_| !suspended).map(|leg| &mut leg.connection)
    }

    /// Keeps media back on the connection that carries, or carried last: see
    /// [`srt::Connection::restrain`].
    pub(super) fn restrain(&mut self, from: Time, copies: bool) {
        if let Some(leg) = &mut self.current {
            leg.connection.restrain(from, copies);
        }
    }

    /// What the connection that carries, or carried last, has measured.
    pub(super) fn feedback(&self, now: Time) -> Option<Feedback> {
        self.current.as_ref().and_then(|leg| leg.connection.feedback(now))
    }

    /// Counts over all legs.
    pub(super) fn totals(&self, now: Time) -> Totals {
        let legs = [&self.current, &self.candidate, &self.leaving, &self.exchange.ready];
        legs.into_iter().flatten().fold(self.past, |mut total, leg| {
            total.add(&leg.connection.statistics(now));
            total
        })
    }

    /// A leg's socket is open, and the ingest is at this address.
    pub(super) fn opened(&mut self, now: Time, id: LegId, peer: SocketAddr) {
        if self.opening.take_if(|(opening, _)| *opening == id).is_none() {
            return;
        }
        let seed = next_seed(&mut self.dice);
        let connection = srt::Connection::connect(self.transport.clone(), peer, now, seed);
        self.candidate = Some(Leg { id, connection, began: now, awaits: None });
    }

    /// A datagram arrived on a leg's socket.
    pub(super) fn receive(&mut self, now: Time, id: LegId, from: SocketAddr, datagram: &[u8]) {
        let ready = &mut self.exchange.ready;
        let legs = [&mut self.current, &mut self.candidate, &mut self.leaving, ready];
        let addressed =
            |leg: &&mut Leg| leg.id == id && leg.connection.is_addressed(from, datagram);
        if let Some(leg) = legs.into_iter().flatten().find(addressed) {
            leg.connection.handle(now, srt::Input::Datagram(datagram));
            return;
        }
        let Some(doorway) = self.doorway.as_mut().filter(|doorway| doorway.id == id) else {
            return;
        };
        if let Some(connection) = doorway.receive(now, from, datagram) {
            self.drop_candidate(now);
            self.candidate = Some(Leg { id, connection, began: now, awaits: None });
        }
    }

    /// A leg's datagrams take several ways.
    pub(super) fn note_ways(&mut self, id: LegId, ways: Ways) {
        let ready = &mut self.exchange.ready;
        let legs = [&mut self.current, &mut self.candidate, &mut self.leaving, ready];
        if let Some(leg) = legs.into_iter().flatten().find(|leg| leg.id == id) {
            leg.connection.note_ways(ways);
        }
    }

    /// The shell could not open or keep a leg's socket.
    pub(super) fn socket_failed(&mut self, now: Time, id: LegId) {
        if self.exchange_failed(now, id) {
            return;
        }
        let opening = self.opening.take_if(|(opening, _)| *opening == id).is_some();
        if opening || self.candidate.as_ref().is_some_and(|leg| leg.id == id) {
            self.drop_candidate(now);
            self.schedule_attempt(now);
        } else if self.current.as_ref().is_some_and(|leg| leg.id == id) {
            self.lose_current(now, Interruption::NetworkLost);
        }
    }

    /// Says goodbye on all legs, and tries no more.
    pub(super) fn close(&mut self, now: Time) {
        self.next_attempt = None;
        self.drop_exchange(now);
        self.drop_candidate(now);
        self.leave_current(now);
    }

    /// Whether a goodbye is still under way.
    pub(super) fn is_closed(&self) -> bool {
        self.current.is_none() && self.candidate.is_none() && self.leaving.is_none()
    }

    /// What happened, or a datagram in `buffer`, or when to come back.
    pub(super) fn poll(&mut self, now: Time, buffer: &mut [u8]) -> LinkOutput {
        self.check_timers(now);
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return output;
            }
            if let Some(reply) = self.doorway.as_mut().and_then(|door| door.reply(buffer)) {
                return reply;
            }
            let mut wake = self.next_timer(now);
            let mut changed = false;
            for role in [Part::Candidate, Part::Current, Part::Leaving, Part::Ready] {
                match self.poll_leg(now, role, buffer) {
                    LegStep::Transmit(output) => return output,
                    LegStep::Wake(at) => wake = earliest(wake, at),
                    LegStep::Changed => {
                        changed = true;
                        break;
                    }
                }
            }
            if !changed && self.outputs.is_empty() {
                return LinkOutput::Wake(wake);
            }
        }
    }

    fn poll_leg(&mut self, now: Time, part: Part, buffer: &mut [u8]) -> LegStep {
        let slot = match part {
            Part::Current => &mut self.current,
            Part::Candidate => &mut self.candidate,
            Part::Leaving => &mut self.leaving,
            Part::Ready => &mut self.exchange.ready,
        };
        let Some(leg) = slot.as_mut() else { return LegStep::Wake(None) };
        match leg.connection.poll(now, buffer) {
            srt::Output::Transmit { length, .. } => {
                let to = leg.connection.peer();
                LegStep::Transmit(LinkOutput::Transmit { leg: leg.id, to, length })
            }
            // A broadcaster is sent nothing; a peer that tries gets no further.
            srt::Output::Payload { .. } => LegStep::Changed,
            srt::Output::Event(event) => {
                self.handle_event(now, part, event);
                LegStep::Changed
            }
            srt::Output::Wake { at, .. } => LegStep::Wake(at),
        }
    }

    fn handle_event(&mut self, now: Time, part: Part, event: srt::Event) {
        let Some(event) = self.exchange_event(now, part, event) else { return };
        match (part, event) {
            (Part::Candidate, srt::Event::Connected(negotiated)) => {
                self.leave_current(now);
                self.current = self.candidate.take();
                self.suspended = false;
                self.was_live = true;
                self.backoff.reset();
                self.outputs.push_back(LinkOutput::Connected {
                    latency: negotiated.send_latency,
                    encrypted: negotiated.encryption.is_some(),
                    took: now.since(self.trying_since),
                });
            }
            (Part::Candidate, srt::Event::Rejected(rejection)) => {
                self.drop_candidate(now);
                // Whoever has just pressed the button wants to know; whoever was live wants back.
                let finally = !self.was_live || !rejection.is_temporary();
                self.outputs.push_back(LinkOutput::Refused { rejection, finally });
                if !finally {
                    self.schedule_attempt(now);
                }
            }
            (Part::Candidate, srt::Event::Broken(_) | srt::Event::Closed { .. }) => {
                self.drop_candidate(now);
                self.schedule_attempt(now);
            }
            (Part::Current, srt::Event::Closed { .. }) => {
                self.lose_current(now, Interruption::ClosedByPeer);
            }
            (Part::Current, srt::Event::Broken(_)) => {
                let silence = self.transport.silence_timeout;
                self.lose_current(now, Interruption::Silence(silence));
            }
            (Part::Current, srt::Event::Dropped { .. }) => {
                self.outputs.push_back(LinkOutput::GaveUp);
            }
            (Part::Leaving, srt::Event::Closed { .. } | srt::Event::Broken(_)) => {
                if let Some(leg) = self.leaving.take() {
                    self.retire(now, leg);
                }
            }
            _ => {}
        }
    }

    fn check_timers(&mut self, now: Time) {
        self.check_silence(now);
        self.check_exchange(now);
        if self.attempt_began().is_some_and(|began| now.since(began) >= self.policy.attempt) {
            self.drop_candidate(now);
            self.schedule_attempt(now);
        }
        if let Some(limit) = self.first_connection_limit()
            && now.since(self.trying_since) >= limit
        {
            self.drop_candidate(now);
            self.next_attempt = None;
            self.given_up = true;
            self.outputs.push_back(LinkOutput::Unreachable(limit));
        }
        if self.next_attempt.is_some_and(|at| now >= at) {
            self.next_attempt = None;
            self.begin_attempt(now);
        }
    }

    /// When the attempt under way began; a listener's caller is given the time it takes.
    fn attempt_began(&self) -> Option<Time> {
        let opening = self.opening.map(|(_, began)| began);
        let candidate = self.candidate.as_ref().filter(|_| self.doorway.is_none());
        opening.or(candidate.map(|leg| leg.began))
    }

    /// How long the first connection may take, as long as it is being tried.
    fn first_connection_limit(&self) -> Option<Duration> {
        let trying = !self.was_live && !self.given_up && self.doorway.is_none();
        self.policy.first_connection.filter(|_| trying)
    }

    fn check_silence(&mut self, now: Time) {
        let Some(leg) = &mut self.current else { return };
        leg.look(now);
        let silence = leg.silence(now);
        if !self.suspended && silence >= self.policy.silence {
            self.suspended = true;
            self.drop_exchange(now);
            self.outputs.push_back(LinkOutput::Lost(Interruption::Silence(silence)));
            self.try_again(now);
        } else if self.suspended && leg.heard_within(now, self.policy.silence) {
            self.suspended = false;
            self.next_attempt = None;
            self.drop_candidate(now);
            self.backoff.reset();
            self.outputs.push_back(LinkOutput::Returned);
        }
    }

    /// Nothing has got through for `stalled`, although the peer may be heard: it does not hear us,
    /// and gives us up when it has not for so long. By then a handshake goes on beside the old
    /// connection, until either of them answers.
    pub(super) fn look_beside(&mut self, now: Time, stalled: Duration) {
        let elsewhere = self.doorway.is_some() || self.exchange.is_under_way();
        if self.suspended || self.current.is_none() || elsewhere {
            return;
        }
        let trying = self.candidate.is_some() || self.opening.is_some();
        let waiting = self.next_attempt.is_some();
        if stalled + BESIDE_MARGIN >= self.transport.silence_timeout {
            if !trying && !waiting {
                self.try_again(now);
            }
        } else if trying || waiting {
            self.next_attempt = None;
            self.drop_candidate(now);
            self.backoff.reset();
        }
    }

    fn next_timer(&self, now: Time) -> Option<Time> {
        let silence =
            self.current.as_ref().filter(|_| !self.suspended).map(|leg| {
                now + self.policy.silence.saturating_sub(leg.silence(now)).max(TIMER_GRAIN)
            });
        let attempt = self.attempt_began().map(|began| began + self.policy.attempt);
        let first = self.first_connection_limit().map(|limit| self.trying_since + limit);
        let exchange = self.exchange.next_timer();
        [silence, attempt, first, exchange, self.next_attempt].into_iter().fold(None, earliest)
    }

    /// A connection is lost, silent or closed: a handshake starts at once.
    fn try_again(&mut self, now: Time) {
        self.trying_since = now;
        if self.candidate.is_none() && self.opening.is_none() {
            self.backoff.reset();
            self.schedule_attempt(now);
        }
    }

    fn schedule_attempt(&mut self, now: Time) {
        if self.doorway.is_none() {
            self.next_attempt = Some(now + self.backoff.next_pause(&mut self.dice));
        }
    }

    fn begin_attempt(&mut self, now: Time) {
        let attempt = self.backoff.attempts();
        self.outputs.push_back(LinkOutput::Connecting { attempt });
        let id = self.open_leg();
        self.opening = Some((id, now));
    }

    fn open_leg(&mut self) -> LegId {
        let id = LegId(self.next_leg);
        self.next_leg = self.next_leg.wrapping_add(1);
        self.outputs.push_back(LinkOutput::Open(id));
        id
    }

    fn drop_candidate(&mut self, now: Time) {
        if let Some((id, _)) = self.opening.take() {
            self.outputs.push_back(LinkOutput::Close(id));
        }
        if let Some(leg) = self.candidate.take() {
            self.retire(now, leg);
        }
    }

    fn lose_current(&mut self, now: Time, cause: Interruption) {
        if self.take_over(now) {
            return;
        }
        let Some(leg) = self.current.take() else { return };
        self.retire(now, leg);
        if !self.suspended {
            self.outputs.push_back(LinkOutput::Lost(cause));
        }
        self.suspended = false;
        self.try_again(now);
    }

    /// The current leg says goodbye, so that the ingest does not hold the place.
    fn leave_current(&mut self, now: Time) {
        let Some(mut leg) = self.current.take() else { return };
        leg.connection.handle(now, srt::Input::Close);
        if let Some(earlier) = self.leaving.replace(leg) {
            self.retire(now, earlier);
        }
    }

    fn retire(&mut self, now: Time, leg: Leg) {
        self.past.add(&leg.connection.statistics(now));
        if self.doorway.is_none() {
            self.outputs.push_back(LinkOutput::Close(leg.id));
        }
    }
}

/// Which of the legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Current,
    Candidate,
    Leaving,
    Ready,
}

/// What polling one leg came to.
enum LegStep {
    Transmit(LinkOutput),
    Changed,
    Wake(Option<Time>),
}

/// The handshake begins so long before the peer gives us up.
const BESIDE_MARGIN: Duration = Duration::from_millis(500);
/// Timers are not finer than this: silence is a matter of a second.
const TIMER_GRAIN: Duration = Duration::from_millis(20);

fn earliest(a: Option<Time>, b: Option<Time>) -> Option<Time> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn next_seed(dice: &mut ChaCha20Rng) -> [u8; 32] {
    let mut seed = [0; 32];
    dice.fill_bytes(&mut seed);
    seed
}

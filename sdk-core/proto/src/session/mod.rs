//! A broadcast as one state machine: from access units to datagrams, over as many connections as
//! it takes, on one media timeline.
//!
//! The session owns the queue, the multiplexer, the connections and the rate controller, and
//! composes them; it decides nothing that one of them can decide. It never opens a socket: it
//! asks for one ([`Output::Open`]) and is told what arrives on it ([`Input::Datagram`]).
//!
//! # Life
//!
//! *Connecting*, until the ingest takes the stream or the first connection is given up. *Live*.
//! *Recovering*, when nothing is heard any more: a handshake starts beside the old connection,
//! and whichever answers first carries on. What was produced meanwhile is dropped, a key frame is
//! asked for, and the timeline goes on with a gap. *Ended*, after [`Input::Stop`] once everything
//! that was queued has arrived, or at once when going on is pointless.

mod backoff;
mod config;
mod doorway;
mod ending;
mod event;
mod health;
mod keyframes;
mod leg;
mod link;
mod meter;
mod outgoing;
mod oversight;
mod protection;
mod sound;
mod steering;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

pub use config::{Config, ReconnectPolicy, Role};
pub use event::{EndCause, Event, FilterObstacle, FilterReason, Interruption, TargetReason};
pub use health::{Health, State, Totals};
use keyframes::KeyframeRequests;
pub use leg::LegId;
use link::{Link, LinkOutput};
use meter::Meter;
use outgoing::Outgoing;
use protection::Protection;
use steering::Steering;

use crate::media::AccessUnit;
use crate::pace::{Budget, Dropped};
pub use crate::rate::{EncoderFault, Remedy as EncoderRemedy};
use crate::rate::{EncoderTarget, Watch};
use crate::transport::{Feedback, Priority, Ways, srt};
use crate::units::{Bitrate, Time};

/// One thing that happened.
#[derive(Debug)]
pub enum Input<'a> {
    /// An encoder delivered a unit. Units of one track come in decoding order.
    Unit(AccessUnit),
    /// A datagram arrived on a leg's socket.
    Datagram {
        /// Whose socket.
        leg: LegId,
        /// Who sent it.
        from: SocketAddr,
        /// The bytes, as received.
        data: &'a [u8],
    },
    /// A leg's socket is open, and the ingest is at this address. A listener's leg needs no word.
    Opened {
        /// Whose socket.
        leg: LegId,
        /// Where the ingest is.
        peer: SocketAddr,
    },
    /// A leg's socket could not be opened, or the system says that it is of no use any more.
    SocketFailed {
        /// Whose socket.
        leg: LegId,
    },
    /// A leg's datagrams take several ways, which are like this from now on.
    Ways {
        /// Whose.
        leg: LegId,
        /// The shortest, and the longest in use.
        ways: Ways,
    },
    /// A report for an ingest that understands it; others are not sent any.
    Report(&'a [u8]),
    /// The owner wants another encoder target; its bitrates are the new maxima.
    Target(EncoderTarget),
    /// So many pictures were captured since the broadcast began, less those that the encoder left
    /// out to keep to its bitrate. Without it, an encoder that
    /// freezes cannot be told from a camera that pauses.
    Captured(u64),
    /// Carry what is queued, say goodbye, and end.
    Stop,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a socket for this leg: on a free port for a caller, on the agreed one for a listener.
    Open {
        /// The leg that needs it.
        leg: LegId,
    },
    /// Close this leg's socket.
    Close {
        /// The leg that is done.
        leg: LegId,
    },
    /// Send the first `length` bytes of the buffer.
    Transmit {
        /// On whose socket.
        leg: LegId,
        /// Where to.
        to: SocketAddr,
        /// How many bytes.
        length: usize,
        /// What is lost with it, for whoever has a choice of ways.
        priority: Priority,
    },
    /// Ask the encoders for this from now on.
    Target(EncoderTarget),
    /// Ask the video encoder for a key frame at once.
    Keyframe,
    /// Make the video encoder anew, with the last target. The timeline goes on.
    RestartEncoder,
    /// Tell the owner.
    Event(Event),
    /// Nothing more to do: come back at this moment, or with the next input.
    Wake {
        /// When; only with the next input if nothing is said.
        at: Option<Time>,
        /// What the moment is for.
        reason: WakeReason,
    },
    /// Nothing more to do, ever.
    Ended,
}

/// What a session waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WakeReason {
    /// Packets to leave, timers of the connection, or the next attempt.
    Transport,
    /// The next measurement for the rate controller.
    Measurement,
    /// The end of the goodbye.
    Goodbye,
}

/// A broadcast.
#[derive(Debug)]
pub struct Session {
    state: State,
    phase: Phase,
    link: Link,
    outgoing: Outgoing,
    steering: Steering,
    /// Where there are pictures.
    watch: Option<Watch>,
    meter: Meter,
    /// Against storms, as long as somebody looks at what the uplink carries.
    budget: Option<Budget>,
    queue_limit: Duration,
    latency: Duration,
    keyframes: KeyframeRequests,
    protection: Protection,
    /// Dropped, and not told of yet.
    untold: Dropped,
    next_telling: Time,
    outputs: VecDeque<Output>,
}

/// How far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// What is queued still leaves, until it is acknowledged or this moment.
    Draining(Time),
    /// The receiver holds the last packets back until this moment.
    Lingering(Time),
    /// The goodbye is under way, until this moment at the latest.
    Closing(Time),
    Ended,
}

/// What is late may still be worth sending for what refers to it, but not for longer than so many
/// latencies; where nobody watches the path, what waits for longer than a share of the latency
/// comes too late, or leaves no time to repair it.
const WATCHED_QUEUE: f64 = 2.0;
const UNWATCHED_QUEUE: f64 = 0.7;
/// Drops are told of this often, however many there are.
const TELLING_INTERVAL: Duration = Duration::from_secs(1);

impl Session {
    /// A session that has done nothing yet. The first [`Session::poll`] begins to connect.
    pub fn new(config: Config, now: Time, seed: [u8; 32]) -> Self {
        let steering = Steering::new(&config, now);
        Self {
            state: State::Connecting,
            phase: Phase::Running,
            link: Link::new(&config, now, seed),
            outgoing: Outgoing::new(&config),
            budget: steering.estimate().map(|estimate| Budget::new(now, estimate)),
            steering,
            watch: config.video.map(|codec| Watch::new(codec, config.target, now)),
            meter: Meter::new(config.epoch),
            queue_limit: config.queue_limit,
            latency: config.transport.latency,
            keyframes: KeyframeRequests::new(now),
            protection: Protection::new(&config, now),
            untold: Dropped::default(),
            next_telling: now,
            outputs: VecDeque::new(),
        }
    }

    /// Takes one thing that happened. `now` never goes back.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        match input {
            Input::Unit(unit) => self.take_unit(now, unit),
            Input::Datagram { leg, from, data } => self.link.receive(now, leg, from, data),
            Input::Opened { leg, peer } => self.link.opened(now, leg, peer),
            Input::SocketFailed { leg } => self.link.socket_failed(now, leg),
            Input::Ways { leg, ways } => self.link.note_ways(leg, ways),
            Input::Report(report) => {
                if let Some(connection) = self.link.carrier() {
                    connection.handle(now, srt::Input::Report(report));
                }
            }
            Input::Target(target) => {
                self.steering.ask(target);
                self.note_estimate(now);
                self.announce_target(now, TargetReason::Asked);
            }
            Input::Captured(total) => {
                if let Some(watch) = &mut self.watch {
                    watch.captured(total);
                }
            }
            Input::Stop => self.stop(now),
        }
    }

    /// What to do next. Call until it answers with [`Output::Wake`] or [`Output::Ended`].
    ///
    /// `buffer` holds at least 1,500 bytes.
    pub fn poll(&mut self, now: Time, buffer: &mut [u8]) -> Output {
        self.measure(now);
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return output;
            }
            if self.phase == Phase::Ended {
                return Output::Ended;
            }
            self.feed(now);
            match self.link.poll(now, buffer) {
                LinkOutput::Transmit { leg, to, length } => {
                    self.meter.transmitted(now, length);
                    if let Some(budget) = &mut self.budget {
                        budget.spend(now, length.into());
                    }
                    let datagram = buffer.get(..length).unwrap_or_default();
                    let priority = self.outgoing.priority(datagram);
                    return Output::Transmit { leg, to, length, priority };
                }
                LinkOutput::Wake(at) => {
                    let progressed = self.advance_end(now);
                    if !progressed && self.outputs.is_empty() {
                        return self.wake(at);
                    }
                }
                output => self.handle_link(now, output),
            }
        }
    }

    /// How the broadcast is doing.
    pub fn health(&mut self, now: Time) -> Health {
        self.meter.advance(now);
        let connections = self.link.totals(now);
        Health {
            state: self.state,
            round_trip_time: self.link.feedback(now).map(|feedback| feedback.rtt),
            target: self.steering.target().bitrate,
            produced: self.meter.produced_rate(),
            audio_target: self.steering.target().audio_bitrate,
            audio_produced: self.meter.audio_produced_rate(),
            sent: self.meter.sent_rate(),
            queue: self.outgoing.delay(now),
            glass_to_wire: self.meter.glass_to_wire(),
            audio_video_offset_micros: self.meter.audio_video_offset_micros(),
            totals: self.meter.totals(connections),
        }
    }

    /// What the connection that carries, or carried last, has measured.
    pub fn feedback(&self, now: Time) -> Option<Feedback> {
        self.link.feedback(now)
    }

    /// What the uplink is believed to carry at the moment: every byte of every datagram, headers of
    /// UDP and IP not counted. Nothing if the bitrate is not adaptive, for then nobody looks.
    pub fn estimate(&self) -> Option<Bitrate> {
        self.steering.estimate()
    }

    /// What the encoders are asked for.
    pub fn target(&self) -> EncoderTarget {
        self.steering.target()
    }

    fn take_unit(&mut self, now: Time, unit: AccessUnit) {
        if self.phase != Phase::Running {
            return;
        }
        self.meter.produced(now, &unit);
        self.note_produced(now, &unit);
        self.steering.produced(now, &unit);
        let unit = self.outgoing.complete(unit);
        // Before the first connection nothing is owed to anyone: the broadcast begins with it.
        if self.state == State::Connecting {
            return;
        }
        let dropped = self.outgoing.push(now, unit);
        self.count_dropped(dropped);
    }

    fn count_dropped(&mut self, dropped: Dropped) {
        self.meter.dropped(dropped);
        self.untold.add(dropped);
        if dropped.keyframe_needed {
            self.keyframes.owe();
        }
    }

    /// Asks for a key frame, if it is time for one.
    fn ask_for_keyframe(&mut self, now: Time) {
        let (stalled, waiting) = (self.steering.is_stalled(now), self.outgoing.newest_keyframe());
        if self.keyframes.take_due(now, stalled, waiting) {
            self.want_keyframe();
        }
    }

    /// Tells of what was dropped, at most once a second.
    fn tell_dropped(&mut self, now: Time) {
        if self.untold.any() && now >= self.next_telling {
            self.next_telling = now + TELLING_INTERVAL;
            let Dropped { video, audio, .. } = std::mem::take(&mut self.untold);
            self.tell(Event::FramesDropped { video, audio });
        }
    }

    fn feed(&mut self, now: Time) {
        self.move_on(now);
        if let Some(budget) = &mut self.budget {
            self.link.restrain(budget.next_at(now), !budget.is_tight(now));
        }
        let pacing = self.steering.pacing_rate(now, self.outgoing.bytes(), self.latency);
        let window = self.steering.window(now);
        let moves = self.link.is_ready();
        if let Some(connection) = self.link.carrier() {
            connection.set_pacing_rate(now, Some(pacing));
            if self.state == State::Live && self.steering.take_probe(now) {
                self.outgoing.probe(now, connection);
            }
            if let Some(captured) = self.outgoing.feed(now, connection, pacing, window, !moves) {
                self.meter.left(now, captured);
            }
        }
    }

    fn measure(&mut self, now: Time) {
        if self.state != State::Live || !self.steering.is_due(now) {
            return;
        }
        let Some(feedback) = self.link.feedback(now) else { return };
        let queued = self.outgoing.bytes();
        // The receiver counts from what came on the shortest way.
        let latency =
            self.latency.saturating_sub(feedback.ways.map_or(Duration::ZERO, Ways::detour));
        let moved = self.steering.measure(now, &feedback, queued, latency);
        self.note_estimate(now);
        // At the end nothing is produced any more, and what is measured then says nothing.
        if let Some(reason) = moved.filter(|_| self.phase == Phase::Running) {
            self.announce_target(now, reason);
        }
        self.hold_to_word(now);
        let mut dropped = self.outgoing.drop_stale(now);
        if let Some(forecast) = self.steering.forecast(now, latency) {
            dropped.add(self.outgoing.drop_late(now, &forecast));
        }
        self.count_dropped(dropped);
        self.tell_dropped(now);
        self.ask_for_keyframe(now);
        self.protect(now);
        self.link.look_beside(now, self.steering.stalled_for(now));
    }

    /// What is believed of the uplink bounds what is sent from now on.
    fn note_estimate(&mut self, now: Time) {
        if let (Some(budget), Some(estimate)) = (&mut self.budget, self.steering.estimate()) {
            budget.believe(now, estimate);
        }
    }

    fn handle_link(&mut self, now: Time, output: LinkOutput) {
        match output {
            LinkOutput::Open(leg) => self.outputs.push_back(Output::Open { leg }),
            LinkOutput::Close(leg) => self.outputs.push_back(Output::Close { leg }),
            LinkOutput::Connecting { attempt } => self.tell(Event::Connecting { attempt }),
            LinkOutput::Connected { latency, encrypted, took } => {
                self.go_live(now, latency, encrypted, took);
            }
            LinkOutput::Returned => {
                self.state = State::Live;
                self.steering.reconnected(now);
                self.begin_afresh(now);
                self.tell(Event::Returned);
            }
            LinkOutput::Ready => self.filter_is_ready(),
            LinkOutput::Unchanged(obstacle) => self.filter_stays(now, obstacle),
            LinkOutput::GaveUp => self.replace_given_up(now),
            LinkOutput::Lost(cause) if self.phase == Phase::Running => {
                self.state = State::Recovering;
                self.tell(Event::Recovering { cause });
            }
            // The ingest may hang up first once we have said that we leave.
            LinkOutput::Lost(_) => self.link.close(now),
            LinkOutput::Refused { rejection, finally: false } => {
                self.tell(Event::RefusedForNow { rejection });
            }
            LinkOutput::Refused { rejection, finally: true } => {
                self.end(now, EndCause::Refused(rejection));
            }
            LinkOutput::Unreachable(after) => self.end(now, EndCause::Unreachable(after)),
            LinkOutput::Transmit { .. } | LinkOutput::Wake(_) => {}
        }
    }

    fn go_live(&mut self, now: Time, latency: Duration, encrypted: bool, took: Duration) {
        let resumed = self.state != State::Connecting;
        if resumed {
            self.meter.reconnected();
            self.steering.reconnected(now);
        }
        self.state = State::Live;
        self.latency = latency;
        let share = if self.steering.is_adaptive() { WATCHED_QUEUE } else { UNWATCHED_QUEUE };
        self.outgoing.set_limit(self.queue_limit.min(latency.mul_f64(share)));
        self.begin_afresh(now);
        self.tell_encoder();
        self.tell(Event::Live { latency, encrypted, took, resumed });
    }

    /// What waited is stale, and the receiver cannot decode what refers to it.
    fn begin_afresh(&mut self, now: Time) {
        // That nothing was carried meanwhile is what the event of recovery says.
        self.untold = Dropped::default();
        let dropped = self.outgoing.restart();
        self.meter.dropped(dropped);
        self.keyframes.settle();
        self.want_keyframe();
        if let Some(watch) = &mut self.watch {
            watch.resume(now);
        }
    }

    /// The transport gave up packets as too late: pictures that refer to theirs are of no use.
    fn replace_given_up(&mut self, now: Time) {
        if self.state == State::Live {
            self.keyframes.repair(now, self.outgoing.newest_keyframe());
        }
    }

    fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn wake(&self, transport: Option<Time>) -> Output {
        let measurement = (self.state == State::Live).then(|| self.steering.next_measurement());
        let goodbye = match self.phase {
            Phase::Draining(at) | Phase::Lingering(at) | Phase::Closing(at) => Some(at),
            Phase::Running | Phase::Ended => None,
        };
        let moments = [
            (transport, WakeReason::Transport),
            (measurement, WakeReason::Measurement),
            (goodbye, WakeReason::Goodbye),
        ];
        let earliest =
            moments.into_iter().filter_map(|(at, reason)| Some((at?, reason))).min_by_key(|m| m.0);
        match earliest {
            Some((at, reason)) => Output::Wake { at: Some(at), reason },
            None => Output::Wake { at: None, reason: WakeReason::Transport },
        }
    }
}

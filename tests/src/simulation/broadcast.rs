//! A whole broadcast in virtual time: an encoder that obeys, a [`Session`], a network, and an
//! ingest that may die and come back.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use golive_proto::media::{AccessUnit, AudioFormat, FrameRate, PictureSize, Track};
use golive_proto::mux::mpegts;
use golive_proto::rate::EncoderTarget;
use golive_proto::session::{
    Config, Event, Health, Input, LegId, Output, ReconnectPolicy, Role, Session,
};
use golive_proto::transport::{Feedback, srt};
use golive_proto::units::{Bitrate, ByteCount, MediaTime, Time};

use super::arrivals::Arrivals;
use super::pilot::{Pilot, Sight};
use super::storm::{Second, StormWatch};
use super::tcp::{Flow, Tcp};
use crate::network::{Conditions, Fate, Link, Path};

/// What the broadcaster is set up with.
pub fn config() -> Config {
    Config {
        transport: srt::Config { latency: Duration::from_millis(250), ..srt::Config::default() },
        role: Role::Caller,
        video: true,
        audio: Some(SOUND),
        audio_bitrate: SOUND_RATE,
        target: EncoderTarget {
            bitrate: Bitrate::from_kilobits_per_second(2_500),
            frame_rate: FrameRate::new(30).expect("a frame rate"),
            size: PictureSize::new(1280, 720).expect("a picture size"),
        },
        minimum_bitrate: Bitrate::from_kilobits_per_second(300),
        adaptive: true,
        queue_limit: Duration::from_secs(1),
        epoch: Time::ZERO,
        reconnect: ReconnectPolicy::default(),
    }
}

const SOUND: AudioFormat = AudioFormat { sample_rate: 48_000, channels: 2 };
const SOUND_RATE: Bitrate = Bitrate::from_kilobits_per_second(128);
/// Pictures from one IDR to the next: two seconds.
pub(super) const GROUP: u64 = 60;
/// How much larger an IDR picture is than others.
const IDR_WEIGHT: u64 = 5;
const INGEST: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9_710);
/// What begins an access unit with an IDR picture, and another one (H.264, 7.3.1).
const IDR: [u8; 5] = [0, 0, 0, 1, 0x65];
const NOT_IDR: [u8; 5] = [0, 0, 0, 1, 0x41];
/// Parameter sets of 1280x720, which the reader looks for before the first picture.
const PARAMETER_SETS: [u8; 40] = [
    0, 0, 0, 1, 0x67, 0x64, 0x00, 0x1F, 0xAC, 0xD9, 0x40, 0x50, 0x05, 0xBB, 0x01, 0x10, 0x00, 0x00,
    0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0xC0, 0xF1, 0x83, 0x19, 0x60, 0, 0, 0, 1, 0x68, 0xEB,
    0xE3, 0xCB, 0x22, 0xC0,
];
/// A session that is polled so often without time passing never comes to rest.
const RESTLESS: usize = 100_000;

/// What the ingest read, without the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// When.
    pub at: Time,
    /// Pictures or sound.
    pub track: Track,
    /// Its place on the timeline, as the stream counts.
    pub pts: MediaTime,
    /// Whether decoding can begin here.
    pub keyframe: bool,
    /// How much it is.
    pub length: ByteCount,
}

/// A broadcast and everything around it.
pub struct BroadcastSimulation {
    now: Time,
    session: Session,
    session_wake: Option<Time>,
    /// The source port of each leg; a connection that is made anew comes from another one.
    legs: BTreeMap<LegId, u16>,
    next_port: u16,
    ingest: Option<Ingest>,
    ingests: u8,
    forward: Link,
    backward: Link,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    datagrams: u64,
    encoder: Encoder,
    buffer: Vec<u8>,
    events: Vec<(Time, Event)>,
    received: Vec<Received>,
    longest_queue: Duration,
    pilot: Option<(Box<dyn Pilot>, Time)>,
    watch: StormWatch,
    /// Who else uses the way to the ingest.
    flows: Vec<Flow>,
    targets: Vec<(Time, Bitrate)>,
    /// Kept if somebody wants to know.
    arrivals: Option<Arrivals>,
    ended: bool,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    at: Time,
    number: u64,
    port: u16,
    forward: bool,
    bytes: Vec<u8>,
}

impl BroadcastSimulation {
    /// A broadcast that begins to connect at once, and an ingest that is there.
    pub fn new(config: Config, path: &Path) -> Self {
        let (forward, backward) = path.links();
        let mut seed = [1; 32];
        seed[..8].copy_from_slice(&path.seed.to_be_bytes());
        let target = config.target;
        let mut simulation = Self {
            now: Time::ZERO,
            session: Session::new(config, Time::ZERO, seed),
            session_wake: Some(Time::ZERO),
            legs: BTreeMap::new(),
            next_port: 40_000,
            ingest: None,
            ingests: 0,
            forward,
            backward,
            under_way: BinaryHeap::new(),
            datagrams: 0,
            encoder: Encoder::new(target),
            buffer: vec![0; 1_500],
            events: Vec::new(),
            received: Vec::new(),
            longest_queue: Duration::ZERO,
            pilot: None,
            watch: StormWatch::default(),
            flows: Vec::new(),
            targets: vec![(Time::ZERO, target.bitrate)],
            arrivals: None,
            ended: false,
        };
        simulation.start_ingest();
        simulation
    }

    /// Has the encoder steered by `pilot`; the configuration is not to be adaptive then.
    pub fn steered_by(mut self, pilot: Box<dyn Pilot>) -> Self {
        self.pilot = Some((pilot, self.now));
        self
    }

    /// Keeps how long each access unit is under way, for [`BroadcastSimulation::delays`].
    pub fn with_delays(mut self) -> Self {
        self.arrivals = Some(Arrivals::default());
        self
    }

    /// What was captured from one moment to another and arrived: when, and how long it took until
    /// its last packet was there. In order of capture.
    pub fn delays(&self, from: Time, until: Time) -> Vec<(Time, Duration)> {
        self.arrivals.as_ref().map_or(Vec::new(), |arrivals| arrivals.delays(from, until))
    }

    /// Another flow begins to use the way to the ingest, with the same queue.
    pub fn add_flow(&mut self, kind: Tcp) {
        let back = self.backward.conditions().delay;
        let mut flow = Flow::new(kind, self.now, back);
        flow.advance(self.now, &mut self.forward);
        self.flows.push(flow);
    }

    /// What each of the other flows has carried.
    pub fn carried_by_flows(&self) -> Vec<ByteCount> {
        self.flows.iter().map(Flow::delivered).collect()
    }

    /// What was asked of the encoder, and from when on.
    pub fn targets(&self) -> &[(Time, Bitrate)] {
        &self.targets
    }

    /// How much time has passed.
    pub fn now(&self) -> Time {
        self.now
    }

    /// What the session told, and when.
    pub fn events(&self) -> &[(Time, Event)] {
        &self.events
    }

    /// What the ingests read, one after the other.
    pub fn received(&self) -> &[Received] {
        &self.received
    }

    /// How long an access unit waited in the queue at most.
    pub fn longest_queue(&self) -> Duration {
        self.longest_queue
    }

    /// The second in which most was sent for what the uplink was believed to carry.
    pub fn worst_second(&self) -> Option<Second> {
        self.watch.worst()
    }

    /// What the connection that carries, or carried last, has measured.
    pub fn feedback(&self) -> Option<Feedback> {
        self.session.feedback(self.now)
    }

    /// How the broadcast is doing.
    pub fn health(&mut self) -> Health {
        self.session.health(self.now)
    }

    /// Whether it is over.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Asks it to end.
    pub fn stop(&mut self) {
        self.session.handle(self.now, Input::Stop);
        self.session_wake = Some(self.now);
    }

    /// Changes both ways of the network.
    pub fn change(&mut self, conditions: &Conditions) {
        self.change_ways(conditions, conditions);
    }

    /// Changes what the network is like to the ingest, and back.
    pub fn change_ways(&mut self, forward: &Conditions, backward: &Conditions) {
        self.forward.set_conditions(forward.clone());
        self.backward.set_conditions(backward.clone());
    }

    /// The ingest dies without a word.
    pub fn kill_ingest(&mut self) {
        self.ingest = None;
    }

    /// A new ingest begins to listen.
    pub fn start_ingest(&mut self) {
        self.ingests += 1;
        self.ingest = Some(Ingest::new(self.now, self.ingests));
    }

    /// Lets `duration` pass.
    pub fn run(&mut self, duration: Duration) {
        let until = self.now + duration;
        loop {
            self.drain();
            let arrival = self.under_way.peek().map(|Reverse(datagram)| datagram.at);
            let ingest = self.ingest.as_ref().and_then(|ingest| ingest.wake);
            let pilot = self.pilot.as_ref().map(|(_, at)| *at);
            let flow = self.flows.iter().map(Flow::next).min();
            let encoder = Some(self.encoder.next());
            let wakes = [self.session_wake, ingest, arrival, pilot, encoder, flow];
            let next = wakes.into_iter().flatten().min().filter(|next| *next < until);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            self.arrive();
            self.steer();
            for flow in self.flows.iter_mut().filter(|flow| flow.next() <= self.now) {
                flow.advance(self.now, &mut self.forward);
            }
            if let Some(unit) = self.encoder.produce(self.now) {
                self.session.handle(self.now, Input::Unit(unit));
                self.session_wake = Some(self.now);
            }
        }
        self.now = until;
        self.check_storm();
    }

    /// Checked wherever a broadcast is simulated.
    ///
    /// # Panics
    /// If in some second so far more was sent than the uplink was believed to carry.
    fn check_storm(&self) {
        let Some(second) = self.watch.worst() else { return };
        assert!(second.share() <= 1.0, "a storm in the second until {}: {second:?}", second.until);
    }

    /// Lets the pilot decide, if it is time.
    fn steer(&mut self) {
        let Some((pilot, at)) = self.pilot.as_mut().filter(|(_, at)| *at <= self.now) else {
            return;
        };
        *at = self.now + pilot.interval();
        let Some(feedback) = self.session.feedback(self.now) else { return };
        let queue_delay = self.session.health(self.now).queue;
        let target = self.session.target();
        let sight = Sight { feedback, queue_delay, target: target.bitrate };
        let bitrate = pilot.steer(self.now, &sight);
        if bitrate != target.bitrate {
            self.session.handle(self.now, Input::Target(EncoderTarget { bitrate, ..target }));
            self.session_wake = Some(self.now);
        }
    }

    /// Everything that arrives now.
    fn arrive(&mut self) {
        while let Some(Reverse(next)) = self.under_way.peek()
            && next.at <= self.now
        {
            let Some(Reverse(datagram)) = self.under_way.pop() else { break };
            if datagram.forward {
                if let Some(arrivals) = &mut self.arrivals {
                    arrivals.arrived(self.now, datagram.port, &datagram.bytes);
                }
                if let Some(ingest) = &mut self.ingest {
                    let from = SocketAddr::from((Ipv4Addr::LOCALHOST, datagram.port));
                    ingest.receive(self.now, from, &datagram.bytes);
                }
            } else if let Some((leg, _)) = self.legs.iter().find(|(_, p)| **p == datagram.port) {
                let input = Input::Datagram { leg: *leg, from: INGEST, data: &datagram.bytes };
                self.session.handle(self.now, input);
                self.session_wake = Some(self.now);
            }
        }
    }

    /// Does all that session and ingest want done now.
    fn drain(&mut self) {
        if self.session_wake.is_some_and(|wake| wake <= self.now) {
            self.drain_session();
            let queue = self.session.health(self.now).queue;
            self.longest_queue = self.longest_queue.max(queue);
        }
        let Some(mut ingest) = self.ingest.take() else { return };
        for (to, bytes) in ingest.drain(self.now, &mut self.received) {
            self.carry(false, to.port(), &bytes);
        }
        self.ingest = Some(ingest);
    }

    fn drain_session(&mut self) {
        for _ in 0..RESTLESS {
            match self.session.poll(self.now, &mut self.buffer) {
                Output::Open { leg } => {
                    self.legs.insert(leg, self.next_port);
                    if let Some(arrivals) = &mut self.arrivals {
                        arrivals.opened(self.now, self.next_port);
                    }
                    self.next_port += 1;
                    self.session.handle(self.now, Input::Opened { leg, peer: INGEST });
                }
                Output::Close { leg } => drop(self.legs.remove(&leg)),
                Output::Transmit { leg, length, .. } => {
                    self.watch.sent(self.now, &self.buffer[..length]);
                    if let Some(port) = self.legs.get(&leg).copied() {
                        let bytes = self.buffer[..length].to_vec();
                        self.carry(true, port, &bytes);
                    }
                }
                Output::Target(target) => {
                    self.encoder.target = target;
                    self.targets.push((self.now, target.bitrate));
                }
                Output::Keyframe => self.encoder.keyframe_asked = true,
                Output::Event(event) => self.events.push((self.now, event)),
                Output::Wake { at, reason } => {
                    let now = self.now;
                    assert!(
                        at.is_none_or(|at| at > now),
                        "it is {now} and the session wants to be woken at {at:?} for {reason:?}"
                    );
                    self.session_wake = at;
                    if let Some(estimate) = self.session.estimate() {
                        self.watch.believe(self.now, estimate);
                    }
                    return;
                }
                Output::Ended => {
                    self.ended = true;
                    self.session_wake = None;
                    return;
                }
            }
        }
        panic!("at {} the session does not come to rest", self.now);
    }

    fn carry(&mut self, forward: bool, port: u16, bytes: &[u8]) {
        let link = if forward { &mut self.forward } else { &mut self.backward };
        let arrivals = match link.carry(self.now, ByteCount::from(bytes.len())) {
            Fate::Arrives(at) => [Some(at), None],
            Fate::ArrivesTwice(first, second) => [Some(first), Some(second)],
            Fate::Lost | Fate::Overflowed => [None, None],
        };
        for at in arrivals.into_iter().flatten() {
            let number = self.datagrams;
            self.datagrams += 1;
            let bytes = bytes.to_vec();
            self.under_way.push(Reverse(UnderWay { at, number, port, forward, bytes }));
        }
    }
}

/// Produces what it is asked for, at once and exactly.
struct Encoder {
    target: EncoderTarget,
    keyframe_asked: bool,
    pictures: u64,
    since_keyframe: u64,
    sounds: u64,
}

impl Encoder {
    fn new(target: EncoderTarget) -> Self {
        Self { target, keyframe_asked: false, pictures: 0, since_keyframe: GROUP, sounds: 0 }
    }

    fn next(&self) -> Time {
        at(self.picture_time().min(self.sound_time()))
    }

    fn produce(&mut self, now: Time) -> Option<AccessUnit> {
        if at(self.picture_time()) <= now {
            Some(self.picture())
        } else if at(self.sound_time()) <= now {
            Some(self.sound())
        } else {
            None
        }
    }

    fn picture(&mut self) -> AccessUnit {
        let pts = self.picture_time();
        let keyframe = self.keyframe_asked || self.since_keyframe >= GROUP;
        self.keyframe_asked = false;
        self.since_keyframe = if keyframe { 1 } else { self.since_keyframe + 1 };
        self.pictures += 1;
        let rate = self.target.frame_rate.as_u32();
        let length = picture_length(self.target.bitrate, rate, keyframe);
        let mut data = Vec::new();
        if keyframe {
            data.extend_from_slice(&PARAMETER_SETS);
        }
        data.extend_from_slice(if keyframe { &IDR } else { &NOT_IDR });
        data.resize(data.len() + length as usize, 0x9A);
        AccessUnit { track: Track::Video, pts, dts: pts, keyframe, data: Bytes::from(data) }
    }

    fn sound(&mut self) -> AccessUnit {
        let pts = self.sound_time();
        self.sounds += 1;
        let frame = Duration::from_micros(21_333);
        let length = SOUND_RATE.bytes_in(frame).as_u64() as usize;
        let data = Bytes::from(vec![0x21; length]);
        AccessUnit { track: Track::Audio, pts, dts: pts, keyframe: true, data }
    }

    fn picture_time(&self) -> MediaTime {
        self.target.frame_rate.time_of(self.pictures)
    }

    fn sound_time(&self) -> MediaTime {
        let samples = self.sounds * u64::from(AudioFormat::SAMPLES_PER_FRAME);
        MediaTime::from_ticks(samples as i64, SOUND.sample_rate)
    }
}

/// How many bytes a picture has at so many a second.
fn picture_length(bitrate: Bitrate, rate: u32, keyframe: bool) -> u64 {
    let frames = u64::from(rate) * (GROUP - 1 + IDR_WEIGHT) / GROUP;
    let mean = bitrate.as_bits_per_second() / 8 / frames.max(1);
    if keyframe { mean * IDR_WEIGHT } else { mean }
}

/// The moment of a place on the timeline, which begins with the clock.
fn at(time: MediaTime) -> Time {
    Time::from_micros(time.as_micros().max(0) as u64)
}

/// Takes whoever comes, and reads what they send.
struct Ingest {
    listener: srt::Listener,
    routes: srt::Routes,
    connections: BTreeMap<u64, (srt::Connection, mpegts::Reader)>,
    answers: Vec<(SocketAddr, Vec<u8>)>,
    next_number: u64,
    wake: Option<Time>,
    buffer: Vec<u8>,
}

const MAX_CONNECTIONS: usize = 16;

impl Ingest {
    fn new(now: Time, seed: u8) -> Self {
        Self {
            listener: srt::Listener::new(srt::ListenerConfig::default(), now, [seed; 32]),
            routes: srt::Routes::new(MAX_CONNECTIONS),
            connections: BTreeMap::new(),
            answers: Vec::new(),
            next_number: 0,
            wake: None,
            buffer: vec![0; srt::MAX_DATAGRAM_BYTES],
        }
    }

    fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        self.wake = Some(now);
        match self.routes.find(from, datagram) {
            srt::Route::Connection(number) => {
                if let Some((connection, _)) = self.connections.get_mut(&number) {
                    connection.handle(now, srt::Input::Datagram(datagram));
                }
            }
            srt::Route::Listener => {
                match self.listener.handle(now, from, datagram, &mut self.buffer) {
                    srt::ListenerOutput::Reply { length } => {
                        self.answers.push((from, self.buffer[..length].to_vec()));
                    }
                    srt::ListenerOutput::Request(request) => self.accept(now, from, *request),
                    srt::ListenerOutput::Ignore => {}
                }
            }
            srt::Route::Nowhere => {}
        }
    }

    fn accept(&mut self, now: Time, from: SocketAddr, request: srt::Request) {
        let caller = request.peer_id();
        let connection = self.listener.accept(now, request, srt::Config::default());
        let number = self.next_number;
        let known = self.routes.insert(number, from, connection.local_id(), Some(caller));
        known.expect("room for a connection");
        self.next_number += 1;
        self.connections.insert(number, (connection, mpegts::Reader::new()));
    }

    /// Answers to be sent, after `received` got what was read.
    fn drain(&mut self, now: Time, received: &mut Vec<Received>) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut answers = std::mem::take(&mut self.answers);
        if self.wake.is_none_or(|wake| wake > now) {
            return answers;
        }
        self.wake = None;
        for (connection, reader) in self.connections.values_mut() {
            loop {
                match connection.poll(now, &mut self.buffer) {
                    srt::Output::Transmit { length, .. } => {
                        answers.push((connection.peer(), self.buffer[..length].to_vec()));
                    }
                    srt::Output::Payload { length, .. } => {
                        reader.push(&self.buffer[..length]);
                        received.extend(std::iter::from_fn(|| reader.poll()).filter_map(
                            |output| {
                                let mpegts::Output::AccessUnit(unit) = output else { return None };
                                let AccessUnit { track, pts, keyframe, data, .. } = unit;
                                let length = data.len().into();
                                Some(Received { at: now, track, pts, keyframe, length })
                            },
                        ));
                    }
                    srt::Output::Event(_) => {}
                    srt::Output::Wake { at, .. } => {
                        let wakes = [self.wake, at];
                        self.wake = wakes.into_iter().flatten().min();
                        break;
                    }
                }
            }
        }
        let ended: Vec<u64> = self
            .connections
            .iter()
            .filter(|(_, (connection, _))| connection.state() == srt::State::Ended)
            .map(|(number, _)| *number)
            .collect();
        for number in ended {
            if let Some((connection, _)) = self.connections.remove(&number) {
                self.routes.remove(connection.local_id());
            }
        }
        answers
    }
}

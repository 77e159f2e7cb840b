//! A whole broadcast in virtual time: an encoder that obeys, a [`Session`], a network, and an
//! ingest that may die and come back.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use golive_netlab::ends::{Encoder, Ingest, Manners, Received, Temper};
use golive_proto::media::{AudioFormat, FrameRate, PictureSize, VideoCodec};
use golive_proto::rate::{Adaptation, EncoderTarget};
use golive_proto::session::{
    Config, Event, Health, Input, LegId, Output, ReconnectPolicy, Role, Session,
};
use golive_proto::transport::{Feedback, srt};
use golive_proto::units::{Bitrate, ByteCount, Time};

use super::arrivals::Arrivals;
use super::pilot::{Pilot, Shadow, Sight};
use super::storm::{Second, StormWatch};
use super::tcp::{Flow, Tcp};
use crate::network::{Conditions, Link, Path};

/// What the broadcaster is set up with.
pub fn config() -> Config {
    Config {
        transport: srt::Config { latency: Duration::from_millis(250), ..srt::Config::default() },
        role: Role::Caller,
        video: Some(VideoCodec::H264),
        audio: Some(SOUND),
        target: EncoderTarget {
            bitrate: Bitrate::from_kilobits_per_second(2_500),
            frame_rate: FrameRate::new(30).expect("a frame rate"),
            size: PictureSize::new(1280, 720).expect("a picture size"),
            audio_bitrate: SOUND_RATE,
        },
        minimum_bitrate: Bitrate::from_kilobits_per_second(50),
        adaptive: true,
        adaptation: Adaptation::default(),
        queue_limit: Duration::from_secs(1),
        epoch: Time::ZERO,
        reconnect: ReconnectPolicy::default(),
    }
}

const SOUND: AudioFormat = AudioFormat { sample_rate: 48_000, channels: 2 };
const SOUND_RATE: Bitrate = Bitrate::from_kilobits_per_second(128);
const INGEST: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9_710);
/// A session that is polled so often without time passing never comes to rest.
const RESTLESS: usize = 100_000;

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
    manners: Manners,
    forward: Link,
    backward: Link,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    datagrams: u64,
    encoder: Encoder,
    buffer: Vec<u8>,
    events: Vec<(Time, Event)>,
    received: Vec<Received>,
    longest_queue: Duration,
    /// Data packets that came to where the ingest is or was.
    arrived: ByteCount,
    pilot: Option<(Box<dyn Pilot>, Time)>,
    watch: StormWatch,
    /// Who else uses the way to the ingest.
    flows: Vec<Flow>,
    targets: Vec<(Time, Bitrate)>,
    /// Kept if somebody wants to know.
    arrivals: Option<Arrivals>,
    ended: bool,
}

/// Control packets begin with a bit that is set (draft-sharabayko-srt, section 3).
fn is_media(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| first & 0x80 == 0)
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    at: Time,
    number: u64,
    port: u16,
    forward: bool,
    bytes: Vec<u8>,
    /// What a pilot's shadow sends with it, or alone, if there is nothing else.
    shadow: Option<Vec<u8>>,
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
            manners: Manners::default(),
            forward,
            backward,
            under_way: BinaryHeap::new(),
            datagrams: 0,
            encoder: Encoder::new(target),
            buffer: vec![0; 1_500],
            events: Vec::new(),
            received: Vec::new(),
            longest_queue: Duration::ZERO,
            arrived: ByteCount::ZERO,
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

    /// Has the encoder behave like this from now on.
    pub fn set_temper(&mut self, temper: Temper) {
        self.encoder.set_temper(temper);
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

    /// An ingest that passes for a libsrt peer takes the place of the one that is there; it may take
    /// one connection at a time.
    pub fn start_stock_ingest(&mut self, one_at_a_time: bool) {
        self.manners = Manners { stock: true, one_at_a_time, ..Manners::default() };
        self.start_ingest();
    }

    /// A new ingest begins to listen.
    pub fn start_ingest(&mut self) {
        self.ingests += 1;
        self.ingest = Some(Ingest::new(self.now, self.ingests, self.manners.clone()));
    }

    /// Lets `duration` pass.
    pub fn run(&mut self, duration: Duration) {
        let until = self.now + duration;
        loop {
            self.drain();
            let arrival = self.under_way.peek().map(|Reverse(datagram)| datagram.at);
            let ingest = self.ingest.as_ref().and_then(Ingest::next);
            let pilot = self.pilot.as_ref().map(|(_, at)| *at);
            let flow = self.flows.iter().map(Flow::next).min();
            let encoder = self.encoder.next();
            let shadow = self.shadow().map(|shadow| shadow.wake());
            let wakes = [self.session_wake, ingest, arrival, pilot, encoder, flow, shadow];
            let next = wakes.into_iter().flatten().min().filter(|next| *next < until);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            self.arrive();
            self.steer();
            let captured = self.encoder.captured();
            for flow in self.flows.iter_mut().filter(|flow| flow.next() <= self.now) {
                flow.advance(self.now, &mut self.forward);
            }
            if let Some(unit) = self.encoder.produce(self.now) {
                self.session.handle(self.now, Input::Unit(unit));
                self.session_wake = Some(self.now);
            }
            if self.encoder.captured() > captured {
                self.session.handle(self.now, Input::Captured(self.encoder.captured()));
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
        let health = self.session.health(self.now);
        let target = self.session.target();
        let skipped = self.ingest.as_ref().map_or(0, |ingest| ingest.skipped(self.now));
        let sight = Sight {
            feedback,
            queue_delay: health.queue,
            target: target.bitrate,
            arrived: self.arrived,
            dropped: health.totals.packets_dropped + health.totals.video_frames_dropped + skipped,
        };
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
            let now = self.now;
            if let (Some(bytes), Some(shadow)) = (&datagram.shadow, self.shadow()) {
                shadow.receive(now, datagram.forward, bytes);
            }
            if datagram.bytes.is_empty() {
                continue;
            }
            if datagram.forward {
                if is_media(&datagram.bytes) {
                    self.arrived += datagram.bytes.len().into();
                }
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
        self.drain_shadow();
        let Some(mut ingest) = self.ingest.take() else { return };
        for (to, bytes) in ingest.drain(self.now, &mut self.received) {
            self.carry(false, to.port(), &bytes);
        }
        self.ingest = Some(ingest);
    }

    /// What the pilot runs beside the broadcast.
    fn shadow(&mut self) -> Option<&mut dyn Shadow> {
        self.pilot.as_mut().and_then(|(pilot, _)| pilot.shadow())
    }

    fn drain_shadow(&mut self) {
        let now = self.now;
        for _ in 0..RESTLESS {
            let datagram = self.shadow().and_then(|shadow| shadow.poll(now));
            let Some((forward, bytes)) = datagram else { return };
            let length = bytes.len().into();
            self.put_under_way(forward, 0, length, &[], Some(&bytes));
        }
        panic!("at {now} the pilot's shadow does not come to rest");
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
                    self.encoder.set_target(self.now, target);
                    self.targets.push((self.now, target.bitrate));
                }
                Output::Keyframe => self.encoder.request_keyframe(),
                Output::RestartEncoder => self.encoder.restart(),
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
        let now = self.now;
        let shadow = self.shadow().filter(|_| forward);
        let shadow = shadow.and_then(|shadow| shadow.sent(now, bytes));
        self.put_under_way(forward, port, bytes.len().into(), bytes, shadow.as_deref());
    }

    fn put_under_way(
        &mut self,
        forward: bool,
        port: u16,
        length: ByteCount,
        bytes: &[u8],
        shadow: Option<&[u8]>,
    ) {
        let link = if forward { &mut self.forward } else { &mut self.backward };
        for at in link.carry(self.now, length).arrivals() {
            let number = self.datagrams;
            self.datagrams += 1;
            let (bytes, shadow) = (bytes.to_vec(), shadow.map(<[u8]>::to_vec));
            self.under_way.push(Reverse(UnderWay { at, number, port, forward, bytes, shadow }));
        }
    }
}

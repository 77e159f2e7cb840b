//! A broadcaster and a receiver over QUIC, and the network between them.

use std::any::Any;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use golive_proto::media::{AccessUnit, Track, VideoCodec};
use golive_proto::pace::Queue;
use golive_proto::rate::{BitrateRange, Burst, Controller, Measurement, Plan};
use golive_proto::units::{Bitrate, ByteCount, MediaTime, Time};
use golive_tests::network::{Conditions, Fate, Link};
use quinn_proto::congestion::{self, ControllerFactory};
use quinn_proto::{
    ClientConfig, Connection, ConnectionHandle, ConnectionId, DatagramEvent, Dir, Endpoint,
    EndpointConfig, Event, HashedConnectionIdGenerator, RttEstimator, ServerConfig, StreamEvent,
    StreamId, TransportConfig, VarInt,
};

use super::LATENCY;
use super::plain::Plain;
use crate::story::millis;

/// A frame that arrived whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) captured: Time,
    pub(super) at: Time,
    pub(super) length: u64,
}

/// What quinn tells its congestion control, and what that answers.
#[derive(Debug, Default)]
struct Seen {
    acknowledged: u64,
    in_flight: u64,
    newest_round_trip: Option<Duration>,
    window: u64,
}

/// One end.
struct Peer {
    endpoint: Endpoint,
    connection: Option<(ConnectionHandle, Connection)>,
}

/// When a datagram arrives, which one it is, whether it goes to the server, and what it holds.
type UnderWay = (Time, u64, bool, Vec<u8>);

pub(super) struct World {
    base: Instant,
    now: Time,
    client: Peer,
    server: Peer,
    forward: Link,
    backward: Link,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    datagrams: u64,
    seen: Arc<Mutex<Seen>>,
    controller: Controller,
    burst: Burst,
    queue: Queue,
    /// A stream whose frame did not fit yet.
    writing: Option<(StreamId, Bytes)>,
    frames: u64,
    keyframe_owed: bool,
    next_measurement: Time,
    reading: BTreeMap<StreamId, Vec<u8>>,
    pub(super) arrived: Vec<Frame>,
}

const SERVER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4_433);
const CLIENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 40_000);
const MEASUREMENT_INTERVAL: Duration = millis(20);
/// As for SRT: what waits longer than this share of the latency comes too late.
const QUEUE_SHARE: f64 = 0.7;
const FRAME_RATE: u64 = 30;
const GROUP: u64 = 60;
const PROBE_BYTES: u64 = 4_000;
const IDR_WEIGHT: u64 = 5;

impl World {
    pub(super) fn new(uplink: &Conditions) -> Self {
        let seen = Arc::new(Mutex::new(Seen { window: 12_000, ..Seen::default() }));
        let range = BitrateRange {
            minimum: Bitrate::from_kilobits_per_second(300),
            maximum: Bitrate::from_kilobits_per_second(8_000),
        };
        let base = Instant::now();
        let mut client = Peer { endpoint: endpoint(1, None), connection: None };
        let server = Peer { endpoint: endpoint(2, Some(server_config())), connection: None };
        let connected = client.endpoint.connect(base, client_config(&seen), SERVER, "ingest");
        client.connection = connected.ok();
        Self {
            base,
            now: Time::ZERO,
            client,
            server,
            forward: Link::new(uplink.clone(), 1),
            backward: Link::new(Conditions::delay(uplink.delay), 2),
            under_way: BinaryHeap::new(),
            datagrams: 0,
            seen,
            controller: Controller::new(range, Time::ZERO),
            burst: Burst::default(),
            queue: Queue::new(LATENCY.mul_f64(QUEUE_SHARE), Some(VideoCodec::H264)),
            writing: None,
            frames: 0,
            keyframe_owed: true,
            next_measurement: Time::ZERO,
            reading: BTreeMap::new(),
            arrived: Vec::new(),
        }
    }

    pub(super) fn run(&mut self, duration: Duration) {
        let until = self.now + duration;
        loop {
            self.measure();
            self.produce();
            self.feed();
            self.drain();
            let base = self.base;
            let timer = |peer: &mut Peer| {
                let (_, connection) = peer.connection.as_mut()?;
                let after = connection.poll_timeout()?.saturating_duration_since(base);
                // Rounded up, so that it is due when its time comes.
                Some(Time::ZERO + after + Duration::from_micros(1))
            };
            let timers = [timer(&mut self.client), timer(&mut self.server)];
            let arrival = self.under_way.peek().map(|Reverse(datagram)| datagram.0);
            let own = [arrival, Some(self.next_measurement), Some(frame_time(self.frames))];
            let next = timers.into_iter().chain(own).flatten().min();
            let Some(next) = next.filter(|next| *next < until) else { break };
            self.now = self.now.max(next);
            self.wake();
            self.arrive();
        }
        self.now = until;
    }

    fn instant(&self) -> Instant {
        self.base + self.now.since(Time::ZERO)
    }

    /// Tells the controller what quinn saw, and quinn what the controller allows.
    fn measure(&mut self) {
        if self.now < self.next_measurement {
            return;
        }
        self.next_measurement = self.now + MEASUREMENT_INTERVAL;
        let stats = self.client.connection.as_ref().map(|(_, connection)| connection.stats());
        let stats = stats.unwrap_or_default();
        let unsent = self.unsent();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let measurement = Measurement {
            longest_way: None,
            round_trip_time: seen.newest_round_trip,
            queued: self.queue.bytes() + ByteCount::new(unsent),
            burst: self.burst.left(self.now),
            beside: Bitrate::ZERO,
            lost_packets: stats.path.lost_packets,
            sent: ByteCount::new(stats.udp_tx.bytes),
            acknowledged: ByteCount::new(seen.acknowledged),
            in_flight: ByteCount::new(seen.in_flight),
            latency: LATENCY,
            repairing_since: None,
        };
        self.controller.measure(self.now, &measurement);
        // While nothing gets through, as much as tells when that ends.
        seen.window = self.controller.window(self.now).as_u64().max(PROBE_BYTES);
        drop(seen);
        let target = self.controller.target();
        let forecast = self.controller.forecast(
            self.now,
            &Plan {
                video: target,
                produced: target,
                beside: Bitrate::ZERO,
                frame: Duration::from_secs(1) / FRAME_RATE as u32,
                limit: LATENCY,
            },
        );
        let mut dropped = self.queue.drop_stale(self.now);
        dropped.add(self.queue.drop_late(self.now, &forecast));
        self.keyframe_owed |= dropped.keyframe_needed;
    }

    /// Begun, and not given to quinn yet.
    fn unsent(&self) -> u64 {
        self.writing.as_ref().map_or(0, |(_, data)| data.len() as u64)
    }

    /// The frame that is due, at what the controller asks for.
    fn produce(&mut self) {
        while frame_time(self.frames) <= self.now {
            let captured = frame_time(self.frames);
            let keyframe =
                std::mem::take(&mut self.keyframe_owed) || self.frames.is_multiple_of(GROUP);
            self.frames += 1;
            let per_group = FRAME_RATE * (GROUP - 1 + IDR_WEIGHT) / GROUP;
            let mean = self.controller.target().as_bits_per_second() / 8 / per_group;
            let length = if keyframe { mean * IDR_WEIGHT } else { mean };
            let mut data = captured.as_micros().to_be_bytes().to_vec();
            data.resize(length.max(8) as usize, 0);
            self.burst.note(self.now, data.len().into(), self.controller.target());
            let pts = MediaTime::from_micros(captured.as_micros() as i64);
            let data = Bytes::from(data);
            let unit = AccessUnit { track: Track::Video, pts, dts: pts, keyframe, data };
            let dropped = self.queue.push(self.now, unit);
            self.keyframe_owed |= dropped.keyframe_needed;
        }
    }

    /// Gives quinn what it can send at once: what waits there can no longer be dropped.
    fn feed(&mut self) {
        let mut room = {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.window.saturating_sub(seen.in_flight) as usize
        };
        while room > 0 {
            let Some((_, connection)) = &mut self.client.connection else { return };
            if connection.is_handshaking() {
                return;
            }
            if self.writing.is_none() {
                let Some(queued) = self.queue.pop() else { return };
                let Some(stream) = connection.streams().open(Dir::Uni) else { return };
                self.writing = Some((stream, queued.unit.data));
            }
            let Some((stream, mut data)) = self.writing.take() else { return };
            let mut send = connection.send_stream(stream);
            let taken = send.write(&data[..data.len().min(room)]).unwrap_or(0);
            room -= taken;
            let _ = data.split_to(taken);
            if !data.is_empty() {
                self.writing = Some((stream, data));
                return;
            }
            // A stream that has just been written to can be ended.
            let _ = send.finish();
        }
    }

    /// Sends all that quinn wants sent, and reads all that came.
    fn drain(&mut self) {
        let now = self.instant();
        for forward in [true, false] {
            let mut datagrams = Vec::new();
            let peer = if forward { &mut self.client } else { &mut self.server };
            peer.exchange_events();
            if let Some((_, connection)) = &mut peer.connection {
                let mut buffer = Vec::new();
                while connection.poll_transmit(now, 1, &mut buffer).is_some() {
                    datagrams.push(std::mem::take(&mut buffer));
                }
            }
            for datagram in datagrams {
                self.carry(forward, datagram);
            }
        }
        self.read();
    }

    fn read(&mut self) {
        let now = self.now;
        let Some((_, connection)) = &mut self.server.connection else { return };
        while let Some(event) = connection.poll() {
            let mut readable = Vec::new();
            match event {
                Event::Stream(StreamEvent::Opened { dir }) => {
                    readable.extend(std::iter::from_fn(|| connection.streams().accept(dir)));
                }
                Event::Stream(StreamEvent::Readable { id }) => readable.push(id),
                _ => {}
            }
            for stream in readable {
                let data = self.reading.entry(stream).or_default();
                let mut receiving = connection.recv_stream(stream);
                let Ok(mut chunks) = receiving.read(true) else { continue };
                let mut ended = false;
                loop {
                    match chunks.next(usize::MAX) {
                        Ok(Some(chunk)) => data.extend_from_slice(&chunk.bytes),
                        Ok(None) => {
                            ended = true;
                            break;
                        }
                        Err(_) => break,
                    }
                }
                let _ = chunks.finalize();
                if ended && let Some(data) = self.reading.remove(&stream) {
                    let stamp = data.first_chunk().map(|stamp| u64::from_be_bytes(*stamp));
                    let captured = Time::from_micros(stamp.unwrap_or(0));
                    self.arrived.push(Frame { captured, at: now, length: data.len() as u64 });
                }
            }
        }
    }

    fn carry(&mut self, forward: bool, datagram: Vec<u8>) {
        let link = if forward { &mut self.forward } else { &mut self.backward };
        if let Fate::Arrives(at) = link.carry(self.now, ByteCount::from(datagram.len())) {
            self.datagrams += 1;
            self.under_way.push(Reverse((at, self.datagrams, forward, datagram)));
        }
    }

    fn wake(&mut self) {
        let now = self.instant();
        for peer in [&mut self.client, &mut self.server] {
            if let Some((_, connection)) = &mut peer.connection
                && connection.poll_timeout().is_some_and(|at| at <= now)
            {
                connection.handle_timeout(now);
            }
        }
    }

    fn arrive(&mut self) {
        let now = self.instant();
        while let Some(Reverse(next)) = self.under_way.peek()
            && next.0 <= self.now
        {
            let Some(Reverse((_, _, forward, datagram))) = self.under_way.pop() else { break };
            let (peer, from) =
                if forward { (&mut self.server, CLIENT) } else { (&mut self.client, SERVER) };
            let answer = peer.receive(now, from, &datagram);
            if let Some(answer) = answer {
                self.carry(!forward, answer);
            }
        }
    }
}

impl Peer {
    /// Takes a datagram; answers with what the endpoint itself wants to send.
    fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = Vec::new();
        let data = BytesMut::from(datagram);
        match self.endpoint.handle(now, from, None, None, data, &mut buffer)? {
            DatagramEvent::ConnectionEvent(_, event) => {
                let (_, connection) = self.connection.as_mut()?;
                connection.handle_event(event);
                None
            }
            DatagramEvent::NewConnection(incoming) => {
                self.connection = self.endpoint.accept(incoming, now, &mut buffer, None).ok();
                None
            }
            DatagramEvent::Response(_) => Some(buffer),
        }
    }

    fn exchange_events(&mut self) {
        let Some((handle, connection)) = &mut self.connection else { return };
        while let Some(event) = connection.poll_endpoint_events() {
            if let Some(answer) = self.endpoint.handle_event(*handle, event) {
                connection.handle_event(answer);
            }
        }
    }
}

fn frame_time(number: u64) -> Time {
    Time::from_micros(number * 1_000_000 / FRAME_RATE)
}

fn endpoint(seed: u8, server: Option<ServerConfig>) -> Endpoint {
    let mut config = EndpointConfig::new(Arc::new(Plain));
    config.rng_seed(Some([seed; 32]));
    let key = u64::from(seed);
    config.cid_generator(move || Box::new(HashedConnectionIdGenerator::from_key(key)));
    Endpoint::new(Arc::new(config), server.map(Arc::new), false, None)
}

fn server_config() -> ServerConfig {
    let mut transport = TransportConfig::default();
    transport.max_concurrent_uni_streams(VarInt::from_u32(1_000));
    let mut config = ServerConfig::new(Arc::new(Plain), Arc::new(Plain));
    config.transport_config(Arc::new(transport));
    config
}

fn client_config(seen: &Arc<Mutex<Seen>>) -> ClientConfig {
    let mut transport = TransportConfig::default();
    transport.congestion_controller_factory(Arc::new(Steered(Arc::clone(seen))));
    let mut config = ClientConfig::new(Arc::new(Plain));
    config.initial_dst_cid_provider(Arc::new(|| ConnectionId::new(&[7; 8])));
    config.transport_config(Arc::new(transport));
    config
}

/// Stands where quinn's own congestion control would.
struct Steered(Arc<Mutex<Seen>>);

impl ControllerFactory for Steered {
    fn build(self: Arc<Self>, _: Instant, _: u16) -> Box<dyn congestion::Controller> {
        Box::new(Steered(Arc::clone(&self.0)))
    }
}

impl Steered {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl congestion::Controller for Steered {
    fn on_sent(&mut self, _: Instant, bytes: u64, _: u64) {
        self.seen().in_flight += bytes;
    }

    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, _: bool, _: &RttEstimator) {
        let mut seen = self.seen();
        seen.acknowledged += bytes;
        seen.newest_round_trip = Some(now.saturating_duration_since(sent));
    }

    fn on_end_acks(&mut self, _: Instant, in_flight: u64, _: bool, _: Option<u64>) {
        self.seen().in_flight = in_flight;
    }

    fn on_congestion_event(&mut self, _: Instant, _: Instant, _: bool, lost: u64) {
        let mut seen = self.seen();
        seen.in_flight = seen.in_flight.saturating_sub(lost);
    }

    fn on_mtu_update(&mut self, _: u16) {}

    fn window(&self) -> u64 {
        self.seen().window
    }

    fn clone_box(&self) -> Box<dyn congestion::Controller> {
        Box::new(Steered(Arc::clone(&self.0)))
    }

    fn initial_window(&self) -> u64 {
        self.window()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

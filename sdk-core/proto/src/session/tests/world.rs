//! A broadcast, an ingest and the network between them, in virtual time.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::media::{AccessUnit, AudioFormat, FrameRate, PictureSize, Track, VideoCodec};
use crate::mux::mpegts;
use crate::rate::{Adaptation, EncoderTarget};
use crate::session::{Config, Event, Input, LegId, Output, ReconnectPolicy, Role, Session};
use crate::transport::srt;
use crate::units::{Bitrate, MediaTime, Time};

const STEP: Duration = Duration::from_millis(1);
const DELAY: Duration = Duration::from_millis(15);
/// The uplink's buffer, in time; what does not fit is lost.
const BUFFER: Duration = Duration::from_millis(400);
const FRAME: u64 = 33_333;
const SOUND: u64 = 21_333;
const GROUP: u64 = 60;

/// Everything that a story needs.
pub(super) struct World {
    pub(super) now: Time,
    pub(super) session: Session,
    pub(super) events: Vec<(Time, Event)>,
    pub(super) ended: bool,
    /// What the ingest read, over all its lives.
    pub(super) received: Vec<(Time, AccessUnit)>,
    pub(super) ingest: Option<Ingest>,
    /// Whether the network carries anything at all.
    pub(super) connected: bool,
    /// Whether camera and microphone deliver.
    pub(super) captures: bool,
    /// The encoder tells its parameter sets with its first picture and never again.
    pub(super) tells_sets_once: bool,
    /// What the uplink carries; anything, unless it is said.
    pub(super) capacity: Option<Bitrate>,
    /// When the uplink is done with what it holds.
    busy_until: Time,
    to_ingest: VecDeque<(Time, LegId, Vec<u8>)>,
    to_session: VecDeque<(Time, LegId, Vec<u8>)>,
    target: EncoderTarget,
    keyframe_asked: bool,
    pictures: u64,
    since_keyframe: u64,
    sounds: u64,
    buffer: Vec<u8>,
}

/// A listener that takes whoever comes, and reads what they send.
pub(super) struct Ingest {
    listener: srt::Listener,
    config: srt::Config,
    connections: Vec<(LegId, srt::Connection)>,
    reader: mpegts::Reader,
    pub(super) rejects: Option<srt::Rejection>,
}

fn address(leg: LegId) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 10_000 + leg.0 as u16))
}

fn ingest_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9_000))
}

impl Ingest {
    pub(super) fn new(now: Time, seed: u8) -> Self {
        Self {
            listener: srt::Listener::new(srt::ListenerConfig::default(), now, [seed; 32]),
            config: srt::Config::default(),
            connections: Vec::new(),
            reader: mpegts::Reader::new(),
            rejects: None,
        }
    }

    fn receive(&mut self, now: Time, leg: LegId, datagram: &[u8]) -> Option<Vec<u8>> {
        let known = self
            .connections
            .iter_mut()
            .find(|(id, c)| *id == leg && c.is_addressed(address(leg), datagram));
        if let Some((_, connection)) = known {
            connection.handle(now, srt::Input::Datagram(datagram));
            return None;
        }
        let mut reply = vec![0; 1_500];
        let length = match self.listener.handle(now, address(leg), datagram, &mut reply) {
            srt::ListenerOutput::Reply { length } => length,
            srt::ListenerOutput::Request(request) => match self.rejects {
                Some(rejection) => self.listener.reject(now, *request, rejection, &mut reply),
                None => {
                    let accepted = self.listener.accept(now, *request, self.config.clone());
                    self.connections.push((leg, accepted));
                    return None;
                }
            },
            srt::ListenerOutput::Ignore => return None,
        };
        reply.truncate(length);
        Some(reply)
    }
}

impl World {
    pub(super) fn new(change: impl FnOnce(&mut Config)) -> Self {
        let target = EncoderTarget {
            bitrate: Bitrate::from_kilobits_per_second(2_000),
            frame_rate: FrameRate::new(30).unwrap(),
            size: PictureSize::new(1280, 720).unwrap(),
            audio_bitrate: Bitrate::from_kilobits_per_second(128),
        };
        let mut config = Config {
            transport: srt::Config::default(),
            role: Role::Caller,
            video: Some(VideoCodec::H264),
            audio: Some(AudioFormat { sample_rate: 48_000, channels: 2 }),
            target,
            minimum_bitrate: Bitrate::from_kilobits_per_second(300),
            adaptive: true,
            adaptation: Adaptation::default(),
            queue_limit: Duration::from_secs(1),
            epoch: Time::ZERO,
            reconnect: ReconnectPolicy::default(),
        };
        change(&mut config);
        Self {
            now: Time::ZERO,
            session: Session::new(config, Time::ZERO, [7; 32]),
            events: Vec::new(),
            ended: false,
            received: Vec::new(),
            ingest: Some(Ingest::new(Time::ZERO, 1)),
            connected: true,
            captures: true,
            tells_sets_once: false,
            capacity: None,
            busy_until: Time::ZERO,
            to_ingest: VecDeque::new(),
            to_session: VecDeque::new(),
            target,
            keyframe_asked: false,
            pictures: 0,
            since_keyframe: 0,
            sounds: 0,
            buffer: vec![0; 1_500],
        }
    }

    pub(super) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end && !self.ended {
            self.now += STEP;
            self.produce();
            self.deliver();
            self.drain_session();
            self.drain_ingest();
        }
    }

    /// The longest that a picture of the last while took from its capture to the ingest's reader.
    pub(super) fn latest_delay(&self, window: Duration) -> Duration {
        let since = self.now.saturating_sub(window);
        let recent =
            self.received.iter().filter(|(at, unit)| *at > since && unit.track == Track::Video);
        let captured = |unit: &AccessUnit| {
            Time::ZERO + (unit.pts - mpegts::TIMELINE_OFFSET).since(MediaTime::ZERO)
        };
        recent.map(|(at, unit)| at.since(captured(unit))).max().unwrap_or(Duration::MAX)
    }

    pub(super) fn happened(&self, wanted: impl Fn(&Event) -> bool) -> Option<Time> {
        self.events.iter().rev().find(|(_, event)| wanted(event)).map(|(at, _)| *at)
    }

    fn produce(&mut self) {
        let elapsed = self.now.as_micros();
        while self.pictures * FRAME <= elapsed {
            let keyframe = self.keyframe_asked || self.since_keyframe.is_multiple_of(GROUP);
            self.since_keyframe = if keyframe { 1 } else { self.since_keyframe + 1 };
            self.keyframe_asked = false;
            let bytes = self.target.bitrate.as_bits_per_second() / 8 / 30;
            let with_sets = keyframe && !(self.tells_sets_once && self.pictures > 0);
            let length = if keyframe { 4 * bytes } else { bytes * 9 / 10 };
            let data = picture(length, keyframe, with_sets);
            if self.captures {
                self.push(Track::Video, self.pictures * FRAME, keyframe, data);
            }
            self.pictures += 1;
        }
        while self.sounds * SOUND <= elapsed {
            if self.captures {
                self.push(Track::Audio, self.sounds * SOUND, true, vec![0x21; 340]);
            }
            self.sounds += 1;
        }
    }

    fn push(&mut self, track: Track, micros: u64, keyframe: bool, data: Vec<u8>) {
        let pts = MediaTime::from_micros(micros as i64);
        let unit = AccessUnit { track, pts, dts: pts, keyframe, data: Bytes::from(data) };
        self.session.handle(self.now, Input::Unit(unit));
    }

    fn deliver(&mut self) {
        while let Some((_, leg, datagram)) = self.to_ingest.pop_front_if(|d| d.0 <= self.now) {
            let reply = self.ingest.as_mut().and_then(|i| i.receive(self.now, leg, &datagram));
            if let Some(reply) = reply {
                self.to_session.push_back((self.now + DELAY, leg, reply));
            }
        }
        while let Some((_, leg, data)) = self.to_session.pop_front_if(|d| d.0 <= self.now) {
            let input = Input::Datagram { leg, from: ingest_address(), data: &data };
            self.session.handle(self.now, input);
        }
    }

    fn drain_session(&mut self) {
        loop {
            match self.session.poll(self.now, &mut self.buffer) {
                Output::Open { leg } => {
                    self.session.handle(self.now, Input::Opened { leg, peer: ingest_address() });
                }
                Output::Close { .. } => {}
                Output::Transmit { leg, to, length, .. } => {
                    assert_eq!(to, ingest_address());
                    if let Some(arrival) = self.arrival(length) {
                        let datagram = self.buffer[..length].to_vec();
                        self.to_ingest.push_back((arrival, leg, datagram));
                    }
                }
                Output::Target(target) => self.target = target,
                Output::Keyframe => self.keyframe_asked = true,
                Output::RestartEncoder => {}
                Output::Event(event) => self.events.push((self.now, event)),
                Output::Wake { at, .. } => {
                    assert!(at.is_none_or(|at| at > self.now), "it spins at {}", self.now);
                    return;
                }
                Output::Ended => {
                    self.ended = true;
                    return;
                }
            }
        }
    }

    /// When a datagram arrives that leaves now, if the uplink has room for it.
    fn arrival(&mut self, length: usize) -> Option<Time> {
        let Some(capacity) = self.capacity else {
            return self.connected.then_some(self.now + DELAY);
        };
        let start = self.busy_until.max(self.now);
        if !self.connected || start.since(self.now) > BUFFER {
            return None;
        }
        self.busy_until = start + capacity.time_for(length.into());
        Some(self.busy_until + DELAY)
    }

    fn drain_ingest(&mut self) {
        let Some(ingest) = &mut self.ingest else { return };
        for (leg, connection) in &mut ingest.connections {
            loop {
                match connection.poll(self.now, &mut self.buffer) {
                    srt::Output::Transmit { length, .. } if self.connected => {
                        let datagram = self.buffer[..length].to_vec();
                        self.to_session.push_back((self.now + DELAY, *leg, datagram));
                    }
                    srt::Output::Payload { length, .. } => {
                        ingest.reader.push(&self.buffer[..length])
                    }
                    srt::Output::Wake { .. } => break,
                    srt::Output::Transmit { .. } | srt::Output::Event(_) => {}
                }
            }
        }
        while let Some(output) = ingest.reader.poll() {
            if let mpegts::Output::AccessUnit(unit) = output {
                self.received.push((self.now, unit));
            }
        }
    }
}

/// Annex B of the right size, that no start code hides in.
fn picture(bytes: u64, keyframe: bool, with_sets: bool) -> Vec<u8> {
    let mut data = Vec::new();
    if with_sets {
        data.extend_from_slice(&[0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x01, 0x40]);
        data.extend_from_slice(&[0, 0, 0, 1, 0x68, 0xCE, 0x3C, 0x80]);
    }
    data.extend_from_slice(&[0, 0, 0, 1, if keyframe { 0x65 } else { 0x41 }]);
    data.resize(data.len().max(bytes as usize), 0x55);
    data
}

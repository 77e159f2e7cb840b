//! An ingest in virtual time.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use golive_proto::media::{AccessUnit, Track};
use golive_proto::mux::mpegts;
use golive_proto::transport::srt::{self, Passphrase, Rejection};
use golive_proto::units::{ByteCount, MediaTime, Time};

use super::Label;

/// What an ingest read, without the bytes.
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
    /// What stands in a picture.
    pub label: Option<Label>,
}

/// What an ingest is like.
#[derive(Clone, Debug, Default)]
pub struct Manners {
    /// Passes for a libsrt peer.
    pub stock: bool,
    /// Does not hear a second caller while it has one, as `srt-live-transmit`.
    pub one_at_a_time: bool,
    /// Whoever comes is refused, for this reason.
    pub refusal: Option<Rejection>,
    /// What streams are encrypted with.
    pub passphrase: Option<Passphrase>,
}

/// Takes whoever comes, and reads what they send.
#[derive(Debug)]
pub struct Ingest {
    manners: Manners,
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
    /// One that listens from now on.
    pub fn new(now: Time, seed: u8, manners: Manners) -> Self {
        Self {
            manners,
            listener: srt::Listener::new(srt::ListenerConfig::default(), now, [seed; 32]),
            routes: srt::Routes::new(MAX_CONNECTIONS),
            connections: BTreeMap::new(),
            answers: Vec::new(),
            next_number: 0,
            wake: None,
            buffer: vec![0; srt::MAX_DATAGRAM_BYTES],
        }
    }

    /// Refuses whoever comes from now on, or nobody.
    pub fn refuse(&mut self, refusal: Option<Rejection>) {
        self.manners.refusal = refusal;
    }

    /// When it has something to do.
    pub fn next(&self) -> Option<Time> {
        self.wake
    }

    /// A datagram arrives.
    pub fn receive(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        self.wake = Some(now);
        match self.routes.find(from, datagram) {
            srt::Route::Connection(number) => {
                if let Some((connection, _)) = self.connections.get_mut(&number) {
                    connection.handle(now, srt::Input::Datagram(datagram));
                }
            }
            srt::Route::Listener if self.is_taken() => {}
            srt::Route::Listener => {
                match self.listener.handle(now, from, datagram, &mut self.buffer) {
                    srt::ListenerOutput::Reply { length } => {
                        self.answer(from, length);
                    }
                    srt::ListenerOutput::Request(request) => self.meet(now, from, *request),
                    srt::ListenerOutput::Ignore => {}
                }
            }
            srt::Route::Nowhere => {}
        }
    }

    /// Packets that were missing when their time came.
    pub fn skipped(&self, now: Time) -> u64 {
        let connections = self.connections.values();
        connections.map(|(connection, _)| connection.statistics(now).packets_lost).sum()
    }

    fn is_taken(&self) -> bool {
        self.manners.one_at_a_time && !self.connections.is_empty()
    }

    fn answer(&mut self, to: SocketAddr, length: usize) {
        let bytes = self.buffer.get(..length).unwrap_or_default().to_vec();
        self.answers.push((to, bytes));
    }

    /// Takes a stream, or refuses it: as it is told, or as there is no room.
    fn meet(&mut self, now: Time, from: SocketAddr, request: srt::Request) {
        let full = self.routes.len() >= MAX_CONNECTIONS;
        let refusal = self.manners.refusal.or(full.then_some(Rejection::RESOURCE));
        if let Some(refusal) = refusal {
            let length = self.listener.reject(now, request, refusal, &mut self.buffer);
            return self.answer(from, length);
        }
        let caller = request.peer_id();
        let config = srt::Config {
            introduces_itself: !self.manners.stock,
            passphrase: self.manners.passphrase.clone(),
            ..srt::Config::default()
        };
        let connection = self.listener.accept(now, request, config);
        let number = self.next_number;
        if self.routes.insert(number, from, connection.local_id(), Some(caller)).is_err() {
            return;
        }
        self.next_number += 1;
        self.connections.insert(number, (connection, mpegts::Reader::new()));
    }

    /// Answers to be sent, after `received` got what was read.
    pub fn drain(&mut self, now: Time, received: &mut Vec<Received>) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut answers = std::mem::take(&mut self.answers);
        if self.wake.is_none_or(|wake| wake > now) {
            return answers;
        }
        self.wake = None;
        for (connection, reader) in self.connections.values_mut() {
            loop {
                match connection.poll(now, &mut self.buffer) {
                    srt::Output::Transmit { length, .. } => {
                        let bytes = self.buffer.get(..length).unwrap_or_default();
                        answers.push((connection.peer(), bytes.to_vec()));
                    }
                    srt::Output::Payload { length, .. } => {
                        reader.push(self.buffer.get(..length).unwrap_or_default());
                        received.extend(std::iter::from_fn(|| reader.poll()).filter_map(
                            |output| {
                                let mpegts::Output::AccessUnit(unit) = output else { return None };
                                let AccessUnit { track, pts, keyframe, data, .. } = unit;
                                let length = data.len().into();
                                let label = Label::read(&data).filter(|_| track == Track::Video);
                                Some(Received { at: now, track, pts, keyframe, length, label })
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

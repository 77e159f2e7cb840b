//! `srt-live-transmit`, and what it gives out.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use golive_proto::units::Time;

use super::Picture;
use super::arrivals::Arrivals;
use super::decoder::{self, Decoded};
use crate::peers::{Mode, Options, Process, free_address, transmit_to_udp, wait_until_bound};
use crate::sink::Sink;

/// A payload, and when it was given out, on the wall clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// When.
    pub at: Time,
    /// What.
    pub bytes: Vec<u8>,
}

/// A listening `srt-live-transmit`, and a socket into which it writes.
#[derive(Debug)]
pub struct Receiver {
    process: Process,
    sink: Sink<Vec<Datagram>>,
    address: SocketAddr,
}

impl Receiver {
    /// Listens on a free port.
    ///
    /// # Panics
    /// If the program does not start.
    pub fn start(latency: Duration) -> Self {
        let sink = Sink::start(Vec::new(), |datagrams: &mut Vec<Datagram>, bytes, _| {
            datagrams.push(Datagram { at: now(), bytes: bytes.to_vec() });
        });
        let address = free_address();
        let options = Options::latency(latency);
        let process = transmit_to_udp(Mode::Listener(address), &options, sink.address());
        wait_until_bound(address);
        Self { process, sink, address }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it, and gives what it gave out, and what it said.
    pub fn finish(self) -> (Vec<Datagram>, Vec<String>) {
        let said = self.process.log();
        drop(self.process);
        (std::mem::take(&mut *self.sink.state()), said)
    }
}

/// The time on the wall clock, since 1970, which burnt clocks show.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// The pictures in what was given out, in the order in which they were sent. It is written to `file`
/// for the decoder; `clock` reads the milliseconds since 1970 that are burnt into a picture, from
/// [`LUMA_WIDTH`](super::LUMA_WIDTH) by [`LUMA_HEIGHT`](super::LUMA_HEIGHT) samples of luma.
///
/// # Panics
/// If the file cannot be written, or `ffmpeg` does not start.
pub fn pictures(
    datagrams: &[Datagram],
    file: &Path,
    clock: impl Fn(&[u8]) -> Option<u64>,
) -> Vec<Picture> {
    let bytes: Vec<u8> = datagrams.iter().flat_map(|datagram| &datagram.bytes).copied().collect();
    std::fs::write(file, bytes).expect("room for a recording");
    join(&Arrivals::read(datagrams), &decoder::decode(file, clock))
}

fn join(arrivals: &Arrivals, decoded: &[Decoded]) -> Vec<Picture> {
    let offset = clock_offset(decoded);
    let picture = |decoded: &Decoded| {
        let arrival = arrivals.whole.get(&decoded.ticks);
        let captured = decoded.clock.map(|millis| millis as i64 * 1_000);
        let captured = captured.unwrap_or(micros(decoded.ticks) + offset);
        Picture {
            captured: Time::from_micros(captured.unsigned_abs()),
            arrived: arrival.map(|arrival| arrival.at),
            length: arrival.map(|arrival| arrival.length).unwrap_or_default(),
            keyframe: decoded.keyframe,
            faulty: decoded.faulty || arrival.is_none(),
            after_loss: arrival.is_none() || arrivals.is_after_loss(decoded.ticks),
        }
    };
    decoded.iter().map(picture).collect()
}

/// From timestamps to the wall clock, for pictures whose clock is not legible: the middle of what the
/// others tell.
fn clock_offset(decoded: &[Decoded]) -> i64 {
    let told = decoded.iter().filter_map(|one| Some(one.clock? as i64 * 1_000 - micros(one.ticks)));
    let mut offsets: Vec<i64> = told.collect();
    offsets.sort_unstable();
    offsets.get(offsets.len() / 2).copied().unwrap_or(0)
}

fn micros(ticks: i64) -> i64 {
    ticks * 100 / 9
}

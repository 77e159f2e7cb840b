//! libsrt's `srt-live-transmit`.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use super::{Output, Process};
use crate::payload;

/// Which side of the SRT connection it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It connects to the address.
    Caller(SocketAddr),
    /// It waits for a connection on the address.
    Listener(SocketAddr),
}

/// What an SRT URL says beside the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Milliseconds that a payload may take, as libsrt's `latency`.
    pub latency: Duration,
    /// The passphrase and the length of the key in bytes, for an encrypted connection.
    pub encryption: Option<(String, u8)>,
    /// The packet filter, as it stands in a URL.
    pub packet_filter: Option<String>,
    /// The caller's stream id, as it stands in a URL.
    pub stream_id: Option<String>,
}

impl Options {
    /// Plain, with this latency.
    pub fn latency(latency: Duration) -> Self {
        Self { latency, ..Self::default() }
    }

    /// The URL that libsrt and `golive` read: latency in milliseconds.
    pub fn url(&self, mode: Mode) -> String {
        self.with_latency(mode, self.latency.as_millis())
    }

    /// The URL that ffmpeg reads: latency in microseconds.
    pub fn ffmpeg_url(&self, mode: Mode) -> String {
        self.with_latency(mode, self.latency.as_micros())
    }

    fn with_latency(&self, mode: Mode, latency: u128) -> String {
        let (address, mode) = match mode {
            Mode::Caller(address) => (address, "caller"),
            Mode::Listener(address) => (address, "listener"),
        };
        let mut url = format!("srt://{address}?mode={mode}&latency={latency}");
        if let Some((passphrase, key_length)) = &self.encryption {
            url += &format!("&passphrase={passphrase}&pbkeylen={key_length}");
        }
        if let Some(filter) = &self.packet_filter {
            url += &format!("&packetfilter={filter}");
        }
        if let Some(stream_id) = &self.stream_id {
            url += &format!("&streamid={stream_id}");
        }
        url
    }
}

/// Carries each datagram that comes to a UDP address over SRT.
///
/// What arrives faster than it reads is lost beyond 4 MB; see [`dropped_by_receiver`].
///
/// [`dropped_by_receiver`]: super::dropped_by_receiver
pub fn transmit_from_udp(from: SocketAddr, mode: Mode, options: &Options) -> Process {
    start(&[&format!("udp://{from}?rcvbuf={UDP_BUFFER}"), &options.url(mode)])
}

/// Carries standard input, in payloads of 1,316 bytes, over SRT.
///
/// It reads some 8 KB at a time, so that payloads leave in groups and the last ones not at all,
/// and ends the connection as soon as its input ends.
pub fn transmit_from_stdin(mode: Mode, options: &Options) -> Process {
    start(&["file://con", &options.url(mode)])
}

const UDP_BUFFER: u32 = 4 << 20;

/// Carries what comes over SRT to a UDP address, a datagram for each payload: its standard
/// output waits for a full buffer, which would spoil delays.
pub fn transmit_to_udp(mode: Mode, options: &Options, to: SocketAddr) -> Process {
    start(&[&options.url(mode), &format!("udp://{to}")])
}

fn start(urls: &[&str]) -> Process {
    let mut command = Command::new("srt-live-transmit");
    command.arg("-v").arg(format!("-chunk:{}", payload::LENGTH)).args(urls);
    Process::start(command, Output::Log)
}

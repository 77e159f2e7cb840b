//! What a connection is asked to be.

use std::time::Duration;

use super::crypto::{KeyLength, KeyRefresh};
use super::filter::PacketFilter;
use super::passphrase::Passphrase;
use super::stream_id::StreamId;

/// Settings of one connection, of caller and listener alike.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long what is received is held before it is delivered, so that losses can be repaired:
    /// 0 to 65,535 ms; three to four round trips serve well. The larger of both sides' values
    /// holds, in each direction by itself.
    pub latency: Duration,
    /// The same for what is sent, if it is to differ from [`Config::latency`].
    pub peer_latency: Option<Duration>,
    /// What the caller asks for; a listener reads it from the request.
    pub stream_id: Option<StreamId>,
    /// Encrypts the connection; without it, an encrypted one is refused. Both sides need the same.
    pub passphrase: Option<Passphrase>,
    /// Length of the key that encrypts media; the caller decides.
    pub key_length: KeyLength,
    /// When the key is replaced.
    pub key_refresh: KeyRefresh,
    /// Has lost packets rebuilt from repair packets, in both directions. A caller asks for it, and
    /// is refused if the listener cannot; a listener takes what it is asked for, unless it
    /// contradicts what stands here.
    pub packet_filter: Option<PacketFilter>,
    /// Has a broadcast choose its packet filter by itself, from what is lost on the way: it begins
    /// with the one above, if any, and changes it by another connection. A single connection takes
    /// no note of it.
    pub automatic_filter: bool,
    /// Whether what is lost is sent again as planned from the time that is left. Otherwise each
    /// report is answered once, as libsrt does: to compare with.
    pub plans_repair: bool,
    /// Whether the peer is told that this is Golive, and does for another Golive what libsrt does
    /// not. Otherwise it passes for a libsrt peer.
    pub introduces_itself: bool,
    /// A caller gives up when it has not been answered for so long.
    pub connect_timeout: Duration,
    /// The peer is given up when nothing has been heard from it for so long.
    pub silence_timeout: Duration,
    /// Packets in flight at most, in either direction.
    pub flow_window: u32,
    /// Packets that the receiver can hold, 32 to 65,536.
    pub receive_buffer: usize,
    /// Whether media is taken from the peer. A broadcaster has no use for any: it is neither kept
    /// nor answered.
    pub receives: bool,
    /// Packets that the sender can hold until they are acknowledged, 32 to 65,536.
    pub send_buffer: usize,
}

impl Default for Config {
    /// The defaults of libsrt: latency 120 ms, 3 s to connect, 5 s of silence, 8,192 packets of
    /// buffer each way and 25,600 in flight.
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(120),
            peer_latency: None,
            stream_id: None,
            passphrase: None,
            key_length: KeyLength::default(),
            key_refresh: KeyRefresh::default(),
            packet_filter: None,
            automatic_filter: false,
            plans_repair: true,
            introduces_itself: true,
            connect_timeout: Duration::from_secs(3),
            silence_timeout: Duration::from_secs(5),
            flow_window: 25_600,
            receive_buffer: 8_192,
            receives: true,
            send_buffer: 8_192,
        }
    }
}

/// Buffers of fewer or more packets than these serve nobody.
const BUFFER_PACKETS: std::ops::RangeInclusive<usize> = 32..=65_536;

impl Config {
    /// The latency for what is received, in whole milliseconds as handshakes carry it.
    pub(crate) fn receiver_latency_millis(&self) -> u16 {
        millis(self.latency)
    }

    /// The latency proposed for what is sent, in whole milliseconds.
    pub(crate) fn sender_latency_millis(&self) -> u16 {
        millis(self.peer_latency.unwrap_or(self.latency))
    }

    pub(crate) fn receive_buffer_packets(&self) -> usize {
        self.receive_buffer.clamp(*BUFFER_PACKETS.start(), *BUFFER_PACKETS.end())
    }

    pub(crate) fn send_buffer_packets(&self) -> usize {
        self.send_buffer.clamp(*BUFFER_PACKETS.start(), *BUFFER_PACKETS.end())
    }
}

fn millis(latency: Duration) -> u16 {
    u16::try_from(latency.as_millis()).unwrap_or(u16::MAX)
}

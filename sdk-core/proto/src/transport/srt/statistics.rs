//! What a connection has counted and measured.

use std::time::Duration;

use crate::units::{Bitrate, ByteCount};

/// Counts since the connection began, and what is true now.
///
/// Bytes are those of UDP payloads: media with its 16-byte packet header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Datagrams sent, of every kind.
    pub datagrams_sent: u64,
    /// Their bytes.
    pub bytes_sent: ByteCount,
    /// Datagrams received, of every kind.
    pub datagrams_received: u64,
    /// Their bytes.
    pub bytes_received: ByteCount,

    /// Media packets sent for the first time.
    pub packets_sent: u64,
    /// Media packets sent again.
    pub packets_retransmitted: u64,
    /// Bytes of media packets sent again.
    pub bytes_retransmitted: ByteCount,
    /// Repair packets of a packet filter that were sent.
    pub repair_packets_sent: u64,
    /// Their bytes.
    pub bytes_repair: ByteCount,
    /// Packets that the peer reported missing, each counted once.
    pub packets_reported_lost: u64,
    /// Packets that the sender gave up before they were acknowledged: never sent, or lost and
    /// too late to be sent again.
    pub packets_dropped: u64,
    /// Bytes of media that the peer acknowledged.
    pub bytes_acknowledged: ByteCount,

    /// Media packets received, duplicates not counted.
    pub packets_received: u64,
    /// Media packets received that the peer had sent again, duplicates included.
    pub packets_received_retransmitted: u64,
    /// Media packets that were already there or came too late to be of use.
    pub packets_duplicate: u64,
    /// Packets that were missing and arrived in time after all, or were rebuilt.
    pub packets_recovered: u64,
    /// Repair packets of a packet filter that were received.
    pub repair_packets_received: u64,
    /// Packets that were rebuilt from them, those beyond the newest that had arrived included.
    pub packets_rebuilt: u64,
    /// Packets that were missing when their time came, and were skipped.
    pub packets_lost: u64,
    /// Packets that could not be decrypted, and were skipped.
    pub packets_undecrypted: u64,

    /// Smoothed round-trip time.
    pub rtt: Duration,
    /// Its smoothed deviation.
    pub rtt_variance: Duration,
    /// Media packets sent and neither acknowledged nor given up.
    pub packets_in_flight: u32,
    /// Media packets accepted and not yet sent once.
    pub packets_unsent: u32,
    /// Their bytes.
    pub bytes_unsent: ByteCount,
    /// How long the oldest unsent packet has waited.
    pub unsent_for: Duration,
    /// Media packets received and not yet delivered.
    pub packets_buffered: u32,
    /// Media received a second, as the peer measured it.
    pub peer_receive_rate: Bitrate,
    /// What the link could carry, as the peer estimated it from pairs of packets.
    pub peer_link_capacity: Bitrate,
    /// Packets that still fit into the peer's buffer.
    pub peer_buffer_free: u32,
}

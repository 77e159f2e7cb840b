//! What every transport tells a rate controller.

use std::time::Duration;

use crate::units::{ByteCount, Time};

/// What a transport has measured so far.
///
/// Counts only ever grow over the life of a connection, so a controller takes the difference of
/// any two of them over any span that it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// When this was read.
    pub at: Time,
    /// Smoothed round-trip time.
    pub rtt: Duration,
    /// Smoothed deviation of single round trips from `rtt`.
    pub rtt_variance: Duration,
    /// Shortest `rtt` of the last 10 to 20 seconds: what the path takes with empty queues.
    pub rtt_min: Duration,
    /// How long before the latest acknowledgement the newest packet that it acknowledged had been
    /// sent; nothing before the first one. A packet that was sent more than once tells nothing,
    /// and one whose acknowledgement waited for another tells too much: the least of several
    /// is what the path takes now.
    pub newest_round_trip: Option<Duration>,
    /// Every byte put on the wire above UDP: media, retransmissions, control.
    pub sent: ByteCount,
    /// Media bytes that the peer has acknowledged, or is otherwise known to have, with their packet
    /// headers.
    pub acknowledged: ByteCount,
    /// Packets that the peer has reported missing, each counted once.
    pub lost_packets: u64,
    /// Media bytes sent that the peer is not known to have, and that are not given up, with their
    /// packet headers.
    pub in_flight: ByteCount,
    /// Media bytes accepted and not yet sent once, with their packet headers.
    pub unsent: ByteCount,
    /// Since when what holds acknowledgements back has been on its way again, after the peer
    /// reported it lost; nothing, if nothing holds them back.
    pub repairing_since: Option<Time>,
}

//! What every transport tells a rate controller.

use std::time::Duration;

use crate::units::{ByteCount, Time};

/// The ways that one connection takes at once, with empty queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// From sending a packet on the shortest way to its acknowledgement, which comes back on the
    /// shortest. What is not media goes there.
    pub shortest: Duration,
    /// The same for a packet on the longest way that carries media.
    pub longest: Duration,
}

impl Ways {
    /// How much later than on the shortest way a packet arrives on the longest.
    pub fn detour(self) -> Duration {
        self.longest.saturating_sub(self.shortest)
    }
}

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
    /// The ways that media takes, if there are several. A packet that took as long as the longest of
    /// them has stood nowhere, whatever the shortest round trip may be.
    pub ways: Option<Ways>,
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

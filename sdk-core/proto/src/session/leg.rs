//! One connection to the ingest, or the attempt at one.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::transport::srt;
use crate::units::Time;

/// Names a socket of the shell's: each attempt gets one of its own, so that a change of network
/// between two of them does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub(super) u32);

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leg {}", self.0)
    }
}

/// A connection, the socket it uses, and when it began.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) id: LegId,
    pub(super) connection: srt::Connection,
    pub(super) began: Time,
    /// Where its datagrams go: nothing for a caller, whose shell knows the destination.
    pub(super) peer: Option<SocketAddr>,
}

impl Leg {
    /// How long nothing was heard although something should have been.
    pub(super) fn silence(&self, now: Time) -> Duration {
        let expects_answer = self.connection.statistics(now).in_flight_packets > 0;
        let silence = now.since(self.connection.last_heard());
        if expects_answer { silence } else { silence.saturating_sub(IDLE_KEEPALIVE) }
    }
}

/// Without media to acknowledge, a healthy peer sends a keepalive this often; one may be lost.
const IDLE_KEEPALIVE: Duration = Duration::from_millis(2_200);

//! One connection to the ingest, or the attempt at one.

use std::fmt;
use std::time::Duration;

use crate::transport::srt;
use crate::units::{ByteCount, Time};

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
}

/// Without media to acknowledge, a healthy peer sends a keepalive a second; one may be lost.
const IDLE_KEEPALIVE: Duration = Duration::from_millis(2_200);

impl Leg {
    /// How long nothing was heard although something should have been.
    pub(super) fn silence(&self, now: Time) -> Duration {
        let Some(last_heard) = self.connection.last_heard() else { return Duration::ZERO };
        let expects_answer =
            self.connection.feedback(now).is_some_and(|f| f.in_flight > ByteCount::ZERO);
        let silence = now.since(last_heard);
        if expects_answer { silence } else { silence.saturating_sub(IDLE_KEEPALIVE) }
    }

    /// Whether anything was heard at all in the last while.
    pub(super) fn heard_within(&self, now: Time, window: Duration) -> bool {
        self.connection.last_heard().is_some_and(|last_heard| now.since(last_heard) < window)
    }
}

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
    /// Since when something has been under way that the peer would answer.
    pub(super) awaits: Option<Time>,
}

/// Without media to acknowledge, a healthy peer sends a keepalive a second; one may be lost.
const IDLE_KEEPALIVE: Duration = Duration::from_millis(2_200);

impl Leg {
    /// Takes note of whether an answer is to be expected.
    pub(super) fn look(&mut self, now: Time) {
        let feedback = self.connection.feedback(now);
        let expects_answer = feedback.is_some_and(|f| f.in_flight > ByteCount::ZERO);
        self.awaits = expects_answer.then(|| self.awaits.unwrap_or(now));
    }

    /// How long nothing was heard although something should have been, as it was looked at last.
    pub(super) fn silence(&self, now: Time) -> Duration {
        let Some(last_heard) = self.connection.last_heard() else { return Duration::ZERO };
        match self.awaits {
            // After a rest of our own the peer has had no reason to speak before.
            Some(since) => now.since(last_heard.max(since)),
            None => now.since(last_heard).saturating_sub(IDLE_KEEPALIVE),
        }
    }

    /// Whether anything was heard at all in the last while.
    pub(super) fn heard_within(&self, now: Time, window: Duration) -> bool {
        self.connection.last_heard().is_some_and(|last_heard| now.since(last_heard) < window)
    }
}

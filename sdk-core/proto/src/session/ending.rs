//! How a broadcast comes to its end.

use std::time::Duration;

use super::event::{EndCause, Event};
use super::{Phase, Session, State};
use crate::units::{ByteCount, Time};

/// What does not arrive this long after the owner said stop never will.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);
/// Beyond the latency, the receiver's timers need this long to deliver the last packet.
const LINGER_MARGIN: Duration = Duration::from_millis(60);
/// Neither in flight nor unsent.
const NOTHING: (ByteCount, ByteCount) = (ByteCount::ZERO, ByteCount::ZERO);
/// How long a goodbye may take.
const CLOSE_LIMIT: Duration = Duration::from_millis(500);

impl Session {
    pub(super) fn stop(&mut self, now: Time) {
        if self.phase != Phase::Running {
            return;
        }
        match self.link.carrier() {
            Some(_) => self.phase = Phase::Draining(now + DRAIN_LIMIT + self.latency),
            None => self.end(now, EndCause::Stopped),
        }
    }

    /// Moves on towards the end; answers whether anything changed.
    pub(super) fn advance_end(&mut self, now: Time) -> bool {
        match self.phase {
            Phase::Draining(deadline) => {
                let carried = self.outgoing.is_empty()
                    && self.link.feedback(now).is_none_or(|f| (f.in_flight, f.unsent) == NOTHING);
                if !carried && now < deadline {
                    return false;
                }
                self.phase = Phase::Lingering(now + self.latency + LINGER_MARGIN);
            }
            Phase::Lingering(until) if now >= until => self.end(now, EndCause::Stopped),
            Phase::Closing(deadline) if self.link.is_closed() || now >= deadline => {
                self.phase = Phase::Ended;
            }
            _ => return false,
        }
        true
    }

    pub(super) fn end(&mut self, now: Time, cause: EndCause) {
        if matches!(self.phase, Phase::Closing(_) | Phase::Ended) {
            return;
        }
        self.link.close(now);
        self.phase = Phase::Closing(now + CLOSE_LIMIT);
        self.state = State::Ended;
        self.tell(Event::Ended { cause });
    }
}

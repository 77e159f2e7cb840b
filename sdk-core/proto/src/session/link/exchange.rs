//! One connection for another with a different packet filter, while the first one goes on.
//!
//! A filter's shape is fixed by the handshake. So a handshake takes place beside the connection that
//! carries; once it is through, the session moves on with a key frame, and the old connection stays
//! until what it still has under way has been delivered. If there is no second connection to be had,
//! nothing has changed.

use std::time::Duration;

use super::{Leg, LegId, Link, LinkOutput, Part};
use crate::session::event::FilterObstacle;
use crate::transport::srt::{self, PacketFilter, PathLosses, Rejection};
use crate::units::Time;

/// What an old connection is left beyond its latency and two round trips, for the receiver's timers.
const LINGER: Duration = Duration::from_millis(200);

/// How far an exchange has come.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// What was asked for before, while another filter is asked for.
    before: Option<Option<PacketFilter>>,
    /// The new connection, until the session moves on.
    pub(super) ready: Option<Leg>,
    /// When the old connection is closed.
    leave_at: Option<Time>,
}

impl Exchange {
    pub(super) fn is_under_way(&self) -> bool {
        self.before.is_some() || self.ready.is_some()
    }

    pub(super) fn next_timer(&self) -> Option<Time> {
        self.leave_at
    }
}

impl Link {
    /// What the connection that carries loses, unless its peer is a Golive, which needs no filter.
    pub(in crate::session) fn path_losses(&self) -> Option<PathLosses> {
        let connection = &self.current.as_ref().filter(|_| !self.suspended)?.connection;
        let golive = connection.negotiated().is_none_or(|negotiated| negotiated.golive);
        connection.path_losses().filter(|_| !golive)
    }

    /// The filter of the connection that carries.
    pub(in crate::session) fn filter(&self) -> Option<PacketFilter> {
        let negotiated = self.current.as_ref().and_then(|leg| leg.connection.negotiated());
        negotiated.and_then(|negotiated| negotiated.packet_filter).map(PacketFilter::from)
    }

    /// Begins to ask for another filter. False if that cannot be now.
    pub(in crate::session) fn exchange(&mut self, now: Time, filter: Option<PacketFilter>) -> bool {
        let busy = self.suspended
            || self.doorway.is_some()
            || self.candidate.is_some()
            || self.opening.is_some()
            || self.next_attempt.is_some()
            || self.leaving.is_some()
            || self.exchange.is_under_way();
        if busy || self.current.is_none() {
            return false;
        }
        self.exchange.before = Some(self.transport.packet_filter);
        self.transport.packet_filter = filter;
        let id = self.open_leg();
        self.opening = Some((id, now));
        true
    }

    /// Whether a connection with another filter waits to carry on.
    pub(in crate::session) fn is_ready(&self) -> bool {
        self.exchange.ready.is_some()
    }

    /// Moves on to the connection that is ready: all that is new goes there.
    pub(in crate::session) fn move_on(&mut self, now: Time) {
        let Some(ready) = self.exchange.ready.take() else { return };
        let Some(old) = self.current.replace(ready) else { return };
        let round_trip = old.connection.feedback(now).map_or(Duration::ZERO, |f| f.rtt);
        let latency = old.connection.negotiated().map_or(Duration::ZERO, |n| n.send_latency);
        self.exchange.leave_at = Some(now + latency + round_trip * 2 + LINGER);
        if let Some(earlier) = self.leaving.replace(old) {
            self.retire(now, earlier);
        }
    }

    /// Takes what concerns an exchange; anything else is given back.
    pub(super) fn exchange_event(
        &mut self,
        now: Time,
        part: Part,
        event: srt::Event,
    ) -> Option<srt::Event> {
        let is_asking = self.exchange.before.is_some();
        match (part, &event) {
            (Part::Candidate, srt::Event::Connected(_)) if is_asking => {
                self.exchange.before = None;
                self.exchange.ready = self.candidate.take();
                self.outputs.push_back(LinkOutput::Ready);
            }
            (Part::Candidate, srt::Event::Rejected(rejection)) if is_asking => {
                self.give_up_exchange(now, FilterObstacle::Refused(*rejection));
            }
            (Part::Candidate, srt::Event::Rejected(rejection))
                if self.refuses_filter(*rejection) =>
            {
                let rejection = *rejection;
                self.transport.packet_filter = None;
                self.drop_candidate(now);
                self.outputs.push_back(LinkOutput::Refused { rejection, finally: false });
                self.schedule_attempt(now);
            }
            (Part::Candidate, srt::Event::Broken(_) | srt::Event::Closed { .. }) if is_asking => {
                self.give_up_exchange(now, FilterObstacle::NoAnswer);
            }
            (Part::Ready, srt::Event::Broken(_) | srt::Event::Closed { .. }) => {
                self.lose_ready(now);
            }
            _ => return Some(event),
        }
        None
    }

    /// Whether a filter that was chosen by itself is what the ingest does not take.
    fn refuses_filter(&self, rejection: Rejection) -> bool {
        rejection == Rejection::FILTER
            && self.transport.automatic_filter
            && self.transport.packet_filter.is_some()
    }

    /// Ends what has taken too long: the handshake of the new connection, or the old one's farewell.
    pub(super) fn check_exchange(&mut self, now: Time) {
        let began = self.attempt_began().filter(|_| self.exchange.before.is_some());
        if began.is_some_and(|began| now.since(began) >= self.policy.attempt) {
            self.give_up_exchange(now, FilterObstacle::NoAnswer);
        }
        if self.exchange.leave_at.take_if(|at| *at <= now).is_some()
            && let Some(leg) = &mut self.leaving
        {
            leg.connection.handle(now, srt::Input::Close);
        }
    }

    /// The socket of the new connection could not be opened or kept. False if it was another's.
    pub(super) fn exchange_failed(&mut self, now: Time, id: LegId) -> bool {
        if self.exchange.ready.as_ref().is_some_and(|leg| leg.id == id) {
            self.lose_ready(now);
            return true;
        }
        let is_new = self.opening.is_some_and(|(opening, _)| opening == id)
            || self.candidate.as_ref().is_some_and(|leg| leg.id == id);
        if self.exchange.before.is_none() || !is_new {
            return false;
        }
        self.give_up_exchange(now, FilterObstacle::NoAnswer);
        true
    }

    /// The connection that carried is gone: the one that is ready carries on at once, if there is one.
    pub(super) fn take_over(&mut self, now: Time) -> bool {
        self.exchange.before = None;
        let Some(ready) = self.exchange.ready.take() else { return false };
        let negotiated = ready.connection.negotiated();
        if let Some(lost) = self.current.replace(ready) {
            self.retire(now, lost);
        }
        self.suspended = false;
        if let Some(negotiated) = negotiated {
            self.outputs.push_back(LinkOutput::Connected {
                latency: negotiated.send_latency,
                encrypted: negotiated.encryption.is_some(),
                took: Duration::ZERO,
            });
        }
        true
    }

    /// What is under way is no longer for the sake of a filter, or is let go.
    pub(super) fn drop_exchange(&mut self, now: Time) {
        self.exchange.before = None;
        if let Some(mut leg) = self.exchange.ready.take() {
            // The ingest is not to hold its place.
            leg.connection.handle(now, srt::Input::Close);
            if let Some(earlier) = self.leaving.replace(leg) {
                self.retire(now, earlier);
            }
        }
    }

    /// The connection that was ready is none any more.
    fn lose_ready(&mut self, now: Time) {
        self.transport.packet_filter = self.filter();
        if let Some(leg) = self.exchange.ready.take() {
            self.retire(now, leg);
        }
        self.outputs.push_back(LinkOutput::Unchanged(FilterObstacle::Closed));
    }

    fn give_up_exchange(&mut self, now: Time, obstacle: FilterObstacle) {
        if let Some(before) = self.exchange.before.take() {
            self.transport.packet_filter = before;
            self.drop_candidate(now);
            self.outputs.push_back(LinkOutput::Unchanged(obstacle));
        }
    }
}

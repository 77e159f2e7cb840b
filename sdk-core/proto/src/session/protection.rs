//! Which packet filter a broadcast has, where it chooses by itself (`packetfilter=auto`).
//!
//! What the path loses is looked at once a second. A filter that is needed for some seconds in a row
//! is asked for by a connection beside the one that carries; the broadcast moves on with a key frame.
//! Whoever comes back after an interruption asks for what was needed last.

use std::time::Duration;

use super::config::Config;
use super::event::{Event, FilterObstacle, FilterReason};
use super::{Phase, Session, State};
use crate::transport::srt::{PacketFilter, PathLosses, Rejection};
use crate::units::Time;

/// How often the losses are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A first filter is asked for after it was needed so often in a row; another one, or none, after
/// more, for too much repair does less harm than too little.
const NEEDED: u32 = 3;
const NEEDED_OTHERWISE: u32 = 20;

/// From one change to the next.
const SETTLING: Duration = Duration::from_secs(30);

/// An ingest that takes no second connection is asked again after this.
const REFUSED: Duration = Duration::from_secs(300);

/// What is known, and what comes of it.
#[derive(Debug)]
pub(super) struct Protection {
    automatic: bool,
    next_look: Time,
    /// What would be better than what there is, and how often in a row that was so.
    better: Option<PacketFilter>,
    times: u32,
    not_before: Time,
}

impl Protection {
    pub(super) fn new(config: &Config, now: Time) -> Self {
        Self {
            automatic: config.transport.automatic_filter,
            next_look: now,
            better: None,
            times: 0,
            not_before: now,
        }
    }

    /// The filter to ask for, if it is to be another than the `current` one.
    fn look(
        &mut self,
        now: Time,
        current: Option<PacketFilter>,
        losses: Option<PathLosses>,
    ) -> Option<Option<PacketFilter>> {
        if !self.automatic || now < self.next_look {
            return None;
        }
        self.next_look = now + LOOK;
        let Some(losses) = losses else {
            self.times = 0;
            return None;
        };
        let better = losses.choose(current);
        if better == current {
            self.times = 0;
            return None;
        }
        self.times = if better == self.better { self.times.saturating_add(1) } else { 1 };
        self.better = better;
        let needed = if current.is_none() { NEEDED } else { NEEDED_OTHERWISE };
        (self.times >= needed && now >= self.not_before).then_some(better)
    }

    fn moved_on(&mut self, now: Time) {
        self.times = 0;
        self.not_before = now + SETTLING;
    }

    fn hindered(&mut self, now: Time, obstacle: FilterObstacle) {
        self.times = 0;
        self.not_before = now + REFUSED;
        if obstacle == FilterObstacle::Refused(Rejection::FILTER) {
            self.automatic = false;
        }
    }
}

impl Session {
    /// Asks for another filter, if it is time for one.
    pub(super) fn protect(&mut self, now: Time) {
        if self.phase != Phase::Running {
            return;
        }
        let (current, losses) = (self.link.filter(), self.link.path_losses());
        if let Some(filter) = self.protection.look(now, current, losses) {
            self.link.exchange(now, filter);
        }
    }

    /// A connection with another filter is there: it begins with a key frame.
    pub(super) fn filter_is_ready(&mut self) {
        self.want_keyframe();
    }

    /// Moves on to it, if a key frame is what leaves next.
    pub(super) fn move_on(&mut self, now: Time) {
        if self.state != State::Live || !self.link.is_ready() || !self.outgoing.may_begin() {
            return;
        }
        let before = self.link.filter();
        self.link.move_on(now);
        self.outgoing.begin_connection();
        self.steering.reconnected(now);
        self.protection.moved_on(now);
        let filter = self.link.filter();
        let reason = match (before, filter) {
            (_, None) => FilterReason::FewLosses,
            (None, Some(_)) => FilterReason::Losses,
            (Some(_), Some(_)) => FilterReason::OtherLosses,
        };
        self.tell(Event::FilterChanged { filter, reason });
    }

    /// There is no connection with another filter to be had.
    pub(super) fn filter_stays(&mut self, now: Time, obstacle: FilterObstacle) {
        self.protection.hindered(now, obstacle);
        self.tell(Event::FilterStays { filter: self.link.filter(), obstacle });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protection() -> Protection {
        Protection {
            automatic: true,
            next_look: Time::ZERO,
            better: None,
            times: 0,
            not_before: Time::ZERO,
        }
    }

    fn losses(share: f64) -> Option<PathLosses> {
        Some(PathLosses {
            share,
            burst: 1.0,
            interval: Duration::from_millis(4),
            rtt: Duration::from_millis(100),
            round: Duration::from_millis(150),
            latency: Duration::from_millis(120),
        })
    }

    /// In which second what is asked for first.
    fn asked(
        protection: &mut Protection,
        seconds: std::ops::Range<u64>,
        current: Option<PacketFilter>,
        share: impl Fn(u64) -> f64,
    ) -> Option<(u64, Option<PacketFilter>)> {
        seconds.into_iter().find_map(|second| {
            let now = Time::from_millis(second * 1_000);
            let filter = protection.look(now, current, losses(share(second)))?;
            Some((second, filter))
        })
    }

    #[test]
    fn a_filter_is_asked_for_once_it_is_needed_for_some_seconds() {
        let (second, filter) = asked(&mut protection(), 0..60, None, |_| 0.1).unwrap();
        assert_eq!(second, 2);
        assert!(filter.is_some());
        let spikes = |second: u64| if second.is_multiple_of(3) { 0.0 } else { 0.1 };
        assert_eq!(asked(&mut protection(), 0..60, None, spikes), None, "losses that come and go");
        let mut off = Protection { automatic: false, ..protection() };
        assert_eq!(asked(&mut off, 0..60, None, |_| 0.1), None);
    }

    #[test]
    fn a_filter_is_given_up_later_than_it_is_asked_for() {
        let mut protection = protection();
        let (_, filter) = asked(&mut protection, 0..60, None, |_| 0.1).unwrap();
        protection.moved_on(Time::from_millis(3_000));
        let calm = asked(&mut protection, 3..200, filter, |_| 0.0);
        assert_eq!(calm, Some((33, None)));
    }

    #[test]
    fn an_ingest_that_takes_no_second_connection_is_asked_again_after_minutes() {
        let mut protection = protection();
        assert!(asked(&mut protection, 0..60, None, |_| 0.1).is_some());
        protection.hindered(Time::from_millis(3_000), FilterObstacle::NoAnswer);
        assert_eq!(asked(&mut protection, 3..600, None, |_| 0.1).map(|asked| asked.0), Some(303));
        protection.hindered(Time::ZERO, FilterObstacle::Refused(Rejection::FILTER));
        assert_eq!(asked(&mut protection, 600..2_000, None, |_| 0.1), None, "it knows no filters");
    }
}

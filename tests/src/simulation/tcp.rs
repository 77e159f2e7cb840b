//! A download by TCP that shares the uplink's queue: as much as its congestion window lets through,
//! for ever.
//!
//! Every packet is acknowledged by itself (SACK, RFC 2018) over a way back that loses nothing; one
//! is lost when three that were sent later have arrived (RFC 6675). What is lost is not kept: there
//! is always something to send.

use std::collections::VecDeque;
use std::time::Duration;

use golive_proto::units::{ByteCount, Time};

use crate::network::{Fate, Link};

/// How the window moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tcp {
    /// One packet more a round trip, half as many after a loss (RFC 5681 and 6582).
    NewReno,
    /// By the time since the last loss (RFC 9438), as Linux and Windows do by default.
    Cubic,
}

/// One such flow.
#[derive(Debug)]
pub(super) struct Flow {
    kind: Tcp,
    /// From the receiver back.
    back: Duration,
    /// In packets, as all windows here.
    window: f64,
    threshold: f64,
    /// In order of departure.
    under_way: VecDeque<Packet>,
    sent: u64,
    /// Nothing sent before this one makes the window smaller again.
    recovered_at: u64,
    round_trip: Duration,
    progressed: Time,
    /// Of CUBIC: the window before the last loss, and when that was.
    before_loss: f64,
    epoch: Option<Time>,
    delivered: u64,
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    number: u64,
    sent_at: Time,
    /// When its acknowledgement comes; never, if it is lost.
    acknowledged_at: Option<Time>,
}

/// A full packet without the headers that [`Link`] adds, and what of it is data.
const PACKET: ByteCount = ByteCount::new(1_472);
const DATA: u64 = 1_448;
/// Ten packets to begin with (RFC 6928), and two at least.
const FIRST_WINDOW: f64 = 10.0;
const LEAST_WINDOW: f64 = 2.0;
/// Later packets that have to arrive before one is taken for lost.
const LATER: u64 = 3;
/// The shortest timeout (RFC 6298).
const TIMEOUT: Duration = Duration::from_secs(1);
/// Of CUBIC: how fast it climbs, in packets a second cubed, and what is left after a loss.
const CUBIC_SCALE: f64 = 0.4;
const CUBIC_SHARE: f64 = 0.7;
/// What a window of CUBIC's grows in a round trip so as not to be behind NewReno.
const FRIENDLY: f64 = 3.0 * (1.0 - CUBIC_SHARE) / (1.0 + CUBIC_SHARE);

impl Flow {
    pub(super) fn new(kind: Tcp, now: Time, back: Duration) -> Self {
        Self {
            kind,
            back,
            window: FIRST_WINDOW,
            threshold: f64::INFINITY,
            under_way: VecDeque::new(),
            sent: 0,
            recovered_at: 0,
            round_trip: Duration::from_millis(100),
            progressed: now,
            before_loss: 0.0,
            epoch: None,
            delivered: 0,
        }
    }

    /// The data that arrived.
    pub(super) fn delivered(&self) -> ByteCount {
        ByteCount::new(self.delivered)
    }

    /// When something happens next.
    pub(super) fn next(&self) -> Time {
        let acknowledgements = self.under_way.iter().filter_map(|packet| packet.acknowledged_at);
        acknowledgements.min().unwrap_or(Time::from_micros(u64::MAX)).min(self.times_out_at())
    }

    /// Takes the acknowledgements that have come, and sends what they make room for.
    pub(super) fn advance(&mut self, now: Time, link: &mut Link) {
        let mut newest = None;
        self.under_way.retain(|packet| {
            let arrived = packet.acknowledged_at.is_some_and(|at| at <= now);
            if arrived {
                newest = newest.max(Some((packet.number, packet.sent_at)));
                self.delivered += DATA;
            }
            !arrived
        });
        if let Some((number, sent_at)) = newest {
            self.progressed = now;
            self.round_trip = now.since(sent_at);
            self.note_losses(now, number);
            self.grow(now);
        }
        if now >= self.times_out_at() {
            self.under_way.clear();
            self.shrink(now);
            self.window = LEAST_WINDOW;
            self.progressed = now;
        }
        while (self.under_way.len() as f64) < self.window.floor() {
            let arrives = match link.carry(now, PACKET) {
                Fate::Arrives(at) | Fate::ArrivesTwice(at, _) => Some(at + self.back),
                Fate::Lost | Fate::Overflowed => None,
            };
            let packet = Packet { number: self.sent, sent_at: now, acknowledged_at: arrives };
            self.under_way.push_back(packet);
            self.sent += 1;
        }
    }

    fn times_out_at(&self) -> Time {
        self.progressed + TIMEOUT.max(self.round_trip * 2)
    }

    /// What was sent well before a packet that has arrived is lost.
    fn note_losses(&mut self, now: Time, newest: u64) {
        let before = self.under_way.len();
        let mut last_lost = None;
        self.under_way.retain(|packet| {
            let lost = packet.number + LATER <= newest;
            last_lost = last_lost.max(lost.then_some(packet.number));
            !lost
        });
        let lost = before - self.under_way.len();
        if lost > 0 && last_lost >= Some(self.recovered_at) {
            self.recovered_at = self.sent;
            self.shrink(now);
        }
    }

    fn shrink(&mut self, now: Time) {
        let share = match self.kind {
            Tcp::NewReno => 0.5,
            Tcp::Cubic => CUBIC_SHARE,
        };
        // Of CUBIC: one that has not come back to where it was makes room for others sooner.
        let fast = self.window < self.before_loss;
        self.before_loss = self.window * if fast { (1.0 + CUBIC_SHARE) / 2.0 } else { 1.0 };
        self.window = (self.window * share).max(LEAST_WINDOW);
        self.threshold = self.window;
        self.epoch = Some(now);
    }

    /// Called once for each arrival, or several at the same moment.
    fn grow(&mut self, now: Time) {
        if self.window < self.threshold {
            self.window += 1.0;
            return;
        }
        let linear = match self.kind {
            Tcp::NewReno => 1.0 / self.window,
            Tcp::Cubic => FRIENDLY / self.window,
        };
        self.window += linear;
        if let (Tcp::Cubic, Some(epoch)) = (self.kind, self.epoch) {
            let back_after = (self.before_loss * (1.0 - CUBIC_SHARE) / CUBIC_SCALE).cbrt();
            let time = (now.since(epoch) + self.round_trip).as_secs_f64() - back_after;
            let wanted = CUBIC_SCALE * time.powi(3) + self.before_loss;
            // No faster than half as much again in a round trip.
            self.window += ((wanted - self.window) / self.window).clamp(0.0, 0.5);
        }
    }
}

#[cfg(test)]
mod tests {
    use golive_proto::units::Bitrate;

    use super::*;
    use crate::network::{Conditions, RateLimit};

    /// Megabits a second that flows of these kinds get out of a link of 6 Mb/s.
    fn share(kinds: &[Tcp]) -> Vec<f64> {
        let limit = RateLimit {
            bitrate: Bitrate::from_kilobits_per_second(6_000),
            queue: ByteCount::new(150_000),
        };
        let way = Conditions::delay(Duration::from_millis(30));
        let mut link = Link::new(Conditions { rate: Some(limit), ..way }, 1);
        let new = |kind: &Tcp| Flow::new(*kind, Time::ZERO, Duration::from_millis(30));
        let mut flows: Vec<Flow> = kinds.iter().map(new).collect();
        let mut now = Time::ZERO;
        while now < Time::from_millis(120_000) {
            flows.iter_mut().for_each(|flow| flow.advance(now, &mut link));
            now = flows.iter().map(Flow::next).min().unwrap().max(now + Duration::from_micros(1));
        }
        flows.iter().map(|flow| flow.delivered().as_u64() as f64 * 8.0 / 120e6).collect()
    }

    #[test]
    fn a_flow_alone_fills_the_link() {
        for kind in [Tcp::NewReno, Tcp::Cubic] {
            let alone = share(&[kind])[0];
            assert!((5.3..5.9).contains(&alone), "{kind:?}: {alone} Mb/s");
        }
    }

    #[test]
    fn two_of_a_kind_share_it() {
        for kind in [Tcp::NewReno, Tcp::Cubic] {
            let both = share(&[kind, kind]);
            let ratio = both[0] / both[1];
            assert!((0.6..1.7).contains(&ratio), "{kind:?}: {both:?}");
        }
    }
}

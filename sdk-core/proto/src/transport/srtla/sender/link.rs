//! One link: whether it is there, what it carries, and what it may cost.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::choice::Candidate;
use super::path::{HEADERS, Path, Probe};
use crate::rate::WindowedRate;
use crate::units::{Bitrate, ByteCount, Time};

/// Names a link: a number of the owner's choosing, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(u32);

impl LinkId {
    /// The link with this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number itself.
    pub const fn as_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link {}", self.0)
    }
}

/// What a link may be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkOptions {
    /// Its data costs money: it carries media only when the other links do not suffice, and
    /// nothing at all once so many bytes were sent and received on it, headers of UDP and IP
    /// included.
    pub budget: Option<ByteCount>,
}

/// Where a link stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LinkState {
    /// It has not joined the group yet.
    #[default]
    Joining,
    /// It carries, or could.
    Live,
    /// It does not answer: it carries nothing while another one does.
    Silent,
    /// It is about to go away: it carries nothing new.
    Leaving,
    /// Its budget is spent.
    Spent,
}

impl LinkState {
    /// The state's name in machine-readable reports.
    pub const fn name(self) -> &'static str {
        match self {
            LinkState::Joining => "joining",
            LinkState::Live => "live",
            LinkState::Silent => "silent",
            LinkState::Leaving => "leaving",
            LinkState::Spent => "spent",
        }
    }
}

/// How a link is doing at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkHealth {
    /// Which link.
    pub link: LinkId,
    /// Where it stands.
    pub state: LinkState,
    /// Round-trip time, smoothed; nothing before the first is measured.
    pub round_trip_time: Option<Duration>,
    /// What it is found to carry, at least; a guess before it has carried much.
    pub capacity: Bitrate,
    /// What goes out on it: every byte, headers of UDP and IP included, over the last second.
    pub sent: Bitrate,
    /// Its share of all data packets that were sent in the last second, 0.0 to 1.0.
    pub share: f64,
    /// The share of its packets that is lost, 0.0 to 1.0, over the last hundred or so.
    pub loss: f64,
    /// Everything sent and received on it, headers of UDP and IP included.
    pub bytes: ByteCount,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) id: LinkId,
    pub(super) options: LinkOptions,
    pub(super) state: LinkState,
    pub(super) path: Path,
    loss: f64,
    /// When it last fell silent.
    distrusted: Option<Time>,
    /// When the newest packet left that is known to have arrived.
    pub(super) delivered_until: Time,
    received: u64,
    rate: WindowedRate,
    media: ByteCount,
    media_rate: WindowedRate,
    keep_alives: VecDeque<Probe>,
    next_keep_alive: Time,
    last_media: Option<Time>,
    /// When any link of the group last carried media.
    last_flow: Option<Time>,
    pub(super) since: Time,
    /// Tries to join, and when the next one is due.
    pub(super) tries: u32,
    pub(super) next_try: Time,
}

/// Rates are means over this long.
const RATE_WINDOW: Duration = Duration::from_secs(1);
/// The share of a packet's fate in the share of losses.
const LOSS_GAIN: f64 = 1.0 / 128.0;
/// What a link that fell silent is taken to lose when it comes back.
const SILENCE_LOSS: f64 = 0.3;
/// And how much less of that each second.
const FORGIVENESS: f64 = 0.02;
/// Keep-alives that wait for their answer.
const MAX_KEEP_ALIVES: usize = 64;
/// A link that carries media is asked so often, or twice in a round trip.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(20);
const LONGEST_INTERVAL: Duration = Duration::from_millis(100);
/// One that stands by while others carry, unless it costs money.
const STANDBY_INTERVAL: Duration = Duration::from_millis(200);
/// One that rests, as other implementations do it.
const RESTING_INTERVAL: Duration = Duration::from_secs(1);
/// One that does not answer: often at first, so that it is taken back soon.
const SEARCH_INTERVAL: Duration = Duration::from_millis(50);
const LONG_SEARCH_INTERVAL: Duration = Duration::from_millis(250);
const SEARCH_FOR: Duration = Duration::from_secs(5);
/// A link that has carried nothing for so long rests.
const RESTS_AFTER: Duration = Duration::from_millis(500);

impl Link {
    pub(super) fn new(now: Time, id: LinkId, options: LinkOptions) -> Self {
        Self {
            id,
            options,
            state: LinkState::Joining,
            path: Path::new(now),
            loss: 0.0,
            distrusted: None,
            delivered_until: Time::ZERO,
            received: 0,
            rate: WindowedRate::new(RATE_WINDOW),
            media: ByteCount::ZERO,
            media_rate: WindowedRate::new(RATE_WINDOW),
            keep_alives: VecDeque::new(),
            next_keep_alive: now,
            last_media: None,
            last_flow: None,
            since: now,
            tries: 0,
            next_try: now,
        }
    }

    pub(super) fn enter(&mut self, now: Time, state: LinkState) {
        self.state = state;
        self.since = now;
        self.next_keep_alive = now;
        self.next_try = now;
        self.keep_alives.clear();
    }

    /// A datagram of so many bytes leaves.
    pub(super) fn sent(&mut self, now: Time, bytes: usize) -> Probe {
        let probe = self.path.sent(now, bytes);
        self.rate.add(now, self.path.bytes_sent());
        probe
    }

    /// A data packet leaves.
    pub(super) fn sent_media(&mut self, now: Time, bytes: usize) -> Probe {
        self.last_media = Some(now);
        self.media += bytes.into();
        self.media_rate.add(now, self.media);
        self.sent(now, bytes)
    }

    /// A datagram of so many bytes came.
    pub(super) fn heard(&mut self, bytes: usize) {
        self.received += bytes as u64 + HEADERS;
    }

    /// A data packet arrived at the other end.
    pub(super) fn delivered(&mut self) {
        self.loss -= self.loss * LOSS_GAIN;
    }

    /// A data packet is told to be missing.
    pub(super) fn lost(&mut self) {
        self.loss += (1.0 - self.loss) * LOSS_GAIN;
    }

    /// It stopped answering: what returns is not trusted at once with what matters.
    pub(super) fn distrust(&mut self, now: Time) {
        self.distrusted = Some(now);
    }

    /// The share of packets that is lost, or feared to be.
    fn feared_loss(&self, now: Time) -> f64 {
        let ago = self.distrusted.map(|at| now.since(at));
        let fear = ago.map_or(0.0, |ago| SILENCE_LOSS - ago.as_secs_f64() * FORGIVENESS);
        self.loss.max(fear)
    }

    pub(super) fn bytes(&self) -> ByteCount {
        self.path.bytes_sent() + ByteCount::new(self.received)
    }

    pub(super) fn is_over_budget(&self) -> bool {
        self.options.budget.is_some_and(|budget| self.bytes() >= budget)
    }

    /// Whether it has joined the group, as far as is known.
    pub(super) fn has_joined(&self) -> bool {
        matches!(self.state, LinkState::Live | LinkState::Silent | LinkState::Leaving)
    }

    pub(super) fn candidate(&self, now: Time) -> Candidate {
        Candidate {
            link: self.id,
            queue: self.path.queue(now),
            round_trip: self.path.shortest_round_trip(),
            jitter: self.path.deviation(),
            loss: self.feared_loss(now),
            metered: self.options.budget.is_some(),
        }
    }

    /// Whether media is under way on it, or was lately.
    pub(super) fn is_in_use(&self, now: Time) -> bool {
        let carries = matches!(self.state, LinkState::Live | LinkState::Leaving);
        carries && self.last_media.is_some_and(|at| now.since(at) < RESTS_AFTER)
    }

    /// Notes a keep-alive that leaves now, of so many bytes.
    pub(super) fn sent_keep_alive(&mut self, now: Time, bytes: usize) {
        let probe = self.sent(now, bytes);
        if self.keep_alives.len() == MAX_KEEP_ALIVES {
            self.keep_alives.pop_front();
        }
        self.keep_alives.push_back(probe);
        self.next_keep_alive = now + self.interval(now);
    }

    /// A keep-alive with this time came back; without one, it answers the oldest. False if none
    /// such was sent.
    pub(super) fn keep_alive_answered(&mut self, now: Time, stamp: Option<u64>) -> bool {
        let is_it = |probe: &Probe| stamp.is_none_or(|stamp| probe.sent.as_micros() == stamp);
        let Some(index) = self.keep_alives.iter().position(is_it) else { return false };
        if let Some(probe) = self.keep_alives.drain(..=index).next_back() {
            self.path.answered(now, &probe);
        }
        true
    }

    /// Something that was sent with `probe` was answered: so was, or will be, all before it.
    pub(super) fn answered(&mut self, now: Time, probe: &Probe) {
        while self.keep_alives.front().is_some_and(|front| front.sent <= probe.sent) {
            self.keep_alives.pop_front();
        }
        self.path.answered(now, probe);
    }

    /// When an answer is overdue, if one is awaited. One or two that are lost are no sign: the
    /// next keep-alives have their chance.
    pub(super) fn overdue_at(&self, now: Time) -> Option<Time> {
        let oldest = self.keep_alives.front()?;
        Some(oldest.sent + self.path.patience(oldest) + self.interval(now) * 2)
    }

    pub(super) fn keep_alive_due(&self) -> Option<Time> {
        self.has_joined().then_some(self.next_keep_alive)
    }

    /// Media flows, on this link or another: it is watched from now on.
    pub(super) fn watch(&mut self, now: Time) {
        self.last_flow = Some(now);
        self.next_keep_alive = self.next_keep_alive.min(now + self.interval(now));
    }

    fn interval(&self, now: Time) -> Duration {
        if self.state == LinkState::Silent {
            let searched = now.since(self.since);
            return if searched < SEARCH_FOR { SEARCH_INTERVAL } else { LONG_SEARCH_INTERVAL };
        }
        match self.last_media {
            Some(at) if now.since(at) < RESTS_AFTER => {
                let round_trip = self.path.round_trip().unwrap_or(LONGEST_INTERVAL);
                (round_trip / 2).clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL)
            }
            _ => match self.last_flow {
                Some(at) if now.since(at) < RESTS_AFTER && self.options.budget.is_none() => {
                    STANDBY_INTERVAL
                }
                _ => RESTING_INTERVAL,
            },
        }
    }

    /// How it is doing; `share` of the media goes over it.
    pub(super) fn health(&mut self, now: Time, share: f64) -> LinkHealth {
        self.rate.add(now, self.path.bytes_sent());
        LinkHealth {
            link: self.id,
            state: self.state,
            round_trip_time: self.path.round_trip(),
            capacity: self.path.capacity(),
            sent: self.rate.rate(),
            share,
            loss: self.loss,
            bytes: self.bytes(),
        }
    }

    /// Media a second, as of now.
    pub(super) fn media_rate(&mut self, now: Time) -> Bitrate {
        self.media_rate.add(now, self.media);
        self.media_rate.rate()
    }
}

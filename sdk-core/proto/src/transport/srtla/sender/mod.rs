//! The broadcaster's half: which link takes which datagram, and which links there are.
//!
//! The owner opens a socket for each link. What SRT sends is shown to [`Sender::route`], which
//! names the link that it leaves on; what arrives is shown to [`Sender::receive`], which says
//! whether it is for SRT. What the links themselves need comes from [`Sender::poll`].
//!
//! # A link that stalls
//!
//! While media flows, a link is asked twice in a round trip whether it is there (a keep-alive, 10
//! bytes). An answer that is overdue leaves it *silent*: it carries nothing as long as another
//! link does, what was under way on it is reported to SRT as lost, so that it leaves again on
//! another link at once, and it is asked on until it answers.
//!
//! # Packets that overtake one another
//!
//! SRT takes a gap for a loss, and packets on two ways make gaps. A report of a packet that cannot
//! have arrived yet is kept back until it should have, and what SRT sends again unasked of such a
//! packet is left out.

mod choice;
mod group;
mod journal;
mod link;
mod path;
mod receiving;
mod reports;
mod ways;

use std::collections::VecDeque;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::MAX_LINKS;
use super::wire::{self, Packet};
use crate::transport::srt::number::SequenceNumber;
use crate::transport::srt::wire::{Acknowledgement, ControlKind, ControlPacket, Packet as Srt};
use crate::transport::{Priority, Ways};
use crate::units::{ByteCount, Time};

use choice::choose;
use group::Group;
use journal::{Entry, Journal};
use link::Link;
pub use link::{LinkHealth, LinkId, LinkOptions, LinkState};
use reports::Reports;

/// What a sender is told before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long SRT's receiver holds packets back: the time that there is for detours and
    /// repairs.
    pub latency: Duration,
}

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send the first `length` bytes of the buffer.
    Transmit {
        /// On whose socket.
        link: LinkId,
        /// How many bytes.
        length: usize,
    },
    /// The first `length` bytes of the buffer are for the SRT connection, as if they had come
    /// from its peer: a report of packets that a link lost.
    Receive {
        /// How many bytes.
        length: usize,
    },
    /// The ways that media takes are like this from now on.
    Ways(Ways),
    /// Close this link's socket: it was leaving, and nothing is under way on it any more, or its
    /// budget is spent. The sender has forgotten it.
    Close {
        /// Which link.
        link: LinkId,
        /// Everything that was sent and received on it, headers of UDP and IP included.
        bytes: ByteCount,
    },
    /// Something to know.
    Event(Event),
    /// Nothing more to do before this moment.
    Wake {
        /// When; only with the next call if nothing is said.
        at: Option<Time>,
    },
}

/// Something that happened to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The link carries, or could from now on. With the first of a group, SRT may begin.
    Joined {
        /// Which link.
        link: LinkId,
    },
    /// The link stopped answering.
    Silent {
        /// Which link.
        link: LinkId,
    },
    /// The link answers again.
    Returned {
        /// Which link.
        link: LinkId,
    },
    /// What the link may cost is used up.
    BudgetSpent {
        /// Which link.
        link: LinkId,
    },
    /// The receiver refuses the group, for good.
    Refused,
}

/// What became of a datagram that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It was srtla's own business, or says nothing new.
    Ours,
    /// It is for the SRT connection, as it is.
    Srt,
    /// The first `length` bytes of the buffer are for the SRT connection instead.
    Rewritten {
        /// How many bytes.
        length: usize,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Sender {
    latency: Duration,
    dice: ChaCha20Rng,
    group: Group,
    links: Vec<Link>,
    journal: Journal,
    reports: Reports,
    /// The number of the newest acknowledgement of SRT's.
    acknowledgement: Option<u32>,
    outputs: VecDeque<Output>,
    refused: bool,
    /// What was told last of the ways.
    ways: Ways,
    polled: Time,
    /// No link is judged before: answers may wait to be taken.
    judged_from: Time,
}

/// A link that leaves is left after this long, whatever is still under way on it.
const LEAVING_LIMIT: Duration = Duration::from_secs(1);
/// Whoever was not polled for so long may have been kept from running: answers that came meanwhile
/// have their turn before a link is judged.
const OWN_PAUSE: Duration = Duration::from_millis(40);
const OWN_GRACE: Duration = Duration::from_millis(10);
/// Timers are not finer than this.
const GRAIN: Duration = Duration::from_millis(1);

impl Sender {
    /// A sender without links. `seed` makes the group's id, which nobody else must know.
    pub fn new(config: Config, now: Time, seed: [u8; 32]) -> Self {
        let mut dice = ChaCha20Rng::from_seed(seed);
        Self {
            latency: config.latency,
            group: Group::new(now, &mut dice),
            dice,
            links: Vec::new(),
            journal: Journal::default(),
            reports: Reports::default(),
            acknowledgement: None,
            outputs: VecDeque::new(),
            refused: false,
            ways: Ways::default(),
            polled: now,
            judged_from: now,
        }
    }

    /// A socket for a further link is open. Beyond [`MAX_LINKS`] it is closed again.
    pub fn add(&mut self, now: Time, link: LinkId, options: LinkOptions) {
        if self.links.len() >= MAX_LINKS || self.links.iter().any(|other| other.id == link) {
            self.outputs.push_back(Output::Close { link, bytes: ByteCount::ZERO });
            return;
        }
        self.links.push(Link::new(now, link, options));
    }

    /// The link is about to go away, such as a network that the device walks out of: what is
    /// under way on it may still arrive, and nothing new is given to it as long as another link
    /// answers. Once one does, [`Output::Close`] follows.
    pub fn announce_leaving(&mut self, now: Time, link: LinkId) {
        if let Some(link) = self.links.iter_mut().find(|other| other.id == link) {
            link.enter(now, LinkState::Leaving);
        }
    }

    /// The link is gone: its socket failed, or was closed. Answers with everything that was sent
    /// and received on it.
    pub fn remove(&mut self, now: Time, link: LinkId) -> ByteCount {
        self.report_in_flight(now, link);
        let gone = self.links.iter().position(|other| other.id == link);
        gone.map_or(ByteCount::ZERO, |index| self.links.remove(index).bytes())
    }

    /// Chooses the link for a datagram of SRT's; nothing if it is better not sent, or there is no
    /// link yet.
    pub fn route(&mut self, now: Time, datagram: &[u8], priority: Priority) -> Option<LinkId> {
        let Srt::Data(packet) = Srt::parse(datagram)? else {
            return self.route_control(now, datagram.len());
        };
        for link in &mut self.links {
            link.watch(now);
        }
        let number = packet.sequence_number;
        // A packet filter's own packets share the number of another.
        if packet.message_number == 0 {
            let link = self.choose(now, priority, None)?;
            self.link_mut(link)?.sent(now, datagram.len());
            return Some(link);
        }
        let earlier = self.journal.get(number).copied().filter(|_| packet.retransmitted);
        if earlier.is_some_and(|entry| self.is_on_its_way(now, &entry)) {
            return None;
        }
        let avoided = earlier.map(|entry| entry.link);
        let priority = if earlier.is_some() { Priority::High } else { priority };
        let link = self.choose(now, priority, avoided)?;
        let probe = self.link_mut(link)?.sent_media(now, datagram.len());
        let again = earlier.is_some();
        let entry = Entry { link, probe, arrived: false, again, missing: false };
        self.journal.put(number, entry);
        Some(link)
    }

    /// Takes a datagram that arrived on a link. `buffer` holds as much as the datagram.
    pub fn receive(
        &mut self,
        now: Time,
        link: LinkId,
        datagram: &[u8],
        buffer: &mut [u8],
    ) -> Received {
        let Some(index) = self.links.iter().position(|other| other.id == link) else {
            return Received::Ours;
        };
        if let Some(link) = self.links.get_mut(index) {
            link.heard(datagram.len());
        }
        if let Some(packet) = Packet::parse(datagram) {
            self.receive_own(now, index, packet);
            return Received::Ours;
        }
        match Srt::parse(datagram) {
            Some(Srt::Control(packet)) => self.receive_control(now, datagram, &packet, buffer),
            Some(Srt::Data(_)) => Received::Srt,
            None => Received::Ours,
        }
    }

    /// What to do next. Call until it answers with [`Output::Wake`]. `buffer` holds at least 1,500
    /// bytes.
    pub fn poll(&mut self, now: Time, buffer: &mut [u8]) -> Output {
        if now.since(self.polled) >= OWN_PAUSE {
            self.judged_from = now + OWN_GRACE;
        }
        self.polled = now;
        self.check_links(now);
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        if let Some(ways) = ways::ways(now, &self.links).filter(|it| ways::differ(*it, self.ways)) {
            self.ways = ways;
            return Output::Ways(ways);
        }
        let mut lost = Vec::new();
        let links = &self.links;
        let overtaken = |entry: &Entry| {
            let link = links.iter().find(|link| link.id == entry.link);
            link.is_some_and(|link| link.delivered_until > entry.probe.sent)
        };
        let journal = &mut self.journal;
        if let Some(length) = self.reports.poll(now, journal, overtaken, &mut lost, buffer) {
            self.count_lost(&lost);
            return Output::Receive { length };
        }
        let requested =
            if self.refused { None } else { self.group.poll(now, &mut self.links, buffer) };
        if let Some((index, length)) = requested
            && let Some(link) = self.links.get_mut(index)
        {
            link.sent(now, length);
            return Output::Transmit { link: link.id, length };
        }
        let due = |link: &&mut Link| link.keep_alive_due().is_some_and(|due| due <= now);
        if let Some(link) = self.links.iter_mut().find(due) {
            let length = wire::write_keep_alive(buffer, now.as_micros());
            link.sent_keep_alive(now, length);
            return Output::Transmit { link: link.id, length };
        }
        Output::Wake { at: self.wake(now) }
    }

    /// How every link is doing.
    pub fn health(&mut self, now: Time) -> Vec<LinkHealth> {
        let rates: Vec<_> = self.links.iter_mut().map(|link| link.media_rate(now)).collect();
        let total: u64 = rates.iter().map(|rate| rate.as_bits_per_second()).sum();
        let links = self.links.iter_mut().zip(rates);
        let share = |rate: u64| if total == 0 { 0.0 } else { rate as f64 / total as f64 };
        links.map(|(link, rate)| link.health(now, share(rate.as_bits_per_second()))).collect()
    }

    /// Whether any link has joined the group.
    pub fn has_joined(&self) -> bool {
        self.links.iter().any(Link::has_joined)
    }

    /// Whether a packet can still arrive by itself, for the first time.
    fn is_on_its_way(&self, now: Time, entry: &Entry) -> bool {
        let link = self.links.iter().find(|link| link.id == entry.link);
        let link = link.filter(|link| link.state == LinkState::Live);
        let expected = link.map(|link| link.path.expected(&entry.probe));
        !entry.again && !entry.missing && !entry.arrived && expected.is_some_and(|at| at > now)
    }

    /// The connection's own words leave on the link with the shortest round trip.
    fn route_control(&mut self, now: Time, bytes: usize) -> Option<LinkId> {
        let link = self.choose(now, Priority::High, None)?;
        self.link_mut(link)?.sent(now, bytes);
        Some(link)
    }

    fn choose(&self, now: Time, priority: Priority, avoided: Option<LinkId>) -> Option<LinkId> {
        let among = |state: LinkState, avoided: Option<LinkId>| {
            let usable = self.links.iter().filter(|it| it.state == state && Some(it.id) != avoided);
            choose(usable.map(|link| link.candidate(now)), priority, self.latency)
        };
        among(LinkState::Live, avoided)
            .or_else(|| among(LinkState::Live, None))
            .or_else(|| among(LinkState::Leaving, None))
            .or_else(|| among(LinkState::Silent, None))
    }

    fn check_links(&mut self, now: Time) {
        let judged_from = self.judged_from;
        for index in 0..self.links.len() {
            let Some(link) = self.links.get_mut(index) else { break };
            let id = link.id;
            if link.is_over_budget() && link.state != LinkState::Spent {
                link.enter(now, LinkState::Spent);
                self.outputs.push_back(Output::Event(Event::BudgetSpent { link: id }));
                self.report_in_flight(now, id);
            } else if link.state == LinkState::Live
                && link.overdue_at(now).is_some_and(|at| at.max(judged_from) <= now)
            {
                link.enter(now, LinkState::Silent);
                link.distrust(now);
                self.outputs.push_back(Output::Event(Event::Silent { link: id }));
                self.report_in_flight(now, id);
            }
        }
        let (journal, covered) = (&self.journal, self.has_live());
        let gone = |link: &Link| {
            let late = now.since(link.since) >= LEAVING_LIMIT;
            match link.state {
                LinkState::Spent => true,
                LinkState::Leaving => covered && (late || !journal.is_on(link.id)),
                _ => false,
            }
        };
        let mut closed = Vec::new();
        while let Some(index) = self.links.iter().position(gone) {
            closed.push(self.links.remove(index));
        }
        for link in closed {
            self.report_in_flight(now, link.id);
            self.outputs.push_back(Output::Close { link: link.id, bytes: link.bytes() });
        }
    }

    /// What was under way on a link that answers no more leaves again on another, if there is one.
    fn report_in_flight(&mut self, now: Time, link: LinkId) {
        let other = |other: &Link| other.id != link && other.state == LinkState::Live;
        if !self.links.iter().any(other) {
            return;
        }
        for (number, entry) in self.journal.iter_mut() {
            if entry.link == link && !entry.arrived && !entry.missing {
                self.reports.add(now, number, entry.probe.sent);
            }
        }
    }

    fn wake(&self, now: Time) -> Option<Time> {
        let group = if self.refused { None } else { self.group.due(&self.links) };
        let covered = self.has_live();
        let leaving = |link: &Link| {
            let leaves = covered && link.state == LinkState::Leaving;
            leaves.then(|| link.since + LEAVING_LIMIT)
        };
        let live = |link: &Link| {
            let live = link.state == LinkState::Live;
            link.overdue_at(now).filter(|_| live).map(|at| at.max(self.judged_from))
        };
        let links = self.links.iter().flat_map(|link| {
            [link.keep_alive_due(), live(link), leaving(link)].into_iter().flatten()
        });
        let due = links.chain(group).chain(self.reports.due()).min()?;
        Some(due.max(now + GRAIN))
    }

    fn has_live(&self) -> bool {
        self.links.iter().any(|link| link.state == LinkState::Live)
    }

    fn link_mut(&mut self, id: LinkId) -> Option<&mut Link> {
        self.links.iter_mut().find(|link| link.id == id)
    }
}

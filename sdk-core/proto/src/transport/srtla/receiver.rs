//! The ingest's half: gathers the links of a group under one address.
//!
//! Every datagram that comes to the ingest's socket is shown to [`Receiver::handle`]; it says
//! what is srtla's own business, and for the rest as whose it is to be taken: a link speaks for its
//! group, whose address is that of its first link, and anyone else for themselves. What SRT answers
//! is shown to [`Receiver::targets`].
//!
//! Nothing is kept for a sender until it has shown that it receives at the address that it sends
//! from: the second half of a group's id is made from the first and a key that only the receiver
//! has, and a group exists once it comes back. No answer is longer than what it answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha1::Sha1;

use super::MAX_LINKS;
use super::wire::{self, GroupId, HALF_BYTES, ID_BYTES, PER_ACKNOWLEDGEMENT, Packet};
use crate::transport::srt::number::SequenceNumber;
use crate::transport::srt::wire::{ControlKind, Packet as Srt};
use crate::units::Time;

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverOutput {
    /// It was srtla's own business. The first `length` bytes of the reply, if any, are to be sent
    /// back to where it came from.
    Ours {
        /// Bytes; zero for no reply.
        length: usize,
    },
    /// It is SRT's, to be taken as if it came from this address. The first `length` bytes of the
    /// reply, if any, are to be sent back to where it really came from.
    Srt {
        /// The address of the group, or of whoever is in none.
        peer: SocketAddr,
        /// Bytes; zero for no reply.
        length: usize,
    },
}

/// Where a datagram goes that SRT has for a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    addresses: [Option<SocketAddr>; MAX_LINKS],
}

impl Targets {
    /// The addresses, none twice.
    pub fn iter(&self) -> impl Iterator<Item = SocketAddr> {
        self.addresses.iter().flatten().copied()
    }
}

/// See the module.
#[derive(Debug)]
pub struct Receiver {
    key: [u8; 32],
    start: Time,
    groups: BTreeMap<SocketAddr, Group>,
    /// The address of the group of each link.
    links: BTreeMap<SocketAddr, SocketAddr>,
    next_sweep: Time,
}

#[derive(Debug)]
struct Group {
    id: GroupId,
    links: Vec<Link>,
    last_heard: SocketAddr,
}

#[derive(Debug)]
struct Link {
    address: SocketAddr,
    heard: Time,
    arrived: [SequenceNumber; PER_ACKNOWLEDGEMENT],
    count: usize,
}

/// Groups at a time: far more than one machine's ingest is for.
const MAX_GROUPS: usize = 64;
/// A link from which nothing was heard for so long is forgotten, as in the public receiver.
const LINK_LIFETIME: Duration = Duration::from_secs(10);
/// A link from which nothing was heard for so long gets no copy of what goes to all.
const LIVE_WITHIN: Duration = Duration::from_secs(3);
/// How often it is looked for what is to be forgotten.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// What was promised for a group holds for the rest of its span and the one after.
const PROMISE_SPAN: Duration = Duration::from_secs(60);

impl Receiver {
    /// A receiver without groups, whose ids are drawn from `seed`.
    pub fn new(now: Time, seed: [u8; 32]) -> Self {
        let mut key = [0; 32];
        ChaCha20Rng::from_seed(seed).fill_bytes(&mut key);
        Self {
            key,
            start: now,
            groups: BTreeMap::new(),
            links: BTreeMap::new(),
            next_sweep: now + SWEEP_INTERVAL,
        }
    }

    /// Takes a datagram from `from`. `reply` holds at least 300 bytes, and as much as the datagram.
    pub fn handle(
        &mut self,
        now: Time,
        from: SocketAddr,
        datagram: &[u8],
        reply: &mut [u8],
    ) -> ReceiverOutput {
        self.sweep(now);
        match Packet::parse(datagram) {
            Some(packet) => {
                let length = self.answer(now, from, &packet, datagram, reply);
                ReceiverOutput::Ours { length }
            }
            None => self.carry(now, from, datagram, reply),
        }
    }

    /// Where to send what SRT has for `peer`: acknowledgements and reports of losses on every link
    /// of a group that was heard lately, all else on the one that was heard last.
    pub fn targets(&self, now: Time, peer: SocketAddr, datagram: &[u8]) -> Targets {
        let mut addresses = [None; MAX_LINKS];
        let mut slots = addresses.iter_mut();
        let mut add = |address| {
            if let Some(slot) = slots.next() {
                *slot = Some(address);
            }
        };
        match self.groups.get(&peer) {
            None => add(peer),
            Some(group) if is_for_all(datagram) => {
                for link in &group.links {
                    if link.is_live(now) || link.address == group.last_heard {
                        add(link.address);
                    }
                }
            }
            Some(group) => add(group.last_heard),
        }
        Targets { addresses }
    }

    /// How many groups there are.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// How many links the group at this address has that were heard lately; none if there is no
    /// such group.
    pub fn live_links(&self, now: Time, peer: SocketAddr) -> Option<usize> {
        let group = self.groups.get(&peer)?;
        Some(group.links.iter().filter(|link| link.is_live(now)).count())
    }

    /// Answers a packet of srtla's own: how long the answer is.
    fn answer(
        &mut self,
        now: Time,
        from: SocketAddr,
        packet: &Packet<'_>,
        datagram: &[u8],
        reply: &mut [u8],
    ) -> usize {
        match packet {
            Packet::RegisterGroup(asked) => {
                let promise = self.promise(asked, self.span(now));
                wire::write_register_link(reply, &promise)
            }
            Packet::RegisterLink(id) => self.join(now, from, id, reply),
            Packet::KeepAlive(_) if self.hear(now, from).is_some() => {
                let Some(room) = reply.get_mut(..datagram.len()) else { return 0 };
                room.copy_from_slice(datagram);
                datagram.len()
            }
            _ => 0,
        }
    }

    fn join(&mut self, now: Time, from: SocketAddr, id: &GroupId, reply: &mut [u8]) -> usize {
        let known = self.groups.iter().find(|(_, group)| group.id == *id).map(|(peer, _)| *peer);
        let peer = match known {
            Some(peer) => peer,
            None if !self.is_promised(now, id) => return wire::write_no_group(reply),
            None => {
                // Whoever answers at this address now has begun anew.
                self.forget_group(from);
                if self.groups.len() >= MAX_GROUPS {
                    return wire::write_failed(reply);
                }
                let group = Group { id: *id, links: Vec::new(), last_heard: from };
                self.groups.insert(from, group);
                from
            }
        };
        if self.links.get(&from) != Some(&peer) {
            self.forget_link(from);
            let Some(group) = self.groups.get_mut(&peer) else { return 0 };
            if group.links.len() >= MAX_LINKS {
                return wire::write_failed(reply);
            }
            group.links.push(Link::new(now, from));
            self.links.insert(from, peer);
        }
        self.hear(now, from);
        wire::write_registered(reply)
    }

    fn carry(
        &mut self,
        now: Time,
        from: SocketAddr,
        datagram: &[u8],
        reply: &mut [u8],
    ) -> ReceiverOutput {
        let Some((peer, link)) = self.hear(now, from) else {
            return ReceiverOutput::Srt { peer: from, length: 0 };
        };
        let length = match Srt::parse(datagram) {
            Some(Srt::Data(packet)) => link.note(packet.sequence_number, reply),
            _ => 0,
        };
        ReceiverOutput::Srt { peer, length }
    }

    /// Something came from a link: its group's address, and the link.
    fn hear(&mut self, now: Time, from: SocketAddr) -> Option<(SocketAddr, &mut Link)> {
        let peer = *self.links.get(&from)?;
        let group = self.groups.get_mut(&peer)?;
        group.last_heard = from;
        let link = group.links.iter_mut().find(|link| link.address == from)?;
        link.heard = now;
        Some((peer, link))
    }

    fn forget_link(&mut self, address: SocketAddr) {
        let Some(peer) = self.links.remove(&address) else { return };
        if let Some(group) = self.groups.get_mut(&peer) {
            group.links.retain(|link| link.address != address);
        }
    }

    fn forget_group(&mut self, peer: SocketAddr) {
        if let Some(group) = self.groups.remove(&peer) {
            for link in group.links {
                self.links.remove(&link.address);
            }
        }
    }

    fn sweep(&mut self, now: Time) {
        if now < self.next_sweep {
            return;
        }
        self.next_sweep = now + SWEEP_INTERVAL;
        let links = &mut self.links;
        self.groups.retain(|_, group| {
            group.links.retain(|link| {
                let kept = now.since(link.heard) < LINK_LIFETIME;
                if !kept {
                    links.remove(&link.address);
                }
                kept
            });
            let newest = group.links.iter().max_by_key(|link| link.heard);
            group.last_heard = newest.map_or(group.last_heard, |link| link.address);
            !group.links.is_empty()
        });
    }

    fn span(&self, now: Time) -> u64 {
        now.since(self.start).as_secs() / PROMISE_SPAN.as_secs()
    }

    fn is_promised(&self, now: Time, id: &GroupId) -> bool {
        let span = self.span(now);
        let spans = [Some(span), span.checked_sub(1)];
        spans.into_iter().flatten().any(|span| self.promise(id, span) == *id)
    }

    /// The id of the group that is asked for with the first half of `asked` in a span of time.
    fn promise(&self, asked: &GroupId, span: u64) -> GroupId {
        let (theirs, _) = asked.split_at(HALF_BYTES);
        let mut seed = self.key;
        if let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.key) {
            mac.update(theirs);
            mac.update(&span.to_be_bytes());
            for (byte, code) in seed.iter_mut().zip(mac.finalize().into_bytes()) {
                *byte ^= code;
            }
        }
        let mut id = [0; ID_BYTES];
        let (first, second) = id.split_at_mut(HALF_BYTES);
        first.copy_from_slice(theirs);
        ChaCha20Rng::from_seed(seed).fill_bytes(second);
        id
    }
}

impl Link {
    fn new(now: Time, address: SocketAddr) -> Self {
        let none = SequenceNumber::new(0);
        Self { address, heard: now, arrived: [none; PER_ACKNOWLEDGEMENT], count: 0 }
    }

    fn is_live(&self, now: Time) -> bool {
        now.since(self.heard) < LIVE_WITHIN
    }

    /// Takes note of a data packet; with the tenth, writes an acknowledgement of all.
    fn note(&mut self, number: SequenceNumber, reply: &mut [u8]) -> usize {
        if let Some(slot) = self.arrived.get_mut(self.count) {
            *slot = number;
        }
        self.count += 1;
        if self.count < PER_ACKNOWLEDGEMENT {
            return 0;
        }
        self.count = 0;
        wire::write_acknowledgement(reply, &self.arrived)
    }
}

/// What tells the sender of arrivals and losses is worth a copy on each link.
fn is_for_all(datagram: &[u8]) -> bool {
    let Some(Srt::Control(packet)) = Srt::parse(datagram) else { return false };
    matches!(packet.header.kind, ControlKind::Acknowledgement | ControlKind::LossReport)
}

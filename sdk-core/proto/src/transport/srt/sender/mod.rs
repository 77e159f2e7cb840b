//! The sending half of a connection: what was accepted, what is in flight, what goes next.
//!
//! Packets are encrypted once, into a slot of their own, and leave from there however often they
//! are sent. Retransmissions go first; nothing is sent again that can no longer arrive in time,
//! nor asked for within a round trip of the last time (a report that crossed it says nothing
//! new). How many copies a lost packet gets is planned in [`plan`].

use std::collections::VecDeque;
use std::time::Duration;

use crate::fec::XorEncoder;
use crate::transport::Priority;
use crate::units::{ByteCount, Time};

use super::crypto::SendingKeys;
use super::filter::{AgreedFilter, Retransmission};
use super::number::{MessageNumber, SequenceNumber, SocketId};
use super::pool::{Pool, Slot};
use super::round_trip::RoundTrip;
use super::wire::{
    HEADER_BYTES, KeyParity, LossRange, RETRANSMITTED_BYTE, RETRANSMITTED_FLAG, Writer,
    write_data_header,
};

mod ahead;
mod arrival;
mod beside;
mod plan;
mod repair;
mod retransmit;
mod silence;
#[cfg(test)]
mod tests;

use ahead::Ahead;
use arrival::Known;
use beside::Beside;
use plan::{Bursts, Copies, LossShare, Waiting};
use silence::Silence;

/// The sender keeps a packet at least so long, even with a short latency (section 4.6).
const MIN_LATE_DROP: Duration = Duration::from_secs(1);

/// Acknowledgements come every 10 ms. A peer at rest looks only every 10 ms whether one is due, as
/// libsrt does; as much again for clocks that tick coarsely.
const ACKNOWLEDGEMENT_SLACK: Duration = Duration::from_millis(30);

/// A retransmission is worth sending until its deadline and this much: for clocks and jitter.
const DEADLINE_SLACK: Duration = Duration::from_millis(10);

/// Drop requests that wait to be sent; more are merged or forgotten, and asked for again.
const MAX_DROP_REQUESTS: usize = 64;

/// What the peer asked of whoever sends to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The peer's socket.
    pub(crate) destination: SocketId,
    /// How long the peer holds packets before it delivers them.
    pub(crate) latency: Duration,
    /// Whether the peer skips what comes too late.
    pub(crate) drops_late: bool,
    /// Whether the peer reports losses again and again, rather than once.
    pub(crate) reports_again: bool,
    /// Packets in flight at most.
    pub(crate) flow_window: u32,
    /// Bytes of a datagram with media at most.
    pub(crate) datagram_bytes: usize,
    /// How lost packets are rebuilt, if they are.
    pub(crate) filter: Option<AgreedFilter>,
    /// Whether the peer understands combinations.
    pub(crate) combinations: bool,
    /// Whether more is done than to answer each report once.
    pub(crate) plans_repair: bool,
}

impl Terms {
    /// What may be sent again.
    fn retransmission(&self) -> Retransmission {
        self.filter.map_or(Retransmission::Always, |filter| filter.retransmission)
    }
}

/// What leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transmission {
    /// A packet, for the first time.
    First,
    Again,
    /// A repair packet.
    Repair,
}

/// Counts of the sending half.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SenderCounts {
    pub(crate) sent: u64,
    pub(crate) retransmitted: u64,
    pub(crate) bytes_retransmitted: ByteCount,
    pub(crate) reported_lost: u64,
    pub(crate) dropped: u64,
    pub(crate) repairs: u64,
    pub(crate) bytes_repair: ByteCount,
    pub(crate) bytes_acknowledged: ByteCount,
    /// Of packets that are known to have arrived, acknowledged or not.
    pub(crate) bytes_delivered: ByteCount,
}

struct Entry {
    slot: Slot,
    length: usize,
    origin: Time,
    last_sent: Time,
    retransmissions: u32,
    wanted: Wanted,
    /// Planned beyond the latest retransmission.
    copies: Copies,
    /// Named in a loss report before.
    reported: bool,
    /// When a report last had it sent again; zero if none has.
    report_answered: Time,
    /// Named in the latest one.
    missing: bool,
    /// Known to have arrived, though it is not acknowledged.
    arrived: bool,
    /// Counted among what was delivered.
    counted: bool,
    /// Combinations that had been sent when it was sent for the first time.
    repairs_before: u64,
    /// Too late to be sent again.
    given_up: bool,
    priority: Priority,
    beside: beside::Known,
}

/// Whether, and why, a packet is to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    No,
    /// It was lost, for all that is known.
    Lost,
    /// A copy's moment has come.
    Copy,
    /// It may be lost, and the report of it too.
    Suspected,
}

/// See the module.
pub(crate) struct Sender {
    terms: Terms,
    pool: Pool,
    /// Unacknowledged packets in order; `first` is the number of the one in front.
    ring: VecDeque<Entry>,
    first: SequenceNumber,
    /// How many of the ring have been sent at least once; they come first.
    sent: usize,
    in_flight_bytes: usize,
    unsent_bytes: usize,
    wanted: usize,
    /// No entry before this one is wanted.
    lowest_wanted: usize,
    next_message: MessageNumber,
    window: u32,
    /// Everything before this number the peer has or has skipped.
    acknowledged: SequenceNumber,
    drop_requests: VecDeque<LossRange>,
    newest_round_trip: Option<Duration>,
    known: Known,
    bursts: Bursts,
    share: LossShare,
    waiting: Waiting,
    repairs: Option<XorEncoder>,
    /// The key of the newest packet that is protected.
    newest_key: Option<KeyParity>,
    ahead: Option<Ahead>,
    silence: Silence,
    beside: Option<Beside>,
    /// Offset of the packet in front of the ring from the connection's first.
    gone: u64,
    /// Whether there is room for copies.
    copies_allowed: bool,
    /// How much longer a packet may be under way than the round trip says.
    detour: Duration,
    /// Whether packets take several ways.
    has_ways: bool,
    /// What the payloads that are handed over now are worth.
    priority: Priority,
    pub(crate) counts: SenderCounts,
}

impl Sender {
    pub(crate) fn new(terms: Terms, first: SequenceNumber, capacity: usize) -> Self {
        Self {
            terms,
            pool: Pool::new(capacity, terms.datagram_bytes),
            ring: VecDeque::with_capacity(capacity),
            first,
            sent: 0,
            in_flight_bytes: 0,
            unsent_bytes: 0,
            wanted: 0,
            lowest_wanted: 0,
            next_message: MessageNumber::FIRST,
            window: terms.flow_window,
            acknowledged: first,
            drop_requests: VecDeque::with_capacity(MAX_DROP_REQUESTS),
            newest_round_trip: None,
            known: Known::default(),
            bursts: Bursts::default(),
            share: LossShare::default(),
            waiting: Waiting::new(),
            repairs: terms.filter.map(|f| XorEncoder::new(f.matrix, terms.datagram_bytes)),
            newest_key: None,
            ahead: terms.combinations.then(Ahead::default),
            silence: Silence::default(),
            beside: Beside::new(&terms),
            gone: 0,
            copies_allowed: true,
            detour: Duration::ZERO,
            has_ways: false,
            priority: Priority::Ordinary,
            counts: SenderCounts::default(),
        }
    }

    /// Accepts a payload, cut to what a datagram holds. If there is no room, the oldest packet
    /// is given up for it.
    pub(crate) fn push(
        &mut self,
        origin: Time,
        timestamp: u32,
        payload: &[u8],
        keys: Option<&mut SendingKeys>,
    ) {
        if self.pool.is_empty() {
            self.drop_front(1);
        }
        let Some(slot) = self.pool.take() else { return };
        let number = self.next_number();
        let datagram = self.pool.get_mut(&slot);
        let payload = payload.get(..self.terms.datagram_bytes - HEADER_BYTES).unwrap_or(payload);
        let parity = keys.as_ref().map(|keys| keys.parity());
        let mut writer = Writer::new(datagram);
        let destination = self.terms.destination;
        write_data_header(&mut writer, number, self.next_message, parity, timestamp, destination);
        writer.put(payload);
        let length = writer.length();
        if let (Some(keys), Some(payload)) = (keys, datagram.get_mut(HEADER_BYTES..length)) {
            keys.encrypt(number, payload);
        }
        self.next_message = self.next_message.next();
        self.unsent_bytes += length;
        self.ring.push_back(Entry {
            slot,
            length,
            origin,
            last_sent: Time::ZERO,
            retransmissions: 0,
            wanted: Wanted::No,
            copies: Copies::default(),
            reported: false,
            report_answered: Time::ZERO,
            missing: false,
            arrived: false,
            counted: false,
            repairs_before: 0,
            given_up: false,
            priority: self.priority,
            beside: beside::Known::default(),
        });
    }

    /// The peer has, or has skipped, everything before `next`; `buffer_free` packets fit into
    /// its buffer from there on, if it says so.
    pub(crate) fn acknowledge(
        &mut self,
        now: Time,
        next: SequenceNumber,
        buffer_free: Option<u32>,
    ) {
        // Numbers that were never sent are a fault of the peer, or an attack.
        if next.distance_from(self.first) > self.sent as i32
            || next.distance_from(self.acknowledged) < 0
        {
            return;
        }
        self.acknowledged = next;
        if let Some(free) = buffer_free {
            self.window = free.min(self.terms.flow_window);
        }
        let acknowledged = next.offset_from(self.first).unwrap_or(0);
        let newest = acknowledged.checked_sub(1).and_then(|newest| self.ring.get(newest));
        // What was known before tells nothing of the way now.
        let newest = newest.filter(|entry| entry.retransmissions == 0 && !entry.arrived);
        if let Some(newest) = newest {
            self.newest_round_trip = Some(now.since(newest.last_sent));
        }
        for _ in 0..acknowledged {
            if let Some(entry) = self.pop_front()
                && !entry.given_up
            {
                self.counts.bytes_acknowledged += entry.length.into();
                if !entry.counted {
                    self.counts.bytes_delivered += entry.length.into();
                }
            }
        }
    }

    /// Gives up what is too old to be kept (section 4.6), sent or not.
    pub(crate) fn expire(&mut self, now: Time, round_trip: &RoundTrip) {
        let in_flight = self.ring.iter().take(self.sent);
        let late = in_flight.take_while(|entry| self.expiry(entry, round_trip) <= now).count();
        self.drop_front(late);
        let late = late_drop(&self.terms);
        while self.ring.get(self.sent).is_some_and(|entry| entry.origin + late <= now) {
            self.protect(self.sent);
            if let Some(entry) = self.ring.get_mut(self.sent) {
                // It stays in the ring, for its number, and weighs nothing any more.
                self.unsent_bytes -= entry.length;
                entry.length = 0;
                entry.last_sent = now;
                entry.beside.skipped(now);
            }
            self.sent += 1;
            self.give_up(self.sent - 1);
        }
    }

    /// When [`Sender::expire`] will next give something up.
    pub(crate) fn expires_at(&self, round_trip: &RoundTrip) -> Option<Time> {
        let oldest = self.ring.front().filter(|_| self.sent > 0);
        let in_flight = oldest.map(|entry| self.expiry(entry, round_trip));
        let unsent = self.ring.get(self.sent).map(|entry| entry.origin + late_drop(&self.terms));
        in_flight.into_iter().chain(unsent).min()
    }

    /// Whether something could be sent, if the pacer allows it.
    pub(crate) fn has_work(&self) -> bool {
        self.wanted > 0
            || self.repairs.as_ref().is_some_and(XorEncoder::is_ready)
            || self.is_combination_due()
            || (self.sent < self.ring.len() && self.window_is_open())
    }

    /// Writes the packet that goes next, and how long it is.
    pub(crate) fn transmit(
        &mut self,
        now: Time,
        round_trip: &RoundTrip,
        buffer: &mut [u8],
    ) -> Option<(usize, Transmission)> {
        while let Some((index, wanted)) = self.take_wanted() {
            if !self.plan(now, index, wanted, round_trip) {
                continue;
            }
            if wanted == Wanted::Lost {
                self.note_repair(now);
            }
            let entry = self.ring.get_mut(index)?;
            entry.last_sent = now;
            entry.retransmissions = entry.retransmissions.saturating_add(1);
            let length = entry.length;
            if let Some(byte) = self.pool.get_mut(&entry.slot).get_mut(RETRANSMITTED_BYTE) {
                *byte |= RETRANSMITTED_FLAG;
            }
            self.counts.retransmitted += 1;
            self.counts.bytes_retransmitted += length.into();
            return self.copy(index, buffer).map(|length| (length, Transmission::Again));
        }
        if let Some(length) = self.write_repair(buffer) {
            return Some((length, Transmission::Repair));
        }
        if !self.window_is_open() {
            return None;
        }
        self.protect(self.sent);
        let entry = self.ring.get_mut(self.sent)?;
        entry.last_sent = now;
        entry.beside.first_sent = now;
        entry.repairs_before = self.counts.repairs;
        self.unsent_bytes -= entry.length;
        self.in_flight_bytes += entry.length;
        self.share.sent(now);
        self.sent += 1;
        self.counts.sent += 1;
        self.earn_ahead(round_trip);
        self.copy(self.sent - 1, buffer).map(|length| (length, Transmission::First))
    }

    /// What the payloads that follow are worth.
    pub(crate) fn set_priority(&mut self, priority: Priority) {
        self.priority = priority;
    }

    /// Whether there is room for more copies of a lost packet than one.
    pub(crate) fn allow_copies(&mut self, allowed: bool) {
        self.copies_allowed = allowed;
    }

    /// Packets may be under way for so much longer than the round trip says: there are several
    /// ways.
    pub(crate) fn set_detour(&mut self, detour: Duration) {
        self.detour = detour;
        self.has_ways = true;
    }

    /// A range of packets that the peer should stop waiting for.
    pub(crate) fn take_drop_request(&mut self) -> Option<LossRange> {
        self.drop_requests.pop_front()
    }

    /// From sending the newest packet acknowledged to its acknowledgement.
    pub(crate) fn newest_round_trip(&self) -> Option<Duration> {
        self.newest_round_trip
    }

    /// Packets sent, or skipped, and not yet acknowledged.
    pub(crate) fn in_flight(&self) -> usize {
        self.sent
    }

    pub(crate) fn unsent(&self) -> usize {
        self.ring.len() - self.sent
    }

    pub(crate) fn unsent_bytes(&self) -> ByteCount {
        self.unsent_bytes.into()
    }

    /// How long the oldest unsent packet has waited.
    pub(crate) fn unsent_for(&self, now: Time) -> Duration {
        self.ring.get(self.sent).map_or(Duration::ZERO, |entry| now.since(entry.origin))
    }

    pub(crate) fn window(&self) -> u32 {
        self.window
    }

    /// The number that the next payload gets.
    pub(crate) fn next_number(&self) -> SequenceNumber {
        self.first.plus(self.ring.len() as u32)
    }

    fn window_is_open(&self) -> bool {
        self.sent < self.window as usize
    }

    /// When the peer delivers this packet, on our clock and as seen from here: a packet sent
    /// now arrives one way later, but the peer also began to count one way later.
    fn deadline(&self, entry: &Entry) -> Time {
        entry.origin + self.terms.latency + DEADLINE_SLACK
    }

    /// When a packet in flight is given up. What left late may still be acknowledged.
    fn expiry(&self, entry: &Entry, round_trip: &RoundTrip) -> Time {
        let acknowledged = entry.last_sent + self.patience(round_trip) + ACKNOWLEDGEMENT_SLACK;
        acknowledged.max(entry.origin + late_drop(&self.terms))
    }

    /// How long a packet's answer takes, all but certainly.
    fn patience(&self, round_trip: &RoundTrip) -> Duration {
        round_trip.cautious() + self.detour
    }

    fn too_late(&self, now: Time, index: usize, round_trip: &RoundTrip) -> bool {
        // What leaves now stands in the queue on the way, if there is one for all that is known.
        let newest = self.newest_round_trip.unwrap_or_default();
        let standing = round_trip.smoothed().min(newest).saturating_sub(round_trip.minimum());
        let late = self.ring.get(index).is_some_and(|entry| self.deadline(entry) < now + standing);
        late && self.terms.drops_late
    }

    /// The part of a reported range that is neither here nor acknowledged: it was given up.
    fn gone(&self, range: LossRange) -> Option<LossRange> {
        let after = |a: SequenceNumber, b: SequenceNumber| a.distance_from(b) > 0;
        let first =
            if after(range.first, self.acknowledged) { range.first } else { self.acknowledged };
        let last = self.first.previous();
        let last = if after(range.last, last) { last } else { range.last };
        (last.distance_from(first) >= 0).then_some(LossRange { first, last })
    }

    fn give_up(&mut self, index: usize) {
        if let Some(entry) = self.ring.get_mut(index) {
            entry.given_up = true;
            self.counts.dropped += 1;
            self.request_drop_of(index);
        }
    }

    fn request_drop_of(&mut self, index: usize) {
        let number = self.first.plus(index as u32);
        self.request_drop(LossRange { first: number, last: number });
    }

    fn drop_front(&mut self, count: usize) {
        let first = self.first;
        for _ in 0..count {
            if let Some(entry) = self.pop_front()
                && !entry.given_up
            {
                self.counts.dropped += 1;
            }
        }
        if count > 0 {
            self.request_drop(LossRange { first, last: self.first.previous() });
        }
    }

    fn request_drop(&mut self, range: LossRange) {
        if let Some(last) = self.drop_requests.back_mut()
            && last.last.plus(1) == range.first
        {
            last.last = range.last;
        } else if self.drop_requests.len() < MAX_DROP_REQUESTS {
            self.drop_requests.push_back(range);
        }
    }

    /// Takes the oldest packet out.
    fn pop_front(&mut self) -> Option<Popped> {
        if self.sent == 0 {
            self.protect(0);
        }
        let mut entry = self.ring.pop_front()?;
        self.known.forget(&mut entry);
        let Entry { length, given_up, counted, .. } = entry;
        let popped = Popped { length, given_up, counted };
        self.pool.give_back(entry.slot);
        self.first = self.first.plus(1);
        self.gone += 1;
        self.wanted -= usize::from(entry.wanted != Wanted::No);
        self.lowest_wanted = self.lowest_wanted.saturating_sub(1);
        if self.sent > 0 {
            self.sent -= 1;
            self.in_flight_bytes -= entry.length;
        } else {
            self.unsent_bytes -= entry.length;
        }
        Some(popped)
    }

    fn copy(&self, index: usize, buffer: &mut [u8]) -> Option<usize> {
        let entry = self.ring.get(index)?;
        let datagram = self.pool.get(&entry.slot).get(..entry.length)?;
        buffer.get_mut(..entry.length)?.copy_from_slice(datagram);
        Some(entry.length)
    }
}

/// How old a packet may become, sent or not.
fn late_drop(terms: &Terms) -> Duration {
    (terms.latency + terms.latency / 4).max(MIN_LATE_DROP)
}

struct Popped {
    length: usize,
    given_up: bool,
    counted: bool,
}

//! Received packets in order, holes included.

use std::collections::VecDeque;

use super::super::number::SequenceNumber;
use super::super::pool::{Pool, Slot};
use super::super::wire::LossRange;

/// See the module.
pub(crate) struct Buffer {
    pool: Pool,
    /// From `next` to the last packet that is known to exist.
    ring: VecDeque<Entry>,
    next: SequenceNumber,
    capacity: usize,
    arrived: usize,
    /// Packets that were missing when they were passed over.
    pub(crate) skipped: u64,
}

enum Entry {
    Missing,
    Arrived {
        /// Nothing if it could not be decrypted.
        slot: Option<Slot>,
        length: usize,
        origin: i64,
    },
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is the newest; between it and what was the newest before, these are missing.
    Newest { gap: Option<LossRange> },
    /// It fills a hole.
    Fills,
    /// It is there already, or its time is past.
    Duplicate,
    /// The buffer is full.
    NoRoom,
}

/// What was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// So many bytes were copied.
    Payload(usize),
    /// The packet could not be decrypted.
    Unreadable,
}

impl Buffer {
    pub(crate) fn new(capacity: usize, payload_bytes: usize, next: SequenceNumber) -> Self {
        Self {
            pool: Pool::new(capacity, payload_bytes),
            ring: VecDeque::with_capacity(capacity),
            next,
            capacity,
            arrived: 0,
            skipped: 0,
        }
    }

    /// Stores a packet; `decrypt` makes its payload readable in place, or says that it cannot.
    pub(crate) fn insert(
        &mut self,
        number: SequenceNumber,
        origin: i64,
        payload: &[u8],
        decrypt: impl FnOnce(&mut [u8]) -> bool,
    ) -> Arrival {
        let Some(mut offset) = number.offset_from(self.next) else { return Arrival::Duplicate };
        if offset >= self.capacity {
            if self.arrived > 0 {
                return Arrival::NoRoom;
            }
            // The peer gave up more than fits, and nothing here waits for it: start again.
            self.skipped += offset as u64;
            self.ring.clear();
            self.next = number;
            offset = 0;
        }
        let known = self.ring.len();
        if matches!(self.ring.get(offset), Some(Entry::Arrived { .. })) {
            return Arrival::Duplicate;
        }
        let Some(entry) = self.store(origin, payload, decrypt) else { return Arrival::NoRoom };
        self.arrived += 1;
        if let Some(hole) = self.ring.get_mut(offset) {
            *hole = entry;
            return Arrival::Fills;
        }
        self.ring.resize_with(offset, || Entry::Missing);
        self.ring.push_back(entry);
        let gap = (offset > known)
            .then(|| LossRange { first: self.next.plus(known as u32), last: number.previous() });
        Arrival::Newest { gap }
    }

    /// The peer will never send these: they are known to exist, and to be missing.
    pub(crate) fn note_dropped(&mut self, dropped: LossRange) {
        let begins_here =
            dropped.first.distance_from(self.end()) <= 0 && self.ring.len() < self.capacity;
        if let Some(offset) = dropped.last.offset_from(self.next)
            && begins_here
            && offset >= self.ring.len()
        {
            self.ring.resize_with((offset + 1).min(self.capacity), || Entry::Missing);
        }
    }

    /// The origin of the first packet that is there.
    pub(crate) fn first_origin(&self) -> Option<i64> {
        self.ring.iter().find_map(|entry| match entry {
            Entry::Missing => None,
            Entry::Arrived { origin, .. } => Some(*origin),
        })
    }

    /// Takes the first packet that is there, passing over what is missing before it.
    pub(crate) fn take(&mut self, buffer: &mut [u8]) -> Option<Taken> {
        loop {
            let entry = self.ring.pop_front()?;
            self.next = self.next.plus(1);
            let Entry::Arrived { slot, length, .. } = entry else {
                self.skipped += 1;
                continue;
            };
            self.arrived -= 1;
            let Some(slot) = slot else { return Some(Taken::Unreadable) };
            let payload = self.pool.get(&slot).get(..length).unwrap_or_default();
            if let Some(room) = buffer.get_mut(..length) {
                room.copy_from_slice(payload);
            }
            self.pool.give_back(slot);
            return Some(Taken::Payload(length));
        }
    }

    /// The first packet that has not been delivered.
    pub(crate) fn next(&self) -> SequenceNumber {
        self.next
    }

    /// The number after the last that is known to exist.
    pub(crate) fn end(&self) -> SequenceNumber {
        self.next.plus(self.ring.len() as u32)
    }

    /// Packets that are there.
    pub(crate) fn arrived(&self) -> usize {
        self.arrived
    }

    /// Packets from the next one on that there is room for, holes included.
    pub(crate) fn room(&self) -> usize {
        self.capacity
    }

    /// Packets that still fit.
    pub(crate) fn free(&self) -> usize {
        self.capacity - self.ring.len()
    }

    fn store(
        &mut self,
        origin: i64,
        payload: &[u8],
        decrypt: impl FnOnce(&mut [u8]) -> bool,
    ) -> Option<Entry> {
        let slot = self.pool.take()?;
        let stored = self.pool.get_mut(&slot).get_mut(..payload.len()).is_some_and(|room| {
            room.copy_from_slice(payload);
            decrypt(room)
        });
        let length = payload.len();
        if stored {
            return Some(Entry::Arrived { slot: Some(slot), length, origin });
        }
        self.pool.give_back(slot);
        Some(Entry::Arrived { slot: None, length, origin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: u32) -> SequenceNumber {
        SequenceNumber::new(value)
    }

    fn insert(buffer: &mut Buffer, value: u32) -> Arrival {
        buffer.insert(number(value), i64::from(value), &value.to_be_bytes(), |_| true)
    }

    fn take(buffer: &mut Buffer) -> Option<u32> {
        let mut bytes = [0; 4];
        match buffer.take(&mut bytes)? {
            Taken::Payload(4) => Some(u32::from_be_bytes(bytes)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn packets_leave_in_order_whatever_order_they_came_in() {
        let mut buffer = Buffer::new(32, 64, number(10));
        assert_eq!(insert(&mut buffer, 10), Arrival::Newest { gap: None });
        let gap = Some(LossRange { first: number(11), last: number(12) });
        assert_eq!(insert(&mut buffer, 13), Arrival::Newest { gap });
        assert_eq!(insert(&mut buffer, 12), Arrival::Fills);
        assert_eq!(insert(&mut buffer, 12), Arrival::Duplicate);
        assert_eq!(take(&mut buffer), Some(10));
        assert_eq!(insert(&mut buffer, 10), Arrival::Duplicate);
        assert_eq!(insert(&mut buffer, 11), Arrival::Fills);
        assert_eq!([11, 12, 13].map(Some), [0; 3].map(|_| take(&mut buffer)));
        assert_eq!(buffer.skipped, 0);
    }

    #[test]
    fn holes_are_passed_over_and_counted() {
        let mut buffer = Buffer::new(32, 64, number(0));
        insert(&mut buffer, 5);
        assert_eq!(buffer.first_origin(), Some(5));
        assert_eq!(take(&mut buffer), Some(5));
        assert_eq!((buffer.skipped, buffer.next()), (5, number(6)));
    }

    #[test]
    fn a_peer_far_ahead_is_followed_only_when_nothing_waits() {
        let mut buffer = Buffer::new(32, 64, number(0));
        insert(&mut buffer, 1);
        assert_eq!(insert(&mut buffer, 40), Arrival::NoRoom);
        assert_eq!(take(&mut buffer), Some(1));
        assert_eq!(insert(&mut buffer, 40), Arrival::Newest { gap: None });
        assert_eq!(take(&mut buffer), Some(40));
        assert_eq!(buffer.skipped, 1 + 38);
    }

    #[test]
    fn what_cannot_be_decrypted_takes_its_place_and_no_memory() {
        let mut buffer = Buffer::new(32, 64, number(0));
        assert!(matches!(buffer.insert(number(0), 0, b"x", |_| false), Arrival::Newest { .. }));
        assert_eq!(buffer.take(&mut [0; 64]), Some(Taken::Unreadable));
        assert_eq!(buffer.free(), 32);
    }

    #[test]
    fn dropped_packets_beyond_the_newest_are_not_reported_missing_later() {
        let mut buffer = Buffer::new(32, 64, number(0));
        insert(&mut buffer, 0);
        buffer.note_dropped(LossRange { first: number(1), last: number(4) });
        assert_eq!(insert(&mut buffer, 5), Arrival::Newest { gap: None });
        buffer.note_dropped(LossRange { first: number(6), last: number(0x3000_0000) });
        assert_eq!(buffer.free(), 0);
    }
}

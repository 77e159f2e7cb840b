//! Payloads on their way between two threads, in memory that is allocated once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use golive_proto::units::Time;

/// A bounded queue of payloads, each with a moment that means something to the two sides.
#[derive(Debug)]
pub(super) struct Ring {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    slots: Vec<Slot>,
    first: usize,
    count: usize,
    closed: bool,
    /// Threads that wait for room or for a payload: telling nobody costs a system call, too.
    waiting: usize,
}

#[derive(Clone, Debug)]
struct Slot {
    bytes: [u8; PAYLOAD],
    length: usize,
    at: Time,
}

/// Largest payload of an SRT packet in a 1,500-byte datagram over IPv4.
pub(super) const PAYLOAD: usize = 1_456;

/// The other side is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RingClosed;

impl Ring {
    /// Room for `capacity` payloads.
    pub(super) fn new(capacity: usize) -> Self {
        let slot = Slot { bytes: [0; PAYLOAD], length: 0, at: Time::ZERO };
        let slots = vec![slot; capacity.max(1)];
        let state = State { slots, first: 0, count: 0, closed: false, waiting: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Adds a payload, waiting for room; what exceeds a slot is cut off by the caller's contract.
    pub(super) fn push_blocking(&self, payload: &[u8], at: Time) -> Result<(), RingClosed> {
        let mut state = self.lock();
        while !state.closed && state.count == state.slots.len() {
            state = self.wait(state);
        }
        if state.closed {
            return Err(RingClosed);
        }
        state.push(payload, at);
        self.tell(state);
        Ok(())
    }

    /// Adds a payload if there is room; false if it had to be dropped.
    pub(super) fn try_push(&self, payload: &[u8], at: Time) -> bool {
        let mut state = self.lock();
        let has_room = !state.closed && state.count < state.slots.len();
        if has_room {
            state.push(payload, at);
            self.tell(state);
        }
        has_room
    }

    /// Takes the oldest payload into `buffer`, waiting for one; nothing once closed and empty.
    pub(super) fn pop_blocking(&self, buffer: &mut [u8]) -> Option<usize> {
        let mut state = self.lock();
        while state.count == 0 {
            if state.closed {
                return None;
            }
            state = self.wait(state);
        }
        let (length, _) = state.pop(buffer);
        self.tell(state);
        Some(length)
    }

    /// Takes the oldest payload into `buffer` if its moment has come.
    pub(super) fn pop_due(&self, now: Time, buffer: &mut [u8]) -> Due {
        let mut state = self.lock();
        let Some(at) = state.next() else {
            return if state.closed { Due::Closed } else { Due::Empty };
        };
        if at > now {
            return Due::Later(at);
        }
        let (length, at) = state.pop(buffer);
        self.tell(state);
        Due::Payload { length, at }
    }

    /// Nothing more is added. What is there can still be taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn wait<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.waiting += 1;
        let mut state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        state
    }

    /// Wakes one who waits for what has just changed.
    fn tell(&self, state: MutexGuard<'_, State>) {
        let anyone = state.waiting > 0;
        drop(state);
        if anyone {
            self.changed.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The queue is consistent between any two statements, even if a holder panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A payload of this length was taken.
    Payload { length: usize, at: Time },
    /// The next one is due then.
    Later(Time),
    /// Nothing is there now.
    Empty,
    /// Nothing is there, and nothing will be.
    Closed,
}

impl State {
    fn next(&self) -> Option<Time> {
        if self.count == 0 { None } else { self.slots.get(self.first).map(|slot| slot.at) }
    }

    fn push(&mut self, payload: &[u8], at: Time) {
        let index = (self.first + self.count) % self.slots.len();
        if let Some(slot) = self.slots.get_mut(index) {
            slot.length = copy(payload, &mut slot.bytes);
            slot.at = at;
            self.count += 1;
        }
    }

    fn pop(&mut self, buffer: &mut [u8]) -> (usize, Time) {
        let Some(slot) = self.slots.get(self.first) else { return (0, Time::ZERO) };
        let length = copy(slot.bytes.get(..slot.length).unwrap_or_default(), buffer);
        let at = slot.at;
        self.first = (self.first + 1) % self.slots.len();
        self.count -= 1;
        (length, at)
    }
}

fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let length = from.len().min(to.len());
    if let (Some(from), Some(to)) = (from.get(..length), to.get_mut(..length)) {
        to.copy_from_slice(from);
    }
    length
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn payloads_pass_in_order_through_a_ring_smaller_than_their_number() {
        let ring = Arc::new(Ring::new(3));
        let writer = ring.clone();
        let thread = thread::spawn(move || {
            for number in 0..1_000_u32 {
                writer.push_blocking(&number.to_be_bytes(), Time::ZERO).unwrap();
            }
            writer.close();
        });
        let mut buffer = [0; PAYLOAD];
        for number in 0..1_000_u32 {
            let length = ring.pop_blocking(&mut buffer).unwrap();
            assert_eq!(buffer[..length], number.to_be_bytes());
        }
        assert_eq!(ring.pop_blocking(&mut buffer), None);
        thread.join().unwrap();
    }

    #[test]
    fn a_payload_waits_for_its_moment() {
        let ring = Ring::new(2);
        let mut buffer = [0; PAYLOAD];
        let at = Time::from_millis(10);
        assert!(ring.try_push(b"later", at));
        assert_eq!(ring.pop_due(Time::from_millis(9), &mut buffer), Due::Later(at));
        assert_eq!(ring.pop_due(at, &mut buffer), Due::Payload { length: 5, at });
        assert_eq!(ring.pop_due(at, &mut buffer), Due::Empty);
        ring.close();
        assert_eq!(ring.pop_due(at, &mut buffer), Due::Closed);
        assert_eq!(ring.push_blocking(b"no more", at), Err(RingClosed));
    }
}

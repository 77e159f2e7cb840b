//! Releasing datagrams at their time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use golive_proto::units::Time;

use super::Shared;

/// What waits for its release.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: BinaryHeap<Reverse<Departure>>,
    added: u64,
    latest: Duration,
    late: u64,
}

#[derive(Debug)]
struct Departure {
    at: Time,
    /// Keeps the order of those that leave at the same time.
    number: u64,
    socket: Arc<UdpSocket>,
    to: SocketAddr,
    datagram: Vec<u8>,
}

/// From here on a release counts as late.
const LATE: Duration = Duration::from_millis(5);
/// The longest wait, so that a stop is noticed.
const MAX_WAIT: Duration = Duration::from_millis(100);

impl Schedule {
    pub(super) fn add(&self, at: Time, socket: &Arc<UdpSocket>, to: SocketAddr, datagram: &[u8]) {
        let mut queue = self.lock();
        let number = queue.added;
        queue.added += 1;
        let first = queue.waiting.peek().is_none_or(|Reverse(first)| at < first.at);
        let (socket, datagram) = (Arc::clone(socket), datagram.to_vec());
        queue.waiting.push(Reverse(Departure { at, number, socket, to, datagram }));
        drop(queue);
        if first {
            self.changed.notify_one();
        }
    }

    /// Ends a wait early.
    pub(super) fn wake(&self) {
        self.changed.notify_all();
    }

    /// The latest release's lateness and the number of late ones.
    pub(super) fn lateness(&self) -> (Duration, u64) {
        let queue = self.lock();
        (queue.latest, queue.late)
    }

    /// Releases what is due until the relay stops.
    pub(super) fn run(&self, shared: &Shared) {
        let mut queue = self.lock();
        while !shared.stopped() {
            let now = shared.now();
            let next = queue.waiting.peek().map(|Reverse(departure)| departure.at);
            match next {
                Some(at) if at <= now => {
                    let Some(Reverse(departure)) = queue.waiting.pop() else { continue };
                    let lateness = now.since(departure.at);
                    queue.latest = queue.latest.max(lateness);
                    queue.late += u64::from(lateness > LATE);
                    drop(queue);
                    // A full or closed socket loses the datagram, as a network may.
                    let _ = departure.socket.send_to(&departure.datagram, departure.to);
                    queue = self.lock();
                }
                next => {
                    let wait = next.map_or(MAX_WAIT, |at| at.since(now)).min(MAX_WAIT);
                    let waited = self.changed.wait_timeout(queue, wait);
                    queue = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Departure {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Departure {}

impl PartialOrd for Departure {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Departure {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

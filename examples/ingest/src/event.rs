//! What happens in an ingest, for whoever runs it.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use golive_proto::units::ByteCount;

use crate::key::{BroadcastId, Refusal};

/// Something that happened. Holds no key, and prints as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A broadcaster was let in.
    BroadcastStarted {
        /// Which broadcast.
        broadcast: BroadcastId,
        /// Where the broadcaster is, if it came over the network.
        peer: Option<SocketAddr>,
        /// Whether it took the place of a connection that still stood.
        replaced: bool,
    },
    /// A broadcaster left, or was lost.
    BroadcastStopped {
        /// Which broadcast.
        broadcast: BroadcastId,
        /// What came from this broadcaster.
        received: ByteCount,
        /// Why it ended, as far as it is known.
        cause: String,
    },
    /// A broadcaster was turned away.
    Rejected {
        /// Where it is, if it came over the network.
        peer: Option<SocketAddr>,
        /// Why.
        refusal: Refusal,
    },
    /// A broadcast is being recorded from here on.
    RecordingStarted {
        /// Which broadcast.
        broadcast: BroadcastId,
        /// The file.
        path: PathBuf,
        /// Whether the file held the earlier part of the same broadcast, and grows on.
        resumed: bool,
    },
    /// A recording could not be written. What is in the file stays, viewing goes on, and the
    /// recording is tried again every few seconds.
    RecordingFailed {
        /// Which broadcast.
        broadcast: BroadcastId,
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// A part of the ingest ended that should not have, and what that means.
    Failed {
        /// What happened.
        cause: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BroadcastStarted { broadcast, peer, replaced } => {
                write!(f, "{broadcast} is on air")?;
                if let Some(peer) = peer {
                    write!(f, " from {peer}")?;
                }
                if *replaced { f.write_str(" in place of its earlier connection") } else { Ok(()) }
            }
            Self::BroadcastStopped { broadcast, received, cause } => {
                write!(f, "{broadcast} stopped after {received}: {cause}")
            }
            Self::Rejected { peer, refusal } => {
                f.write_str("turned away a broadcaster")?;
                match peer {
                    Some(peer) => write!(f, " from {peer}: {refusal}"),
                    None => write!(f, ": {refusal}"),
                }
            }
            Self::RecordingStarted { broadcast, path, resumed } => {
                let how = if *resumed { "goes on recording" } else { "is recorded" };
                write!(f, "{broadcast} {how} to {}", path.display())
            }
            Self::RecordingFailed { broadcast, path, cause } => write!(
                f,
                "{broadcast} is not being recorded to {}: {cause}; free some space or fix the \
                 directory, it is tried again every few seconds",
                path.display()
            ),
            Self::Failed { cause } => f.write_str(cause),
        }
    }
}

/// How many events wait for a reader; past that the oldest are forgotten.
const CAPACITY: usize = 1_024;

/// The events of an ingest, in order. Clones share one queue: each event is read once.
#[derive(Clone, Default)]
pub struct Events {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    events: VecDeque<Event>,
    closed: bool,
}

impl Events {
    /// Waits for the next event; nothing once the ingest has stopped and all are read.
    pub fn recv(&self) -> Option<Event> {
        let mut queue = self.lock();
        loop {
            if let Some(event) = queue.events.pop_front() {
                return Some(event);
            }
            if queue.closed {
                return None;
            }
            queue = self.shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits at most `timeout` for the next event.
    pub fn recv_timeout(&self, timeout: Duration) -> Option<Event> {
        let end = Instant::now() + timeout;
        let mut queue = self.lock();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if !queue.events.is_empty() || queue.closed || left.is_zero() {
                return queue.events.pop_front();
            }
            let waited = self.shared.changed.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn push(&self, event: Event) {
        match &event {
            Event::RecordingFailed { .. } | Event::Failed { .. } => tracing::warn!("{event}"),
            _ => tracing::info!("{event}"),
        }
        let mut queue = self.lock();
        if queue.events.len() >= CAPACITY {
            queue.events.pop_front();
        }
        queue.events.push_back(event);
        self.shared.changed.notify_all();
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.shared.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("waiting", &self.lock().events.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(number: usize) -> Event {
        Event::Failed { cause: number.to_string() }
    }

    #[test]
    fn events_come_in_order_and_end_when_the_ingest_does() {
        let events = Events::default();
        events.push(failed(1));
        events.push(failed(2));
        events.close();
        assert_eq!(events.recv(), Some(failed(1)));
        assert_eq!(events.clone().recv(), Some(failed(2)));
        assert_eq!(events.recv(), None);
        assert_eq!(events.recv_timeout(Duration::from_secs(60)), None);
    }

    #[test]
    fn events_that_nobody_reads_do_not_pile_up() {
        let events = Events::default();
        for number in 0..CAPACITY + 5 {
            events.push(failed(number));
        }
        assert_eq!(events.recv(), Some(failed(5)));
        assert_eq!(events.recv_timeout(Duration::ZERO), Some(failed(6)));
    }
}

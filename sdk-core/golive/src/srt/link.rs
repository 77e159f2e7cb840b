//! What a connection's user and the thread that drives it share.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use golive_proto::transport::srt::{Negotiated, Statistics};

use super::connection::Ended;
use super::ring::Ring;

/// Two queues of payloads, and what is known of the connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) outgoing: Ring,
    pub(super) incoming: Ring,
    status: Mutex<Status>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Status {
    negotiated: Option<Negotiated>,
    statistics: Statistics,
    report: Option<Vec<u8>>,
    ended: Option<Ended>,
}

/// Payloads on their way to the connection: some 60 ms at 300 Mb/s, a few seconds of a stream
/// that is sent ahead of its time.
const OUTGOING: usize = 2_048;
/// Payloads that nobody has read yet: over a second of a fast stream.
const INCOMING: usize = 4_096;

impl Link {
    pub(super) fn new() -> Self {
        Self {
            outgoing: Ring::new(OUTGOING),
            incoming: Ring::new(INCOMING),
            status: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(super) fn connected(&self, negotiated: Negotiated) {
        self.lock().negotiated = Some(negotiated);
        self.changed.notify_all();
    }

    pub(super) fn set_statistics(&self, statistics: Statistics) {
        self.lock().statistics = statistics;
    }

    pub(super) fn set_report(&self, report: &[u8]) {
        self.lock().report = Some(report.to_vec());
    }

    /// Nothing more comes or goes; the first reason stays.
    pub(super) fn end(&self, ended: Ended) {
        self.lock().ended.get_or_insert(ended);
        self.outgoing.close();
        self.incoming.close();
        self.changed.notify_all();
    }

    pub(super) fn negotiated(&self) -> Option<Negotiated> {
        self.lock().negotiated
    }

    pub(super) fn statistics(&self) -> Statistics {
        self.lock().statistics
    }

    pub(super) fn take_report(&self) -> Option<Vec<u8>> {
        self.lock().report.take()
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        self.lock().ended
    }

    /// Waits for the end of the handshake.
    pub(super) fn wait_connected(&self) -> Result<Negotiated, Ended> {
        let mut status = self.lock();
        loop {
            if let Some(ended) = status.ended {
                return Err(ended);
            }
            if let Some(negotiated) = status.negotiated {
                return Ok(negotiated);
            }
            status = self.changed.wait(status).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the end of the connection.
    pub(super) fn wait_ended(&self, timeout: Duration) -> Option<Ended> {
        let deadline = Instant::now() + timeout;
        let mut status = self.lock();
        while status.ended.is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let wait = self.changed.wait_timeout(status, left);
            status = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        status.ended
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        // Whole between any two statements, even if a holder panicked.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

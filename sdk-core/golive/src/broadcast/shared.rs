//! What the threads of a broadcast and its handle share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use golive_proto::session::{self, EndCause};

use super::network::NetworkHealth;
use crate::encoder::EncoderStatistics;
use crate::error::Error;
use crate::event::Publisher;

/// How a broadcast is doing: its connection, and what feeds it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// The connection, the uplink and the queue in front of it.
    pub link: session::Health,
    /// Capture and encoder.
    pub encoder: EncoderStatistics,
    /// The networks that are used at once; none unless the broadcast was told of any.
    pub networks: Vec<NetworkHealth>,
}

/// How a broadcast ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Why it ended.
    pub cause: EndCause,
    /// Its last health, with the totals.
    pub health: Health,
}

/// One value for each question that the handle may ask.
#[derive(Debug, Default)]
pub(super) struct Shared {
    link: Mutex<session::Health>,
    networks: Mutex<Vec<NetworkHealth>>,
    encoder: Mutex<EncoderStatistics>,
    cause: Mutex<Option<EndCause>>,
    failure: Mutex<Option<Error>>,
    pub(super) events: Publisher,
}

impl Shared {
    pub(super) fn health(&self) -> Health {
        Health {
            link: lock(&self.link).clone(),
            encoder: *lock(&self.encoder),
            networks: lock(&self.networks).clone(),
        }
    }

    pub(super) fn set_link(&self, health: session::Health) {
        *lock(&self.link) = health;
    }

    pub(super) fn set_networks(&self, networks: Vec<NetworkHealth>) {
        *lock(&self.networks) = networks;
    }

    pub(super) fn set_encoder(&self, statistics: EncoderStatistics) {
        *lock(&self.encoder) = statistics;
    }

    /// Notes why the broadcast ended; the first cause stays.
    pub(super) fn end(&self, cause: EndCause) {
        lock(&self.cause).get_or_insert(cause);
    }

    pub(super) fn summary(&self) -> Option<Summary> {
        let cause = lock(&self.cause).clone()?;
        Some(Summary { cause, health: self.health() })
    }

    /// Keeps what went wrong last on the way to a connection: it explains an end better than
    /// "unreachable" does.
    pub(super) fn set_failure(&self, failure: Option<Error>) {
        *lock(&self.failure) = failure;
    }

    pub(super) fn take_failure(&self) -> Option<Error> {
        lock(&self.failure).take()
    }
}

/// A value behind a mutex is whole between any two statements here, even if a holder panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

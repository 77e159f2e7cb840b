//! Telling a thread to stop, also while it waits.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use golive_proto::units::Time;

use crate::Clock;

/// A stop that is asked for once and seen by every thread that waits on it.
#[derive(Debug, Default)]
pub(crate) struct Halt {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Halt {
    /// Asks for the stop.
    pub(crate) fn stop(&self) {
        *locked(&self.stopped) = true;
        self.changed.notify_all();
    }

    /// Whether it was asked for.
    pub(crate) fn is_stopped(&self) -> bool {
        *locked(&self.stopped)
    }

    /// Waits for `duration`, or for the stop. Returns whether to stop.
    pub(crate) fn wait(&self, duration: Duration) -> bool {
        let stopped = locked(&self.stopped);
        let wait = self.changed.wait_timeout_while(stopped, duration, |stopped| !*stopped);
        *wait.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits until `clock` shows `time`, or for the stop. Returns whether to stop.
    pub(crate) fn wait_until(&self, clock: Clock, time: Time) -> bool {
        loop {
            let left = time.since(clock());
            if left.is_zero() {
                return self.is_stopped();
            }
            if self.wait(left) {
                return true;
            }
        }
    }
}

/// Locks, also after another thread died with the lock: what is behind these locks is whole after
/// every statement.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! When the encoder is asked for a key frame.

use std::time::Duration;

use crate::units::Time;

/// Whether the receiver is owed a key frame, and when one may be asked for.
#[derive(Debug)]
pub(super) struct KeyframeRequests {
    /// The receiver has nothing to go on from.
    owed: bool,
    next_repair: Time,
    next_refresh: Time,
}

/// Key frames that repair what was lost come no closer together: each costs several pictures.
const REPAIR_INTERVAL: Duration = Duration::from_secs(1);
/// While nothing gets through, the newest key frame that waits is no older than this: whenever
/// the link returns, there is one to begin with that is not stale.
const REFRESH_INTERVAL: Duration = Duration::from_millis(200);

impl KeyframeRequests {
    pub(super) fn new(now: Time) -> Self {
        Self { owed: false, next_repair: now, next_refresh: now }
    }

    /// What was dropped leaves the receiver nothing to go on from.
    pub(super) fn owe(&mut self) {
        self.owed = true;
    }

    /// One has been asked for, for another reason.
    pub(super) fn settle(&mut self) {
        self.owed = false;
    }

    /// The transport gave up packets: pictures that refer to theirs are of no use, up to the next
    /// key frame. `waiting` says since when one has been there.
    pub(super) fn repair(&mut self, now: Time, waiting: Option<Time>) {
        if waiting.is_none() && now >= self.next_repair {
            self.next_repair = now + REPAIR_INTERVAL;
            self.owed = true;
        }
    }

    /// Whether one is to be asked for now. While nothing gets through (`stalled`), one that is
    /// owed comes with those that keep the queue fresh.
    pub(super) fn take_due(&mut self, now: Time, stalled: bool, waiting: Option<Time>) -> bool {
        if !stalled {
            return std::mem::take(&mut self.owed);
        }
        let stale = waiting.is_none_or(|since| now.since(since) >= REFRESH_INTERVAL);
        if !stale || now < self.next_refresh {
            return false;
        }
        self.next_refresh = now + REFRESH_INTERVAL;
        self.owed = false;
        true
    }
}

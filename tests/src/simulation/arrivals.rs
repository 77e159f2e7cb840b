//! When access units are at the ingest as a whole, before its receiver holds them back: how long
//! they take, as no receiver of SRT tells, whose output is as even as its latency.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use golive_proto::units::Time;

/// What arrived of a broadcast, by when it was captured.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// When the caller's clock began, for each of its ports.
    opened: BTreeMap<u16, Time>,
    seen: BTreeSet<(u16, u32)>,
    /// When the last packet of what was captured then arrived.
    units: BTreeMap<Time, Time>,
}

impl Arrivals {
    /// A connection begins.
    pub(super) fn opened(&mut self, now: Time, port: u16) {
        self.opened.insert(port, now);
    }

    /// A datagram arrived. All packets of an access unit bear the timestamp of its capture, in
    /// microseconds since the connection began (draft, section 3.1); retransmissions of what is
    /// there already say nothing.
    pub(super) fn arrived(&mut self, now: Time, port: u16, datagram: &[u8]) {
        let word = |at: usize| {
            let bytes = datagram.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map(u32::from_be_bytes)
        };
        let (Some(number), Some(timestamp), Some(opened)) =
            (word(0), word(8), self.opened.get(&port))
        else {
            return;
        };
        let is_media = number & 0x8000_0000 == 0;
        if is_media && self.seen.insert((port, number)) {
            let captured = *opened + Duration::from_micros(timestamp.into());
            self.units.insert(captured, now);
        }
    }

    /// What was captured from one moment to another: when, and how long it took.
    pub(super) fn delays(&self, from: Time, until: Time) -> Vec<(Time, Duration)> {
        let units = self.units.range(from..until);
        units.map(|(captured, arrived)| (*captured, arrived.since(*captured))).collect()
    }
}

//! One network between the device and the ingest, both ways.

use std::time::Duration;

use golive_netlab::network::{Fate, Link, Path};
use golive_proto::units::Time;

use super::Network;
use crate::broadcast::NetworkRecord;

/// See the module.
#[derive(Debug)]
pub(super) struct Way {
    /// What the broadcast knows of it; nothing where the system chooses the network.
    pub(super) record: Option<NetworkRecord>,
    forward: Link,
    backward: Link,
    /// The network that takes over, and when.
    takes_over: Option<(Time, Network)>,
}

/// From one network to the next.
const HAND_OVER: Duration = Duration::from_millis(400);

impl Way {
    pub(super) fn new(network: Network, record: Option<NetworkRecord>, seed: u64) -> Self {
        let path = Path { forward: network.uplink(), backward: network.downlink(), seed };
        let (forward, backward) = path.links();
        Self { record, forward, backward, takes_over: None }
    }

    /// It is like this from now on.
    pub(super) fn set(&mut self, network: Network) {
        self.takes_over = None;
        self.forward.set_conditions(network.uplink());
        self.backward.set_conditions(network.downlink());
    }

    /// Nothing passes for a moment, and then it is like this.
    pub(super) fn hand_over(&mut self, now: Time, network: Network) {
        self.set(Network::none());
        self.takes_over = Some((now + HAND_OVER, network));
    }

    /// When it changes by itself.
    pub(super) fn next(&self) -> Option<Time> {
        self.takes_over.map(|(at, _)| at)
    }

    pub(super) fn advance(&mut self, now: Time) {
        if let Some((_, network)) = self.takes_over.filter(|(at, _)| *at <= now) {
            self.set(network);
        }
    }

    pub(super) fn carry(&mut self, now: Time, to_ingest: bool, bytes: usize) -> Fate {
        let link = if to_ingest { &mut self.forward } else { &mut self.backward };
        link.carry(now, bytes.into())
    }
}

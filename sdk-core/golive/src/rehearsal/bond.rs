//! One leg over several networks: the srtla sender that chooses between them.

use golive_proto::transport::srtla::{self, LinkId, LinkOptions, Sender};
use golive_proto::units::Time;

use crate::broadcast::NetworkRecord;

/// See the module.
#[derive(Debug)]
pub(super) struct Bond {
    pub(super) sender: Sender,
    pub(super) joined: bool,
    pub(super) wake: Option<Time>,
}

impl Bond {
    /// A bond over those of the networks that are there.
    pub(super) fn new<'a>(
        now: Time,
        config: srtla::Config,
        seed: [u8; 32],
        networks: impl Iterator<Item = &'a NetworkRecord>,
    ) -> Self {
        let sender = Sender::new(config, now, seed);
        let mut bond = Self { sender, joined: false, wake: Some(now) };
        networks.filter(|network| network.usable).for_each(|network| bond.add(now, network));
        bond
    }

    pub(super) fn add(&mut self, now: Time, network: &NetworkRecord) {
        if !network.is_spent() {
            self.sender.add(
                now,
                LinkId::new(network.number),
                LinkOptions { budget: network.left() },
            );
            self.wake = Some(now);
        }
    }

    pub(super) fn announce_leaving(&mut self, now: Time, network: &NetworkRecord) {
        self.sender.announce_leaving(now, LinkId::new(network.number));
        self.wake = Some(now);
    }

    /// The network is gone; what it cost is noted.
    pub(super) fn remove(&mut self, now: Time, network: &mut NetworkRecord) {
        network.spent += self.sender.remove(now, LinkId::new(network.number));
        self.wake = Some(now);
    }
}

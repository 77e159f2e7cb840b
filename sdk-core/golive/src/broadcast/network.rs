//! The networks that a broadcast uses at once, when it is told of any.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use golive_proto::transport::srtla::{self, LinkHealth, LinkId, LinkState};
use golive_proto::units::{Bitrate, ByteCount};

use crate::event::NetworkEvent;
use crate::net::Attachment;

/// A network that a broadcast may use: the address that this device has on it.
///
/// # Examples
///
/// ```
/// use golive::{ByteCount, Via};
///
/// let wireless = Via::new("192.168.1.7".parse()?);
/// let cellular = Via::new("10.0.0.7".parse()?).metered(ByteCount::new(500_000_000));
/// # let _ = (wireless, cellular);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via {
    pub(super) address: IpAddr,
    pub(super) budget: Option<ByteCount>,
    pub(super) attachment: Attachment,
}

impl Via {
    /// The network on which this device has `address`.
    pub fn new(address: IpAddr) -> Self {
        Self { address, budget: None, attachment: Attachment::default() }
    }

    /// Its data costs money: it carries media only where the other networks do not suffice, and
    /// nothing at all once `budget` was sent and received on it, headers included.
    #[must_use]
    pub fn metered(mut self, budget: ByteCount) -> Self {
        self.budget = Some(budget);
        self
    }

    /// It is reached over the interface of this number (`if_nametoindex`) and no other. Needed
    /// where the system routes by interface and not by address, as iOS does. Windows has no such
    /// thing: there the network fails with an event.
    #[must_use]
    pub fn over_interface(mut self, index: NonZeroU32) -> Self {
        self.attachment.interface = Some(index);
        self
    }

    /// It is the network of this handle (`android.net.Network.getNetworkHandle()`): Android routes
    /// by the network that a socket belongs to. Elsewhere the network fails with an event.
    #[must_use]
    pub fn over_android_network(mut self, handle: u64) -> Self {
        self.attachment.android_network = Some(handle);
        self
    }

    /// The address that this device has on it.
    pub fn address(&self) -> IpAddr {
        self.address
    }
}

/// A change of the networks while live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkChange {
    /// There is one more.
    Added(Via),
    /// The one with this address is about to go away, as a wireless network that the device walks
    /// out of: nothing new is given to it, and what is under way on it still arrives.
    Leaving(IpAddr),
    /// The one with this address is gone.
    Removed(IpAddr),
}

/// How one of several networks is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetworkHealth {
    /// The address that this device has on it.
    pub address: IpAddr,
    /// Where it stands.
    pub state: LinkState,
    /// Round-trip time, smoothed; nothing before the first is measured.
    pub round_trip_time: Option<Duration>,
    /// What it is found to carry, at least; a guess before it was full.
    pub capacity: Bitrate,
    /// Every byte that leaves on it, headers of UDP and IP included, over the last second.
    pub sent: Bitrate,
    /// Its share of the media packets of the last second, 0.0 to 1.0.
    pub share: f64,
    /// The share of its packets that is lost, 0.0 to 1.0.
    pub loss: f64,
    /// Everything sent and received on it since the broadcast began.
    pub bytes: ByteCount,
    /// What it may cost.
    pub budget: Option<ByteCount>,
}

/// A network as the sockets keep it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    pub(crate) number: u32,
    pub(crate) via: Via,
    /// What legs that are gone have sent and received.
    pub(crate) spent: ByteCount,
    /// Whether new legs may use it.
    pub(crate) usable: bool,
}

impl Network {
    /// How it is doing on `link`, if that is open; `bytes` is what the legs that are there have
    /// sent and received on it.
    pub(crate) fn health(&self, link: Option<&LinkHealth>, bytes: ByteCount) -> NetworkHealth {
        let bytes = self.spent + bytes;
        let state = if self.via.budget.is_some_and(|budget| bytes >= budget) {
            LinkState::Spent
        } else if self.usable {
            LinkState::Joining
        } else {
            LinkState::Leaving
        };
        let empty = NetworkHealth {
            address: self.via.address,
            state,
            round_trip_time: None,
            capacity: Bitrate::ZERO,
            sent: Bitrate::ZERO,
            share: 0.0,
            loss: 0.0,
            bytes,
            budget: self.via.budget,
        };
        link.map_or(empty, |link| NetworkHealth {
            state: link.state,
            round_trip_time: link.round_trip_time,
            capacity: link.capacity,
            sent: link.sent,
            share: link.share,
            loss: link.loss,
            ..empty
        })
    }

    /// What is left of its budget, if it has one.
    pub(crate) fn left(&self) -> Option<ByteCount> {
        self.via.budget.map(|budget| budget.saturating_sub(self.spent))
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.left() == Some(ByteCount::ZERO)
    }
}

/// What the owner is told of a link, which has this address.
pub(crate) fn network_event(
    event: srtla::Event,
    address: impl FnOnce(LinkId) -> Option<IpAddr>,
) -> Option<NetworkEvent> {
    Some(match event {
        srtla::Event::Joined { link } => NetworkEvent::Joined { address: address(link)? },
        srtla::Event::Silent { link } => NetworkEvent::Silent { address: address(link)? },
        srtla::Event::Returned { link } => NetworkEvent::Returned { address: address(link)? },
        srtla::Event::BudgetSpent { link } => NetworkEvent::BudgetSpent { address: address(link)? },
        srtla::Event::Refused => NetworkEvent::Refused,
    })
}

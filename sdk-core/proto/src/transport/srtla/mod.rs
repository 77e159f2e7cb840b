//! srtla: one SRT connection over several networks at once, packet by packet.
//!
//! The second version of the public protocol, as BELABOX made it (its README, and what the makers
//! of other receivers wrote about it: the documents of CERALIVE/srtla). Links, which are pairs of
//! addresses, register with a receiver as one group; SRT's datagrams then travel on any of them,
//! unchanged. Beside them go keep-alives, which the receiver sends back, and acknowledgements of
//! every ten data packets that came on a link.
//!
//! [`Sender`] is the broadcaster's half: it chooses a link for each datagram. [`Receiver`] is the
//! ingest's: it gathers the links of a group under one address. Neither opens a socket, and
//! neither changes what SRT sends.

mod receiver;
mod sender;
mod wire;

pub use receiver::{Receiver, ReceiverOutput, Targets};
pub use sender::{
    Config, Event, LinkHealth, LinkId, LinkOptions, LinkState, Output, Received, Sender,
};

/// Links of one group at most, as in the public receiver.
pub const MAX_LINKS: usize = 16;

#[cfg(test)]
mod tests;

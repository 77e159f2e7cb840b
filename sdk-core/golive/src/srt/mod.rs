//! SRT by itself: payloads in, payloads out, on a thread of its own.
//!
//! What carries an existing transport stream, or receives one, uses this; a broadcast from
//! devices is a [`Broadcast`](crate::Broadcast). [`Connection`] calls or is accepted by a
//! [`Listener`]. Both block the calling thread, and none of Golive's.

mod carried;
mod connection;
mod engine;
mod link;
mod listener;
mod ring;

pub use connection::{Connection, Ended};
pub use golive_proto::transport::srt::{
    Negotiated, PacketFilter, Passphrase, Rejection, Statistics, StreamId,
};
pub use listener::{ListenOptions, Listener, Request};

//! SRT: media over UDP, late by a fixed time, with what was lost sent again.
//!
//! Live mode of draft-sharabayko-srt-01 in the fifth version of its handshake, both sides, with
//! libsrt's behaviour where the draft leaves room, and libsrt's packet filter. No rendezvous, no file
//! mode.
//!
//! A caller is a [`Connection`] from the start. A [`Listener`] answers whoever calls and hands out
//! a [`Request`], which becomes a [`Connection`] when it is accepted. None of them opens a socket:
//! datagrams go in and come out, and [`Connection`] tells when it wants to be woken.
//!
//! # Encryption
//!
//! With a passphrase, both sides must have the same one, or the connection is refused: there is no
//! falling back to plain text.

mod config;
mod connection;
mod crypto;
mod filter;
mod listener;
pub(super) mod number;
mod passphrase;
mod pool;
mod receiver;
mod rejection;
pub(super) mod round_trip;
mod routes;
mod sender;
mod statistics;
mod stream_id;
mod url;
pub(super) mod wire;

pub use config::Config;
pub use connection::{
    Broken, Connection, Event, Input, MAX_DATAGRAM_BYTES, Negotiated, Output, Request, State,
    Transmit, WakeReason,
};
pub use crypto::{KeyLength, KeyRefresh};
pub use filter::{AgreedFilter, PacketFilter, PacketFilterError, PathLosses, Retransmission};
pub use listener::{Listener, ListenerConfig, ListenerOutput};
pub use number::SocketId;
pub use passphrase::{Passphrase, PassphraseError};
pub use rejection::Rejection;
pub use routes::{Route, Routes, TooManyConnections};
pub use statistics::Statistics;
pub use stream_id::{AccessControl, StreamId, StreamIdError};
pub use url::{Mode, Url, UrlError};

#[cfg(test)]
mod tests;

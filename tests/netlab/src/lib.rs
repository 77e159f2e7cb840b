//! Bad networks on demand.
//!
//! - [`network`]: what a bad network does to each packet, as a pure function of a seed.
//! - [`ends`]: an encoder and an ingest for both ends of one, in virtual time.
#![cfg_attr(
    feature = "relay",
    doc = "- [`relay`]: the same networks between real sockets, in real time."
)]

pub mod ends;
pub mod network;
#[cfg(feature = "relay")]
pub mod relay;

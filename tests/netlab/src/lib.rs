//! Bad networks on demand.
//!
//! - [`network`]: what a bad network does to each packet, as a pure function of a seed.
//! - [`relay`]: the same between real sockets, in real time.

pub mod network;
pub mod relay;

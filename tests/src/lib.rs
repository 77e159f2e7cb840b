//! What Golive is proven with: bad networks, real peers, and judges of what arrives.
//!
//! - [`network`]: what a bad network does to each packet, as a pure function of a seed.
//! - [`relay`]: the same between real sockets on loopback, in real time.

pub mod network;
pub mod relay;

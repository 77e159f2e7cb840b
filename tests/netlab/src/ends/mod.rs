//! What stands at the two ends of a network in virtual time: an encoder and an ingest.
//!
//! Neither has a clock, a device or a socket; both are told the time and driven by whoever
//! simulates. The pictures are not pictures: they have the size, the parameter sets and the rhythm
//! of H.264, and a [`Label`] instead of a content.

mod encoder;
mod ingest;

pub use encoder::{Encoder, Label, Temper};
pub use ingest::{Ingest, Manners, Received};

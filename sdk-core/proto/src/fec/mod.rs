//! Repair packets for source packets, and back.
//!
//! Two codes. A [`Matrix`] of source packets is protected by the XOR of its rows and columns,
//! after SMPTE 2022-1: what SRT's packet filter sends, one repair packet for each row and column.
//!
//! Packets are counted from the first one of a connection, by offsets that do not wrap: which
//! number they have on the wire is the transport's business.

mod matrix;
mod parity;
mod xor_decoder;
mod xor_encoder;

pub use matrix::{Group, Layout, Matrix, MatrixError, Protection};
pub use parity::{Parity, Source};
pub use xor_decoder::{Rebuilt, XorDecoder};
pub use xor_encoder::{Repair, XorEncoder};

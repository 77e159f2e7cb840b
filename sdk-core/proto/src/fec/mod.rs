//! Repair packets for source packets, and back.
//!
//! Two codes. A [`Matrix`] of source packets is protected by the XOR of its rows and columns,
//! after SMPTE 2022-1: what SRT's packet filter sends, one repair packet for each row and column.
//! Where the receiver understands them, [`Combination`]s of all packets in a sliding window: any so
//! many of them rebuild that many packets, whichever were lost.
//!
//! Packets are counted from the first one of a connection, by offsets that do not wrap: which
//! number they have on the wire is the transport's business.

mod combination;
mod field;
mod matrix;
mod parity;
mod rebuilt;
mod window_decoder;
mod xor_decoder;
mod xor_encoder;

pub use combination::{Combination, MAX_WINDOW};
pub use matrix::{Group, Layout, Matrix, MatrixError, Protection};
pub use parity::{Parity, Source};
pub use rebuilt::Rebuilt;
pub use window_decoder::WindowDecoder;
pub use xor_decoder::XorDecoder;
pub use xor_encoder::{Repair, XorEncoder};

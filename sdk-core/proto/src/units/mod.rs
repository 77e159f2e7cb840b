//! Times, rates and sizes, each a type of its own: no bare `u64` for any of them.

mod rate;
mod size;
mod time;

pub use rate::Bitrate;
pub use size::ByteCount;
pub use time::{MediaTime, Time};

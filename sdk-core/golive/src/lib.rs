//! Golive.

mod clock;
mod error;
mod net;

pub use error::{Error, ErrorKind};

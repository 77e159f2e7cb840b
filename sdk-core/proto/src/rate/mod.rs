//! From what was measured to what the encoder should do.
//!
//! Policies here are pure: they are told what was measured and when, and return values. None of
//! them holds the encoder or the transport that it steers.

mod burst;
mod controller;
mod path;
mod target;
mod window;

pub use burst::Burst;
pub use controller::{BitrateRange, Controller, Direction};
pub use path::{Measurement, PathEstimate};
pub use target::EncoderTarget;
pub use window::{WindowedMinimum, WindowedRate};

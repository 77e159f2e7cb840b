//! From what was measured to what the encoder should do.
//!
//! Policies here are pure: they are told what was measured and when, and return values. None of
//! them holds the encoder or the transport that it steers.

mod burst;
mod controller;
mod ladder;
mod path;
mod proof;
mod rivalry;
mod sound;
mod target;
mod watch;
mod window;

pub use burst::Burst;
pub use controller::{BitrateRange, Controller, Direction, Plan};
pub use ladder::{Adaptation, Ladder, Step};
pub use path::{Measurement, PathEstimate};
pub use sound::{Sound, SoundRung};
pub use target::EncoderTarget;
pub use watch::{EncoderFault, Finding, Remedy, Watch};
pub use window::{WindowedMinimum, WindowedRate};

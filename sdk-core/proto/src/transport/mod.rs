//! Protocols that carry a broadcast, each a state machine without a socket or a clock.
//!
//! What a rate controller needs to know is the same for all of them: [`Feedback`].

mod feedback;
mod priority;
pub mod srt;
pub mod srtla;

pub use feedback::{Feedback, Ways};
pub(crate) use priority::Keyframes;
pub use priority::Priority;

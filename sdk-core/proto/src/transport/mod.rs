//! Protocols that carry a broadcast, each a state machine without a socket or a clock.
//!
//! What a rate controller needs to know is the same for all of them: [`Feedback`].

mod feedback;
pub mod srt;

pub use feedback::Feedback;

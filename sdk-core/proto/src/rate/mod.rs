//! From what was measured to what the encoder should do.

mod target;

pub use target::EncoderTarget;

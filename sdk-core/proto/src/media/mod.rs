//! Access units: one encoded picture, or one frame of encoded sound, and where it belongs.

mod format;
mod unit;

pub use format::{AudioFormat, FrameRate, PictureSize};
pub use unit::{AccessUnit, Track};

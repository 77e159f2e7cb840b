//! Access units: one encoded picture, or one frame of encoded sound, and where it belongs.

pub mod aac;
mod format;
pub mod h264;
mod unit;

pub use format::{AudioFormat, FrameRate, PictureSize};
pub use unit::{AccessUnit, Track};

//! Access units: one encoded picture, or one frame of encoded sound, and where it belongs.

pub mod aac;
mod codec;
mod format;
pub mod h264;
pub mod h265;
pub mod nal;
mod parameter_sets;
mod unit;

pub use codec::{NalKind, References, VideoCodec};
pub use format::{AudioFormat, FrameRate, PictureSize};
pub use parameter_sets::ParameterSets;
pub use unit::{AccessUnit, Track};

//! What Apple's systems lend: pictures in shared memory, and hardware that scales them.

mod dictionary;
#[cfg(any(feature = "camera", feature = "microphone"))]
mod permission;
mod pixel_buffer;
#[cfg(feature = "camera")]
mod pixel_transfer;

pub(crate) use dictionary::dictionary;
#[cfg(any(feature = "camera", feature = "microphone"))]
pub(crate) use permission::{Wish, ask};
#[cfg(feature = "camera")]
pub(crate) use pixel_buffer::PIXEL_FORMAT;
pub(crate) use pixel_buffer::{PixelBuffer, Pool, attributes};
#[cfg(feature = "camera")]
pub(crate) use pixel_transfer::Scaler;

//! What Apple's systems lend: pictures in shared memory, and hardware that scales them.

mod dictionary;
mod pixel_buffer;
#[cfg(feature = "camera")]
mod pixel_transfer;

pub(crate) use dictionary::dictionary;
pub(crate) use pixel_buffer::{PixelBuffer, Pool, attributes};
#[cfg(feature = "camera")]
pub(crate) use pixel_transfer::Scaler;

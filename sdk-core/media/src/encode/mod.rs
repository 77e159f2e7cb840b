//! Encoders: pictures and samples in, access units out.
//!
//! Nothing here looks at a clock or starts a thread: when something was captured comes in beside
//! it.

#[cfg(any(feature = "aac", target_vendor = "apple", test))]
mod aac;
#[cfg(target_vendor = "apple")]
mod audio_toolbox;
#[cfg(producer)]
mod built_in;
#[cfg(feature = "aac")]
mod fdk;
#[cfg(feature = "h264")]
mod h264;
#[cfg(all(producer, any(target_vendor = "apple", test)))]
mod hardware;
mod keyframes;
#[cfg(feature = "h264")]
mod options;
#[cfg(any(target_vendor = "apple", test))]
mod pending;
#[cfg(any(target_vendor = "apple", test))]
mod rates;
#[cfg(target_vendor = "apple")]
mod video_toolbox;

#[cfg(feature = "aac")]
pub use aac::AudioEncoder;
#[cfg(producer)]
pub(crate) use built_in::{PictureEncoder, SoundEncoder};
#[cfg(feature = "h264")]
pub use h264::VideoEncoder;
pub use keyframes::KeyframeSchedule;

/// Samples a second of each channel, whatever the device delivers.
pub const SAMPLE_RATE: u32 = 48_000;
/// Channels of sound, interleaved left and right.
pub const CHANNELS: usize = 2;
/// Samples of each channel that are encoded at once.
pub const FRAME_SAMPLES: usize = golive_proto::media::AudioFormat::SAMPLES_PER_FRAME as usize;

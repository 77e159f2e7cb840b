//! Cameras: opened, watched, and looked for again when they go away.
//!
//! A thread of its own talks to the device (it may block there for as long as it likes), stamps
//! each picture when it takes it, and sends it on. What happens then is decided in [`track`],
//! which knows nothing of any device.
//!
//! On Linux and Windows nokhwa speaks to the device, and pictures are copied into this program's
//! memory. On Apple's systems AVFoundation does, and they stay where camera and encoder share them.

#[cfg(target_vendor = "apple")]
mod av_foundation;
#[cfg(not(target_vendor = "apple"))]
mod convert;
#[cfg(not(target_vendor = "apple"))]
mod device;
mod mode;
#[cfg(not(target_vendor = "apple"))]
mod planar;
#[cfg(any(target_vendor = "apple", test))]
mod rules;
#[cfg(test)]
#[cfg(not(target_vendor = "apple"))]
mod tests;
mod track;

#[cfg(target_vendor = "apple")]
pub use av_foundation::{capture_session, set_camera_controls};
#[cfg(target_vendor = "apple")]
pub(crate) use av_foundation::{list, open, set_torch, set_zoom};
#[cfg(not(target_vendor = "apple"))]
pub(crate) use device::{list, open};
pub(crate) use mode::{Mode, RawFormat};
pub(crate) use track::CameraTrack;

use std::sync::mpsc::{Receiver, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use golive_proto::units::Time;

use crate::error::Error;

/// A camera that is there: index, name, modes, and which way it looks where that is known.
pub(crate) type Listed = (u32, String, Vec<Mode>, Option<crate::Facing>);

/// A picture as the device delivers it.
#[derive(Debug)]
pub(crate) struct RawFrame {
    #[cfg(target_vendor = "apple")]
    pub(crate) buffer: crate::apple::PixelBuffer,
    /// Held for as long as the picture waits.
    #[cfg(target_vendor = "apple")]
    pub(crate) ticket: std::sync::Arc<()>,
    #[cfg(not(target_vendor = "apple"))]
    pub(crate) format: RawFormat,
    /// Pixels in a row and rows.
    #[cfg(not(target_vendor = "apple"))]
    pub(crate) width: u32,
    #[cfg(not(target_vendor = "apple"))]
    pub(crate) height: u32,
    #[cfg(not(target_vendor = "apple"))]
    pub(crate) data: Vec<u8>,
    /// When it was taken: from the device's queue, where the device does not say.
    pub(crate) taken: Time,
    /// Pictures since the last one that were lost because nobody took them.
    pub(crate) missed: u64,
}

/// What a device's thread says. The end of the channel means that the device is gone.
#[derive(Debug)]
pub(crate) enum Message {
    /// The device is open; pictures will follow.
    Opened { name: String },
    /// A picture.
    Frame(RawFrame),
    /// Nothing comes for now, for this reason. The device stays open, and pictures will follow
    /// again. Without a reason it was asked to: another camera is about to take its place.
    #[cfg_attr(not(target_vendor = "apple"), allow(dead_code, reason = "no other system says so"))]
    Interrupted(Option<String>),
    /// The device cannot be opened, or stopped working. Nothing follows.
    Failed(Error),
}

/// A device at work on its own thread. Dropping it closes the device, as soon as that answers.
pub(crate) struct Feed {
    pub(crate) messages: Receiver<Message>,
    /// Takes back the memory of frames, where they have their own. Its end closes the device.
    pub(crate) spare: SyncSender<Vec<u8>>,
    pub(crate) thread: Option<JoinHandle<()>>,
}

impl Feed {
    /// Closes the device. Waits a little for it, so that it can be opened again at once, but not
    /// for a device that hangs.
    pub(crate) fn close(self) {
        let Self { messages, spare, thread } = self;
        drop((messages, spare));
        let Some(thread) = thread else { return };
        for _ in 0..100 {
            if thread.is_finished() {
                let _ = thread.join();
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        tracing::warn!("the camera does not let go; its thread is left behind");
    }
}

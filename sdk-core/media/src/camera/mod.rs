//! Cameras: opened, watched, and looked for again when they go away.
//!
//! A thread of its own talks to the device (it may block there for as long as it likes), stamps
//! each picture when it takes it, and sends it on. What happens then is decided in [`track`],
//! which knows nothing of any device.

mod convert;
mod device;
mod mode;
#[cfg(test)]
mod tests;
mod track;

pub(crate) use device::{list, open};
pub(crate) use mode::{Mode, RawFormat};
pub(crate) use track::CameraTrack;

use std::sync::mpsc::{Receiver, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use golive_proto::units::Time;

use crate::error::Error;

/// A picture as the device delivers it.
#[derive(Debug)]
pub(crate) struct RawFrame {
    pub(crate) format: RawFormat,
    /// Pixels in a row and rows.
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) data: Vec<u8>,
    /// When it was taken from the device's queue.
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
    /// The device cannot be opened, or stopped working. Nothing follows.
    Failed(Error),
}

/// A device at work on its own thread. Dropping it closes the device, as soon as that answers.
pub(crate) struct Feed {
    pub(crate) messages: Receiver<Message>,
    /// Takes back the memory of frames.
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

//! Microphones: opened, watched, and looked for again when they go away.
//!
//! The device's own thread leaves its samples in an [`Intake`]; a watching thread opens the device
//! and notices when it falls silent; the encoding thread fetches blocks, which are silence where
//! nothing was captured. None of them waits for another.

mod align;
mod device;
mod intake;
mod watch;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

pub(crate) use device::{list, open};
pub(crate) use intake::Intake;

use self::watch::Opener;
use crate::error::Error;
use crate::producer::{Halt, Shared};

/// A microphone at work. Dropping it closes the device.
pub(crate) struct Microphone {
    intake: Arc<Intake>,
    halt: Arc<Halt>,
    thread: Option<JoinHandle<()>>,
}

impl Microphone {
    /// Opens the device with `open`, here and whenever it was lost.
    ///
    /// # Errors
    ///
    /// When it cannot be opened the first time.
    pub(crate) fn start(shared: Arc<Shared>, mut open: Opener) -> Result<Self, Error> {
        let intake = Arc::new(Intake::default());
        let device = open(&intake)?;
        let halt = Arc::new(Halt::default());
        let (watched, stop) = (intake.clone(), halt.clone());
        let watch = move || watch::run(&shared, &watched, &stop, open, device);
        let thread = crate::producer::spawn("golive-microphone", watch)?;
        Ok(Self { intake, halt, thread: Some(thread) })
    }

    /// Fills a block with the sound from `position` on.
    pub(crate) fn fill(&self, position: i64, block: &mut [i16]) {
        self.intake.fill(position, block);
    }

    /// How long after the end of a block to fetch it.
    pub(crate) fn latency(&self) -> Duration {
        self.intake.latency()
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.halt.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

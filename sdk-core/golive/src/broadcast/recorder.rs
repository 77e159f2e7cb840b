//! The local recording: the same access units, multiplexed once more into a file.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use async_channel::{Receiver, Sender};
use golive_proto::media::AccessUnit;
use golive_proto::mux::mpegts::{self, PAYLOAD_LENGTH};

use super::shared::Shared;
use crate::error::{Error, ErrorKind};
use crate::event::{Event, RecordingEvent};

/// Writes what it is given on a thread of its own.
#[derive(Debug)]
pub(super) struct Recorder {
    thread: JoinHandle<()>,
    units: Sender<AccessUnit>,
}

/// Units that wait for a slow disk: some ten seconds of sound and pictures.
const WAITING_UNITS: usize = 1_024;

impl Recorder {
    /// Creates the file, which must not hold a recording already.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Media`] when it cannot be created.
    pub(super) fn start(
        path: &Path,
        program: mpegts::Config,
        shared: Arc<Shared>,
    ) -> Result<Self, Error> {
        let file = create(path)?;
        let (units, waiting) = async_channel::bounded(WAITING_UNITS);
        let writer = mpegts::Writer::new(program);
        let path = path.to_owned();
        let thread = thread::Builder::new()
            .name("golive-recorder".to_owned())
            .spawn(move || {
                if let Err(error) = record(&waiting, writer, file) {
                    // Nobody writes any more: the sender sees a closed queue.
                    waiting.close();
                    let cause = error.to_string();
                    tracing::error!(%cause, path = %path.display(), "the recording failed");
                    shared.events.publish(Event::Recording(RecordingEvent::Failed { path, cause }));
                }
            })
            .map_err(|error| {
                let message = "the system refused a thread for the recording";
                Error::with_source(ErrorKind::System, message, error)
            })?;
        Ok(Self { thread, units })
    }

    /// Where units to be recorded go. A full queue drops: the broadcast does not wait for a disk.
    pub(super) fn units(&self) -> Sender<AccessUnit> {
        self.units.clone()
    }

    /// Writes what waits, and closes the file.
    pub(super) fn finish(self) {
        self.units.close();
        if self.thread.join().is_err() {
            tracing::error!("the recording thread panicked");
        }
    }
}

fn create(path: &Path) -> Result<File, Error> {
    let is_special = path.metadata().is_ok_and(|metadata| !metadata.is_file());
    // An existing recording is never overwritten; a pipe or a device is there to be written to.
    OpenOptions::new().write(true).create_new(!is_special).open(path).map_err(|error| {
        let message = format!(
            "the recording {} cannot be created ({error}): choose a file that does not exist yet, \
             in a folder that can be written",
            path.display()
        );
        Error::with_source(ErrorKind::Media, message, error)
    })
}

fn record(units: &Receiver<AccessUnit>, mut writer: mpegts::Writer, file: File) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 16, file);
    let mut payload = [0; PAYLOAD_LENGTH];
    while let Ok(unit) = units.recv_blocking() {
        if let Err(error) = writer.begin(&unit) {
            tracing::warn!(%error, "a unit was not recorded");
        }
        while let Some(next) = writer.next_payload(&mut payload) {
            file.write_all(payload.get(..next.length).unwrap_or_default())?;
        }
        // What was recorded is on its way to the disk, whatever comes next.
        if units.is_empty() {
            file.flush()?;
        }
    }
    file.flush()
}

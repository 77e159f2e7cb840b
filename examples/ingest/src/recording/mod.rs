//! Records broadcasts to files, as they came, on threads of their own.
//!
//! A recording is the transport stream itself. Each write goes to the system at once, so that
//! killing the ingest loses nothing that had arrived; a disk that stalls or fills holds up neither
//! the broadcaster nor a viewer. When a broadcaster comes back on the timeline that it left (the
//! ingest was restarted, or the network was away), its recording goes on in the same file.

mod decision;
mod name;
mod tape;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::{io, thread};

use bytes::Bytes;

use self::tape::Tape;
use crate::event::{Event, Events};
use crate::key::BroadcastId;

/// What may wait for the disk; at 20 Mb/s this is 13 s of standing still.
const MAX_WAITING: usize = 32 * 1024 * 1024;

/// Writes one broadcast. Dropping it waits until all that was handed over is on file.
pub(crate) struct Recorder {
    commands: Option<mpsc::Sender<Command>>,
    waiting: Arc<AtomicUsize>,
    /// Whether data is being left out because the disk does not keep up.
    overflowed: bool,
    thread: Option<JoinHandle<()>>,
    broadcast: BroadcastId,
    directory: PathBuf,
    events: Events,
}

enum Command {
    /// Another broadcaster's connection begins.
    Begin,
    /// What it sent, and the PTS reached (90 kHz ticks modulo 2^33), once that is known.
    Write { data: Bytes, pts: Option<i64> },
    /// It ended.
    End,
}

impl Recorder {
    /// Begins a thread that records `broadcast` into `directory`.
    pub(crate) fn start(
        directory: PathBuf,
        broadcast: BroadcastId,
        events: Events,
    ) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let tape = Tape::new(directory.clone(), broadcast.clone(), events.clone());
        let counter = Arc::clone(&waiting);
        let thread = thread::Builder::new()
            .name("golive-record".to_owned())
            .spawn(move || write(&receiver, &counter, tape))?;
        Ok(Self {
            commands: Some(sender),
            waiting,
            overflowed: false,
            thread: Some(thread),
            broadcast,
            directory,
            events,
        })
    }

    /// What is written from here on comes from another connection.
    pub(crate) fn begin(&self) {
        self.send(Command::Begin);
    }

    /// Hands over what was received, and the PTS that it reached.
    pub(crate) fn write(&mut self, data: Bytes, pts: Option<i64>) {
        let waiting = self.waiting.load(Ordering::Relaxed);
        if waiting > MAX_WAITING && !self.overflowed {
            self.overflowed = true;
            self.events.push(Event::RecordingFailed {
                broadcast: self.broadcast.clone(),
                path: self.directory.clone(),
                cause: "the disk does not keep up with the broadcast".to_owned(),
            });
        }
        self.overflowed &= waiting > MAX_WAITING / 2;
        if !self.overflowed {
            self.waiting.fetch_add(data.len(), Ordering::Relaxed);
            self.send(Command::Write { data, pts });
        }
    }

    /// The connection ended: closes the file.
    pub(crate) fn end(&self) {
        self.send(Command::End);
    }

    fn send(&self, command: Command) {
        // The thread ends only after the sender is gone.
        let _ = self.commands.as_ref().map(|commands| commands.send(command));
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How much is gathered into one write.
const BATCH: usize = 256 * 1024;

fn write(commands: &mpsc::Receiver<Command>, waiting: &AtomicUsize, mut tape: Tape) {
    let mut batch = Vec::with_capacity(BATCH);
    while let Ok(first) = commands.recv() {
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Begin => tape.begin(),
                Command::End => tape.end(),
                Command::Write { data, mut pts } => {
                    // What has piled up behind it goes into the same write.
                    batch.clear();
                    batch.extend_from_slice(&data);
                    next = commands.try_recv().ok();
                    while batch.len() < BATCH
                        && let Some(Command::Write { data, pts: reached }) = &next
                    {
                        batch.extend_from_slice(data);
                        pts = pts.or(*reached);
                        next = commands.try_recv().ok();
                    }
                    tape.write(&batch, pts);
                    waiting.fetch_sub(batch.len(), Ordering::Relaxed);
                    continue;
                }
            }
            next = commands.try_recv().ok();
        }
    }
    tape.end();
}

//! The thread that takes bytes from the input and hands them to the connection.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use golive::clock;
use golive::srt::Connection;

use super::PAYLOAD;
use super::gathering::Gathering;
use super::paced::{PacedError, PacedFile};
use crate::exit::{Exit, Failure};
use crate::monitor::End;

/// How far ahead of its time a file is queued: one wake serves many payloads, and an end that is
/// asked for comes no later than this.
const AHEAD: Duration = Duration::from_millis(200);

/// A stream that is late by more, because the machine slept or the link stood still, goes on from
/// there instead of catching up in one burst.
const LATEST: Duration = Duration::from_secs(1);

/// Bytes taken from standard input at once, at most.
const CHUNK: usize = 64 << 10;

/// Where the stream comes from.
pub(super) enum Input {
    /// A file, paced by its clock.
    File(Box<PacedFile<File>>),
    /// Standard input, as it comes.
    Standard,
}

/// A connection, and what was carried over it.
pub(super) struct Carrier {
    connection: Connection,
    carried: AtomicU64,
    halted: AtomicBool,
}

/// Why carrying ended before the input did.
#[derive(Debug, thiserror::Error)]
enum CarryError {
    #[error(transparent)]
    Paced(#[from] PacedError),
    #[error("cannot read standard input: {0}")]
    Read(#[from] io::Error),
    #[error(transparent)]
    Connection(#[from] golive::Error),
}

/// The word of the thread, once it has ended.
pub(super) struct Word {
    receiver: Receiver<Result<(), CarryError>>,
}

impl Carrier {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, carried: AtomicU64::new(0), halted: AtomicBool::new(false) }
    }

    /// Starts to carry, on a thread of its own.
    pub(super) fn start(self: &Arc<Self>, input: Input) -> Result<Word, Failure> {
        let (sender, receiver): (SyncSender<_>, _) = sync_channel(1);
        let carrier = Arc::clone(self);
        let thread = thread::Builder::new().name("golive-send".to_owned());
        let spawned = thread.spawn(move || {
            let result = match input {
                Input::File(file) => carrier.carry_file(*file),
                Input::Standard => carrier.carry_as_it_comes(io::stdin().lock()),
            };
            // Nobody listens any more once the command ends.
            let _ = sender.send(result);
        });
        spawned.map_err(|error| {
            Failure::new(Exit::Failed, format_args!("cannot start a thread: {error}"))
        })?;
        Ok(Word { receiver })
    }

    /// Queues nothing more, from the next payload on.
    pub(super) fn halt(&self) {
        self.halted.store(true, Ordering::Relaxed);
    }

    /// Bytes taken from the input so far.
    pub(super) fn carried(&self) -> u64 {
        self.carried.load(Ordering::Relaxed)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    fn carry_file(&self, mut paced: PacedFile<File>) -> Result<(), CarryError> {
        let mut begin = clock::now();
        while let Some((payload, at)) = paced.next()? {
            let late = clock::now().since(begin + at);
            if late > LATEST {
                begin += late;
            }
            if !self.wait_until_near(begin + at) {
                return Ok(());
            }
            self.connection.send_at(payload, begin + at)?;
            self.carried.fetch_add(payload.len() as u64, Ordering::Relaxed);
        }
        self.connection.flush();
        Ok(())
    }

    /// Returns once the moment is near, at most as far ahead as payloads are queued. False if
    /// halted.
    fn wait_until_near(&self, at: golive::Time) -> bool {
        if at.since(clock::now()) > AHEAD {
            // What is queued suffices for a while: the connection is woken once for all of it.
            self.connection.flush();
            while at.since(clock::now()) > AHEAD / 2 && !self.halted() {
                thread::sleep(AHEAD / 4);
            }
        }
        !self.halted()
    }

    fn carry_as_it_comes(&self, mut input: impl Read) -> Result<(), CarryError> {
        let mut bytes = vec![0; CHUNK];
        let mut held = 0;
        let mut gathering = Gathering::new(clock::now());
        loop {
            let read = match input.read(bytes.get_mut(held..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            held += read;
            let span = gathering.read(clock::now(), read);
            let whole = held - held % PAYLOAD;
            self.send_all(bytes.get(..whole).unwrap_or_default(), span)?;
            bytes.copy_within(whole..held, 0);
            held -= whole;
            if self.halted() {
                return Ok(());
            }
            if read < CHUNK && !gathering.pause().is_zero() {
                thread::sleep(gathering.pause());
            }
        }
        self.send_all(bytes.get(..held).unwrap_or_default(), Duration::ZERO)
    }

    /// Sends payloads that came evenly over `span` up to now: the receiver plays them so.
    fn send_all(&self, bytes: &[u8], span: Duration) -> Result<(), CarryError> {
        let payloads = u32::try_from(bytes.len().div_ceil(PAYLOAD)).unwrap_or(u32::MAX);
        let mut origin = clock::now().saturating_sub(span);
        for payload in bytes.chunks(PAYLOAD) {
            origin += span / payloads.max(1);
            self.connection.send_at(payload, origin)?;
            self.carried.fetch_add(payload.len() as u64, Ordering::Relaxed);
        }
        self.connection.flush();
        Ok(())
    }

    fn halted(&self) -> bool {
        self.halted.load(Ordering::Relaxed)
    }
}

impl Word {
    /// How carrying ended, if it did.
    pub(super) fn end(&self) -> Option<End> {
        match self.receiver.try_recv().ok()? {
            Ok(()) => Some(End::done("the input came to its end")),
            // The connection itself tells better why it is over.
            Err(CarryError::Connection(_)) => None,
            Err(error) => Some(End { exit: Exit::Failed, cause: error.to_string() }),
        }
    }
}

//! The file that a broadcast is being written to.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};
use std::{fs, mem};

use golive_proto::mux::mpegts;

use super::decision::{End, continues};
use super::name;
use crate::event::{Event, Events};
use crate::key::BroadcastId;

/// Bytes of a transport stream packet.
const PACKET: u64 = mpegts::PACKET_LENGTH as u64;

/// 33 bits of PTS (ISO/IEC 13818-1, 2.4.3.7).
const PTS_WRAP: i64 = 1 << 33;

/// What is held back until the first PTS tells which file it belongs to.
const MAX_HELD: usize = 4 * 1024 * 1024;

/// How much of a recording's end is searched for its last PTS: seconds, at any usual rate.
const TAIL: u64 = 4 * 1024 * 1024;

/// A recording that failed is tried again after this long.
const RETRY: Duration = Duration::from_secs(5);

/// Decides where the stream goes, writes it there, and copes when that fails.
pub(super) struct Tape {
    directory: PathBuf,
    broadcast: BroadcastId,
    events: Events,
    state: State,
    open: fn(&Path) -> io::Result<File>,
}

enum State {
    /// Nobody is live.
    Idle,
    /// Someone is, but which file it belongs to is not known yet.
    Undecided {
        held: Vec<u8>,
    },
    Writing {
        file: File,
        path: PathBuf,
    },
    /// The file or directory could not be written.
    Failed {
        since: Instant,
    },
}

impl Tape {
    pub(super) fn new(directory: PathBuf, broadcast: BroadcastId, events: Events) -> Self {
        Self { directory, broadcast, events, state: State::Idle, open: open_to_append }
    }

    pub(super) fn begin(&mut self) {
        self.end();
        self.state = State::Undecided { held: Vec::new() };
    }

    pub(super) fn write(&mut self, data: &[u8], pts: Option<i64>) {
        match &mut self.state {
            State::Idle => {}
            State::Undecided { held } => {
                held.extend_from_slice(data);
                if pts.is_some() || held.len() > MAX_HELD {
                    let held = mem::take(held);
                    self.decide(&held, pts, false);
                }
            }
            State::Writing { file, path } => {
                if let Err(error) = append(file, data) {
                    let path = path.clone();
                    self.fail(path, &error, false);
                }
            }
            State::Failed { since } => {
                if since.elapsed() >= RETRY && pts.is_some() {
                    self.decide(data, pts, true);
                }
            }
        }
    }

    pub(super) fn end(&mut self) {
        match mem::replace(&mut self.state, State::Idle) {
            // A stream without a timestamp is kept all the same.
            State::Undecided { held } if !held.is_empty() => {
                self.decide(&held, None, false);
                self.end();
            }
            State::Writing { file, path } => {
                if let Err(error) = file.sync_data() {
                    self.fail(path, &error, false);
                    self.state = State::Idle;
                }
            }
            State::Undecided { .. } | State::Idle | State::Failed { .. } => {}
        }
    }

    /// Chooses the file and writes `data` to it.
    fn decide(&mut self, data: &[u8], pts: Option<i64>, again: bool) {
        let (path, resumed) = match self.choose(pts) {
            Ok(chosen) => chosen,
            Err(error) => return self.fail(self.directory.clone(), &error, again),
        };
        let opened = (self.open)(&path).and_then(|mut file| {
            append(&mut file, data)?;
            Ok(file)
        });
        match opened {
            Ok(file) => {
                self.events.push(Event::RecordingStarted {
                    broadcast: self.broadcast.clone(),
                    path: path.clone(),
                    resumed,
                });
                self.state = State::Writing { file, path };
            }
            Err(error) => self.fail(path, &error, again),
        }
    }

    /// The file for a stream that has reached `pts`, and whether it holds an earlier part of it.
    fn choose(&self, pts: Option<i64>) -> io::Result<(PathBuf, bool)> {
        fs::create_dir_all(&self.directory)?;
        let now = SystemTime::now();
        if let Some((path, modified)) = name::latest(&self.directory, &self.broadcast)? {
            if fs::metadata(&path)?.len() < PACKET {
                return Ok((path, false));
            }
            if let (Some(pts), Some(last_pts)) = (pts, last_pts(&path)?) {
                let age = now.duration_since(modified).unwrap_or_default();
                if continues(End { last_pts, age }, pts) {
                    return Ok((path, true));
                }
            }
        }
        self.unused_path(now).map(|path| (path, false))
    }

    fn unused_path(&self, now: SystemTime) -> io::Result<PathBuf> {
        let start = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        // Two recordings of one broadcast that begin in the same second: the later one's name is
        // a second off.
        (0..60)
            .map(|later| start + Duration::from_secs(later))
            .map(|start| self.directory.join(name::file_name(&self.broadcast, start)))
            .find(|path| !path.exists())
            .ok_or_else(|| io::Error::from(io::ErrorKind::AlreadyExists))
    }

    fn fail(&mut self, path: PathBuf, error: &io::Error, again: bool) {
        self.state = State::Failed { since: Instant::now() };
        if !again {
            self.events.push(Event::RecordingFailed {
                broadcast: self.broadcast.clone(),
                path,
                cause: error.to_string(),
            });
        }
    }
}

/// Opens a recording to write on at its end, without the half packet that a kill or a full disk
/// may have left there.
fn open_to_append(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    let length = file.metadata()?.len();
    if !length.is_multiple_of(PACKET) {
        file.set_len(length - length % PACKET)?;
    }
    Ok(file)
}

fn append(file: &mut File, data: &[u8]) -> io::Result<()> {
    file.write_all(data).inspect_err(|_| {
        // Best effort: opening it again cuts the same.
        if let Ok(metadata) = file.metadata() {
            let _ = file.set_len(metadata.len() - metadata.len() % PACKET);
        }
    })
}

/// The last PTS of a recording, in 90 kHz ticks modulo 2^33.
fn last_pts(path: &Path) -> io::Result<Option<i64>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let length = length - length % PACKET;
    let start = length.saturating_sub(TAIL / PACKET * PACKET);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(length - start).read_to_end(&mut tail)?;
    Ok(mpegts::latest_time(&tail).map(|time| time.to_90khz().rem_euclid(PTS_WRAP)))
}

#[cfg(test)]
mod tests;

//! Media files as sources: an MP4's H.264 and AAC, decoded in real time.
//!
//! A file that is played by both tracks is opened once, and both go by one timeline. Played again
//! and again, it goes on without a jump: each round begins where the longer track of the one
//! before it ended.

mod pictures;
mod sound;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use golive_proto::media::Track;
use golive_proto::mux::mp4::{self, Movie};
use golive_proto::units::MediaTime;

pub(crate) use self::pictures::Pictures;
pub(crate) use self::sound::Sound;
use crate::error::Error;

/// A file is held in memory as a whole; a larger one is refused.
const LARGEST_FILE: u64 = 1 << 31;

/// An open file and its place on the timeline.
pub(crate) struct MediaFile {
    path: PathBuf,
    data: Vec<u8>,
    movie: Movie,
    /// Where its beginning lies on the media timeline.
    start: MediaTime,
    /// How long one round takes.
    length: Duration,
    looped: bool,
}

impl MediaFile {
    /// Reads a file. It begins at what `start` says once it is read.
    fn open(path: &Path, looped: bool, start: impl FnOnce() -> MediaTime) -> Result<Self, Error> {
        let unreadable = |reason: String| Error::FileNotFound { path: path.to_owned(), reason };
        let size = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
        if size > LARGEST_FILE {
            return Err(unreadable("it is larger than 2 GiB".to_owned()));
        }
        let data = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
        let movie = mp4::read(&data).map_err(|error| explain(error, path))?;
        let ends = [
            movie.video.as_ref().ok().map(|track| track.end),
            movie.audio.as_ref().ok().map(|track| track.end),
        ];
        let end = ends.into_iter().flatten().max().unwrap_or_default();
        let length = end.since(MediaTime::ZERO);
        if length < SHORTEST {
            let reason = "it lasts less than a tenth of a second".to_owned();
            return Err(Error::NotAVideo { path: path.to_owned(), reason });
        }
        Ok(Self { path: path.to_owned(), data, movie, start: start(), length, looped })
    }

    /// Where round `number` begins, or nothing when the file has ended before it.
    fn round(&self, number: u32) -> Option<MediaTime> {
        (number == 0 || self.looped).then(|| self.start + self.length.saturating_mul(number))
    }
}

/// A shorter file, looped, would keep the decoder starting.
const SHORTEST: Duration = Duration::from_millis(100);

/// The files that are playing, so that two tracks of one file share it.
pub(crate) struct OpenFiles {
    looped: bool,
    playing: Vec<(PathBuf, Weak<MediaFile>)>,
}

impl OpenFiles {
    /// None yet; those to come are played again and again, or once.
    pub(crate) fn new(looped: bool) -> Self {
        Self { looped, playing: Vec::new() }
    }

    /// The file at `path`: the one that plays already, or else one that begins at `start`.
    pub(crate) fn open(
        &mut self,
        path: &Path,
        start: impl FnOnce() -> MediaTime,
    ) -> Result<Arc<MediaFile>, Error> {
        self.playing.retain(|(_, file)| file.strong_count() > 0);
        let same = self.playing.iter().find(|(other, _)| other == path);
        if let Some(file) = same.and_then(|(_, file)| file.upgrade()) {
            return Ok(file);
        }
        let file = Arc::new(MediaFile::open(path, self.looped, start)?);
        self.playing.push((path.to_owned(), Arc::downgrade(&file)));
        Ok(file)
    }
}

fn explain(error: mp4::Error, path: &Path) -> Error {
    match error {
        mp4::Error::UnsupportedCodec { track: Track::Video, codec } => {
            Error::UnsupportedCodec(format!("video (`{codec}`)"))
        }
        mp4::Error::UnsupportedCodec { track: Track::Audio, codec } => {
            Error::UnsupportedCodec(format!("sound (`{codec}`)"))
        }
        other => Error::NotAVideo { path: path.to_owned(), reason: other.to_string() },
    }
}

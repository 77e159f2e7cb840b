//! Files as sources, where the software that decodes them was not built in: every one is refused.

use std::path::Path;
use std::sync::Arc;

use golive_proto::units::MediaTime;

use crate::error::Error;
use crate::picture::Picture;

/// A file that is open, which none can be.
pub(crate) enum MediaFile {}

/// Pictures of a file.
pub(crate) enum Pictures {}

/// Sound of a file.
pub(crate) enum Sound {}

/// The files that are playing: none.
pub(crate) struct OpenFiles;

impl OpenFiles {
    pub(crate) fn new(_looped: bool) -> Self {
        Self
    }

    pub(crate) fn open(
        &mut self,
        _path: &Path,
        _start: impl FnOnce() -> MediaTime,
    ) -> Result<Arc<MediaFile>, Error> {
        let missing = if cfg!(feature = "h264") { "aac" } else { "h264" };
        Err(Error::NotBuiltIn(missing))
    }
}

impl Pictures {
    pub(crate) fn new(file: Arc<MediaFile>) -> Result<Self, Error> {
        match *file {}
    }

    pub(crate) fn next(&mut self) -> Option<(MediaTime, Picture)> {
        match *self {}
    }

    pub(crate) fn recycle(&mut self, _picture: Picture) {
        match *self {}
    }
}

impl Sound {
    pub(crate) fn new(file: Arc<MediaFile>) -> Result<Self, Error> {
        match *file {}
    }

    pub(crate) fn has_ended(&self) -> bool {
        match *self {}
    }

    pub(crate) fn fill(&mut self, _position: i64, _block: &mut [i16]) {
        match *self {}
    }
}

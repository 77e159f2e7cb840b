//! One error for the whole crate, whose kind says what the caller can do.

use std::error::Error as StdError;
use std::fmt;

/// What went wrong, and what can be done about it.
///
/// # Examples
///
/// ```
/// use golive::{Destination, ErrorKind};
///
/// let error = "srt://ingest.example".parse::<Destination>().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Configuration);
/// ```
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What the caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something that was asked for makes no sense: fix the configuration.
    Configuration,
    /// The destination did not answer, or the network is away: try again later.
    Unreachable,
    /// The destination answered, and refused: a wrong key or passphrase, or no room. Trying again
    /// with the same credentials helps only where the message says so.
    Refused,
    /// A camera or microphone is missing or in use: choose another, or free it.
    DeviceUnavailable,
    /// The system forbids the device: ask the person for permission.
    PermissionDenied,
    /// A file or codec could not be read, written or used; the message names it.
    Media,
    /// The broadcast is already over.
    Ended,
    /// The system refused a thread, a socket or memory: give up, and report it.
    System,
}

impl Error {
    /// An error of an app's own [`Encoder`](crate::Encoder). The message says what happened, where,
    /// and what to do.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(crate) fn with_source(
        kind: ErrorKind,
        message: impl Into<String>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self { kind, message: message.into(), source: Some(source.into()) }
    }

    /// What the caller can do.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What happened, where, and what to do, for a person. Holds no secret.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

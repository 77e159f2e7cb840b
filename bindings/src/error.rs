//! One error, whose variant says what the caller can do.

use std::error::Error as _;

use golive::ErrorKind;

/// What went wrong. The variant says what can be done, `reason` is a sentence for a person that
/// holds no secret, `detail` what the system or the ingest said.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum GoliveFailure {
    /// Something that was asked for makes no sense: fix the configuration.
    #[error("{reason}")]
    Configuration {
        /// For a person.
        reason: String,
        /// What is behind it.
        detail: Option<String>,
    },
    /// The destination did not answer, or the network is away: try again later.
    #[error("{reason}")]
    Unreachable {
        /// For a person.
        reason: String,
        /// What is behind it.
        detail: Option<String>,
    },
    /// The destination refused: a wrong key or passphrase, or no room.
    #[error("{reason}")]
    Refused {
        /// For a person.
        reason: String,
        /// What is behind it.
        detail: Option<String>,
    },
    /// A camera or microphone is missing or in use: choose another, or free it.
    #[error("{reason}")]
    DeviceUnavailable {
        /// For a person.
        reason: String,
        /// What is behind it.
        detail: Option<String>,
    },
    /// The system forbids the device: ask the person for permission.
    #[error("{reason}")]
    PermissionDenied {
        /// For a person.
        reason: String,
        /// What is behind it.
        detail: Option<String>,
    },
    /// A file or codec could not be read, written or used.
    #[error("{reason}")]
    Media {
        /// For a person.
        reason: String,
        /// What is behind it.
        detail: Option<String>,
    },
    /// The broadcast is over, or was stopped before it was live.
    #[error("{reason}")]
    Ended {
        /// For a person.
        reason: String,
        /// What is behind it.
        detail: Option<String>,
    },
    /// The system refused a thread, a socket or memory: give up, and report it.
    #[error("{reason}")]
    System {
        /// For a person.
        reason: String,
        /// What is behind it.
        detail: Option<String>,
    },
}

impl GoliveFailure {
    pub(crate) fn new(kind: ErrorKind, reason: impl Into<String>, detail: Option<String>) -> Self {
        let reason = reason.into();
        match kind {
            ErrorKind::Configuration => Self::Configuration { reason, detail },
            ErrorKind::Unreachable => Self::Unreachable { reason, detail },
            ErrorKind::Refused => Self::Refused { reason, detail },
            ErrorKind::DeviceUnavailable => Self::DeviceUnavailable { reason, detail },
            ErrorKind::PermissionDenied => Self::PermissionDenied { reason, detail },
            ErrorKind::Media => Self::Media { reason, detail },
            ErrorKind::Ended => Self::Ended { reason, detail },
            // A kind that is new has no better word yet.
            _ => Self::System { reason, detail },
        }
    }
}

impl From<golive::Error> for GoliveFailure {
    fn from(error: golive::Error) -> Self {
        let detail = error.source().map(|source| source.to_string());
        Self::new(error.kind(), error.message(), detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_and_what_is_behind_it_cross_over() {
        let error = "srt://ingest.example".parse::<golive::Destination>().unwrap_err();
        let crossed = GoliveFailure::from(error);
        assert!(matches!(&crossed, GoliveFailure::Configuration { detail: Some(_), .. }));
        assert!(crossed.to_string().contains("port"), "{crossed}");
    }
}

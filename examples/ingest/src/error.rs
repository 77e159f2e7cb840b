//! Why an ingest cannot start.

use std::io;
use std::net::SocketAddr;

/// Why an ingest cannot start; says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something else listens there already.
    #[error(
        "{purpose} cannot listen on {address}: another program does already; stop it, or choose \
         another port (port 0 takes any that is free)"
    )]
    AddressInUse {
        /// What it was wanted for: `SRT` or `the page`.
        purpose: &'static str,
        /// Where.
        address: SocketAddr,
    },
    /// The system does not let this program listen there.
    #[error(
        "{purpose} cannot listen on {address}: {source}; choose an address of this machine, and \
         a port of 1024 or above"
    )]
    Listen {
        /// What it was wanted for: `SRT` or `the page`.
        purpose: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// SRT could not start.
    #[error("SRT cannot start: {0}")]
    Srt(#[source] golive::Error),
    /// Recordings cannot go where they should.
    #[error("recordings cannot be written to {directory}: {source}; choose another directory")]
    RecordingDirectory {
        /// Where.
        directory: String,
        /// What the system says.
        source: io::Error,
    },
    /// The system has no thread, socket or memory left.
    #[error("the system refuses a thread or a socket: {0}; close other programs")]
    System(#[source] io::Error),
}

impl Error {
    pub(crate) fn listen(purpose: &'static str, address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::AddressInUse { purpose, address },
            _ => Self::Listen { purpose, address, source },
        }
    }
}

//! The handle of a running ingest.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::config::Config;
use crate::error::Error;
use crate::event::Events;
use crate::http::Server;
use crate::key::Refusal;
use crate::registry::{Publisher, Registry};

/// A running ingest. Dropping it stops it.
pub struct Ingest {
    registry: Arc<Registry>,
    events: Events,
    http: Option<Server>,
    http_address: SocketAddr,
}

impl Ingest {
    /// Starts to listen, on threads of its own.
    ///
    /// # Errors
    ///
    /// [`Error`], which says what to do; nothing is left running then.
    pub fn start(config: Config) -> Result<Self, Error> {
        let Config { srt: _, http, record, key, latency: _ } = config;
        if let Some(directory) = &record {
            fs::create_dir_all(directory).map_err(|source| Error::RecordingDirectory {
                directory: directory.display().to_string(),
                source,
            })?;
        }
        let events = Events::default();
        let registry = Arc::new(Registry::new(key, record, events.clone()));
        let server = Server::start(http, Arc::clone(&registry))?;
        let http_address = server.address();
        Ok(Self { registry, events, http: Some(server), http_address })
    }

    /// Where the page is, with the port that was taken.
    pub fn http_address(&self) -> SocketAddr {
        self.http_address
    }

    /// What happens, in order. Every handle reads from the same queue.
    pub fn events(&self) -> Events {
        self.events.clone()
    }

    /// Puts a broadcast on air whose transport stream comes from this program rather than over
    /// SRT: from a file, a pipe, a test. The stream id is checked as a sender's would be.
    ///
    /// # Errors
    ///
    /// The refusal.
    pub fn publish(&self, stream_id: &str) -> Result<Publisher, Refusal> {
        self.registry.admit(stream_id, None)?.begin()
    }

    /// Ends every broadcast, finishes the recordings and closes the page. Does nothing the second
    /// time.
    pub fn stop(&mut self) {
        self.registry.stop();
        self.http = None;
        self.events.close();
    }
}

impl Drop for Ingest {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Ingest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ingest").field("http_address", &self.http_address).finish_non_exhaustive()
    }
}

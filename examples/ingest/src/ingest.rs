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
use crate::srt::Endpoint;

/// A running ingest. Dropping it stops it.
pub struct Ingest {
    registry: Arc<Registry>,
    events: Events,
    srt: Option<Endpoint>,
    http: Option<Server>,
    srt_address: SocketAddr,
    http_address: SocketAddr,
}

impl Ingest {
    /// Starts to listen, on threads of its own.
    ///
    /// # Errors
    ///
    /// [`Error`], which says what to do; nothing is left running then.
    pub fn start(config: Config) -> Result<Self, Error> {
        if let Some(directory) = &config.record {
            fs::create_dir_all(directory).map_err(|source| Error::RecordingDirectory {
                directory: directory.display().to_string(),
                source,
            })?;
        }
        let events = Events::default();
        let (key, record) = (config.key.clone(), config.record.clone());
        let registry = Arc::new(Registry::new(key, record, events.clone()));
        let srt = Endpoint::start(&config, Arc::clone(&registry))?;
        let http = Server::start(config.http, Arc::clone(&registry))?;
        let (srt_address, http_address) = (srt.address(), http.address());
        Ok(Self { registry, events, srt: Some(srt), http: Some(http), srt_address, http_address })
    }

    /// Where SRT arrives, with the port that was taken.
    pub fn srt_address(&self) -> SocketAddr {
        self.srt_address
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
        self.srt = None;
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
        f.debug_struct("Ingest")
            .field("srt_address", &self.srt_address)
            .field("http_address", &self.http_address)
            .finish_non_exhaustive()
    }
}

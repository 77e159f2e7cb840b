//! What an ingest is told.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use golive::Secret;

use crate::key::StreamKey;

/// Where an ingest listens, what it keeps and whom it lets in.
///
/// By default it listens on the loopback only, records nothing and lets in anyone who can reach
/// it.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where SRT arrives. Port 0 takes any that is free.
    pub srt: SocketAddr,
    /// Where the page is. Port 0 takes any that is free.
    pub http: SocketAddr,
    /// The directory that broadcasts are recorded into; it is made if it does not exist.
    pub record: Option<PathBuf>,
    /// The key that broadcasters must show in their stream id.
    pub key: Option<StreamKey>,
    /// The passphrase that encrypts every connection; broadcasters need the same one.
    pub passphrase: Option<Secret>,
    /// The least latency of an SRT connection: how long a packet may take to arrive, repeats
    /// included. A broadcaster that asks for more gets more.
    pub latency: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            srt: SocketAddr::from((Ipv4Addr::LOCALHOST, 9710)),
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, 9780)),
            record: None,
            key: None,
            passphrase: None,
            latency: Duration::from_millis(120),
        }
    }
}

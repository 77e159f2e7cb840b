//! Where a broadcast goes.

use std::fmt;
use std::str::FromStr;

use golive_proto::session::Role;
use golive_proto::transport::srt::{self, Mode, Passphrase, StreamId};

use crate::broadcast::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

/// An ingest's address and what it takes to be let in. It prints without its secrets.
///
/// # Examples
///
/// ```
/// let destination: golive::Destination =
///     "srt://127.0.0.1:9000?streamid=live_4711&latency=250&passphrase=correct+horse".parse()?;
/// assert!(!destination.to_string().contains("4711"));
/// # Ok::<(), golive::Error>(())
/// ```
#[derive(Clone)]
pub struct Destination {
    url: srt::Url,
}

impl Destination {
    /// Sets the stream id, which often is the stream key. It need not stand in a URL, where
    /// shells and logs would keep it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] when it is longer than the 512 bytes that SRT carries.
    pub fn set_stream_id(&mut self, stream_id: &Secret) -> Result<(), Error> {
        let stream_id = StreamId::new(stream_id.expose()).map_err(configuration_error)?;
        self.url.config.stream_id = Some(stream_id);
        Ok(())
    }

    /// Sets the passphrase that encrypts the stream.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`] unless it has 10 to 79 bytes.
    pub fn set_passphrase(&mut self, passphrase: &Secret) -> Result<(), Error> {
        let passphrase = Passphrase::new(passphrase.expose()).map_err(configuration_error)?;
        self.url.config.passphrase = Some(passphrase);
        Ok(())
    }

    /// Whether this side waits to be called.
    pub fn is_listener(&self) -> bool {
        self.role() == Role::Listener
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint { host: self.url.host.clone(), port: self.url.port, role: self.role() }
    }

    pub(crate) fn transport(&self) -> srt::Config {
        self.url.config.clone()
    }

    pub(crate) fn role(&self) -> Role {
        match self.url.mode {
            Mode::Caller => Role::Caller,
            Mode::Listener => Role::Listener,
        }
    }
}

impl FromStr for Destination {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        text.parse().map(|url| Self { url }).map_err(configuration_error)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Destination({})", self.url)
    }
}

fn configuration_error(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::with_source(ErrorKind::Configuration, error.to_string(), error)
}

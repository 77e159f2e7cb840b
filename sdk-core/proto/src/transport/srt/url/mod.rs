//! `srt://host:port?name=value&…` with libsrt's names and meanings
//! (`docs/API/API-socket-options.md` and `docs/apps/srt-live-transmit.md` of libsrt).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::config::Config;
use super::crypto::KeyLength;
use super::filter::{PacketFilter, PacketFilterError};
use super::passphrase::{Passphrase, PassphraseError};
use super::stream_id::{StreamId, StreamIdError};

mod parameter;

#[cfg(test)]
mod tests;

/// An SRT address with its settings.
///
/// Stream id and passphrase print as dots, in `Display` as in `Debug`.
#[derive(Clone, Debug)]
pub struct Url {
    /// A name or an address, an IPv6 address without its brackets; empty for a listener on every
    /// address.
    pub host: String,
    /// The UDP port.
    pub port: u16,
    /// Who calls whom.
    pub mode: Mode,
    /// Everything else that the URL says.
    pub config: Config,
}

/// Which side of the handshake a URL asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Call the host.
    #[default]
    Caller,
    /// Wait to be called.
    Listener,
}

/// A text is no SRT URL, or asks for what this side cannot do. No message holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It begins with something else.
    #[error("the URL does not begin with `srt://`")]
    NotSrt,
    /// There is no port.
    #[error("the URL has no port: write srt://HOST:PORT")]
    MissingPort,
    /// The port is no number from 1 to 65535.
    #[error("the URL's port is not a number from 1 to 65535")]
    BadPort,
    /// A caller needs to know whom to call.
    #[error("the URL has no host to call: write srt://HOST:PORT, or mode=listener to be called")]
    MissingHost,
    /// The host is malformed.
    #[error("the URL's host is malformed: an IPv6 address stands in brackets, srt://[::1]:PORT")]
    BadHost,
    /// Rendezvous is not supported.
    #[error("mode=rendezvous is not supported: let one side be caller and the other listener")]
    Rendezvous,
    /// Nobody knows this parameter.
    #[error("SRT knows no URL parameter `{0}`")]
    UnknownParameter(String),
    /// libsrt knows it, this side cannot do it.
    #[error("the URL parameter `{name}` is not supported here: {reason}")]
    Unsupported {
        /// The parameter.
        name: &'static str,
        /// What to do instead.
        reason: &'static str,
    },
    /// A parameter has no value, or one that it cannot have.
    #[error("the URL parameter `{name}` wants {expected}")]
    BadValue {
        /// The parameter.
        name: &'static str,
        /// What it can be.
        expected: &'static str,
    },
    /// Something between two `&` is not `name=value`.
    #[error("part {0} of the URL's parameters is not of the form name=value")]
    Malformed(usize),
    /// The stream id cannot be sent.
    #[error(transparent)]
    StreamId(#[from] StreamIdError),
    /// The packet filter is none.
    #[error(transparent)]
    PacketFilter(#[from] PacketFilterError),
    /// The passphrase has the wrong length.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let rest = strip_scheme(text).ok_or(UrlError::NotSrt)?;
        // A stream id may begin with a raw `#`, so the query goes on to the end.
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, port) = split_authority(authority.trim_end_matches('/'))?;
        let mut url = Url {
            mode: if host.is_empty() { Mode::Listener } else { Mode::Caller },
            host,
            port,
            config: Config::default(),
        };
        for (index, part) in query.split('&').enumerate().filter(|(_, part)| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or(UrlError::Malformed(index + 1))?;
            parameter::apply(&mut url, name, value)?;
        }
        if url.mode == Mode::Caller && url.host.is_empty() {
            return Err(UrlError::MissingHost);
        }
        Ok(url)
    }
}

fn strip_scheme(text: &str) -> Option<&str> {
    const SCHEME: &str = "srt://";
    let (scheme, rest) = text.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(rest)
}

fn split_authority(authority: &str) -> Result<(String, u16), UrlError> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or(UrlError::BadHost)?;
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(UrlError::BadHost);
            }
            (address, port.strip_prefix(':').ok_or(UrlError::MissingPort)?)
        }
        None => authority.rsplit_once(':').ok_or(UrlError::MissingPort)?,
    };
    let malformed = |c: char| c.is_whitespace() || matches!(c, '@' | '/' | '[' | ']' | '#');
    if host.contains(malformed) || (host.contains(':') && !authority.starts_with('[')) {
        return Err(UrlError::BadHost);
    }
    match port.parse() {
        _ if port.is_empty() => Err(UrlError::MissingPort),
        Ok(port) if port > 0 => Ok((host.to_owned(), port)),
        _ => Err(UrlError::BadPort),
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, mode, config } = self;
        match host.contains(':') {
            true => write!(f, "srt://[{host}]:{port}")?,
            false => write!(f, "srt://{host}:{port}")?,
        }
        let mode = match mode {
            Mode::Caller => "caller",
            Mode::Listener => "listener",
        };
        write!(f, "?mode={mode}&latency={}", config.latency.as_millis())?;
        if let Some(latency) = config.peer_latency {
            write!(f, "&peerlatency={}", latency.as_millis())?;
        }
        if config.automatic_filter {
            f.write_str("&packetfilter=auto")?;
        } else if let Some(filter) = config.packet_filter {
            write!(f, "&packetfilter={filter}")?;
        }
        if let Some(stream_id) = &config.stream_id {
            write!(f, "&streamid={stream_id}")?;
        }
        if let Some(passphrase) = &config.passphrase {
            write!(f, "&passphrase={passphrase}&pbkeylen={}", config.key_length.bytes())?;
        }
        Ok(())
    }
}

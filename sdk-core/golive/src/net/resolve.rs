//! Names to addresses.

use std::net::{SocketAddr, ToSocketAddrs};

use crate::error::{Error, ErrorKind};

/// The addresses of a host, in the order in which the system recommends them. May take seconds:
/// never called on the media thread.
///
/// # Errors
///
/// [`ErrorKind::Unreachable`] when the name is not known here.
pub(crate) fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
    let unknown = "check the spelling, and that this device is online";
    let addresses: Vec<_> = (host, port)
        .to_socket_addrs()
        .map_err(|error| {
            let message = format!("the name `{host}` could not be looked up: {unknown}");
            Error::with_source(ErrorKind::Unreachable, message, error)
        })?
        .collect();
    if addresses.is_empty() {
        let message = format!("the name `{host}` has no address: {unknown}");
        return Err(Error::new(ErrorKind::Unreachable, message));
    }
    Ok(addresses)
}

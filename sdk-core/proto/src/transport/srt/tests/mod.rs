//! Two ends of a connection over a bad link, in virtual time.

mod encryption;
mod filtering;
mod handshake;
mod hostile;
mod media;
mod pair;

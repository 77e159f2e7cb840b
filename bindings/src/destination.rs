//! Where a broadcast goes, and the secrets that it takes: both print without what is secret.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::GoliveFailure;

/// A stream key or passphrase: it prints as dots, and is wiped from memory when it is released.
#[derive(Clone, Debug, uniffi::Object)]
#[uniffi::export(Debug, Display)]
pub struct Secret(golive::Secret);

#[uniffi::export]
impl Secret {
    /// Takes a secret.
    #[uniffi::constructor]
    pub fn new(secret: String) -> Arc<Self> {
        Arc::new(Self(golive::Secret::new(secret)))
    }
}

impl Secret {
    pub(crate) fn inner(&self) -> &golive::Secret {
        &self.0
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An ingest's address and what it takes to be let in.
#[derive(Debug, uniffi::Object)]
#[uniffi::export(Debug, Display)]
pub struct Destination(Mutex<golive::Destination>);

#[uniffi::export]
impl Destination {
    /// Reads an SRT URL, as `srt://ingest.example:9000?streamid=live_4711&latency=250`.
    ///
    /// # Errors
    ///
    /// `Configuration`, saying what is wrong with it.
    #[uniffi::constructor]
    pub fn parse(url: &str) -> Result<Arc<Self>, GoliveFailure> {
        Ok(Arc::new(Self(Mutex::new(url.parse()?))))
    }

    /// Sets the stream id, which often is the stream key.
    ///
    /// # Errors
    ///
    /// `Configuration` when it is longer than the 512 bytes that SRT carries.
    pub fn set_stream_id(&self, stream_id: &Secret) -> Result<(), GoliveFailure> {
        self.change(|destination| destination.set_stream_id(stream_id.inner()))
    }

    /// Sets the passphrase that encrypts the stream.
    ///
    /// # Errors
    ///
    /// `Configuration` unless it has 10 to 79 bytes.
    pub fn set_passphrase(&self, passphrase: &Secret) -> Result<(), GoliveFailure> {
        self.change(|destination| destination.set_passphrase(passphrase.inner()))
    }
}

impl Destination {
    pub(crate) fn inner(&self) -> golive::Destination {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(
        &self,
        change: impl FnOnce(&mut golive::Destination) -> Result<(), golive::Error>,
    ) -> Result<(), GoliveFailure> {
        Ok(change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))?)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner().fmt(f)
    }
}

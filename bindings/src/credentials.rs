//! Keys that an app fetches when they are needed.

use std::sync::Arc;

use crate::destination::Secret;
use crate::encoder::CallbackFailure;

/// What lets a broadcast in.
#[derive(Clone, Debug, Default, uniffi::Record)]
pub struct Access {
    /// The stream id, which often is the stream key; the destination's own, if nothing is said.
    #[uniffi(default = None)]
    pub stream_id: Option<Arc<Secret>>,
    /// The passphrase that encrypts the stream; the destination's own, if nothing is said.
    #[uniffi(default = None)]
    pub passphrase: Option<Arc<Secret>>,
}

/// Where an app gets its keys from: its server, or the system's key store. Asked once for each
/// start, before anything is sent.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait Credentials: Send + Sync {
    /// The keys for the broadcast that is about to start.
    ///
    /// # Errors
    ///
    /// What kept the app from having them; the broadcast then does not start, with that as its
    /// reason.
    async fn access(&self) -> Result<Access, CallbackFailure>;
}

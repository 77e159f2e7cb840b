//! Keys and passphrases.

use std::fmt;

use zeroize::Zeroizing;

/// A stream key or passphrase: it prints as dots, and is wiped from memory when dropped.
///
/// # Examples
///
/// ```
/// let key = golive::Secret::new("live_4711");
/// assert_eq!(format!("{key:?} {key}"), "•••• ••••");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The secret itself. Nothing that it is put into may be printed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

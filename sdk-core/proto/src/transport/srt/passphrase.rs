//! The secret that both ends of an encrypted connection share.

use std::fmt;

use zeroize::Zeroizing;

/// A passphrase of 10 to 79 bytes. It prints as dots and is wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

/// A passphrase has the wrong length. The message never holds the passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the passphrase has {length} bytes: SRT wants 10 to 79")]
pub struct PassphraseError {
    /// Bytes that it has.
    pub length: usize,
}

impl Passphrase {
    /// Takes `secret`.
    ///
    /// # Errors
    ///
    /// It has fewer than 10 or more than 79 bytes.
    pub fn new(secret: impl Into<String>) -> Result<Self, PassphraseError> {
        let secret = Zeroizing::new(secret.into());
        match secret.len() {
            10..=79 => Ok(Self(secret)),
            length => Err(PassphraseError { length }),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

impl fmt::Display for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_has_10_to_79_bytes_and_never_prints() {
        assert_eq!(Passphrase::new("short"), Err(PassphraseError { length: 5 }));
        assert!(Passphrase::new("x".repeat(80)).is_err());
        let passphrase = Passphrase::new("correct horse").unwrap();
        assert_eq!(format!("{passphrase} {passphrase:?}"), "•••• ••••");
    }
}

//! The keys that the peer encrypts with.

use std::time::Duration;

use crate::units::Time;

use super::super::number::SequenceNumber;
use super::super::passphrase::Passphrase;
use super::super::wire::KeyParity;
use super::{KeyMaterial, KeyWrap, SALT_BYTES, StreamKey};

/// A peer that changes its salt makes us derive a key, which is work: no more often than this.
const DERIVATION_INTERVAL: Duration = Duration::from_secs(1);

/// The even and the odd key of the direction in which we receive.
pub(crate) struct ReceivingKeys {
    passphrase: Passphrase,
    wrap: KeyWrap,
    derived_at: Time,
    salt: [u8; SALT_BYTES],
    even: Option<StreamKey>,
    odd: Option<StreamKey>,
}

impl ReceivingKeys {
    /// Keys that are yet to be learnt from a message; `wrap` made one ourselves.
    pub(crate) fn new(passphrase: Passphrase, wrap: KeyWrap, now: Time) -> Self {
        let salt = wrap.salt();
        Self { passphrase, wrap, derived_at: now, salt, even: None, odd: None }
    }

    /// Takes the keys of a key material message; false if they cannot be unwrapped.
    pub(crate) fn learn(&mut self, now: Time, material: &KeyMaterial<'_>) -> bool {
        if !self.wrap.fits(material) {
            if now.since(self.derived_at) < DERIVATION_INTERVAL {
                return false;
            }
            self.derived_at = now;
            self.wrap = KeyWrap::derive(&self.passphrase, material.salt, material.key_length);
        }
        let Some(keys) = self.wrap.unwrap(material) else { return false };
        self.salt = material.salt;
        self.even = keys.even.or(self.even.take());
        self.odd = keys.odd.or(self.odd.take());
        true
    }

    /// Decrypts a payload in place; false if the key is not known.
    pub(crate) fn decrypt(
        &self,
        parity: KeyParity,
        number: SequenceNumber,
        payload: &mut [u8],
    ) -> bool {
        let key = match parity {
            KeyParity::Even => &self.even,
            KeyParity::Odd => &self.odd,
        };
        if let Some(key) = key {
            key.apply(&self.salt, number, payload);
        }
        key.is_some()
    }
}

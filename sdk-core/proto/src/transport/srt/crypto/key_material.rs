//! Key material messages: stream encrypting keys, wrapped (sections 3.2.2, 6.1.4 and 6.1.5).

use aes_kw::{KeyInit, KwAes128, KwAes192, KwAes256};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::super::passphrase::Passphrase;
use super::super::wire::{KeyParity, Reader, Writer};
use super::{KeyLength, StreamKey};

/// Bytes of the salt.
pub(crate) const SALT_BYTES: usize = 16;

/// Key wrapping adds so many bytes (RFC 3394).
const WRAP_BYTES: usize = 8;

/// The longest key material message: a header, the salt, two keys of 256 bits, wrapped.
pub(crate) const MAX_KEY_MATERIAL_BYTES: usize = 16 + SALT_BYTES + 64 + WRAP_BYTES;

/// Rounds of PBKDF2.
const ROUNDS: u32 = 2_048;

/// So many bytes at the end of the salt go into PBKDF2.
const DERIVATION_SALT_BYTES: usize = 8;

/// Version 1, packet type 2 (keying material).
const VERSION_AND_TYPE: u8 = 0x12;
/// `HAI`, the vendor, as the PnP identifier.
const SIGNATURE: u16 = 0x2029;
/// AES in counter mode.
const CIPHER: u8 = 2;
/// MPEG-TS over SRT.
const ENCAPSULATION: u8 = 2;

/// A key material message, its keys still wrapped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyMaterial<'a> {
    has_even: bool,
    has_odd: bool,
    pub(crate) salt: [u8; SALT_BYTES],
    pub(crate) key_length: KeyLength,
    wrapped: &'a [u8],
}

/// The keys of a message, unwrapped.
#[derive(Default)]
pub(crate) struct UnwrappedKeys {
    pub(crate) even: Option<StreamKey>,
    pub(crate) odd: Option<StreamKey>,
}

/// Whether a key material response says that there is none: a single word, the state.
pub(crate) fn is_failure(response: &[u8]) -> bool {
    response.len() <= 4
}

impl<'a> KeyMaterial<'a> {
    /// Reads a message; `None` if it is malformed or asks for a cipher that is not AES-CTR.
    pub(crate) fn parse(message: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(message);
        let [version_and_type] = reader.array()?;
        let signature = reader.u16()?;
        let [parities] = reader.array()?;
        let _key_encrypting_key = reader.u32()?;
        let [cipher, authentication, _encapsulation, _reserved] = reader.array()?;
        let _reserved = reader.u16()?;
        let [salt_words, key_words] = reader.array()?;
        let salt = reader.array()?;
        let key_length = KeyLength::from_bytes(usize::from(key_words) * 4)?;
        let (has_even, has_odd) = (parities & 1 != 0, parities & 2 != 0);
        let keys = usize::from(has_even) + usize::from(has_odd);
        let wrapped = reader.bytes(keys * key_length.bytes() + WRAP_BYTES)?;
        let known = version_and_type == VERSION_AND_TYPE
            && signature == SIGNATURE
            && cipher == CIPHER
            && authentication == 0
            && usize::from(salt_words) * 4 == SALT_BYTES
            && keys > 0;
        known.then_some(Self { has_even, has_odd, salt, key_length, wrapped })
    }
}

/// The key-encrypting key that a passphrase and a salt make.
#[derive(Clone)]
pub(crate) struct KeyWrap {
    salt: [u8; SALT_BYTES],
    key_length: KeyLength,
    key: Zeroizing<[u8; 32]>,
}

impl KeyWrap {
    /// Derives the key; some milliseconds of work, by design.
    pub(crate) fn derive(
        passphrase: &Passphrase,
        salt: [u8; SALT_BYTES],
        key_length: KeyLength,
    ) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        let derivation_salt = salt.last_chunk::<DERIVATION_SALT_BYTES>().map_or(&[][..], |s| s);
        if let Some(key) = key.get_mut(..key_length.bytes()) {
            pbkdf2_hmac::<Sha1>(passphrase.as_bytes(), derivation_salt, ROUNDS, key);
        }
        Self { salt, key_length, key }
    }

    /// Whether it unwraps what `material` holds, if the passphrase is right.
    pub(crate) fn fits(&self, material: &KeyMaterial<'_>) -> bool {
        self.salt == material.salt && self.key_length == material.key_length
    }

    pub(crate) fn salt(&self) -> [u8; SALT_BYTES] {
        self.salt
    }

    pub(crate) fn key_length(&self) -> KeyLength {
        self.key_length
    }

    /// Writes the message that tells the peer one key.
    pub(crate) fn write(&self, key: &StreamKey, parity: KeyParity, writer: &mut Writer<'_>) {
        writer.put(&[VERSION_AND_TYPE]);
        writer.put_u16(SIGNATURE);
        writer.put(&[match parity {
            KeyParity::Even => 1,
            KeyParity::Odd => 2,
        }]);
        writer.put_u32(0);
        writer.put(&[CIPHER, 0, ENCAPSULATION, 0, 0, 0]);
        writer.put(&[(SALT_BYTES / 4) as u8, (self.key_length.bytes() / 4) as u8]);
        writer.put(&self.salt);
        let mut wrapped = [0; 32 + WRAP_BYTES];
        writer.put(self.wrap(key.bytes(), &mut wrapped).unwrap_or_default());
    }

    /// The keys in `material`, or `None` if the passphrase is wrong.
    pub(crate) fn unwrap(&self, material: &KeyMaterial<'_>) -> Option<UnwrappedKeys> {
        let mut plain = Zeroizing::new([0; 64]);
        let mut keys = self.unwrap_bytes(material.wrapped, plain.as_mut_slice())?;
        let mut unwrapped = UnwrappedKeys::default();
        if material.has_even {
            let (key, rest) = keys.split_at_checked(material.key_length.bytes())?;
            unwrapped.even = StreamKey::new(key);
            keys = rest;
        }
        if material.has_odd {
            unwrapped.odd = StreamKey::new(keys.get(..material.key_length.bytes())?);
        }
        Some(unwrapped)
    }

    fn key(&self) -> &[u8] {
        self.key.get(..self.key_length.bytes()).unwrap_or_default()
    }

    fn wrap<'b>(&self, plain: &[u8], wrapped: &'b mut [u8]) -> Option<&'b [u8]> {
        match self.key_length {
            KeyLength::Bits128 => {
                KwAes128::new_from_slice(self.key()).ok()?.wrap_key(plain, wrapped).ok()
            }
            KeyLength::Bits192 => {
                KwAes192::new_from_slice(self.key()).ok()?.wrap_key(plain, wrapped).ok()
            }
            KeyLength::Bits256 => {
                KwAes256::new_from_slice(self.key()).ok()?.wrap_key(plain, wrapped).ok()
            }
        }
    }

    fn unwrap_bytes<'b>(&self, wrapped: &[u8], plain: &'b mut [u8]) -> Option<&'b [u8]> {
        match self.key_length {
            KeyLength::Bits128 => {
                KwAes128::new_from_slice(self.key()).ok()?.unwrap_key(wrapped, plain).ok()
            }
            KeyLength::Bits192 => {
                KwAes192::new_from_slice(self.key()).ok()?.unwrap_key(wrapped, plain).ok()
            }
            KeyLength::Bits256 => {
                KwAes256::new_from_slice(self.key()).ok()?.unwrap_key(wrapped, plain).ok()
            }
        }
    }
}

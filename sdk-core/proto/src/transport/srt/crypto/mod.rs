//! Encryption: AES in counter mode under keys that a passphrase wraps (section 6).
//!
//! The passphrase never encrypts media. It makes a key-encrypting key, which wraps the stream
//! encrypting keys in a key material message; those are replaced while the connection lives.

mod cipher;
mod key_material;
mod receiving;
mod sending;

pub(crate) use cipher::StreamKey;
pub(crate) use key_material::{
    KeyMaterial, KeyWrap, MAX_KEY_MATERIAL_BYTES, SALT_BYTES, is_failure,
};
pub(crate) use receiving::ReceivingKeys;
pub(crate) use sending::SendingKeys;

/// Length of the key that encrypts media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyLength {
    /// 128 bits, the default of the protocol.
    #[default]
    Bits128,
    /// 192 bits.
    Bits192,
    /// 256 bits.
    Bits256,
}

impl KeyLength {
    /// Bytes of the key: 16, 24 or 32.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bits128 => 16,
            Self::Bits192 => 24,
            Self::Bits256 => 32,
        }
    }

    /// The key length of so many bytes, if there is one.
    pub const fn from_bytes(bytes: usize) -> Option<Self> {
        match bytes {
            16 => Some(Self::Bits128),
            24 => Some(Self::Bits192),
            32 => Some(Self::Bits256),
            _ => None,
        }
    }

    /// As the handshake's encryption field has it.
    pub(crate) const fn to_handshake(self) -> u16 {
        (self.bytes() / 8) as u16
    }
}

/// When keys are replaced while the connection lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRefresh {
    /// Packets encrypted with one key.
    pub after_packets: u32,
    /// The next key is announced so many packets before it is used.
    pub announce_packets: u32,
}

impl Default for KeyRefresh {
    /// As libsrt has it: a new key every 2^24 packets, announced 2^12 packets before.
    fn default() -> Self {
        Self { after_packets: 1 << 24, announce_packets: 1 << 12 }
    }
}

#[cfg(test)]
mod tests;

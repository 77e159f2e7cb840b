//! One stream encrypting key, and what it does to a packet (sections 6.1.2, 6.2.2 and 6.3.2).

use aes::cipher::consts::U16;
use aes::cipher::{Block, BlockCipherEncrypt, InnerIvInit, KeyInit, StreamCipherCore};
use aes::{Aes128, Aes192, Aes256};
use ctr::CtrCore;
use ctr::flavors::Ctr128BE;
use zeroize::Zeroizing;

use super::super::number::SequenceNumber;
use super::KeyLength;
use super::key_material::SALT_BYTES;

/// A stream encrypting key, ready for use. Wiped from memory when dropped.
pub(crate) struct StreamKey {
    bytes: Zeroizing<[u8; 32]>,
    schedule: Schedule,
}

/// The expanded key: made once, used for every packet.
enum Schedule {
    Bits128(Box<Aes128>),
    Bits192(Box<Aes192>),
    Bits256(Box<Aes256>),
}

impl StreamKey {
    /// The key in `bytes`: 16, 24 or 32 of them.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let schedule = match KeyLength::from_bytes(bytes.len())? {
            KeyLength::Bits128 => Schedule::Bits128(Box::new(Aes128::new_from_slice(bytes).ok()?)),
            KeyLength::Bits192 => Schedule::Bits192(Box::new(Aes192::new_from_slice(bytes).ok()?)),
            KeyLength::Bits256 => Schedule::Bits256(Box::new(Aes256::new_from_slice(bytes).ok()?)),
        };
        let mut kept = Zeroizing::new([0; 32]);
        kept.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self { bytes: kept, schedule })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length().bytes()).unwrap_or_default()
    }

    pub(crate) fn length(&self) -> KeyLength {
        match self.schedule {
            Schedule::Bits128(_) => KeyLength::Bits128,
            Schedule::Bits192(_) => KeyLength::Bits192,
            Schedule::Bits256(_) => KeyLength::Bits256,
        }
    }

    /// Encrypts or decrypts a payload in place: in counter mode they are the same.
    pub(crate) fn apply(
        &self,
        salt: &[u8; SALT_BYTES],
        number: SequenceNumber,
        payload: &mut [u8],
    ) {
        let counter = initial_counter(salt, number).into();
        match &self.schedule {
            Schedule::Bits128(key) => {
                keystream(&**key, &counter).apply_keystream_partial(payload.into())
            }
            Schedule::Bits192(key) => {
                keystream(&**key, &counter).apply_keystream_partial(payload.into())
            }
            Schedule::Bits256(key) => {
                keystream(&**key, &counter).apply_keystream_partial(payload.into())
            }
        }
    }
}

/// The cipher is borrowed: expanding a key costs more than encrypting a packet.
fn keystream<'a, C: BlockCipherEncrypt<BlockSize = U16>>(
    cipher: &'a C,
    counter: &Block<C>,
) -> CtrCore<&'a C, Ctr128BE> {
    CtrCore::inner_iv_init(cipher, counter)
}

/// The salt's first 112 bits, exclusive-or the packet's number, then 16 bits that count blocks.
fn initial_counter(salt: &[u8; SALT_BYTES], number: SequenceNumber) -> [u8; 16] {
    const NUMBER_AT: usize = 10;
    const BLOCK_AT: usize = 14;
    let mut counter = *salt;
    for (byte, number) in counter.iter_mut().skip(NUMBER_AT).zip(number.as_u32().to_be_bytes()) {
        *byte ^= number;
    }
    for byte in counter.iter_mut().skip(BLOCK_AT) {
        *byte = 0;
    }
    counter
}

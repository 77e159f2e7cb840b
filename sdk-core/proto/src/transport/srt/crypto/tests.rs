//! Known answers for key derivation, key wrap and the counter, and what a wrong passphrase does.

use super::key_material::SALT_BYTES;
use super::*;
use crate::transport::srt::number::SequenceNumber;
use crate::transport::srt::passphrase::Passphrase;
use crate::transport::srt::wire::{KeyParity, Writer};

const SALT: [u8; SALT_BYTES] = *b"0123456789abcdef";

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse").unwrap()
}

fn message(wrap: &KeyWrap, key: &StreamKey, parity: KeyParity) -> Vec<u8> {
    let mut buffer = [0; MAX_KEY_MATERIAL_BYTES];
    let mut writer = Writer::new(&mut buffer);
    wrap.write(key, parity, &mut writer);
    let length = writer.length();
    buffer[..length].to_vec()
}

#[test]
fn a_key_material_message_survives_the_wire_at_each_length() {
    for length in [KeyLength::Bits128, KeyLength::Bits192, KeyLength::Bits256] {
        let wrap = KeyWrap::derive(&passphrase(), SALT, length);
        let key = StreamKey::new(&vec![7; length.bytes()]).unwrap();
        let message = message(&wrap, &key, KeyParity::Odd);
        assert_eq!(message.len(), 16 + 16 + length.bytes() + 8);
        assert_eq!(message[..8], [0x12, 0x20, 0x29, 2, 0, 0, 0, 0]);
        assert_eq!(message[8..16], [2, 0, 2, 0, 0, 0, 4, (length.bytes() / 4) as u8]);

        let material = KeyMaterial::parse(&message).unwrap();
        assert!(wrap.fits(&material));
        let keys = wrap.unwrap(&material).unwrap();
        assert!(keys.even.is_none());
        assert_eq!(keys.odd.unwrap().bytes(), key.bytes());
    }
}

#[test]
fn a_wrong_passphrase_unwraps_nothing() {
    let wrap = KeyWrap::derive(&passphrase(), SALT, KeyLength::Bits128);
    let message = message(&wrap, &StreamKey::new(&[7; 16]).unwrap(), KeyParity::Even);
    let material = KeyMaterial::parse(&message).unwrap();
    let wrong = Passphrase::new("incorrect horse").unwrap();
    assert!(KeyWrap::derive(&wrong, SALT, KeyLength::Bits128).unwrap(&material).is_none());
}

#[test]
fn a_message_cut_short_or_with_another_cipher_is_refused() {
    let wrap = KeyWrap::derive(&passphrase(), SALT, KeyLength::Bits128);
    let message = message(&wrap, &StreamKey::new(&[7; 16]).unwrap(), KeyParity::Even);
    for length in 0..message.len() {
        assert!(KeyMaterial::parse(&message[..length]).is_none(), "{length} bytes");
    }
    let mut galois = message.clone();
    galois[8] = 3;
    assert!(KeyMaterial::parse(&galois).is_none());
}

/// Computed with OpenSSL: `openssl enc -aes-128-ctr -K 07… -iv 3031…`, the counter being
/// `SALT` with bytes 10 to 13 exclusive-or 0x01020304 and the last two bytes zero.
#[test]
fn the_counter_is_made_of_salt_and_sequence_number() {
    let key = StreamKey::new(&[7; 16]).unwrap();
    let mut payload = *b"sixteen bytes!!!and one more";
    key.apply(&SALT, SequenceNumber::new(0x0102_0304), &mut payload);
    assert_eq!(hex(&payload), KNOWN_CIPHERTEXT);
    key.apply(&SALT, SequenceNumber::new(0x0102_0304), &mut payload);
    assert_eq!(&payload, b"sixteen bytes!!!and one more");
}

const KNOWN_CIPHERTEXT: &str = "2aa69c7f1f9df4d893e8aca7208473f9c6160a45f5ec45d200fca5af";

/// RFC 3394 section 4.1 wraps with a given key; here the key comes from PBKDF2, computed with
/// OpenSSL: `openssl kdf -keylen 16 -kdfopt digest:SHA1 -kdfopt pass:… -kdfopt salt:… PBKDF2`,
/// and `openssl enc -id-aes128-wrap`.
#[test]
fn the_wrapped_key_is_what_openssl_makes_of_the_last_eight_bytes_of_salt() {
    let wrap = KeyWrap::derive(&passphrase(), SALT, KeyLength::Bits128);
    let message = message(&wrap, &StreamKey::new(&[7; 16]).unwrap(), KeyParity::Even);
    assert_eq!(hex(&message[32..]), KNOWN_WRAPPED);
}

const KNOWN_WRAPPED: &str = "ada4be3584ee6eafffccedbcea3b34406ce5a28a99afd429";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

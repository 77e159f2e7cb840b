//! QUIC without encryption, for a network that exists in memory only: the handshake carries what a
//! real one would (transport parameters), packets are as long as real ones (a tag of 16 bytes), and
//! nothing is drawn at random, so that what happens once happens again.

use std::any::Any;
use std::sync::Arc;

use bytes::BytesMut;
use quinn_proto::crypto::{
    AeadKey, ClientConfig, CryptoError, ExportKeyingMaterialError, HandshakeTokenKey, HeaderKey,
    HmacKey, KeyPair, Keys, PacketKey, ServerConfig, Session, UnsupportedVersion,
};
use quinn_proto::transport_parameters::TransportParameters;
use quinn_proto::{ConnectError, ConnectionId, Side, TransportError};

/// Stands for all keys, of all kinds.
pub(super) struct Plain;

const TAG: usize = 16;
/// What the second message of either side says.
const DONE: &[u8] = b"done";

/// Two messages each way: parameters of the client and a greeting of the server's, parameters of
/// the server and the client's last word.
struct Handshake {
    side: Side,
    own: Vec<u8>,
    theirs: Option<TransportParameters>,
    /// Messages read and written so far.
    read: u8,
    written: u8,
}

impl Handshake {
    fn begin(side: Side, parameters: &TransportParameters) -> Box<dyn Session> {
        let mut own = Vec::new();
        parameters.write(&mut own);
        Box::new(Self { side, own, theirs: None, read: 0, written: 0 })
    }
}

impl Session for Handshake {
    fn initial_keys(&self, _: &ConnectionId, _: Side) -> Keys {
        keys()
    }

    fn handshake_data(&self) -> Option<Box<dyn Any>> {
        None
    }

    fn peer_identity(&self) -> Option<Box<dyn Any>> {
        None
    }

    fn early_crypto(&self) -> Option<(Box<dyn HeaderKey>, Box<dyn PacketKey>)> {
        None
    }

    fn early_data_accepted(&self) -> Option<bool> {
        None
    }

    fn is_handshaking(&self) -> bool {
        self.read < 2
    }

    fn read_handshake(&mut self, mut message: &[u8]) -> Result<bool, TransportError> {
        self.read += 1;
        // The client's parameters come first, the server's second.
        if self.read == if self.side.is_server() { 1 } else { 2 } {
            self.theirs = Some(TransportParameters::read(self.side, &mut message)?);
        }
        Ok(false)
    }

    fn transport_parameters(&self) -> Result<Option<TransportParameters>, TransportError> {
        Ok(self.theirs)
    }

    fn write_handshake(&mut self, buffer: &mut Vec<u8>) -> Option<Keys> {
        let (message, keys) = match (self.side, self.written, self.read) {
            (Side::Client, 0, _) => (self.own.as_slice(), None),
            (Side::Client, 1, 1..) => (&[][..], Some(keys())),
            (Side::Client, 2, 2..) => (DONE, Some(keys())),
            (Side::Server, 0, 1..) => (DONE, Some(keys())),
            (Side::Server, 1, 1..) => (self.own.as_slice(), Some(keys())),
            _ => return None,
        };
        buffer.extend_from_slice(message);
        self.written += 1;
        keys
    }

    fn next_1rtt_keys(&mut self) -> Option<KeyPair<Box<dyn PacketKey>>> {
        Some(KeyPair { local: Box::new(Plain), remote: Box::new(Plain) })
    }

    fn is_valid_retry(&self, _: &ConnectionId, _: &[u8], _: &[u8]) -> bool {
        false
    }

    fn export_keying_material(
        &self,
        _: &mut [u8],
        _: &[u8],
        _: &[u8],
    ) -> Result<(), ExportKeyingMaterialError> {
        Err(ExportKeyingMaterialError)
    }
}

fn keys() -> Keys {
    Keys {
        header: KeyPair { local: Box::new(Plain), remote: Box::new(Plain) },
        packet: KeyPair { local: Box::new(Plain), remote: Box::new(Plain) },
    }
}

impl ClientConfig for Plain {
    fn start_session(
        self: Arc<Self>,
        _: u32,
        _: &str,
        parameters: &TransportParameters,
    ) -> Result<Box<dyn Session>, ConnectError> {
        Ok(Handshake::begin(Side::Client, parameters))
    }
}

impl ServerConfig for Plain {
    fn initial_keys(&self, _: u32, _: &ConnectionId) -> Result<Keys, UnsupportedVersion> {
        Ok(keys())
    }

    fn retry_tag(&self, _: u32, _: &ConnectionId, _: &[u8]) -> [u8; 16] {
        [0; 16]
    }

    fn start_session(
        self: Arc<Self>,
        _: u32,
        parameters: &TransportParameters,
    ) -> Box<dyn Session> {
        Handshake::begin(Side::Server, parameters)
    }
}

impl PacketKey for Plain {
    fn encrypt(&self, _: u64, buffer: &mut [u8], _: usize) {
        let end = buffer.len() - TAG;
        buffer[end..].fill(0);
    }

    fn decrypt(&self, _: u64, _: &[u8], payload: &mut BytesMut) -> Result<(), CryptoError> {
        let length = payload.len().checked_sub(TAG).ok_or(CryptoError)?;
        payload.truncate(length);
        Ok(())
    }

    fn tag_len(&self) -> usize {
        TAG
    }

    fn confidentiality_limit(&self) -> u64 {
        u64::MAX
    }

    fn integrity_limit(&self) -> u64 {
        u64::MAX
    }
}

impl HeaderKey for Plain {
    fn decrypt(&self, _: usize, _: &mut [u8]) {}

    fn encrypt(&self, _: usize, _: &mut [u8]) {}

    fn sample_size(&self) -> usize {
        TAG
    }
}

/// Tells connections apart, no more (FNV-1a).
impl HmacKey for Plain {
    fn sign(&self, data: &[u8], signature: &mut [u8]) {
        let mut hash = 0xCBF2_9CE4_8422_2325_u64;
        for (number, byte) in signature.iter_mut().enumerate() {
            let next = data.get(number % data.len().max(1)).copied().unwrap_or(1);
            hash = (hash ^ u64::from(next)).wrapping_mul(0x0100_0000_01B3);
            *byte = (hash >> 32) as u8;
        }
    }

    fn signature_len(&self) -> usize {
        32
    }

    fn verify(&self, data: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let mut own = [0; 32];
        self.sign(data, &mut own);
        if own[..] == *signature { Ok(()) } else { Err(CryptoError) }
    }
}

impl HandshakeTokenKey for Plain {
    fn aead_from_hkdf(&self, _: &[u8]) -> Box<dyn AeadKey> {
        Box::new(Plain)
    }
}

impl AeadKey for Plain {
    fn seal(&self, _: &mut Vec<u8>, _: &[u8]) -> Result<(), CryptoError> {
        Ok(())
    }

    fn open<'a>(&self, data: &'a mut [u8], _: &[u8]) -> Result<&'a mut [u8], CryptoError> {
        Ok(data)
    }
}

//! The key that we encrypt with, and its successor (section 6.1.6).

use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use zeroize::Zeroizing;

use crate::units::Time;

use super::super::number::SequenceNumber;
use super::super::wire::{KeyParity, Writer};
use super::{KeyLength, KeyRefresh, KeyWrap, MAX_KEY_MATERIAL_BYTES, StreamKey};

/// The key of the direction in which we send.
pub(crate) struct SendingKeys {
    wrap: KeyWrap,
    refresh: KeyRefresh,
    parity: KeyParity,
    key: StreamKey,
    /// Packets encrypted with `key`.
    packets: u32,
    successor: Option<Successor>,
}

/// A key that was announced and is not yet in use.
struct Successor {
    key: StreamKey,
    message: [u8; MAX_KEY_MATERIAL_BYTES],
    length: usize,
    confirmed: bool,
    send_at: Time,
}

impl SendingKeys {
    /// Keys that start with `key`.
    pub(crate) fn new(
        wrap: KeyWrap,
        parity: KeyParity,
        key: StreamKey,
        refresh: KeyRefresh,
    ) -> Self {
        Self { wrap, refresh, parity, key, packets: 0, successor: None }
    }

    pub(crate) fn key_length(&self) -> KeyLength {
        self.key.length()
    }

    pub(crate) fn parity(&self) -> KeyParity {
        self.parity
    }

    /// Encrypts a payload in place.
    pub(crate) fn encrypt(&mut self, number: SequenceNumber, payload: &mut [u8]) {
        self.key.apply(&self.wrap.salt(), number, payload);
        self.packets = self.packets.saturating_add(1);
    }

    /// Makes a successor when it is time to announce one, and puts a confirmed one to use when
    /// the old has encrypted enough. True if the key in use changed.
    ///
    /// An unconfirmed successor is never used: a peer that does not answer keeps the old key
    /// and its stream.
    pub(crate) fn advance(&mut self, now: Time, random: &mut ChaCha20Rng) -> bool {
        let announce_at = self.refresh.after_packets.saturating_sub(self.refresh.announce_packets);
        if self.successor.is_none() && self.packets >= announce_at.max(1) {
            self.successor = self.announce(now, random);
        }
        if self.packets < self.refresh.after_packets {
            return false;
        }
        match self.successor.take_if(|successor| successor.confirmed) {
            Some(successor) => {
                self.key = successor.key;
                self.parity = self.parity.other();
                self.packets = 0;
                true
            }
            None => false,
        }
    }

    /// When the announcement is to be sent, if one is unconfirmed.
    pub(crate) fn announcement_due(&self) -> Option<Time> {
        self.successor.as_ref().filter(|successor| !successor.confirmed).map(|s| s.send_at)
    }

    /// Writes the announcement; it is due again after `retry`.
    pub(crate) fn write_announcement(
        &mut self,
        now: Time,
        retry: Duration,
        writer: &mut Writer<'_>,
    ) {
        if let Some(successor) = &mut self.successor {
            successor.send_at = now + retry;
            writer.put(successor.message.get(..successor.length).unwrap_or_default());
        }
    }

    /// Takes the peer's answer: the announcement, repeated.
    pub(crate) fn confirm(&mut self, response: &[u8]) {
        if let Some(successor) = &mut self.successor {
            successor.confirmed |= successor.message.get(..successor.length) == Some(response);
        }
    }

    fn announce(&self, now: Time, random: &mut ChaCha20Rng) -> Option<Successor> {
        let mut bytes = Zeroizing::new([0; 32]);
        let bytes = bytes.get_mut(..self.wrap.key_length().bytes())?;
        random.fill_bytes(bytes);
        let key = StreamKey::new(bytes)?;
        let mut message = [0; MAX_KEY_MATERIAL_BYTES];
        let mut writer = Writer::new(&mut message);
        self.wrap.write(&key, self.parity.other(), &mut writer);
        let length = writer.length();
        Some(Successor { key, message, length, confirmed: false, send_at: now })
    }
}

//! The caller's handshake (section 4.3.1.1): induction for a cookie, then conclusion.

use std::net::SocketAddr;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use zeroize::Zeroizing;

use crate::units::Time;

use super::super::config::Config;
use super::super::crypto::{
    KeyMaterial, KeyWrap, MAX_KEY_MATERIAL_BYTES, ReceivingKeys, SALT_BYTES, SendingKeys,
    StreamKey, is_failure,
};
use super::super::filter::PacketFilter;
use super::super::number::{SequenceNumber, SocketId};
use super::super::rejection::Rejection;
use super::super::round_trip::RoundTrip;
use super::super::wire::{
    ControlHeader, ControlKind, ExtensionKind, Handshake, HandshakeFields, HandshakeKind,
    KeyParity, Negotiation, Packet, Writer, address_words, extension_flag, put_extension,
    put_text_extension, text_from_words,
};
use super::live::{Live, Setup};
use super::negotiation::{LOCAL_VERSION, check, options};
use super::{Broken, Event, Output, Transmit, WakeReason};

/// From one handshake to its repetition.
const REPEAT: Duration = Duration::from_millis(250);

/// The largest IP packet that we take.
pub(crate) const MAXIMUM_TRANSMISSION_UNIT: u32 = 1_500;

/// The version of the protocol before the listener has shown that it speaks SRT's own.
const INDUCTION_VERSION: u32 = 4;
const VERSION: u32 = 5;
/// What an induction's extension field says: datagrams.
const INDUCTION_EXTENSION: u16 = 2;

/// The state of a key exchange that failed because of the passphrase (section 3.2.2).
const STATE_BAD_SECRET: u8 = 4;

/// A caller whose handshake is under way.
pub(crate) struct Caller {
    config: Config,
    peer: SocketAddr,
    start: Time,
    random: ChaCha20Rng,
    local_id: SocketId,
    initial_sequence_number: SequenceNumber,
    secret: Option<Secret>,
    /// What the listener gave us, in its answer to our induction.
    cookie: Option<u32>,
    round_trip: RoundTrip,
    sent: u32,
    sent_at: Time,
    send_at: Time,
}

/// The key that we propose, and its message.
struct Secret {
    key: StreamKey,
    wrap: KeyWrap,
    message: Vec<u8>,
}

/// How the handshake ended.
pub(crate) enum Answer {
    Connected(Box<Live>),
    Refused(Rejection),
}

impl Caller {
    pub(crate) fn new(
        config: Config,
        peer: SocketAddr,
        now: Time,
        mut random: ChaCha20Rng,
    ) -> Self {
        let secret = Secret::new(&config, &mut random);
        Self {
            peer,
            start: now,
            local_id: SocketId::from_random(random.next_u32()),
            initial_sequence_number: SequenceNumber::new(random.next_u32()),
            random,
            secret,
            config,
            cookie: None,
            round_trip: RoundTrip::new(now),
            sent: 0,
            sent_at: now,
            send_at: now,
        }
    }

    #[cfg(test)]
    pub(crate) fn number_from(&mut self, number: SequenceNumber) {
        self.initial_sequence_number = number;
    }

    pub(crate) fn local_id(&self) -> SocketId {
        self.local_id
    }

    pub(crate) fn handle(&mut self, now: Time, datagram: &[u8]) -> Option<Answer> {
        let Packet::Control(packet) = Packet::parse(datagram)? else { return None };
        if packet.header.kind != ControlKind::Handshake
            || packet.header.destination != self.local_id
        {
            return None;
        }
        let handshake = Handshake::parse(packet.body)?;
        match (handshake.fields.kind, self.cookie) {
            (HandshakeKind::Induction, None) => self.inducted(now, &handshake.fields),
            (HandshakeKind::Conclusion, Some(_)) => {
                Some(match self.concluded(now, &handshake, packet.header.timestamp) {
                    Ok(live) => Answer::Connected(Box::new(live)),
                    Err(rejection) => Answer::Refused(rejection),
                })
            }
            (HandshakeKind::Rejection(code), _) => {
                Some(Answer::Refused(Rejection::from_code(code)))
            }
            _ => None,
        }
    }

    pub(crate) fn poll(&mut self, now: Time, buffer: &mut [u8]) -> Output {
        let give_up_at = self.start + self.config.connect_timeout;
        if give_up_at <= now {
            let broken = Broken::ConnectTimeout(self.config.connect_timeout);
            return Output::Event(Event::Broken(broken));
        }
        if self.send_at <= now {
            self.sent += 1;
            self.sent_at = now;
            self.send_at = now + REPEAT;
            let length = self.write(now, buffer);
            return Output::Transmit { length, kind: Transmit::Control };
        }
        Output::Wake { at: Some(self.send_at.min(give_up_at)), reason: WakeReason::Handshake }
    }

    fn inducted(&mut self, now: Time, fields: &HandshakeFields) -> Option<Answer> {
        if fields.version != VERSION || fields.extension != extension_flag::MAGIC {
            return Some(Answer::Refused(Rejection::VERSION));
        }
        // Which of several handshakes was answered is not known, so only one tells the time.
        if self.sent == 1 {
            self.round_trip.sample(now, now.since(self.sent_at));
        }
        self.cookie = Some(fields.cookie);
        self.send_at = now;
        None
    }

    fn concluded(
        &mut self,
        now: Time,
        handshake: &Handshake<'_>,
        timestamp: u32,
    ) -> Result<Live, Rejection> {
        let mut negotiation = None;
        let mut key_response = None;
        let mut filter = None;
        for (kind, content) in handshake.extensions() {
            match kind {
                ExtensionKind::NegotiationResponse => negotiation = Negotiation::parse(content),
                ExtensionKind::KeyMaterialResponse => key_response = Some(content),
                ExtensionKind::PacketFilter => {
                    let answered = PacketFilter::from_handshake(text_from_words(content))?;
                    filter = Some(PacketFilter::adopt(self.config.packet_filter, answered));
                }
                _ => {}
            }
        }
        let theirs = negotiation.ok_or(Rejection::ROGUE)?;
        check(&theirs)?;
        let keys = match self.secret.take() {
            Some(secret) => Some(secret.agree(now, key_response, &self.config)?),
            None => None,
        };
        if self.config.packet_filter.is_some() && filter.is_none() {
            return Err(Rejection::FILTER);
        }
        let filter = filter.map(PacketFilter::agree).transpose()?;
        let fields = &handshake.fields;
        let setup = Setup {
            peer: self.peer,
            start: self.start,
            local_id: self.local_id,
            peer_id: fields.socket_id,
            send_from: self.initial_sequence_number,
            receive_from: fields.initial_sequence_number,
            maximum_transmission_unit: fields.maximum_transmission_unit,
            peer_flow_window: fields.flow_window,
            arrived: now,
            timestamp,
            theirs,
            // What the listener calls sending is our receiving.
            send_latency: theirs.receiver_latency,
            receive_latency: theirs.sender_latency,
            keys,
            filter,
            random: self.random.clone(),
        };
        let round_trip = std::mem::replace(&mut self.round_trip, RoundTrip::new(now));
        Ok(Live::new(&self.config, now, setup, round_trip, None))
    }

    fn write(&self, now: Time, buffer: &mut [u8]) -> usize {
        let mut writer = Writer::new(buffer);
        let header = ControlHeader {
            kind: ControlKind::Handshake,
            information: 0,
            // Our own clock, never the listener's: its receiver counts from it.
            timestamp: now.since(self.start).as_micros() as u32,
            destination: SocketId::LISTENER,
        };
        header.write(&mut writer);
        let fields = HandshakeFields {
            version: INDUCTION_VERSION,
            encryption: 0,
            extension: INDUCTION_EXTENSION,
            initial_sequence_number: self.initial_sequence_number,
            maximum_transmission_unit: MAXIMUM_TRANSMISSION_UNIT,
            flow_window: self.config.flow_window,
            kind: HandshakeKind::Induction,
            socket_id: self.local_id,
            cookie: 0,
            peer_address: address_words(self.peer.ip()),
        };
        match self.cookie {
            None => fields.write(&mut writer),
            Some(cookie) => self.write_conclusion(cookie, fields, &mut writer),
        }
        writer.length()
    }

    fn write_conclusion(&self, cookie: u32, mut fields: HandshakeFields, writer: &mut Writer<'_>) {
        fields.version = VERSION;
        fields.kind = HandshakeKind::Conclusion;
        fields.cookie = cookie;
        fields.extension = extension_flag::NEGOTIATION;
        if self.secret.is_some() {
            fields.encryption = self.config.key_length.to_handshake();
            fields.extension |= extension_flag::KEY_MATERIAL;
        }
        let stream_id = self.config.stream_id.as_ref().filter(|id| !id.as_str().is_empty());
        let filter = self.config.packet_filter;
        if stream_id.is_some() || filter.is_some() {
            fields.extension |= extension_flag::CONFIGURATION;
        }
        fields.write(writer);
        let ours = Negotiation {
            version: LOCAL_VERSION,
            options: options(filter.is_some(), self.config.introduces_itself),
            receiver_latency: self.config.receiver_latency_millis(),
            sender_latency: self.config.sender_latency_millis(),
        };
        put_extension(writer, ExtensionKind::NegotiationRequest, &ours.to_bytes());
        if let Some(secret) = &self.secret {
            put_extension(writer, ExtensionKind::KeyMaterialRequest, &secret.message);
        }
        if let Some(stream_id) = stream_id {
            put_text_extension(writer, ExtensionKind::StreamId, stream_id.as_str());
        }
        if let Some(filter) = filter {
            put_text_extension(writer, ExtensionKind::PacketFilter, &filter.to_string());
        }
    }
}

impl Secret {
    fn new(config: &Config, random: &mut ChaCha20Rng) -> Option<Self> {
        let passphrase = config.passphrase.as_ref()?;
        let mut salt = [0; SALT_BYTES];
        random.fill_bytes(&mut salt);
        let mut bytes = Zeroizing::new([0; 32]);
        let bytes = bytes.get_mut(..config.key_length.bytes())?;
        random.fill_bytes(bytes);
        let key = StreamKey::new(bytes)?;
        let wrap = KeyWrap::derive(passphrase, salt, config.key_length);
        let mut message = vec![0; MAX_KEY_MATERIAL_BYTES];
        let mut writer = Writer::new(&mut message);
        wrap.write(&key, KeyParity::Even, &mut writer);
        let length = writer.length();
        message.truncate(length);
        Some(Self { key, wrap, message })
    }

    /// The keys of both directions, if the listener's answer repeats our message.
    fn agree(
        self,
        now: Time,
        response: Option<&[u8]>,
        config: &Config,
    ) -> Result<(SendingKeys, ReceivingKeys), Rejection> {
        let response = response.ok_or(Rejection::UNSECURE)?;
        if is_failure(response) {
            let bad_secret = response.contains(&STATE_BAD_SECRET);
            return Err(if bad_secret { Rejection::BAD_SECRET } else { Rejection::UNSECURE });
        }
        let passphrase = config.passphrase.clone().ok_or(Rejection::UNSECURE)?;
        let material = KeyMaterial::parse(response).ok_or(Rejection::CRYPTO)?;
        let Self { key, wrap, message } = self;
        if response != message {
            return Err(Rejection::BAD_SECRET);
        }
        let mut receiving = ReceivingKeys::new(passphrase, wrap.clone(), now);
        if !receiving.learn(now, &material) {
            return Err(Rejection::BAD_SECRET);
        }
        Ok((SendingKeys::new(wrap, KeyParity::Even, key, config.key_refresh), receiving))
    }
}

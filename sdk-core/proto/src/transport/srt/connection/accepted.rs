//! The listener's side of a handshake: what it answers to a conclusion.

use rand_chacha::ChaCha20Rng;

use crate::units::Time;

use super::super::config::Config;
use super::super::crypto::{KeyMaterial, KeyWrap, ReceivingKeys, SendingKeys};
use super::super::filter::AgreedFilter;
use super::super::number::SocketId;
use super::super::rejection::Rejection;
use super::super::round_trip::RoundTrip;
use super::super::wire::{
    ControlHeader, ControlKind, ExtensionKind, HandshakeFields, HandshakeKind, KeyParity,
    Negotiation, Writer, address_words, extension_flag, put_extension, put_text_extension,
};
use super::caller::MAXIMUM_TRANSMISSION_UNIT;
use super::live::{Live, Setup};
use super::negotiation::Request;
use super::{Event, Output, Transmit};

const VERSION: u32 = 5;

/// A caller that is refused because of its passphrase: one datagram, then the end.
pub(crate) struct Refusal {
    fields: HandshakeFields,
    rejection: Rejection,
    answered: bool,
}

/// The answer to a caller's conclusion, kept to be repeated until the caller has it.
pub(crate) struct Response {
    fields: HandshakeFields,
    negotiation: Negotiation,
    key_material: Option<Vec<u8>>,
    filter: Option<AgreedFilter>,
    destination: SocketId,
}

/// Makes the connection that `request` asks for.
pub(crate) fn accept(
    config: &Config,
    request: &Request,
    now: Time,
    local_id: SocketId,
    random: ChaCha20Rng,
) -> Result<Live, Refusal> {
    let refuse = |rejection| Refusal { fields: request.fields, rejection, answered: false };
    let keys = keys(config, request, now).map_err(refuse)?;
    let filter = request.agree_filter(config).map_err(refuse)?;
    let negotiation = request.answer(config);
    let setup = Setup {
        peer: request.peer,
        start: now,
        local_id,
        peer_id: request.fields.socket_id,
        send_from: request.fields.initial_sequence_number,
        receive_from: request.fields.initial_sequence_number,
        maximum_transmission_unit: request.fields.maximum_transmission_unit,
        peer_flow_window: request.fields.flow_window,
        arrived: request.arrived,
        timestamp: request.timestamp,
        theirs: request.negotiation,
        send_latency: negotiation.sender_latency,
        receive_latency: negotiation.receiver_latency,
        keys,
        filter,
        random,
    };
    let response = Response {
        fields: response_fields(config, request, local_id),
        negotiation,
        key_material: request.key_material.clone(),
        filter,
        destination: request.fields.socket_id,
    };
    Ok(Live::new(config, now, setup, RoundTrip::new(now), Some(response)))
}

/// Writes the refusal of a conclusion with these fields.
pub(crate) fn write_rejection(
    fields: &HandshakeFields,
    rejection: Rejection,
    buffer: &mut [u8],
) -> usize {
    let mut writer = Writer::new(buffer);
    let header = ControlHeader {
        kind: ControlKind::Handshake,
        information: 0,
        timestamp: 0,
        destination: fields.socket_id,
    };
    header.write(&mut writer);
    let answer = HandshakeFields {
        version: VERSION,
        encryption: 0,
        extension: 0,
        kind: HandshakeKind::Rejection(rejection.code()),
        socket_id: SocketId::LISTENER,
        ..*fields
    };
    answer.write(&mut writer);
    writer.length()
}

impl Refusal {
    pub(crate) fn poll(&mut self, buffer: &mut [u8]) -> Output {
        if self.answered {
            return Output::Event(Event::Rejected(self.rejection));
        }
        self.answered = true;
        let length = write_rejection(&self.fields, self.rejection, buffer);
        Output::Transmit { length, kind: Transmit::Control }
    }
}

impl Response {
    /// Writes the answer, as of `timestamp` on the connection's own clock.
    pub(crate) fn write(&self, timestamp: u32, buffer: &mut [u8]) -> usize {
        let mut writer = Writer::new(buffer);
        let header = ControlHeader {
            kind: ControlKind::Handshake,
            information: 0,
            timestamp,
            destination: self.destination,
        };
        header.write(&mut writer);
        self.fields.write(&mut writer);
        let negotiation = self.negotiation.to_bytes();
        put_extension(&mut writer, ExtensionKind::NegotiationResponse, &negotiation);
        if let Some(message) = &self.key_material {
            put_extension(&mut writer, ExtensionKind::KeyMaterialResponse, message);
        }
        if let Some(filter) = self.filter {
            put_text_extension(&mut writer, ExtensionKind::PacketFilter, &filter.to_string());
        }
        writer.length()
    }
}

fn response_fields(config: &Config, request: &Request, local_id: SocketId) -> HandshakeFields {
    let mut extension = extension_flag::NEGOTIATION;
    if request.key_material.is_some() {
        extension |= extension_flag::KEY_MATERIAL;
    }
    if request.filter.is_some() {
        extension |= extension_flag::CONFIGURATION;
    }
    HandshakeFields {
        version: VERSION,
        encryption: 0,
        extension,
        // Both directions begin with the caller's number, as libsrt has it.
        initial_sequence_number: request.fields.initial_sequence_number,
        maximum_transmission_unit: MAXIMUM_TRANSMISSION_UNIT
            .min(request.fields.maximum_transmission_unit),
        flow_window: config.flow_window,
        kind: HandshakeKind::Conclusion,
        socket_id: local_id,
        cookie: 0,
        peer_address: address_words(request.peer.ip()),
    }
}

/// The keys of both directions: the caller's key serves for both until it is refreshed.
fn keys(
    config: &Config,
    request: &Request,
    now: Time,
) -> Result<Option<(SendingKeys, ReceivingKeys)>, Rejection> {
    let (passphrase, message) = match (&config.passphrase, &request.key_material) {
        (None, None) => return Ok(None),
        (Some(passphrase), Some(message)) => (passphrase, message),
        _ => return Err(Rejection::UNSECURE),
    };
    let material = KeyMaterial::parse(message).ok_or(Rejection::CRYPTO)?;
    let wrap = KeyWrap::derive(passphrase, material.salt, material.key_length);
    let mut receiving = ReceivingKeys::new(passphrase.clone(), wrap.clone(), now);
    let keys = wrap.unwrap(&material).ok_or(Rejection::BAD_SECRET)?;
    let (parity, key) = match (keys.even, keys.odd) {
        (Some(key), _) => (KeyParity::Even, key),
        (None, Some(key)) => (KeyParity::Odd, key),
        (None, None) => return Err(Rejection::CRYPTO),
    };
    if !receiving.learn(now, &material) {
        return Err(Rejection::BAD_SECRET);
    }
    Ok(Some((SendingKeys::new(wrap, parity, key, config.key_refresh), receiving)))
}

//! What a caller asks for, and what two sides agree on (section 4.3.1).

use std::net::SocketAddr;
use std::time::Duration;

use crate::units::Time;

use super::super::config::Config;
use super::super::filter::{AgreedFilter, PacketFilter};
use super::super::number::SocketId;
use super::super::rejection::Rejection;
use super::super::stream_id::StreamId;
use super::super::wire::{
    ExtensionKind, Handshake, HandshakeFields, Negotiation, option_flag, text_from_words,
};

/// The version of the protocol that this is: 1.5.0.
pub(crate) const LOCAL_VERSION: u32 = 0x0001_0500;

/// The first version that speaks this handshake.
const MIN_VERSION: u32 = 0x0001_0300;

/// The only congestion control of live mode.
const LIVE: &str = "live";

/// Longer key material than this is none.
const MAX_KEY_MATERIAL: usize = 128;

/// What this side can do, to be sent beside its latencies. That it understands packet filters is
/// said only where one is asked for.
pub(crate) const fn options(filtered: bool, introduces_itself: bool) -> u32 {
    let filter = if filtered { option_flag::PACKET_FILTER } else { 0 };
    let golive = if introduces_itself { option_flag::GOLIVE } else { 0 };
    filter
        | golive
        | option_flag::TSBPD_SENDER
        | option_flag::TSBPD_RECEIVER
        | option_flag::ENCRYPTION
        | option_flag::TOO_LATE_DROP
        | option_flag::PERIODIC_NAK
        | option_flag::RETRANSMISSION_FLAG
}

/// What a caller asks a listener for, its cookie proved.
#[derive(Clone)]
pub struct Request {
    pub(crate) peer: SocketAddr,
    pub(crate) fields: HandshakeFields,
    pub(crate) arrived: Time,
    pub(crate) timestamp: u32,
    pub(crate) negotiation: Negotiation,
    pub(crate) stream_id: Option<StreamId>,
    pub(crate) key_material: Option<Vec<u8>>,
    pub(crate) filter: Option<PacketFilter>,
}

impl Request {
    /// Who asks.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The caller's socket: repeated handshakes come from it.
    pub fn peer_id(&self) -> SocketId {
        self.fields.socket_id
    }

    /// What it asks for.
    pub fn stream_id(&self) -> Option<&StreamId> {
        self.stream_id.as_ref()
    }

    /// Whether it wants to encrypt.
    pub fn encrypted(&self) -> bool {
        self.key_material.is_some()
    }

    /// The packet filter that it asks for.
    pub fn packet_filter(&self) -> Option<PacketFilter> {
        self.filter
    }

    /// Its SRT version: major, minor, patch.
    pub fn peer_version(&self) -> (u8, u8, u8) {
        version_parts(self.negotiation.version)
    }

    /// How long it wants what it sends to be held at least.
    pub fn latency(&self) -> Duration {
        Duration::from_millis(self.negotiation.sender_latency.into())
    }

    /// Reads a conclusion handshake.
    pub(crate) fn parse(
        handshake: &Handshake<'_>,
        peer: SocketAddr,
        arrived: Time,
        timestamp: u32,
    ) -> Result<Self, Rejection> {
        let mut negotiation = None;
        let mut stream_id = None;
        let mut key_material = None;
        let mut filter = None;
        for (kind, content) in handshake.extensions() {
            match kind {
                ExtensionKind::NegotiationRequest => negotiation = Negotiation::parse(content),
                ExtensionKind::KeyMaterialRequest if content.len() <= MAX_KEY_MATERIAL => {
                    key_material = Some(content.to_vec());
                }
                ExtensionKind::StreamId => {
                    let text = text_from_words(content).ok_or(Rejection::ROGUE)?;
                    stream_id = Some(StreamId::new(text).map_err(|_| Rejection::ROGUE)?);
                }
                ExtensionKind::CongestionControl
                    if text_from_words(content).as_deref() != Some(LIVE) =>
                {
                    return Err(Rejection::CONGESTION);
                }
                ExtensionKind::PacketFilter => {
                    filter = Some(PacketFilter::from_handshake(text_from_words(content))?);
                }
                ExtensionKind::Group => return Err(Rejection::GROUP),
                _ => {}
            }
        }
        let negotiation = negotiation.ok_or(Rejection::ROGUE)?;
        check(&negotiation)?;
        Ok(Self {
            peer,
            fields: handshake.fields,
            arrived,
            timestamp,
            negotiation,
            stream_id,
            key_material,
            filter,
        })
    }

    /// The listener's side of the bargain: the longer latency of both holds, each way.
    pub(crate) fn answer(&self, config: &Config) -> Negotiation {
        let asked = &self.negotiation;
        Negotiation {
            version: LOCAL_VERSION,
            options: options(self.filter.is_some(), config.introduces_itself),
            receiver_latency: config.receiver_latency_millis().max(asked.sender_latency),
            sender_latency: config.sender_latency_millis().max(asked.receiver_latency),
        }
    }

    /// The filter that holds for both, if the caller asked for one.
    pub(crate) fn agree_filter(&self, config: &Config) -> Result<Option<AgreedFilter>, Rejection> {
        let Some(asked) = self.filter else { return Ok(None) };
        PacketFilter::merge(config.packet_filter, asked)?.agree().map(Some)
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("peer", &self.peer)
            .field("peer_id", &self.peer_id())
            .field("stream_id", &self.stream_id)
            .field("encrypted", &self.encrypted())
            .finish_non_exhaustive()
    }
}

/// Whether the peer speaks this protocol, in live mode.
pub(crate) fn check(negotiation: &Negotiation) -> Result<(), Rejection> {
    if negotiation.version < MIN_VERSION {
        return Err(Rejection::VERSION);
    }
    if negotiation.has(option_flag::STREAM) {
        return Err(Rejection::MESSAGE_API);
    }
    Ok(())
}

/// Whether the peer is a Golive peer.
pub(crate) fn is_golive(theirs: &Negotiation) -> bool {
    theirs.options & option_flag::GOLIVE_MASK == option_flag::GOLIVE
}

/// Major, minor, patch.
pub(crate) fn version_parts(version: u32) -> (u8, u8, u8) {
    let [_, major, minor, patch] = version.to_be_bytes();
    (major, minor, patch)
}

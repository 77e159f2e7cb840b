//! Handshakes and their extensions (section 3.2.1).

use std::net::IpAddr;

use super::super::number::{SequenceNumber, SocketId};
use super::{Reader, Writer};

/// Extensions that a handshake announces in its extension field.
pub(crate) mod extension_flag {
    /// Versions, options and latencies.
    pub(crate) const NEGOTIATION: u16 = 1;
    /// Key material.
    pub(crate) const KEY_MATERIAL: u16 = 2;
    /// Stream id and other settings.
    pub(crate) const CONFIGURATION: u16 = 4;
    /// In the listener's answer to an induction: it speaks SRT.
    pub(crate) const MAGIC: u16 = 0x4A17;
}

/// What the two sides can do (section 3.2.1.1.1).
pub(crate) mod option_flag {
    /// Timestamps pace delivery of what this side sends.
    pub(crate) const TSBPD_SENDER: u32 = 1;
    /// Timestamps pace delivery of what this side receives.
    pub(crate) const TSBPD_RECEIVER: u32 = 1 << 1;
    /// The KK field is understood.
    pub(crate) const ENCRYPTION: u32 = 1 << 2;
    /// What comes too late is skipped.
    pub(crate) const TOO_LATE_DROP: u32 = 1 << 3;
    /// Losses are reported again and again.
    pub(crate) const PERIODIC_NAK: u32 = 1 << 4;
    /// The R flag is understood.
    pub(crate) const RETRANSMISSION_FLAG: u32 = 1 << 5;
    /// A stream of bytes rather than messages.
    pub(crate) const STREAM: u32 = 1 << 6;
    /// Packet filters are understood. gosrt, and so MediaMTX, refuses a handshake that says so.
    pub(crate) const PACKET_FILTER: u32 = 1 << 7;
    /// The upper half of the flags, which the protocol leaves unused: a Golive peer says `GL`.
    ///
    /// An extension block of its own would say it too, and libsrt skips such blocks; but gosrt,
    /// and so MediaMTX, refuses a handshake with a block that it does not know, while flags that
    /// they do not know are ignored by both.
    pub(crate) const GOLIVE: u32 = 0x474C << 16;
    /// The bits that [`GOLIVE`] lies in.
    pub(crate) const GOLIVE_MASK: u32 = 0xFFFF << 16;
}

/// Which step of the handshake this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakeKind {
    Induction,
    Conclusion,
    /// Refused; the code is an SRT rejection reason.
    Rejection(u32),
    /// Rendezvous, or something unknown.
    Other,
}

const INDUCTION: u32 = 1;
const CONCLUSION: u32 = u32::MAX;
const AGREEMENT: u32 = u32::MAX - 1;
const DONE: u32 = u32::MAX - 2;
/// Rejection reasons are sent with this added.
const REJECTION_BASE: u32 = 1_000;

/// The 48 bytes of a handshake before its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HandshakeFields {
    /// 4 from a caller's induction, 5 from then on.
    pub(crate) version: u32,
    /// Key length in units of 8 bytes, or 0.
    pub(crate) encryption: u16,
    /// See [`extension_flag`]; 2 in a caller's induction.
    pub(crate) extension: u16,
    pub(crate) initial_sequence_number: SequenceNumber,
    /// Largest IP packet.
    pub(crate) maximum_transmission_unit: u32,
    /// Packets in flight at most.
    pub(crate) flow_window: u32,
    pub(crate) kind: HandshakeKind,
    /// Of the sender of this handshake.
    pub(crate) socket_id: SocketId,
    pub(crate) cookie: u32,
    /// See [`address_words`].
    pub(crate) peer_address: [u8; 16],
}

/// A handshake and the bytes of its extensions.
pub(crate) struct Handshake<'a> {
    pub(crate) fields: HandshakeFields,
    extensions: Reader<'a>,
}

/// What an extension block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExtensionKind {
    NegotiationRequest,
    NegotiationResponse,
    KeyMaterialRequest,
    KeyMaterialResponse,
    StreamId,
    CongestionControl,
    PacketFilter,
    Group,
    /// To be skipped.
    Unknown,
}

impl<'a> Handshake<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let fields = HandshakeFields {
            version: reader.u32()?,
            encryption: reader.u16()?,
            extension: reader.u16()?,
            initial_sequence_number: SequenceNumber::new(reader.u32()?),
            maximum_transmission_unit: reader.u32()?,
            flow_window: reader.u32()?,
            kind: HandshakeKind::from_u32(reader.u32()?),
            socket_id: SocketId::new(reader.u32()?),
            cookie: reader.u32()?,
            peer_address: reader.array()?,
        };
        Some(Self { fields, extensions: reader })
    }

    /// The extension blocks in order, up to the first that is cut short.
    pub(crate) fn extensions(&self) -> impl Iterator<Item = (ExtensionKind, &'a [u8])> + use<'a> {
        let mut reader = self.extensions;
        std::iter::from_fn(move || {
            let kind = ExtensionKind::from_u16(reader.u16()?);
            let words = reader.u16()?;
            Some((kind, reader.bytes(usize::from(words) * 4)?))
        })
    }
}

impl HandshakeFields {
    pub(crate) fn write(&self, writer: &mut Writer<'_>) {
        writer.put_u32(self.version);
        writer.put_u16(self.encryption);
        writer.put_u16(self.extension);
        writer.put_u32(self.initial_sequence_number.as_u32());
        writer.put_u32(self.maximum_transmission_unit);
        writer.put_u32(self.flow_window);
        writer.put_u32(self.kind.as_u32());
        writer.put_u32(self.socket_id.as_u32());
        writer.put_u32(self.cookie);
        writer.put(&self.peer_address);
    }
}

impl HandshakeKind {
    fn from_u32(value: u32) -> Self {
        match value {
            INDUCTION => Self::Induction,
            CONCLUSION => Self::Conclusion,
            0 | AGREEMENT | DONE => Self::Other,
            _ => match value.checked_sub(REJECTION_BASE) {
                Some(code) => Self::Rejection(code),
                None => Self::Other,
            },
        }
    }

    fn as_u32(self) -> u32 {
        match self {
            Self::Induction => INDUCTION,
            Self::Conclusion => CONCLUSION,
            Self::Rejection(code) => code.saturating_add(REJECTION_BASE),
            Self::Other => DONE,
        }
    }
}

const EXTENSION_KINDS: [(u16, ExtensionKind); 8] = [
    (1, ExtensionKind::NegotiationRequest),
    (2, ExtensionKind::NegotiationResponse),
    (3, ExtensionKind::KeyMaterialRequest),
    (4, ExtensionKind::KeyMaterialResponse),
    (5, ExtensionKind::StreamId),
    (6, ExtensionKind::CongestionControl),
    (7, ExtensionKind::PacketFilter),
    (8, ExtensionKind::Group),
];

impl ExtensionKind {
    fn from_u16(value: u16) -> Self {
        EXTENSION_KINDS
            .iter()
            .find(|(number, _)| *number == value)
            .map_or(Self::Unknown, |(_, kind)| *kind)
    }

    pub(crate) fn as_u16(self) -> u16 {
        EXTENSION_KINDS.iter().find(|(_, kind)| *kind == self).map_or(0, |(number, _)| *number)
    }
}

/// Writes a block of whole words.
pub(crate) fn put_extension(writer: &mut Writer<'_>, kind: ExtensionKind, content: &[u8]) {
    writer.put_u16(kind.as_u16());
    writer.put_u16((content.len() / 4) as u16);
    writer.put(content);
}

/// Writes a block of text: padded with zeros to whole words, the bytes of each word reversed
/// (section 3.2.1.3).
pub(crate) fn put_text_extension(writer: &mut Writer<'_>, kind: ExtensionKind, text: &str) {
    writer.put_u16(kind.as_u16());
    writer.put_u16(text.len().div_ceil(4) as u16);
    for chunk in text.as_bytes().chunks(4) {
        let mut word = [0; 4];
        for (reversed, byte) in word.iter_mut().rev().zip(chunk) {
            *reversed = *byte;
        }
        writer.put(&word);
    }
}

/// The text in a block written by [`put_text_extension`], without its padding.
pub(crate) fn text_from_words(content: &[u8]) -> Option<String> {
    let mut bytes: Vec<u8> =
        content.chunks(4).flat_map(|word| word.iter().rev().copied()).collect();
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    String::from_utf8(bytes).ok()
}

/// Versions, options and latencies of one side (section 3.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Negotiation {
    /// `0x00MMmmpp`.
    pub(crate) version: u32,
    /// See [`option_flag`].
    pub(crate) options: u32,
    /// In milliseconds: how long this side holds what it receives.
    pub(crate) receiver_latency: u16,
    /// In milliseconds: how long this side wants the other to hold what it sends.
    pub(crate) sender_latency: u16,
}

impl Negotiation {
    pub(crate) fn parse(content: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(content);
        Some(Self {
            version: reader.u32()?,
            options: reader.u32()?,
            receiver_latency: reader.u16()?,
            sender_latency: reader.u16()?,
        })
    }

    pub(crate) fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        let mut writer = Writer::new(&mut bytes);
        writer.put_u32(self.version);
        writer.put_u32(self.options);
        writer.put_u16(self.receiver_latency);
        writer.put_u16(self.sender_latency);
        bytes
    }

    pub(crate) fn has(&self, option: u32) -> bool {
        self.options & option == option
    }
}

/// An address as handshakes carry it: words with their bytes reversed, an IPv4 address in the
/// first (section 3.2.1, as libsrt does it).
pub(crate) fn address_words(address: IpAddr) -> [u8; 16] {
    let mut words = [0; 16];
    let octets: &[u8] = match &address {
        IpAddr::V4(address) => &address.octets(),
        IpAddr::V6(address) => &address.octets(),
    };
    for (word, octets) in words.chunks_mut(4).zip(octets.chunks(4)) {
        word.copy_from_slice(octets);
        word.reverse();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> HandshakeFields {
        HandshakeFields {
            version: 5,
            encryption: 2,
            extension: extension_flag::NEGOTIATION | extension_flag::CONFIGURATION,
            initial_sequence_number: SequenceNumber::new(0x1234_5678),
            maximum_transmission_unit: 1_500,
            flow_window: 8_192,
            kind: HandshakeKind::Conclusion,
            socket_id: SocketId::new(0x2A2B_2C2D),
            cookie: 0xC00C_1E00,
            peer_address: address_words([127, 0, 0, 1].into()),
        }
    }

    #[test]
    fn a_conclusion_is_laid_out_as_libsrt_sends_it() {
        let mut buffer = [0; 128];
        let mut writer = Writer::new(&mut buffer);
        fields().write(&mut writer);
        put_text_extension(&mut writer, ExtensionKind::StreamId, "#!::r=live");
        let length = writer.length();
        assert_eq!(buffer[..8], [0, 0, 0, 5, 0, 2, 0, 5]);
        assert_eq!(buffer[20..24], [0xFF; 4], "the conclusion's type is -1");
        assert_eq!(buffer[32..36], [1, 0, 0, 127]);
        assert_eq!(&buffer[48..length], b"\0\x05\0\x03::!#il=r\0\0ev");

        let handshake = Handshake::parse(&buffer[..length]).unwrap();
        assert_eq!(handshake.fields, fields());
        let (kind, content) = handshake.extensions().next().unwrap();
        assert_eq!(kind, ExtensionKind::StreamId);
        assert_eq!(text_from_words(content).as_deref(), Some("#!::r=live"));
    }

    #[test]
    fn unknown_extensions_are_skipped_and_short_ones_end_the_list() {
        let mut buffer = [0; 128];
        let mut writer = Writer::new(&mut buffer);
        fields().write(&mut writer);
        writer.put(&[0x47, 0x4C, 0, 1, 9, 9, 9, 9]);
        put_extension(&mut writer, ExtensionKind::NegotiationRequest, &[0; 12]);
        writer.put(&[0, 3, 0xFF, 0xFF]);
        let length = writer.length();
        let kinds: Vec<_> = Handshake::parse(&buffer[..length])
            .unwrap()
            .extensions()
            .map(|(kind, _)| kind)
            .collect();
        assert_eq!(kinds, [ExtensionKind::Unknown, ExtensionKind::NegotiationRequest]);
    }

    #[test]
    fn rejection_reasons_are_told_from_steps_of_the_handshake() {
        assert_eq!(HandshakeKind::from_u32(1_010), HandshakeKind::Rejection(10));
        assert_eq!(HandshakeKind::from_u32(2_403), HandshakeKind::Rejection(1_403));
        assert_eq!(HandshakeKind::from_u32(0), HandshakeKind::Other);
    }
}

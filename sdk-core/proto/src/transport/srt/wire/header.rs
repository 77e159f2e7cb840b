//! The 16 bytes that every packet begins with.

use super::super::number::{MESSAGE_MASK, MessageNumber, SequenceNumber, SocketId};
use super::{Reader, Writer};

/// Bytes of the header of data and control packets alike.
pub(crate) const HEADER_BYTES: usize = 16;

/// Where in a data packet's header the R flag lies, which tells a retransmission.
pub(crate) const RETRANSMITTED_BYTE: usize = 4;
/// The R flag within that byte.
pub(crate) const RETRANSMITTED_FLAG: u8 = 0x04;
/// Where the KK field lies.
pub(crate) const KEY_FLAGS_BYTE: usize = 4;

/// The KK field within that byte.
pub(crate) const fn key_flags(byte: u8) -> u8 {
    byte >> 3 & 0b11
}

const CONTROL_BIT: u32 = 1 << 31;
/// PP of `11`: a message of one packet, the only kind in live mode.
const WHOLE_MESSAGE: u32 = 0b11 << 30;
const KEY_SHIFT: u32 = 27;
const RETRANSMITTED_BIT: u32 = 1 << 26;

/// A datagram, as far as its header tells.
pub(crate) enum Packet<'a> {
    Data(DataPacket<'a>),
    Control(ControlPacket<'a>),
}

/// Which of the two keys a packet is encrypted with (the KK field).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyParity {
    Even,
    Odd,
}

impl KeyParity {
    pub(crate) fn other(self) -> Self {
        match self {
            KeyParity::Even => KeyParity::Odd,
            KeyParity::Odd => KeyParity::Even,
        }
    }

    /// As in the KK field.
    pub(crate) fn bits(self) -> u32 {
        match self {
            KeyParity::Even => 0b01,
            KeyParity::Odd => 0b10,
        }
    }

    /// The key that the KK field names, if it names one; `Err` for both at once.
    pub(crate) fn from_bits(bits: u32) -> Result<Option<Self>, ()> {
        match bits {
            0b00 => Ok(None),
            0b01 => Ok(Some(KeyParity::Even)),
            0b10 => Ok(Some(KeyParity::Odd)),
            _ => Err(()),
        }
    }
}

/// A data packet (section 3.1).
pub(crate) struct DataPacket<'a> {
    pub(crate) sequence_number: SequenceNumber,
    /// Zero for the repair packets of a packet filter.
    pub(crate) message_number: u32,
    /// The key that it is encrypted with, if it is; `Err` for a combination that cannot be.
    pub(crate) key: Result<Option<KeyParity>, ()>,
    pub(crate) retransmitted: bool,
    pub(crate) timestamp: u32,
    pub(crate) destination: SocketId,
    pub(crate) payload: &'a [u8],
}

/// What a control packet is about (section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ControlKind {
    Handshake,
    KeepAlive,
    Acknowledgement,
    LossReport,
    Shutdown,
    AcknowledgementOfAcknowledgement,
    DropRequest,
    PeerError,
    /// Key material, and whatever else peers agree on; the subtype tells.
    UserDefined(u16),
    /// Something to ignore.
    Other,
}

/// The header of a control packet.
pub(crate) struct ControlHeader {
    pub(crate) kind: ControlKind,
    /// What it means depends on `kind`.
    pub(crate) information: u32,
    pub(crate) timestamp: u32,
    pub(crate) destination: SocketId,
}

/// A control packet.
pub(crate) struct ControlPacket<'a> {
    pub(crate) header: ControlHeader,
    pub(crate) body: &'a [u8],
}

impl<'a> Packet<'a> {
    /// The packet in `datagram`, if it is long enough to be one.
    pub(crate) fn parse(datagram: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(datagram);
        let first = reader.u32()?;
        let second = reader.u32()?;
        let timestamp = reader.u32()?;
        let destination = SocketId::new(reader.u32()?);
        if first & CONTROL_BIT != 0 {
            let kind = control_kind((first >> 16) as u16 & 0x7FFF, first as u16);
            let header = ControlHeader { kind, information: second, timestamp, destination };
            return Some(Packet::Control(ControlPacket { header, body: reader.rest() }));
        }
        Some(Packet::Data(DataPacket {
            sequence_number: SequenceNumber::new(first),
            message_number: second & MESSAGE_MASK,
            key: KeyParity::from_bits((second >> KEY_SHIFT) & 0b11),
            retransmitted: second & RETRANSMITTED_BIT != 0,
            timestamp,
            destination,
            payload: reader.rest(),
        }))
    }
}

impl ControlHeader {
    pub(crate) fn write(&self, writer: &mut Writer<'_>) {
        let (kind, subtype) = match self.kind {
            ControlKind::Handshake => (0x0000, 0),
            ControlKind::KeepAlive => (0x0001, 0),
            ControlKind::Acknowledgement => (0x0002, 0),
            ControlKind::LossReport => (0x0003, 0),
            ControlKind::Shutdown => (0x0005, 0),
            ControlKind::AcknowledgementOfAcknowledgement => (0x0006, 0),
            ControlKind::DropRequest => (0x0007, 0),
            ControlKind::PeerError => (0x0008, 0),
            ControlKind::UserDefined(subtype) => (0x7FFF, subtype),
            ControlKind::Other => (0x0004, 0),
        };
        writer.put_u32(CONTROL_BIT | kind << 16 | u32::from(subtype));
        writer.put_u32(self.information);
        writer.put_u32(self.timestamp);
        writer.put_u32(self.destination.as_u32());
    }
}

fn control_kind(kind: u16, subtype: u16) -> ControlKind {
    match kind {
        0x0000 => ControlKind::Handshake,
        0x0001 => ControlKind::KeepAlive,
        0x0002 => ControlKind::Acknowledgement,
        0x0003 => ControlKind::LossReport,
        0x0005 => ControlKind::Shutdown,
        0x0006 => ControlKind::AcknowledgementOfAcknowledgement,
        0x0007 => ControlKind::DropRequest,
        0x0008 => ControlKind::PeerError,
        0x7FFF => ControlKind::UserDefined(subtype),
        _ => ControlKind::Other,
    }
}

/// Writes the header of a data packet that is sent for the first time.
pub(crate) fn write_data_header(
    writer: &mut Writer<'_>,
    sequence_number: SequenceNumber,
    message_number: MessageNumber,
    key: Option<KeyParity>,
    timestamp: u32,
    destination: SocketId,
) {
    let key = key.map_or(0, KeyParity::bits);
    writer.put_u32(sequence_number.as_u32());
    writer.put_u32(WHOLE_MESSAGE | key << KEY_SHIFT | message_number.as_u32());
    writer.put_u32(timestamp);
    writer.put_u32(destination.as_u32());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_packet_is_laid_out_as_the_draft_draws_it() {
        let mut buffer = [0; 64];
        let mut writer = Writer::new(&mut buffer);
        write_data_header(
            &mut writer,
            SequenceNumber::new(0x0102_0304),
            MessageNumber::FIRST,
            Some(KeyParity::Odd),
            0x0A0B_0C0D,
            SocketId::new(0x1122_3344),
        );
        writer.put(b"media");
        let length = writer.length();
        let expected = [1, 2, 3, 4, 0xD0, 0, 0, 1, 0x0A, 0x0B, 0x0C, 0x0D, 0x11, 0x22, 0x33, 0x44];
        assert_eq!(buffer[..16], expected);

        buffer[RETRANSMITTED_BYTE] |= RETRANSMITTED_FLAG;
        let Some(Packet::Data(packet)) = Packet::parse(&buffer[..length]) else {
            panic!("not a data packet");
        };
        assert!(packet.retransmitted);
        assert_eq!(packet.key, Ok(Some(KeyParity::Odd)));
        assert_eq!(packet.message_number, 1);
        assert_eq!(packet.payload, b"media");
    }

    #[test]
    fn a_control_packet_is_laid_out_as_the_draft_draws_it() {
        let mut buffer = [0; 16];
        let header = ControlHeader {
            kind: ControlKind::UserDefined(0x474C),
            information: 7,
            timestamp: 9,
            destination: SocketId::new(1),
        };
        header.write(&mut Writer::new(&mut buffer));
        assert_eq!(buffer, [0xFF, 0xFF, 0x47, 0x4C, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 1]);
    }

    #[test]
    fn a_datagram_shorter_than_a_header_is_no_packet() {
        assert!(Packet::parse(&[0; 15]).is_none());
    }
}

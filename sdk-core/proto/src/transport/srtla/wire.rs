//! The packets that srtla adds to SRT's.
//!
//! Each begins with a type of 16 bits, big-endian, which no packet of SRT begins with. What
//! follows a packet that is whole is ignored: receivers pad short ones, for the sake of networks
//! that drop tiny datagrams.

use super::super::srt::number::SequenceNumber;
use super::super::srt::wire::{Reader, Writer};

const KEEP_ALIVE: u16 = 0x9000;
const ACKNOWLEDGEMENT: u16 = 0x9100;
const REGISTER_GROUP: u16 = 0x9200;
const REGISTER_LINK: u16 = 0x9201;
const REGISTERED: u16 = 0x9202;
const FAILED: u16 = 0x9210;
const NO_GROUP: u16 = 0x9211;
const REFUSED: u16 = 0x9212;

/// Bytes of a group's id: the first half is the sender's, the second the receiver's.
pub(super) const ID_BYTES: usize = 256;
/// Bytes of each half.
pub(super) const HALF_BYTES: usize = ID_BYTES / 2;
/// Data packets in one acknowledgement.
pub(super) const PER_ACKNOWLEDGEMENT: usize = 10;

/// What names a group.
pub(super) type GroupId = [u8; ID_BYTES];

/// A datagram of srtla's own.
pub(super) enum Packet<'a> {
    /// Shows that a link is there; it is sent back as it came. What it carries is its sender's
    /// business: others put a time in milliseconds into these eight bytes.
    KeepAlive(Option<u64>),
    /// Data packets that came on this link.
    Acknowledgement(Numbers<'a>),
    /// REG1: asks for a group.
    RegisterGroup(&'a GroupId),
    /// REG2: from the receiver the group's full id, from the sender a link that is to join it.
    RegisterLink(&'a GroupId),
    /// REG3: the link has joined.
    Registered,
    /// REG_ERR: not now.
    Failed,
    /// REG_NGP: there is no such group.
    NoGroup,
    /// REG_NAK: never.
    Refused,
}

impl<'a> Packet<'a> {
    /// The packet in `datagram`; nothing if it is none of srtla's.
    pub(super) fn parse(datagram: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(datagram);
        Some(match reader.u16()? {
            KEEP_ALIVE => Packet::KeepAlive(reader.array().map(u64::from_be_bytes)),
            ACKNOWLEDGEMENT => {
                reader.u16()?;
                Packet::Acknowledgement(Numbers(reader))
            }
            REGISTER_GROUP => Packet::RegisterGroup(reader.bytes(ID_BYTES)?.try_into().ok()?),
            REGISTER_LINK => Packet::RegisterLink(reader.bytes(ID_BYTES)?.try_into().ok()?),
            REGISTERED => Packet::Registered,
            FAILED => Packet::Failed,
            NO_GROUP => Packet::NoGroup,
            REFUSED => Packet::Refused,
            _ => return None,
        })
    }
}

/// The data packets that an acknowledgement names.
pub(super) struct Numbers<'a>(Reader<'a>);

impl Iterator for Numbers<'_> {
    type Item = SequenceNumber;

    fn next(&mut self) -> Option<SequenceNumber> {
        self.0.u32().map(SequenceNumber::new)
    }
}

/// Writes a keep-alive that carries `stamp`; how long it is.
pub(super) fn write_keep_alive(buffer: &mut [u8], stamp: u64) -> usize {
    write(buffer, KEEP_ALIVE, |writer| writer.put(&stamp.to_be_bytes()))
}

/// Writes an acknowledgement; how long it is.
pub(super) fn write_acknowledgement(buffer: &mut [u8], numbers: &[SequenceNumber]) -> usize {
    write(buffer, ACKNOWLEDGEMENT, |writer| {
        writer.put_u16(0);
        for number in numbers {
            writer.put_u32(number.as_u32());
        }
    })
}

/// Writes a request for a group; how long it is.
pub(super) fn write_register_group(buffer: &mut [u8], id: &GroupId) -> usize {
    write(buffer, REGISTER_GROUP, |writer| writer.put(id))
}

/// Writes a group's full id; how long it is.
pub(super) fn write_register_link(buffer: &mut [u8], id: &GroupId) -> usize {
    write(buffer, REGISTER_LINK, |writer| writer.put(id))
}

/// Writes that a link has joined; how long it is.
pub(super) fn write_registered(buffer: &mut [u8]) -> usize {
    write(buffer, REGISTERED, |_| {})
}

/// Writes that it does not work now; how long it is.
pub(super) fn write_failed(buffer: &mut [u8]) -> usize {
    write(buffer, FAILED, |_| {})
}

/// Writes that there is no such group; how long it is.
pub(super) fn write_no_group(buffer: &mut [u8]) -> usize {
    write(buffer, NO_GROUP, |_| {})
}

fn write(buffer: &mut [u8], kind: u16, body: impl FnOnce(&mut Writer<'_>)) -> usize {
    let mut writer = Writer::new(buffer);
    writer.put_u16(kind);
    body(&mut writer);
    writer.length()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_laid_out_as_other_implementations_document_them() {
        let mut buffer = [0; 512];
        assert_eq!(write_keep_alive(&mut buffer, 0x0102), 10);
        assert_eq!(buffer[..10], [0x90, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
        let numbers: Vec<_> = (7..17).map(SequenceNumber::new).collect();
        assert_eq!(write_acknowledgement(&mut buffer, &numbers), 44);
        assert_eq!(buffer[..8], [0x91, 0, 0, 0, 0, 0, 0, 7]);
        let Some(Packet::Acknowledgement(read)) = Packet::parse(&buffer[..44]) else {
            panic!("no acknowledgement");
        };
        assert_eq!(read.collect::<Vec<_>>(), numbers);
        assert_eq!(write_register_group(&mut buffer, &[3; ID_BYTES]), 258);
        assert_eq!(buffer[..3], [0x92, 0, 3]);
        assert_eq!(write_register_link(&mut buffer, &[3; ID_BYTES]), 258);
        assert_eq!(buffer[..3], [0x92, 1, 3]);
        assert_eq!(write_registered(&mut buffer), 2);
        assert_eq!(buffer[..2], [0x92, 2]);
        assert_eq!(write_failed(&mut buffer), 2);
        assert_eq!(buffer[..2], [0x92, 0x10]);
        assert_eq!(write_no_group(&mut buffer), 2);
        assert_eq!(buffer[..2], [0x92, 0x11]);
    }

    #[test]
    fn padding_is_ignored_and_what_is_cut_short_is_no_packet() {
        let mut padded = [0; 32];
        padded[..2].copy_from_slice(&[0x92, 2]);
        assert!(matches!(Packet::parse(&padded), Some(Packet::Registered)));
        assert!(matches!(Packet::parse(&[0x90, 0]), Some(Packet::KeepAlive(None))));
        assert!(Packet::parse(&[0x92, 0, 1, 2]).is_none());
        assert!(Packet::parse(&[0x90]).is_none());
        assert!(Packet::parse(&[0x80, 2, 0, 0]).is_none());
    }
}

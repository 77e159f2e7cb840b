//! Repair packets as bytes.
//!
//! They are data packets with message number zero and the number of the last packet that they
//! protect. The timestamp is the XOR of theirs; the payload begins with the column (255 for a
//! row), the XOR of their key flags and of their lengths.

use crate::fec::{Parity, Repair, Source};

use super::super::number::{MessageNumber, SequenceNumber, SocketId};
use super::super::wire::{
    DataPacket, HEADER_BYTES, KEY_FLAGS_BYTE, KeyParity, Reader, Writer, key_flags,
    write_data_header,
};

/// The column of a repair packet that protects a row.
const ROW: u8 = u8::MAX;

/// What a filter protects of a datagram that is ready to leave, and which key it is encrypted
/// with.
pub(crate) fn source_of(datagram: &[u8]) -> Option<Source<'_>> {
    let header = datagram.first_chunk::<HEADER_BYTES>()?;
    let [.., t0, t1, t2, t3, _, _, _, _] = *header;
    Some(Source {
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        flags: header.get(KEY_FLAGS_BYTE).copied().map_or(0, key_flags),
        payload: datagram.get(HEADER_BYTES..)?,
    })
}

/// Writes a repair packet; answers with its length.
pub(crate) fn write_repair(
    repair: &Repair,
    last: SequenceNumber,
    key: Option<KeyParity>,
    destination: SocketId,
    buffer: &mut [u8],
) -> usize {
    let parity = &repair.parity;
    let mut writer = Writer::new(buffer);
    write_data_header(&mut writer, last, MessageNumber::REPAIR, key, parity.timestamp, destination);
    writer.put(&[repair.column.unwrap_or(ROW), parity.flags]);
    writer.put_u16(parity.length);
    writer.put(parity.payload());
    writer.length()
}

/// A repair packet that arrived.
pub(crate) struct RepairPacket {
    /// None for a row.
    pub(crate) column: Option<u8>,
    pub(crate) parity: Parity,
}

impl RepairPacket {
    /// Reads a data packet with message number zero.
    pub(crate) fn parse(packet: &DataPacket<'_>) -> Option<Self> {
        let mut reader = Reader::new(packet.payload);
        let first = reader.u16()?;
        let [column, flags] = first.to_be_bytes();
        let length = reader.u16()?;
        let mut parity = Parity::default();
        parity.add_parity(packet.timestamp, flags, length, reader.rest());
        Some(Self { column: (column != ROW).then_some(column), parity })
    }
}

/// A combination as it goes to a Golive peer: the body of a user-defined control packet.
pub(crate) struct CombinationPacket<'a> {
    /// The first packet that it is of.
    pub(crate) first: SequenceNumber,
    pub(crate) count: u16,
    pub(crate) seed: u16,
    pub(crate) bytes: &'a [u8],
}

impl<'a> CombinationPacket<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        Some(Self {
            first: SequenceNumber::new(reader.u32()?),
            count: reader.u16()?,
            seed: reader.u16()?,
            bytes: reader.rest(),
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer<'_>) {
        writer.put_u32(self.first.as_u32());
        writer.put_u16(self.count);
        writer.put_u16(self.seed);
        writer.put(self.bytes);
    }
}

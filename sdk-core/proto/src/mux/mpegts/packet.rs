//! One transport stream packet: its header, its adaptation field, and the way to write them.

use super::clock::{Timestamp, decode_pcr, encode_pcr};
use super::{PACKET_LENGTH, SYNC_BYTE};

/// The PID of packets that hold nothing (2.4.3.3).
pub(super) const NULL_PID: u16 = 0x1FFF;

/// A packet as it was read (2.4.3.2 to 2.4.3.5).
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) pid: u16,
    /// The first byte of the payload begins a section or PES packet.
    pub(super) starts_unit: bool,
    /// Damaged on its way here, as a demodulator noticed.
    pub(super) transport_error: bool,
    pub(super) scrambled: bool,
    pub(super) continuity_counter: u8,
    /// What follows need not continue what was before.
    pub(super) discontinuity: bool,
    /// Program clock reference in ticks of 27 MHz.
    pub(super) pcr: Option<u64>,
    /// Present when the header announces one, even if it is empty.
    pub(super) payload: Option<&'a [u8]>,
}

impl<'a> Packet<'a> {
    /// Reads a packet; nothing if it does not begin with the sync byte or contradicts itself.
    pub(super) fn parse(bytes: &'a [u8; PACKET_LENGTH]) -> Option<Self> {
        let [sync, pid_high, pid_low, control, rest @ ..] = bytes;
        if *sync != SYNC_BYTE {
            return None;
        }
        let has_adaptation_field = control & 0x20 != 0;
        let has_payload = control & 0x10 != 0;
        let (field, rest): (&[u8], &[u8]) = if has_adaptation_field {
            let (length, rest) = rest.split_first()?;
            rest.split_at_checked(usize::from(*length))?
        } else {
            (&[], rest)
        };
        Some(Self {
            pid: u16::from_be_bytes([pid_high & 0x1F, *pid_low]),
            starts_unit: pid_high & 0x40 != 0,
            transport_error: pid_high & 0x80 != 0,
            scrambled: control & 0xC0 != 0,
            continuity_counter: control & 0x0F,
            discontinuity: field.first().is_some_and(|flags| flags & 0x80 != 0),
            pcr: parse_pcr(field),
            payload: has_payload.then_some(rest),
        })
    }
}

fn parse_pcr(field: &[u8]) -> Option<u64> {
    let (flags, rest) = field.split_first()?;
    if flags & 0x10 == 0 { None } else { rest.first_chunk().map(|bytes| decode_pcr(*bytes)) }
}

/// What a packet to be written has besides its payload.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    pub(super) pid: u16,
    pub(super) starts_unit: bool,
    pub(super) discontinuity: bool,
    /// Decoding can begin with this packet (2.4.3.5).
    pub(super) random_access: bool,
    pub(super) pcr: Option<Timestamp>,
}

impl Header {
    /// Writes the header and, where it is needed, the adaptation field into `packet`, and returns
    /// what is left of it for a payload: exactly `remaining` bytes or, if fewer fit, all of them.
    pub(super) fn write<'a>(
        &self,
        packet: &'a mut [u8; PACKET_LENGTH],
        continuity_counter: u8,
        remaining: usize,
    ) -> &'a mut [u8] {
        let [sync, pid_high, pid_low, control, rest @ ..] = packet;
        let [high, low] = self.pid.to_be_bytes();
        let field_length = self.adaptation_field_length(rest.len().saturating_sub(remaining));
        *sync = SYNC_BYTE;
        *pid_high = u8::from(self.starts_unit) << 6 | (high & 0x1F);
        *pid_low = low;
        let has_field = u8::from(field_length > 0);
        let has_payload = u8::from(remaining > 0);
        *control = has_field << 5 | has_payload << 4 | (continuity_counter & 0x0F);
        match rest.split_at_mut_checked(field_length) {
            Some((field, payload)) => {
                self.write_adaptation_field(field);
                payload
            }
            None => &mut [],
        }
    }

    /// Bytes of the adaptation field, its length byte included, when `room` bytes of a packet are
    /// not wanted by the payload.
    fn adaptation_field_length(&self, room: usize) -> usize {
        let flags = self.discontinuity || self.random_access || self.pcr.is_some();
        let fields = if self.pcr.is_some() { 6 } else { 0 };
        room.max(if flags { 2 + fields } else { 0 })
    }

    fn write_adaptation_field(&self, field: &mut [u8]) {
        let length = field.len().saturating_sub(1);
        let Some((length_byte, rest)) = field.split_first_mut() else { return };
        *length_byte = length as u8;
        let Some((flags, rest)) = rest.split_first_mut() else { return };
        *flags = u8::from(self.discontinuity) << 7
            | u8::from(self.random_access) << 6
            | u8::from(self.pcr.is_some()) << 4;
        let stuffing = match (self.pcr, rest.split_first_chunk_mut()) {
            (Some(pcr), Some((bytes, rest))) => {
                *bytes = encode_pcr(pcr);
                rest
            }
            _ => rest,
        };
        stuffing.fill(0xFF);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_packet_has_no_adaptation_field() {
        let mut packet = [0; PACKET_LENGTH];
        let header = Header { pid: 0x100, ..Header::default() };
        header.write(&mut packet, 5, 1_000).fill(7);
        assert_eq!(packet[..5], [0x47, 0x01, 0x00, 0x15, 7]);
        let read = Packet::parse(&packet).unwrap();
        assert_eq!((read.pid, read.continuity_counter, read.pcr), (0x100, 5, None));
        assert_eq!(read.payload.unwrap().len(), 184);
    }

    #[test]
    fn a_short_payload_is_pushed_to_the_end_whatever_its_length() {
        for remaining in 0..=190 {
            let mut packet = [0; PACKET_LENGTH];
            let header = Header { pid: 1, starts_unit: true, ..Header::default() };
            let payload = header.write(&mut packet, 0, remaining);
            assert_eq!(payload.len(), remaining.min(184), "{remaining}");
            let read = Packet::parse(&packet).unwrap();
            assert_eq!(read.payload.map_or(0, <[u8]>::len), remaining.min(184));
            assert_eq!(read.payload.is_some(), remaining > 0);
        }
    }

    #[test]
    fn flags_and_clock_come_back() {
        let mut packet = [0; PACKET_LENGTH];
        let header = Header {
            pid: 0x1FFE,
            starts_unit: true,
            discontinuity: true,
            random_access: true,
            pcr: Some(Timestamp::from_ticks(0x1_0000_0001)),
        };
        assert_eq!(header.write(&mut packet, 15, 500).len(), 176);
        assert_eq!(packet[..12], [0x47, 0x5F, 0xFE, 0x3F, 7, 0xD0, 0x80, 0, 0, 0, 0xFE, 0]);
        let read = Packet::parse(&packet).unwrap();
        assert!(read.discontinuity && read.starts_unit && !read.scrambled);
        assert_eq!(read.pcr, Some(0x1_0000_0001 * 300));
    }

    #[test]
    fn a_field_longer_than_the_packet_is_refused() {
        let mut packet = [0xFF; PACKET_LENGTH];
        packet[..5].copy_from_slice(&[0x47, 0, 0, 0x30, 184]);
        assert!(Packet::parse(&packet).is_none());
        packet[4] = 183;
        assert!(Packet::parse(&packet).unwrap().payload.unwrap().is_empty());
    }
}

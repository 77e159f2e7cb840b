//! PES packets: an access unit with its timestamps (2.4.3.6).

use super::clock::Timestamp;

/// Longest header that is written: fixed part, flags, PTS and DTS.
pub(super) const MAX_HEADER_LENGTH: usize = 19;

/// Bytes before the ones that `PES_packet_length` counts.
const LENGTH_END: usize = 6;

/// The `stream_id` of the first video stream and the first audio stream (table 2-22).
pub(super) const VIDEO_STREAM_ID: u8 = 0xE0;
pub(super) const AUDIO_STREAM_ID: u8 = 0xC0;

/// A header for an access unit, its length still left open, and how many bytes of it count.
pub(super) fn encode_header(
    stream_id: u8,
    pts: Timestamp,
    dts: Timestamp,
) -> ([u8; MAX_HEADER_LENGTH], usize) {
    let has_dts = pts != dts;
    let (contents, fields) = if has_dts { (0b11, 10) } else { (0b10, 5) };
    let [p0, p1, p2, p3, p4] = pts.encode(contents);
    let [d0, d1, d2, d3, d4] = dts.encode(0b01);
    // Marker bits, data aligned: the payload begins with an access unit.
    let flags = 0x84;
    let header = [
        0,
        0,
        1,
        stream_id,
        0,
        0,
        flags,
        contents << 6,
        fields,
        p0,
        p1,
        p2,
        p3,
        p4,
        d0,
        d1,
        d2,
        d3,
        d4,
    ];
    (header, 9 + usize::from(fields))
}

/// Tells in the header at the start of a packet how long it is, if 16 bits can: `length` bytes.
///
/// For video too, where it is optional, so that a reader need not wait for the next picture to
/// know that this one is complete. A longer one ends where the next begins.
pub(super) fn set_packet_length(packet: &mut [u8], length: usize) {
    let counted = u16::try_from(length.saturating_sub(LENGTH_END)).unwrap_or(0);
    if let Some(field) = packet.get_mut(4..LENGTH_END) {
        field.copy_from_slice(&counted.to_be_bytes());
    }
}

/// The length of a whole PES packet, from its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PacketLength {
    /// More bytes are needed to tell.
    Unknown,
    /// Up to the next packet.
    Unbounded,
    /// This many bytes, header included.
    Bytes(usize),
}

/// How long the PES packet that begins with `bytes` is.
pub(super) fn packet_length(bytes: &[u8]) -> PacketLength {
    match bytes {
        [_, _, _, _, 0, 0, ..] => PacketLength::Unbounded,
        [_, _, _, _, high, low, ..] => {
            PacketLength::Bytes(LENGTH_END + usize::from(u16::from_be_bytes([*high, *low])))
        }
        _ => PacketLength::Unknown,
    }
}

/// What a PES header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PesHeader {
    pub(super) pts: Option<Timestamp>,
    /// Told only where it differs from the PTS.
    pub(super) dts: Option<Timestamp>,
    /// Bytes of the header; the payload follows.
    pub(super) length: usize,
}

impl PesHeader {
    /// Reads the header of a video or audio packet; nothing if it is none or not complete.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let [0, 0, 1, _, _, _, flags, contents, fields_length, rest @ ..] = bytes else {
            return None;
        };
        let is_mpeg_2 = flags & 0xC0 == 0x80;
        let fields = rest.get(..usize::from(*fields_length)).filter(|_| is_mpeg_2)?;
        let pts = fields.first_chunk().filter(|_| contents & 0x80 != 0);
        let dts = fields.get(5..).and_then(<[u8]>::first_chunk).filter(|_| contents & 0xC0 == 0xC0);
        Some(Self {
            pts: pts.map(|bytes| Timestamp::decode(*bytes)),
            dts: dts.map(|bytes| Timestamp::decode(*bytes)),
            length: 9 + fields.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PTS: Timestamp = Timestamp::from_ticks(126_000);
    const DTS: Timestamp = Timestamp::from_ticks(123_000);

    #[test]
    fn timestamps_come_back() {
        let (mut bytes, length) = encode_header(VIDEO_STREAM_ID, PTS, DTS);
        assert_eq!(length, 19);
        assert_eq!(packet_length(&bytes), PacketLength::Unbounded);
        set_packet_length(&mut bytes, 119);
        assert_eq!(packet_length(&bytes), PacketLength::Bytes(119));
        let expected = PesHeader { pts: Some(PTS), dts: Some(DTS), length };
        assert_eq!(PesHeader::parse(&bytes), Some(expected));
    }

    #[test]
    fn one_timestamp_is_enough_when_both_agree() {
        let (mut bytes, length) = encode_header(AUDIO_STREAM_ID, PTS, PTS);
        set_packet_length(&mut bytes, 15);
        assert_eq!(bytes[..9], [0, 0, 1, 0xC0, 0, 9, 0x84, 0x80, 5]);
        let header = PesHeader::parse(&bytes[..length]).unwrap();
        assert_eq!((header.pts, header.dts, header.length), (Some(PTS), None, 14));
    }

    #[test]
    fn a_length_over_sixteen_bits_is_left_open() {
        let (mut bytes, _) = encode_header(VIDEO_STREAM_ID, PTS, PTS);
        set_packet_length(&mut bytes, 65_541);
        assert_eq!(packet_length(&bytes), PacketLength::Bytes(65_541));
        set_packet_length(&mut bytes, 65_542);
        assert_eq!(packet_length(&bytes), PacketLength::Unbounded);
    }

    #[test]
    fn a_cut_header_is_none() {
        let (bytes, length) = encode_header(VIDEO_STREAM_ID, PTS, DTS);
        for cut in 0..length {
            assert_eq!(PesHeader::parse(&bytes[..cut]), None);
        }
        assert_eq!(packet_length(&bytes[..5]), PacketLength::Unknown);
    }
}

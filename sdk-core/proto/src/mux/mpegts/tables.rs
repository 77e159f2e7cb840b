//! The two tables that tell what a stream holds: the program association table (2.4.4.3) and the
//! program map table (2.4.4.8).

use super::crc::crc32;
use super::stream_type;
use crate::media::VideoCodec;

/// Where the association table is.
pub(super) const PAT_PID: u16 = 0;

const PAT_TABLE_ID: u8 = 0;
const PMT_TABLE_ID: u8 = 2;

/// The number of the one program that is written.
const PROGRAM_NUMBER: u16 = 1;

/// The registration descriptor (2.6.8) with which H.265 goes.
const REGISTRATION: &[u8] = &[5, 4, b'H', b'E', b'V', b'C'];

/// Elementary streams taken from one program map, so that a hostile one ends; a section has room
/// for about two hundred.
const MAX_STREAMS: usize = 64;

/// A section that passed its checks, without its checksum.
struct Section<'a> {
    extension: u16,
    body: &'a [u8],
}

impl<'a> Section<'a> {
    /// Checks identity, length, checksum, and that this is the first section and in force now
    /// (2.4.4.11). Only an association table of hundreds of programs has a second one.
    fn parse(table_id: u8, section: &'a [u8]) -> Option<Self> {
        let (content, _) = section.split_last_chunk::<4>()?;
        let [id, length_high, length_low, extension_high, extension_low, version, 0, _, body @ ..] =
            content
        else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([length_high & 0x0F, *length_low]));
        let is_current = version & 1 == 1;
        if *id != table_id || !is_current || length + 3 != section.len() || crc32(section) != 0 {
            return None;
        }
        let extension = u16::from_be_bytes([*extension_high, *extension_low]);
        Some(Self { extension, body })
    }
}

/// The first program of an association table: its number, and the PID of its map. Entries for
/// the network are skipped.
pub(super) fn parse_pat(section: &[u8]) -> Option<(u16, u16)> {
    let section = Section::parse(PAT_TABLE_ID, section)?;
    section.body.as_chunks::<4>().0.iter().find_map(|[number_high, number_low, high, low]| {
        let number = u16::from_be_bytes([*number_high, *number_low]);
        (number != 0).then(|| (number, u16::from_be_bytes([high & 0x1F, *low])))
    })
}

/// A program's map as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ProgramMap {
    pub(super) program_number: u16,
    pub(super) pcr_pid: u16,
    /// PID and stream type of each elementary stream.
    pub(super) streams: Vec<(u16, u8)>,
}

/// Reads a program map section.
pub(super) fn parse_pmt(section: &[u8]) -> Option<ProgramMap> {
    let section = Section::parse(PMT_TABLE_ID, section)?;
    let [pcr_high, pcr_low, length_high, length_low, rest @ ..] = section.body else {
        return None;
    };
    let mut map = ProgramMap {
        program_number: section.extension,
        pcr_pid: u16::from_be_bytes([pcr_high & 0x1F, *pcr_low]),
        streams: Vec::new(),
    };
    let mut rest = skip_descriptors(rest, *length_high, *length_low)?;
    while let [kind, pid_high, pid_low, length_high, length_low, after @ ..] = rest {
        if map.streams.len() < MAX_STREAMS {
            map.streams.push((u16::from_be_bytes([pid_high & 0x1F, *pid_low]), *kind));
        }
        rest = skip_descriptors(after, *length_high, *length_low)?;
    }
    Some(map)
}

fn skip_descriptors(rest: &[u8], length_high: u8, length_low: u8) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes([length_high & 0x0F, length_low]));
    rest.get(length..)
}

/// A table to be written: a section that fits one packet, behind its pointer field.
#[derive(Clone, Debug)]
pub(super) struct Table {
    bytes: [u8; 64],
    length: usize,
}

impl Table {
    /// An association table with one program, mapped at `pmt_pid`.
    pub(super) fn pat(pmt_pid: u16) -> Self {
        let mut table = Self::begin(PAT_TABLE_ID, 1);
        table.put(&PROGRAM_NUMBER.to_be_bytes());
        table.put(&(0xE000 | pmt_pid).to_be_bytes());
        table.finish()
    }

    /// A map of pictures and of AAC at these PIDs, whichever are there.
    pub(super) fn pmt(
        pcr_pid: u16,
        video: Option<(u16, VideoCodec)>,
        audio_pid: Option<u16>,
    ) -> Self {
        let mut table = Self::begin(PMT_TABLE_ID, PROGRAM_NUMBER);
        table.put(&(0xE000 | pcr_pid).to_be_bytes());
        table.put(&[0xF0, 0]);
        match video {
            Some((pid, VideoCodec::H264)) => table.put_stream(stream_type::H264, pid, &[]),
            Some((pid, VideoCodec::H265)) => table.put_stream(stream_type::H265, pid, REGISTRATION),
            None => {}
        }
        if let Some(pid) = audio_pid {
            table.put_stream(stream_type::AAC_ADTS, pid, &[]);
        }
        table.finish()
    }

    /// The pointer field and the section.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn begin(table_id: u8, extension: u16) -> Self {
        let mut table = Self { bytes: [0; 64], length: 0 };
        let [high, low] = extension.to_be_bytes();
        // Pointer field, table, a length to be filled in, version 0 in force now, section 0 of 0.
        table.put(&[0, table_id, 0, 0, high, low, 0xC1, 0, 0]);
        table
    }

    fn put_stream(&mut self, kind: u8, pid: u16, descriptors: &[u8]) {
        self.put(&[kind]);
        self.put(&(0xE000 | pid).to_be_bytes());
        self.put(&(0xF000 | descriptors.len() as u16).to_be_bytes());
        self.put(descriptors);
    }

    fn put(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(bytes);
            self.length = end;
        }
    }

    fn finish(mut self) -> Self {
        // After the length field come what stands so far, less four bytes, and the checksum.
        let [high, low] = (self.length as u16).to_be_bytes();
        if let Some(field) = self.bytes.get_mut(2..4) {
            field.copy_from_slice(&[0xB0 | high, low]);
        }
        let checksum = crc32(self.bytes().get(1..).unwrap_or_default());
        self.put(&checksum.to_be_bytes());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_association_table_is_the_one_that_ffmpeg_writes() {
        let expected = [
            0, 0x00, 0xB0, 0x0D, 0x00, 0x01, 0xC1, 0x00, 0x00, 0x00, 0x01, 0xF0, 0x00, 0x2A, 0xB1,
            0x04, 0xB2,
        ];
        assert_eq!(Table::pat(0x1000).bytes(), expected);
        assert_eq!(parse_pat(&expected[1..]), Some((1, 0x1000)));
    }

    #[test]
    fn a_map_tells_its_streams() {
        let table = Table::pmt(0x100, Some((0x100, VideoCodec::H264)), Some(0x101));
        let expected = ProgramMap {
            program_number: 1,
            pcr_pid: 0x100,
            streams: vec![(0x100, 0x1B), (0x101, 0x0F)],
        };
        assert_eq!(parse_pmt(&table.bytes()[1..]), Some(expected));
        let table = Table::pmt(0x101, None, Some(0x101));
        assert_eq!(parse_pmt(&table.bytes()[1..]).unwrap().streams, [(0x101, 0x0F)]);
    }

    #[test]
    fn the_map_of_h265_is_the_one_that_ffmpeg_writes() {
        let expected = [
            0x00, 0x02, 0xB0, 0x18, 0x00, 0x01, 0xC1, 0x00, 0x00, 0xE1, 0x00, 0xF0, 0x00, 0x24,
            0xE1, 0x00, 0xF0, 0x06, 0x05, 0x04, 0x48, 0x45, 0x56, 0x43, 0xCB, 0x9E, 0x00, 0x52,
        ];
        let alone = Table::pmt(0x100, Some((0x100, VideoCodec::H265)), None);
        assert_eq!(alone.bytes(), expected);
        let both = Table::pmt(0x100, Some((0x100, VideoCodec::H265)), Some(0x101));
        let streams = parse_pmt(&both.bytes()[1..]).unwrap().streams;
        assert_eq!(streams, [(0x100, 0x24), (0x101, 0x0F)]);
    }

    #[test]
    fn a_changed_or_cut_section_is_not_believed() {
        let table = Table::pmt(0x100, Some((0x100, VideoCodec::H264)), Some(0x101));
        let section = &table.bytes()[1..];
        for position in 0..section.len() {
            let mut changed = section.to_vec();
            changed[position] ^= 0x10;
            assert_eq!(parse_pmt(&changed), None, "{position}");
            assert_eq!(parse_pmt(&section[..position]), None, "{position}");
        }
    }
}

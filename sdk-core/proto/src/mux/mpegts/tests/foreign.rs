//! Streams as others make them.

use super::super::clock::Timestamp;
use super::super::crc::crc32;
use super::super::packet::Header;
use super::super::pes::{AUDIO_STREAM_ID, VIDEO_STREAM_ID, encode_header, set_packet_length};
use super::super::tables::Table;
use super::*;
use crate::media::aac::{self, AdtsHeader};

/// Packets made by hand, numbered in order.
#[derive(Default)]
struct Stream {
    bytes: Vec<u8>,
    counters: std::collections::BTreeMap<u16, u8>,
}

impl Stream {
    fn new() -> Self {
        let mut stream = Self::default();
        stream.unit(0, Table::pat(0x20).bytes());
        stream
    }

    /// A table or PES packet, cut into packets; a table's last packet is filled up behind it.
    fn unit(&mut self, pid: u16, unit: &[u8]) {
        let padded = if pid < 0x100 { [unit, &[0xFF; 183][..]].concat() } else { unit.to_vec() };
        let unit = if pid < 0x100 { &padded[..padded.len() / 184 * 184] } else { &padded[..] };
        let mut position = 0;
        while position < unit.len() {
            let counter = self.counters.entry(pid).or_default();
            let mut packet = [0; PACKET_LENGTH];
            let header = Header { pid, starts_unit: position == 0, ..Header::default() };
            let payload = header.write(&mut packet, *counter, unit.len() - position);
            payload.copy_from_slice(&unit[position..position + payload.len()]);
            position += payload.len();
            *counter = (*counter + 1) & 15;
            self.bytes.extend(packet);
        }
    }

    /// A program map with these streams, each with some descriptors.
    fn map(&mut self, version: u8, streams: &[(u16, u8)], descriptors: usize) {
        let mut section = vec![2, 0, 0, 0, 1, 0xC1 | version << 1, 0, 0, 0xE1, 0, 0xF0, 0];
        for (pid, kind) in streams {
            section.push(*kind);
            section.extend((0xE000 | pid).to_be_bytes());
            section.extend((0xF000 | descriptors as u16).to_be_bytes());
            section.extend(vec![5; descriptors]);
        }
        let length = 0xB000 | (section.len() + 1) as u16;
        section[1..3].copy_from_slice(&length.to_be_bytes());
        section.extend(crc32(&section).to_be_bytes());
        section.insert(0, 0);
        self.unit(0x20, &section);
    }

    fn pes(
        &mut self,
        pid: u16,
        stream_id: u8,
        ticks: Option<i64>,
        tells_length: bool,
        data: &[u8],
    ) {
        let time = Timestamp::from_ticks(ticks.unwrap_or(0));
        let (mut header, mut length) = encode_header(stream_id, time, time);
        if ticks.is_none() {
            (header[7], header[8], length) = (0, 0, 9);
        }
        let mut packet = [&header[..length], data].concat();
        if tells_length {
            let length = packet.len();
            set_packet_length(&mut packet, length);
        }
        self.unit(pid, &packet);
    }
}

fn adts(frames: &[usize]) -> Vec<u8> {
    let frame = |length: &usize| {
        let header = AdtsHeader::encode(STEREO, *length).unwrap();
        header.into_iter().chain(vec![*length as u8; *length])
    };
    frames.iter().flat_map(frame).collect()
}

fn program(outputs: &[Output]) -> Vec<Program> {
    let program = |output: &Output| match output {
        Output::Program(program) => Some(program.clone()),
        _ => None,
    };
    outputs.iter().filter_map(program).collect()
}

#[test]
fn streams_that_cannot_be_read_are_listed_with_the_reason() {
    let mut stream = Stream::new();
    let streams =
        [(0x101, 0x11), (0x102, 0x1B), (0x103, 0x24), (0x104, 0x33), (0x105, 0x06), (0x106, 0x03)];
    stream.map(0, &streams, 0);
    let outputs = read(&stream.bytes, 188);
    let [program] = program(&outputs).try_into().unwrap();
    assert_eq!((program.video_pid, program.audio_pid), (Some(0x102), None));
    let reasons: Vec<_> =
        program.skipped.iter().map(|skipped| (skipped.pid, skipped.reason)).collect();
    let expected = [
        (0x101, SkipReason::Latm),
        (0x103, SkipReason::Additional),
        (0x104, SkipReason::OtherVideo),
        (0x105, SkipReason::Unknown),
        (0x106, SkipReason::OtherAudio),
    ];
    assert_eq!(reasons, expected);
}

#[test]
fn a_map_that_spans_packets_is_read() {
    let mut stream = Stream::new();
    stream.map(0, &[(0x101, 0x0F), (0x102, 0x1B)], 200);
    assert!(stream.bytes.len() > 3 * PACKET_LENGTH);
    let [program] = program(&read(&stream.bytes, 50)).try_into().unwrap();
    assert_eq!((program.video_pid, program.audio_pid), (Some(0x102), Some(0x101)));
}

#[test]
fn a_changed_map_moves_the_pictures_to_another_pid() {
    let unit = picture(MediaTime::ZERO, true, 1_000);
    let mut stream = Stream::new();
    stream.map(0, &[(0x102, 0x1B)], 0);
    stream.pes(0x102, VIDEO_STREAM_ID, Some(0), false, &unit.data);
    stream.map(0, &[(0x102, 0x1B)], 0);
    stream.map(1, &[(0x103, 0x1B)], 0);
    stream.pes(0x103, VIDEO_STREAM_ID, Some(3_000), false, &unit.data);
    let outputs = read(&stream.bytes, 1_316);
    assert_eq!(program(&outputs).len(), 2);
    let times: Vec<_> = units(&outputs).iter().map(|unit| unit.pts.to_90khz()).collect();
    assert_eq!(times, [0, 3_000]);
}

#[test]
fn a_program_that_turns_to_h265_on_the_same_pid_is_read_on() {
    let unit = picture(MediaTime::ZERO, true, 1_000);
    let h265 = |number: u8| [0, 0, 1, number << 1, 1, 0x80];
    let mut stream = Stream::new();
    stream.map(0, &[(0x102, 0x1B)], 0);
    stream.pes(0x102, VIDEO_STREAM_ID, Some(0), false, &unit.data);
    stream.map(1, &[(0x102, 0x24)], 6);
    for (ticks, number) in [(3_000, 21), (6_000, 1), (9_000, 19)] {
        stream.pes(0x102, VIDEO_STREAM_ID, Some(ticks), false, &h265(number));
    }
    let outputs = read(&stream.bytes, 1_316);
    let codecs: Vec<_> = program(&outputs).iter().map(|program| program.video_codec).collect();
    assert_eq!(codecs, [Some(VideoCodec::H264), Some(VideoCodec::H265)]);
    let keyframes: Vec<_> = units(&outputs).iter().map(|unit| unit.keyframe).collect();
    assert_eq!(keyframes, [true, true, false, true]);
    assert_eq!(causes(&outputs), []);
}

#[test]
fn frames_of_sound_are_found_wherever_packets_cut_them() {
    let mut stream = Stream::new();
    stream.map(0, &[(0x101, 0x0F)], 0);
    let data = adts(&[100, 200, 150, 120, 90]);
    // The first packet ends within the third frame, the second has a time for the fourth, which
    // is the first to begin in it, and the third has none.
    let (first, rest) = data.split_at(350);
    let (second, third) = rest.split_at(300);
    stream.pes(0x101, AUDIO_STREAM_ID, Some(90_000), true, first);
    stream.pes(0x101, AUDIO_STREAM_ID, Some(90_000 + 3 * 1_920), true, second);
    stream.pes(0x101, AUDIO_STREAM_ID, None, true, third);
    let outputs = read(&stream.bytes, 1_316);
    assert_eq!(causes(&outputs), []);
    let frames: Vec<_> = units(&outputs)
        .iter()
        .map(|unit| (unit.pts.to_90khz() - 90_000, unit.data.len()))
        .collect();
    assert_eq!(frames, [(0, 100), (1_920, 200), (3_840, 150), (5_760, 120), (7_680, 90)]);
}

#[test]
fn noise_between_frames_is_skipped_and_reported_once() {
    let mut stream = Stream::new();
    stream.map(0, &[(0x101, 0x0F)], 0);
    let data = [adts(&[100]), vec![0xFF; 40], adts(&[50, 60])].concat();
    stream.pes(0x101, AUDIO_STREAM_ID, Some(0), true, &data);
    let outputs = read(&stream.bytes, 1_316);
    let lengths: Vec<_> = units(&outputs).iter().map(|unit| unit.data.len()).collect();
    assert_eq!(lengths, [100, 50, 60]);
    assert!(matches!(causes(&outputs)[..], [Cause::Audio(aac::Error::Invalid(_))]));
}

#[test]
fn pictures_without_a_time_or_a_header_are_reported() {
    let mut stream = Stream::new();
    stream.map(0, &[(0x102, 0x1B)], 0);
    stream.pes(0x102, VIDEO_STREAM_ID, None, true, &[0, 0, 1, 0x65, 1]);
    stream.unit(0x102, &[0, 0, 2, 0xE0, 0, 4, 0x80, 0, 0, 1]);
    let outputs = read(&stream.bytes, 1_316);
    assert_eq!(causes(&outputs), [Cause::NoTimestamp, Cause::Malformed]);
}

#[test]
fn a_picture_without_end_is_given_up() {
    let mut stream = Stream::new();
    stream.map(0, &[(0x102, 0x1B)], 0);
    stream.pes(0x102, VIDEO_STREAM_ID, Some(0), false, &vec![1; MAX_PES_LENGTH + 10_000]);
    stream.pes(0x102, VIDEO_STREAM_ID, Some(9_000), true, &[0, 0, 1, 0x65, 1]);
    let outputs = read(&stream.bytes, 100_000);
    assert_eq!(causes(&outputs), [Cause::TooLong]);
    assert_eq!(units(&outputs).len(), 1);
}

#[test]
fn a_jump_in_time_is_reported_with_both_ends() {
    let mut stream = Stream::new();
    stream.map(0, &[(0x102, 0x1B)], 0);
    for ticks in [0, 3_600, 90_000 * 100, 90_000 * 100 - 3_600] {
        stream.pes(0x102, VIDEO_STREAM_ID, Some(ticks), true, &[0, 0, 1, 0x65, 1]);
    }
    let outputs = read(&stream.bytes, 1_316);
    let at = MediaTime::from_90khz;
    let expected = [
        Cause::TimeJump { from: at(3_600), to: at(9_000_000) },
        Cause::TimeJump { from: at(9_000_000), to: at(8_996_400) },
    ];
    assert_eq!(causes(&outputs), expected);
    assert_eq!(units(&outputs).len(), 4);
}

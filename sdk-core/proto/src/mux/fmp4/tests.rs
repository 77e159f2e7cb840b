use bytes::Bytes;

use super::super::boxes::{boxes, find_path};
use super::*;

const KEY_FRAME: [u8; 47] = [
    0, 0, 0, 1, 9, 0xF0, 0, 0, 0, 1, 0x67, 0x42, 0xC0, 0x1F, 0xDA, 0x01, 0x40, 0x16, 0xEC, 0x04,
    0x40, 0, 0, 3, 0, 0x40, 0, 0, 0x0C, 0x83, 0xC6, 0x0C, 0xA8, 0, 0, 0, 1, 0x68, 0xCE, 0x0F, 0xC8,
    0, 0, 1, 0x65, 1, 2,
];
const STEREO: AudioFormat = AudioFormat { sample_rate: 48_000, channels: 2 };

fn picture(dts: i64, pts: i64, keyframe: bool) -> AccessUnit {
    let at = MediaTime::from_millis;
    let data: &[u8] = if keyframe { &KEY_FRAME } else { &[0, 0, 1, 0x41, 7] };
    let data = Bytes::copy_from_slice(data);
    AccessUnit { track: Track::Video, pts: at(pts), dts: at(dts), keyframe, data }
}

fn sound(micros: i64) -> AccessUnit {
    let pts = MediaTime::from_micros(micros);
    let data = Bytes::from_static(&[1, 2, 3, 4, 5]);
    AccessUnit { track: Track::Audio, pts, dts: pts, keyframe: true, data }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks::<4>().0.iter().map(|chunk| u32::from_be_bytes(*chunk)).collect()
}

#[test]
fn a_track_names_its_media_type() {
    let video = Fragmenter::video(VideoCodec::H264, &picture(0, 0, true), MediaTime::ZERO).unwrap();
    assert_eq!(video.media_type(), "video/mp4; codecs=\"avc1.42c01f\"");
    assert_eq!(video.picture_size(), PictureSize::new(1280, 720));
    let audio = Fragmenter::audio(STEREO, MediaTime::ZERO).unwrap();
    assert_eq!(audio.media_type(), "audio/mp4; codecs=\"mp4a.40.2\"");
}

#[test]
fn the_first_segment_describes_each_track() {
    let video = Fragmenter::video(VideoCodec::H264, &picture(0, 0, true), MediaTime::ZERO).unwrap();
    let audio = Fragmenter::audio(STEREO, MediaTime::ZERO).unwrap();
    let segment = init_segment(&[&video, &audio]);
    let moov = find_path(&segment, &[b"moov"]).unwrap();
    let kinds: Vec<_> = boxes(moov).map(|found| found.unwrap().kind).collect();
    assert_eq!(kinds, [*b"mvhd", *b"trak", *b"trak", *b"mvex"]);
    let stsd =
        find_path(&video.init_segment(), &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"])
            .unwrap()
            .to_vec();
    let entry = find_path(&stsd[8..], &[b"avc1"]).unwrap();
    assert_eq!(entry[24..28], [0x05, 0x00, 0x02, 0xD0]);
    let record = find_path(&entry[78..], &[b"avcC"]).unwrap();
    let expected = h264::DecoderConfiguration::from_annex_b(&KEY_FRAME).unwrap();
    assert_eq!(h264::DecoderConfiguration::parse(record), Ok(expected));
}

#[test]
fn pictures_in_h265_are_described_and_framed_as_such() {
    // As x265 writes it for 640x362: delimiter, parameter sets, the beginning of an IDR picture.
    let data = [
        &h265::ACCESS_UNIT_DELIMITER[..],
        &[0, 0, 0, 1, 0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3],
        &[0, 0, 3, 0, 0x3f, 0x95, 0x94, 0x09, 0, 0, 0, 1, 0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3],
        &[0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3f, 0xa0, 0x05, 0x02, 0x01, 0x71, 0xf2, 0x65, 0x95],
        &[0x95, 0x29, 0x30, 0xbc, 0x05, 0xa0, 0x20, 0, 0, 3, 0, 0x20, 0, 0, 3, 3, 0xc1],
        &[0, 0, 0, 1, 0x44, 0x01, 0xc0, 0x73, 0xc1, 0x89, 0, 0, 1, 0x28, 0x01, 0xac],
    ]
    .concat();
    let key_frame = AccessUnit { data: Bytes::from(data.clone()), ..picture(0, 0, true) };
    let mut video = Fragmenter::video(VideoCodec::H265, &key_frame, MediaTime::ZERO).unwrap();
    assert_eq!(video.media_type(), "video/mp4; codecs=\"hvc1.1.6.L63.90\"");
    assert_eq!(video.picture_size(), PictureSize::new(640, 362));
    let path: &[&[u8; 4]] = &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"];
    let segment = video.init_segment();
    let entry = find_path(&find_path(&segment, path).unwrap()[8..], &[b"hvc1"]).unwrap();
    let expected = h265::DecoderConfiguration::from_annex_b(&data).unwrap().encode().unwrap();
    assert_eq!(find_path(&entry[78..], &[b"hvcC"]), Some(&expected[..]));
    let fragment = video.fragment(std::slice::from_ref(&key_frame)).unwrap();
    assert!(fragment.ends_with(&[b'm', b'd', b'a', b't', 0, 0, 0, 3, 0x28, 0x01, 0xac]));
    let mut other = data;
    other[31] ^= 1;
    let changed = AccessUnit { data: Bytes::from(other), ..key_frame };
    assert_eq!(video.fragment(&[changed]), Err(Error::FormatChanged));
}

#[test]
fn a_fragment_says_when_how_long_and_where() {
    let mut video =
        Fragmenter::video(VideoCodec::H264, &picture(0, 0, true), MediaTime::from_millis(-1_000))
            .unwrap();
    let units = [picture(0, 80, true), picture(40, 40, false)];
    let fragment = video.fragment(&units).unwrap();
    let tfdt = find_path(&fragment, &[b"moof", b"traf", b"tfdt"]).unwrap();
    assert_eq!(numbers(tfdt), [0x0100_0000, 0, 90_000]);
    let moof = find_path(&fragment, &[b"moof"]).unwrap();
    let trun = find_path(moof, &[b"traf", b"trun"]).unwrap();
    let data_offset = moof.len() as u32 + 16;
    let first = [3_600, 7, 0x0200_0000, 7_200];
    let second = [3_600, 6, 0x0101_0000, 0];
    let expected = [&[0x0100_0F01, 2, data_offset][..], &first, &second].concat();
    assert_eq!(numbers(trun), expected);
    let data = &fragment[data_offset as usize..];
    assert_eq!(data, [0, 0, 0, 3, 0x65, 1, 2, 0, 0, 0, 2, 0x41, 7]);
}

#[test]
fn a_single_picture_lasts_as_long_as_the_one_before() {
    let mut video =
        Fragmenter::video(VideoCodec::H264, &picture(0, 0, true), MediaTime::ZERO).unwrap();
    let mut durations = vec![];
    for dts in [0, 20, 40, 5_000, 5_020] {
        let fragment = video.fragment(&[picture(dts, dts, false)]).unwrap();
        durations.push(numbers(find_path(&fragment, &[b"moof", b"traf", b"trun"]).unwrap())[3]);
    }
    assert_eq!(durations, [3_000, 1_800, 1_800, 90_000, 1_800]);
}

#[test]
fn sound_counts_in_samples() {
    let mut audio = Fragmenter::audio(STEREO, MediaTime::from_micros(-42_667)).unwrap();
    let fragment = audio.fragment(&[sound(-21_333), sound(0)]).unwrap();
    let tfdt = find_path(&fragment, &[b"moof", b"traf", b"tfdt"]).unwrap();
    assert_eq!(numbers(tfdt)[2], 1_024);
    let trun = find_path(&fragment, &[b"moof", b"traf", b"trun"]).unwrap();
    assert_eq!(numbers(trun)[3..7], [1_024, 5, 0x0200_0000, 0]);
    let sequence_numbers = [&fragment, &audio.fragment(&[sound(21_333)]).unwrap()]
        .map(|fragment| numbers(find_path(fragment, &[b"moof", b"mfhd"]).unwrap())[1]);
    assert_eq!(sequence_numbers, [1, 2]);
}

#[test]
fn a_new_picture_size_wants_a_new_fragmenter() {
    let mut video =
        Fragmenter::video(VideoCodec::H264, &picture(0, 0, true), MediaTime::ZERO).unwrap();
    let mut other = KEY_FRAME.to_vec();
    other[16] ^= 1;
    let changed = AccessUnit { data: Bytes::from(other), ..picture(40, 40, true) };
    assert_eq!(video.fragment(&[changed]), Err(Error::FormatChanged));
    assert!(video.fragment(&[picture(40, 40, true)]).is_ok());
}

#[test]
fn what_does_not_belong_is_refused() {
    let mut video =
        Fragmenter::video(VideoCodec::H264, &picture(0, 0, true), MediaTime::ZERO).unwrap();
    let wrong = Error::WrongTrack { expected: Track::Video, found: Track::Audio };
    assert_eq!(video.fragment(&[sound(0)]), Err(wrong));
    assert_eq!(video.fragment(&[picture(-1, 0, false)]), Err(Error::BeforeBase));
    assert_eq!(video.fragment(&[]), Err(Error::Length));
    let bare = Fragmenter::video(VideoCodec::H264, &picture(0, 0, false), MediaTime::ZERO);
    assert_eq!(bare.err(), Some(Error::H264(h264::Error::Missing("SPS"))));
}

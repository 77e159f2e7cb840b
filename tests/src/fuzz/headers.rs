//! The headers of H.264, H.265 and AAC.

use golive_proto::media::aac::{AdtsHeader, AudioSpecificConfig};
use golive_proto::media::h264::{DecoderConfiguration, Sps};
use golive_proto::media::nal::{length_prefixed, nal_units, to_annex_b, to_length_prefixed};
use golive_proto::media::{AudioFormat, NalKind, References, VideoCodec, h265};

/// The bytes as an access unit, as a parameter set and as a decoder configuration.
pub(super) fn h264(data: &[u8]) {
    let units: Vec<&[u8]> = nal_units(data).map(|unit| unit.bytes()).collect();
    assert!(units.iter().map(|unit| unit.len()).sum::<usize>() <= data.len());
    picture_in(VideoCodec::H264, data);

    let mut prefixed = Vec::new();
    to_length_prefixed(data, |_| true, &mut prefixed);
    let again: Vec<&[u8]> =
        length_prefixed(&prefixed, 4).map(|unit| unit.expect("own lengths").bytes()).collect();
    assert_eq!(again, units);
    for length_size in 0..=5 {
        let mut annex_b = Vec::new();
        let _ = to_annex_b(data, length_size, &mut annex_b);
        assert!(annex_b.len() <= 5 * data.len());
    }

    let _ = Sps::parse(data).map(|sps| sps.codec_string());
    for configuration in
        [DecoderConfiguration::parse(data), DecoderConfiguration::from_annex_b(data)]
            .into_iter()
            .flatten()
    {
        let _ = configuration.to_annex_b();
        if let Ok(record) = configuration.encode() {
            assert_eq!(DecoderConfiguration::parse(&record).as_ref(), Ok(&configuration));
        }
    }
}

/// The bytes as an access unit, as a parameter set and as what a decoder is set up by.
pub(super) fn h265(data: &[u8]) {
    picture_in(VideoCodec::H265, data);
    assert!(!h265::is_irap(data) || h265::is_reference(data, 1), "a key frame of no use");
    if let Ok(sps) = h265::Sps::parse(data) {
        assert!((1..=h265::Sps::MOST_SUB_LAYERS).contains(&sps.sub_layers));
        assert!(sps.codec_string().starts_with("hvc1."));
    }
    if let Ok(configuration) = h265::DecoderConfiguration::from_annex_b(data)
        && let Ok(record) = configuration.encode()
    {
        assert!(record.len() <= 40 + 4 * data.len());
    }
}

/// What both codecs are asked of a picture.
fn picture_in(codec: VideoCodec, data: &[u8]) {
    let is_slice = |header| codec.nal_kind(header) == NalKind::Slice;
    let leading = codec.leading_nal_units(data);
    assert!(leading.clone().count() <= nal_units(data).count());
    assert!(!leading.into_iter().any(|unit| is_slice(unit.header())));
    let is_key = codec.is_keyframe(data);
    assert!(!is_key || nal_units(data).any(|unit| is_slice(unit.header())));
    assert!(!(is_key && codec.needs_earlier(data)));
    let mut references = References::new(codec);
    let _ = (references.may_refer_to(data), codec.picture_size(data));
}

/// The bytes as an ADTS header and as an AudioSpecificConfig.
pub(super) fn aac(data: &[u8]) {
    if let Ok(header) = AdtsHeader::parse(data) {
        assert!(header.frame_length > header.header_length);
        let length = header.frame_length - header.header_length;
        if let Ok(bytes) = AdtsHeader::encode(header.format, length) {
            let again = AdtsHeader::parse(&bytes).expect("own header");
            assert_eq!(again.format, header.format);
            assert_eq!(again.frame_length - again.header_length, length);
        }
    }
    if let Ok(config) = AudioSpecificConfig::parse(data)
        && let Ok(bytes) = config.encode()
    {
        assert_eq!(AudioSpecificConfig::parse(&bytes), Ok(config));
    }
}

/// An SPS as x264 writes it for 1280x720 High.
const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x1F, 0xAC, 0xD9, 0x40, 0x50, 0x05, 0xBB, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00,
    0x10, 0x00, 0x00, 0x03, 0x03, 0xC0, 0xF1, 0x83, 0x19, 0x60,
];

/// Delimiter, SPS, PPS and the beginning of an IDR slice.
pub(super) fn picture() -> Vec<u8> {
    const PPS: &[u8] = &[0x68, 0xEB, 0xE3, 0xCB, 0x22, 0xC0];
    const SLICE: &[u8] = &[0x65, 0x88, 0x84, 0x00, 0x33, 0xFF, 0xFE, 0xF6, 0xF0, 0xFE];
    [&[0, 0, 0, 1, 9, 0xF0, 0, 0, 0, 1], SPS, &[0, 0, 0, 1], PPS, &[0, 0, 1], SLICE].concat()
}

pub(super) fn h264_examples() -> Vec<Vec<u8>> {
    let mut examples = vec![SPS.to_vec(), picture()];
    if let Ok(configuration) = DecoderConfiguration::from_annex_b(&picture()) {
        examples.extend(configuration.encode());
    }
    examples
}

/// Delimiter, VPS, SPS and PPS as x265 writes them for 640x362, and the beginning of an IDR slice.
pub(super) fn h265_picture() -> Vec<u8> {
    [
        &[0, 0, 0, 1, 0x46, 0x01, 0x50, 0, 0, 0, 1, 0x40, 0x01, 0x0C, 0x01, 0xFF, 0xFF, 0x01][..],
        &[0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3F, 0x95, 0x94, 0x09],
        &[0, 0, 0, 1],
        H265_SPS,
        &[0, 0, 0, 1, 0x44, 0x01, 0xC0, 0x73, 0xC1, 0x89],
        &[0, 0, 1, 0x28, 0x01, 0xAC, 0x10, 0x11, 0x12],
    ]
    .concat()
}

const H265_SPS: &[u8] = &[
    0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3F, 0xA0, 0x05, 0x02,
    0x01, 0x71, 0xF2, 0x65, 0x95, 0x95, 0x29, 0x30, 0xBC, 0x05, 0xA0, 0x20, 0, 0, 3, 0, 0x20, 0, 0,
    3, 3, 0xC1,
];

pub(super) fn h265_examples() -> Vec<Vec<u8>> {
    let leading = [&h265_picture()[..7], &[0, 0, 1, 0x12, 0x01, 0xE0, 7]].concat();
    vec![H265_SPS.to_vec(), h265_picture(), leading]
}

pub(super) fn aac_examples() -> Vec<Vec<u8>> {
    let format = AudioFormat { sample_rate: 48_000, channels: 2 };
    let header = AdtsHeader::encode(format, 300).map(|header| header.to_vec());
    let config = AudioSpecificConfig { format }.encode().map(|config| config.to_vec());
    header.into_iter().chain(config).collect()
}

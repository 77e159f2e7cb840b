//! The headers of H.264 and AAC.

use golive_proto::media::AudioFormat;
use golive_proto::media::aac::{AdtsHeader, AudioSpecificConfig};
use golive_proto::media::h264::{
    DecoderConfiguration, Sps, is_idr, leading_nal_units, length_prefixed, nal_units, to_annex_b,
    to_length_prefixed,
};

/// The bytes as an access unit, as a parameter set and as a decoder configuration.
pub(super) fn h264(data: &[u8]) {
    let units: Vec<&[u8]> = nal_units(data).map(|unit| unit.bytes()).collect();
    assert!(units.iter().map(|unit| unit.len()).sum::<usize>() <= data.len());
    assert!(leading_nal_units(data).count() <= units.len());
    let _ = is_idr(data);

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

pub(super) fn aac_examples() -> Vec<Vec<u8>> {
    let format = AudioFormat { sample_rate: 48_000, channels: 2 };
    let header = AdtsHeader::encode(format, 300).map(|header| header.to_vec());
    let config = AudioSpecificConfig { format }.encode().map(|config| config.to_vec());
    header.into_iter().chain(config).collect()
}

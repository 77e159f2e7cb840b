//! MPEG transport streams and MP4 files.

use bytes::Bytes;
use golive_proto::media::{AccessUnit, AudioFormat, Track, VideoCodec};
use golive_proto::mux::mpegts::{
    Config, Departure, Output, PACKET_LENGTH, PAYLOAD_LENGTH, Pacing, Reader, Writer, latest_time,
};
use golive_proto::mux::{fmp4, mp4};
use golive_proto::units::MediaTime;

use super::headers;

/// What every packet begins with.
const SYNC_BYTE: u8 = 0x47;
const FORMAT: AudioFormat = AudioFormat { sample_rate: 48_000, channels: 2 };

/// The bytes as a transport stream: read, made into fragments, and paced.
pub(super) fn mpegts(data: &[u8]) {
    let whole = read([data].into_iter());
    // How whole packets are cut makes no difference. Where a packet was torn it does: one of which
    // the end is still to come may be whole.
    let (packets, torn) = data.as_chunks::<PACKET_LENGTH>();
    if torn.is_empty() && packets.iter().all(|packet| packet[0] == SYNC_BYTE) {
        let size = data.get(4).map_or(1, |byte| usize::from(*byte) + 1);
        assert_eq!(read(data.chunks(size)), whole, "cut into pieces of {size} bytes");
    }
    let bytes: usize = whole
        .iter()
        .map(|output| if let Output::AccessUnit(unit) = output { unit.data.len() } else { 0 })
        .sum();
    assert!(bytes <= data.len() + 6 * whole.len(), "{bytes} bytes out of {}", data.len());
    fragments(&whole);

    let _ = latest_time(data);
    let mut pacing = Pacing::new();
    for (number, chunk) in data.chunks(PAYLOAD_LENGTH).enumerate() {
        if pacing.push(chunk).is_err() {
            return;
        }
        let _ = pacing.departure((number * PAYLOAD_LENGTH) as u64);
    }
    if pacing.finish().is_ok() {
        assert_ne!(pacing.departure(data.len() as u64), Departure::Unknown);
    }
}

/// The bytes as an MP4 file.
pub(super) fn mp4(data: &[u8]) {
    let Ok(movie) = mp4::read(data) else { return };
    if let Ok(video) = movie.video {
        assert!(video.samples.len() <= data.len());
        for sample in &video.samples {
            let _ = video.access_unit(data, sample);
        }
    }
    if let Ok(audio) = movie.audio {
        assert!(audio.samples.len() <= data.len());
        for sample in &audio.samples {
            let _ = audio.access_unit(data, sample);
        }
    }
}

pub(super) fn mpegts_examples() -> Vec<Vec<u8>> {
    let pictures =
        [(VideoCodec::H264, headers::picture()), (VideoCodec::H265, headers::h265_picture())];
    pictures.map(|(codec, picture)| mpegts_example(codec, &picture)).to_vec()
}

fn mpegts_example(codec: VideoCodec, picture: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new(Config { video: Some(codec), audio: Some(FORMAT) });
    let mut stream = Vec::new();
    let mut payload = [0; PAYLOAD_LENGTH];
    for number in 0..12 {
        let time = MediaTime::from_millis(40 * number);
        let unit = |track, keyframe, data: &[u8]| AccessUnit {
            track,
            pts: time,
            dts: time,
            keyframe,
            data: Bytes::copy_from_slice(data),
        };
        for unit in
            [unit(Track::Video, number % 6 == 0, picture), unit(Track::Audio, true, &[0x21; 90])]
        {
            if writer.begin(&unit).is_ok() {
                while let Some(info) = writer.next_payload(&mut payload) {
                    stream.extend_from_slice(&payload[..info.length]);
                }
            }
        }
    }
    stream
}

pub(super) fn mp4_examples() -> Vec<Vec<u8>> {
    vec![include_bytes!("../../fuzz/examples/small.mp4").to_vec()]
}

fn read<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<Output> {
    let mut reader = Reader::new();
    let mut outputs = Vec::new();
    for chunk in chunks {
        reader.push(chunk);
        outputs.extend(std::iter::from_fn(|| reader.poll()));
    }
    reader.finish();
    outputs.extend(std::iter::from_fn(|| reader.poll()));
    outputs
}

/// What was read goes on to browsers.
fn fragments(outputs: &[Output]) {
    let (mut codec, mut fragmenter) = (None, None);
    for output in outputs {
        let unit = match output {
            Output::AccessUnit(unit) => unit,
            Output::Program(program) => {
                codec = program.video_codec;
                continue;
            }
            _ => continue,
        };
        match (&mut fragmenter, unit.track) {
            (None, Track::Video) => {
                fragmenter =
                    codec.and_then(|codec| fmp4::Fragmenter::video(codec, unit, unit.pts).ok());
            }
            (Some(fragmenter), Track::Video) => {
                let _ = fragmenter.fragment(std::slice::from_ref(unit));
            }
            (_, Track::Audio) => {}
        }
    }
    if let Some(fragmenter) = fragmenter {
        let _ = fragmenter.init_segment();
    }
}

//! A broadcast without a network: synthetic picture and sound, encoded, multiplexed and pushed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test uses what it needs")]

use std::sync::LazyLock;
use std::time::Instant;

use golive_ingest::{Ingest, Publisher};
use golive_media::{AudioSource, Output, Producer, VideoSource};
use golive_proto::media::{AccessUnit, AudioFormat, FrameRate, PictureSize, VideoCodec};
use golive_proto::mux::mpegts::{self, PAYLOAD_LENGTH};
use golive_proto::rate::EncoderTarget;
use golive_proto::units::{Bitrate, Time};
use golive_tests::peers;

pub(crate) const SIZE: PictureSize = PictureSize { width: 640, height: 360 };

/// An ingest on free loopback ports.
pub(crate) fn ingest() -> Ingest {
    let config = golive_ingest::Config {
        srt: "127.0.0.1:0".parse().unwrap(),
        http: "127.0.0.1:0".parse().unwrap(),
        ..golive_ingest::Config::default()
    };
    Ingest::start(config).unwrap()
}

/// What to broadcast.
pub(crate) fn synthetic(video: bool, audio: bool) -> golive_media::Config {
    golive_media::Config {
        video: video.then_some(VideoSource::Synthetic),
        audio: audio.then_some(AudioSource::Synthetic),
        size: SIZE,
        video_bitrate: Bitrate::from_kilobits_per_second(1_000),
        ..golive_media::Config::default()
    }
}

/// Turns access units into a transport stream and hands it to a broadcast.
pub(crate) struct Multiplexer {
    writer: mpegts::Writer,
    publisher: Publisher,
}

impl Multiplexer {
    pub(crate) fn new(publisher: Publisher, video: bool, audio: bool) -> Self {
        let video = video.then_some(VideoCodec::H264);
        let audio = audio.then_some(AudioFormat { sample_rate: 48_000, channels: 2 });
        Self { writer: mpegts::Writer::new(mpegts::Config { video, audio }), publisher }
    }

    pub(crate) fn push(&mut self, unit: &AccessUnit) {
        self.writer.begin(unit).unwrap();
        let mut payload = [0; PAYLOAD_LENGTH];
        while let Some(info) = self.writer.next_payload(&mut payload) {
            // Another connection may have taken over, which is what some tests are about.
            let _ = self.publisher.push_ts(&payload[..info.length]);
        }
    }
}

/// A broadcast in real time; ends when dropped.
pub(crate) struct OnAir {
    producer: Producer,
}

impl OnAir {
    pub(crate) fn start(ingest: &Ingest, stream_id: &str, config: golive_media::Config) -> Self {
        let publisher = ingest.publish(stream_id).unwrap();
        let mut multiplexer =
            Multiplexer::new(publisher, config.video.is_some(), config.audio.is_some());
        let sink = move |output: Output| {
            if let Output::Unit(unit) = output {
                multiplexer.push(&unit);
            }
        };
        let producer = Producer::start(config, clock, clock(), Box::new(sink)).unwrap();
        Self { producer }
    }

    /// Changes the picture's size while live.
    pub(crate) fn resize(&self, size: PictureSize) {
        let bitrate = Bitrate::from_kilobits_per_second(800);
        let frame_rate = FrameRate::new(30).unwrap();
        let audio_bitrate = Bitrate::from_kilobits_per_second(128);
        let target = EncoderTarget { bitrate, frame_rate, size, audio_bitrate };
        self.producer.set_target(target);
    }
}

fn clock() -> Time {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    Time::from_micros(START.elapsed().as_micros() as u64 + 1)
}

/// Two seconds of real H.265 in a transport stream, 640x362, made by ffmpeg.
pub(crate) fn h265() -> Vec<u8> {
    let name = format!("golive-ingest-{}-{:?}", std::process::id(), std::thread::current().id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let size = PictureSize::new(640, 362).unwrap();
    let file = peers::h265_stream(&folder, size, 2, "keyint=15");
    let stream = std::fs::read(file).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    stream
}

//! What `ffprobe` and `ffmpeg` find in a recording.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// A recording's streams and packets, in the order in which they are stored.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Its streams.
    pub streams: Vec<Stream>,
    /// Its packets, an access unit each.
    pub packets: Vec<Packet>,
}

/// A stream of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// By this number packets name their stream.
    pub index: u64,
    /// As ffmpeg names it: `h264`, `aac`.
    pub codec: String,
    /// `video` or `audio`.
    pub kind: String,
    /// Pixels in a row; zero for sound.
    pub width: u64,
    /// Rows; zero for sound.
    pub height: u64,
    /// Samples a second; zero for pictures.
    pub sample_rate: u64,
    /// Channels; zero for pictures.
    pub channels: u64,
}

/// An access unit of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Packet {
    /// Its stream.
    pub stream: u64,
    /// Seconds; nothing if it has none.
    pub pts: Option<f64>,
    /// Seconds; nothing if it has none.
    pub dts: Option<f64>,
    /// Whether decoding can begin here.
    pub keyframe: bool,
}

impl Recording {
    /// Has `ffprobe` read the file.
    ///
    /// # Panics
    /// If `ffprobe` does not start or finds nothing that it understands.
    pub fn read(path: &Path) -> Self {
        let mut command = Command::new("ffprobe");
        command.args(["-v", "error", "-of", "json", "-show_entries"]);
        command.arg(
            "stream=index,codec_name,codec_type,width,height,sample_rate,channels:\
             packet=stream_index,pts_time,dts_time,flags",
        );
        let output = command.arg(path).stdin(Stdio::null()).output().expect("ffprobe starts");
        let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            let said = String::from_utf8_lossy(&output.stderr);
            panic!("ffprobe finds nothing in {}: {error}: {said}", path.display());
        });
        Self {
            streams: list(&value, "streams").iter().map(stream).collect(),
            packets: list(&value, "packets").iter().map(packet).collect(),
        }
    }

    /// The only stream of `kind` (`video`, `audio`), if there is exactly one.
    pub fn only(&self, kind: &str) -> Option<&Stream> {
        let mut of_kind = self.streams.iter().filter(|stream| stream.kind == kind);
        of_kind.next().filter(|_| of_kind.next().is_none())
    }

    /// The packets of the only stream of `kind`.
    pub fn packets_of(&self, kind: &str) -> Vec<Packet> {
        let index = self.only(kind).map(|stream| stream.index);
        self.packets.iter().copied().filter(|packet| Some(packet.stream) == index).collect()
    }

    /// Seconds from each IDR picture to the next.
    pub fn keyframe_intervals(&self) -> Vec<f64> {
        let packets = self.packets_of("video");
        let times: Vec<f64> =
            packets.iter().filter(|packet| packet.keyframe).filter_map(|key| key.pts).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// What is wrong with the timestamps, a sentence each: every packet has them, decoding times
    /// of a stream increase, nothing is shown before it is decoded.
    pub fn timestamp_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for stream in &self.streams {
            let mut last = f64::NEG_INFINITY;
            let packets = self.packets.iter().filter(|packet| packet.stream == stream.index);
            for (number, packet) in packets.enumerate() {
                let (Some(pts), Some(dts)) = (packet.pts, packet.dts) else {
                    faults.push(format!("{} packet {number} has no timestamps", stream.kind));
                    continue;
                };
                if dts <= last {
                    faults.push(format!(
                        "{} packet {number} at {dts} follows one at {last}",
                        stream.kind
                    ));
                }
                // Timestamps count in ticks of 1/90,000 s.
                if pts < dts - 1e-5 {
                    faults.push(format!(
                        "{} packet {number} is shown at {pts} before it is decoded at {dts}",
                        stream.kind
                    ));
                }
                last = dts;
            }
        }
        faults
    }

    /// Seconds from the first packet of `kind` to the last.
    pub fn length_of(&self, kind: &str) -> f64 {
        let packets = self.packets_of(kind);
        let times = || packets.iter().filter_map(|packet| packet.pts);
        times().fold(f64::NEG_INFINITY, f64::max) - times().fold(f64::INFINITY, f64::min)
    }
}

/// What `ffmpeg -v error` says while it decodes all of the file, a line each.
///
/// # Panics
/// If `ffmpeg` does not start.
pub fn decoding_errors(path: &Path) -> Vec<String> {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-i"]).arg(path);
    // Timestamps as they are: where the frame rate changes, two pictures may fall on one of its own.
    command.args(["-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-"]);
    let output = command.stdin(Stdio::null()).output().expect("ffmpeg starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
    if !output.status.success() {
        lines.push(format!("ffmpeg ended with {}", output.status));
    }
    lines
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn stream(value: &Value) -> Stream {
    Stream {
        index: number(value, "index"),
        codec: text(value, "codec_name"),
        kind: text(value, "codec_type"),
        width: number(value, "width"),
        height: number(value, "height"),
        sample_rate: text(value, "sample_rate").parse().unwrap_or(0),
        channels: number(value, "channels"),
    }
}

fn packet(value: &Value) -> Packet {
    Packet {
        stream: number(value, "stream_index"),
        pts: text(value, "pts_time").parse().ok(),
        dts: text(value, "dts_time").parse().ok(),
        keyframe: text(value, "flags").contains('K'),
    }
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

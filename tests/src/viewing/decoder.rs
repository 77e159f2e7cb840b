//! What `ffmpeg`'s decoder makes of a recording, picture by picture.

use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::peers::{Output, Process};

/// Pictures are looked at in this size, in which the burnt clock is legible: luma alone, row by row.
pub const LUMA_WIDTH: usize = 320;
/// Rows of it.
pub const LUMA_HEIGHT: usize = 180;

/// A picture that came out of the decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// Its timestamp in ticks of 90 kHz, as it stands in the recording.
    pub(super) ticks: i64,
    /// Whether decoding can begin with it.
    pub(super) keyframe: bool,
    /// Whether the decoder found fault, with it or since the one before.
    pub(super) faulty: bool,
    /// What the caller read in it: milliseconds since 1970.
    pub(super) clock: Option<u64>,
}

/// How long ffmpeg may take for its end once all has been read.
const PATIENCE: Duration = Duration::from_secs(30);

/// Decodes all pictures of a recording; `clock` is shown the luma of each.
///
/// # Panics
/// If `ffmpeg` does not start.
pub(super) fn decode(path: &Path, clock: impl Fn(&[u8]) -> Option<u64>) -> Vec<Decoded> {
    let mut command = Command::new("ffmpeg");
    // One thread, so that what the decoder says comes before the picture that it is about. That a
    // picture is missing which others refer to, it says for debugging alone.
    command.args(["-nostdin", "-hide_banner", "-nostats", "-loglevel", "level+debug"]);
    command.args(["-threads", "1", "-copyts", "-i"]).arg(path);
    let filters =
        format!("showinfo=checksum=0,scale={LUMA_WIDTH}:{LUMA_HEIGHT}:flags=area,format=gray");
    command.args(["-map", "0:v:0", "-vf", &filters, "-fps_mode", "passthrough"]);
    command.args(["-enc_time_base", "-1", "-f", "rawvideo", "-"]);
    let mut ffmpeg = Process::start(command, Output::Taken);
    let mut stdout = ffmpeg.take_stdout();
    let mut luma = [0; LUMA_WIDTH * LUMA_HEIGHT];
    let mut clocks = Vec::new();
    while stdout.read_exact(&mut luma).is_ok() {
        clocks.push(clock(&luma));
    }
    ffmpeg.wait(PATIENCE);
    let mut decoded = read_log(&ffmpeg.log());
    for (picture, clock) in decoded.iter_mut().zip(clocks) {
        picture.clock = clock;
    }
    decoded
}

/// Pairs what is said of a picture with what was said before it.
fn read_log(lines: &[String]) -> Vec<Decoded> {
    // Before this, the beginning is decoded once to see what it is.
    let begin = lines.iter().position(|line| line.contains("Stream mapping:")).unwrap_or(0);
    let mut decoded = Vec::new();
    let mut faulty = false;
    for line in lines.iter().skip(begin) {
        if let Some((ticks, keyframe)) = shown(line) {
            decoded.push(Decoded { ticks, keyframe, faulty, clock: None });
            faulty = false;
        } else {
            faulty = faulty || is_fault(line);
        }
    }
    decoded
}

/// The timestamp of a picture, and whether it is a key frame, if the line is about one.
fn shown(line: &str) -> Option<(i64, bool)> {
    let value = |name| line.split_once(name)?.1.split_whitespace().next();
    let keyframe = value("iskey:")? == "1";
    Some((value(" pts:")?.parse().ok()?, keyframe))
}

fn is_fault(line: &str) -> bool {
    const FAULTS: [&str; 5] =
        ["[error]", "[fatal]", "Frame num gap", "concealing", "corrupt decoded frame"];
    FAULTS.iter().any(|fault| line.contains(fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_belongs_to_the_picture_that_follows() {
        let lines = [
            "[h264 @ 0x5] [debug] Frame num gap 4 2",
            "[info] Stream mapping:",
            "[Parsed_showinfo_0 @ 0x1] [info] n:   0 pts: 128090 pts_time:1.42 pos: 564 iskey:1 type:I",
            "[Parsed_showinfo_0 @ 0x1] [info] color_range:unknown",
            "[h264 @ 0x5] [debug] Frame num gap 8 6",
            "[Parsed_showinfo_0 @ 0x1] [info] n:   1 pts: 134090 pts_time:1.49 pos: 900 iskey:0 type:P",
            "[Parsed_showinfo_0 @ 0x1] [info] n:   2 pts: 137090 pts_time:1.52 pos: 999 iskey:0 type:P",
        ];
        let decoded = read_log(&lines.map(str::to_owned));
        let found: Vec<_> =
            decoded.iter().map(|one| (one.ticks, one.keyframe, one.faulty)).collect();
        assert_eq!(
            found,
            [(128_090, true, false), (134_090, false, true), (137_090, false, false)]
        );
    }
}

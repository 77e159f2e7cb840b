//! `ffmpeg` as a peer, and as a maker of media files.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use golive_proto::media::PictureSize;

use super::{Mode, Options, Output, Process};

/// Records what comes over SRT, as it is, into an MPEG-TS file; ends when the sender does.
pub fn receive_into_file(mode: Mode, options: &Options, file: &Path) -> Process {
    let mut command = ffmpeg();
    command.args(["-i", &options.ffmpeg_url(mode), "-c", "copy", "-f", "mpegts"]).arg(file);
    Process::start(command, Output::Log)
}

/// Sends a media file over SRT in real time, without encoding it again.
pub fn send_file(file: &Path, mode: Mode, options: &Options) -> Process {
    let mut command = ffmpeg();
    command.args(["-re", "-i"]).arg(file);
    command.args(["-c", "copy", "-f", "mpegts", &options.ffmpeg_url(mode)]);
    Process::start(command, Output::Log)
}

/// Makes an MP4 of H.264 with B-frames and AAC, `seconds` long, whose picture flashes white when
/// its sound beeps, once a second from the first second on.
///
/// # Panics
/// If `ffmpeg` cannot make it.
pub fn small_mp4(folder: &Path, seconds: u32) -> PathBuf {
    let file = folder.join("small.mp4");
    let picture = "testsrc2=size=320x180:rate=30,drawbox=color=white:t=fill:\
                   enable='lt(mod(t,1),0.1)*gte(t,1)'";
    let sound = "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,1),0.1)*gte(t,1)':s=48000:c=stereo";
    let mut command = ffmpeg();
    command.args(["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]);
    command.args(["-t", &seconds.to_string(), "-c:v", "libx264", "-bf", "2", "-g", "60"]);
    command.args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k"]).arg(&file);
    let status = command.stdin(Stdio::null()).status().expect("ffmpeg starts");
    assert!(status.success(), "ffmpeg does not make {}", file.display());
    file
}

/// Makes an MPEG-TS of H.265 of this size, 30 pictures a second, `seconds` long; x265 gets these
/// parameters.
///
/// # Panics
/// If `ffmpeg` cannot make it.
pub fn h265_stream(folder: &Path, size: PictureSize, seconds: u32, x265: &str) -> PathBuf {
    let file = folder.join("h265.ts");
    let mut command = ffmpeg();
    command.args(["-f", "lavfi", "-i", &format!("testsrc2=size={size}:rate=30")]);
    command.args(["-t", &seconds.to_string(), "-pix_fmt", "yuv420p", "-c:v", "libx265"]);
    command.args(["-preset", "ultrafast", "-x265-params", &format!("log-level=error:{x265}")]);
    let status = command.arg(&file).stdin(Stdio::null()).status().expect("ffmpeg starts");
    assert!(status.success(), "ffmpeg makes no H.265: it wants one with libx265");
    file
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-v", "warning", "-y"]);
    command
}

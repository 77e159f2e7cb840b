//! What the guest's ingest recorded, decoded by ffmpeg.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::picture::{A_SECOND, HEIGHT, WIDTH};
use super::tone::SAMPLE_RATE;
use crate::failure::{Context, Failure};
use crate::process;

/// The largest file below `folder`: an ingest may write a small one beside the recording.
pub(super) fn find(folder: &Path) -> Result<PathBuf, Failure> {
    let listed = process::output(Command::new("find").arg(folder).args(["-type", "f"]))?;
    let size = |path: &PathBuf| path.metadata().map_or(0, |metadata| metadata.len());
    let largest = listed.lines().map(PathBuf::from).max_by_key(size);
    largest.filter(|path| size(path) > 0).ok_or_else(|| {
        Failure::failed(format!("the ingest recorded nothing in {}", folder.display()))
    })
}

/// Small grey pictures, one byte a pixel, [`A_SECOND`] of them for each second.
pub(super) fn pictures(recording: &Path) -> Result<Vec<u8>, Failure> {
    let filter = format!("fps={A_SECOND},scale={WIDTH}:{HEIGHT},format=gray");
    decoded(recording, &["-map", "0:v:0", "-vf", &filter, "-f", "rawvideo"])
}

/// The sound as mono samples at the lab's rate.
pub(super) fn sound(recording: &Path) -> Result<Vec<i16>, Failure> {
    let rate = SAMPLE_RATE.to_string();
    let bytes = decoded(recording, &["-map", "0:a:0", "-ac", "1", "-ar", &rate, "-f", "s16le"])?;
    Ok(bytes.as_chunks::<2>().0.iter().map(|sample| i16::from_le_bytes(*sample)).collect())
}

fn decoded(recording: &Path, how: &[&str]) -> Result<Vec<u8>, Failure> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "error", "-i"]).arg(recording).args(how).arg("-");
    let output = ffmpeg.stderr(Stdio::inherit()).output().context("cannot start ffmpeg")?;
    if output.stdout.is_empty() {
        let recording = recording.display();
        return Err(Failure::failed(format!("ffmpeg decodes nothing of {recording}")));
    }
    Ok(output.stdout)
}

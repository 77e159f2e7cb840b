//! Whether flash and beep come together.
//!
//! `ffmpeg` decodes a recording and prints, with each picture's timestamp, its mean luma, and,
//! with the timestamp of every 5 ms of sound, its peak. Where luma jumps up a flash begins, where
//! the peak does a beep.

use std::path::Path;
use std::process::{Command, Stdio};

/// A flash and the beep nearest to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// When the first bright picture is shown, in seconds on the recording's timeline.
    pub flash: f64,
    /// How much later the beep begins, in seconds; negative if it comes first.
    pub beep_after: f64,
}

/// Where a flash is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flash {
    /// Everywhere, as in [`small_mp4`](super::small_mp4).
    WholePicture,
    /// In the patch of Golive's synthetic picture: from 0.80 to 0.95 of its width and from 0.62
    /// to 0.76 of its height.
    SyntheticPatch,
}

impl Flash {
    /// What to cut out of the picture before its luma is measured, well within the patch.
    fn crop(self) -> &'static str {
        match self {
            Flash::WholePicture => "",
            Flash::SyntheticPatch => "crop=w=iw*0.11:h=ih*0.10:x=iw*0.82:y=ih*0.64,",
        }
    }
}

/// Samples of sound that are looked at together: 5 ms at 48 kHz.
const SAMPLES: u32 = 240;

/// Finds every flash of the recording and the beep nearest to it.
///
/// # Panics
/// If `ffmpeg` does not start.
pub fn flashes_and_beeps(path: &Path, flash: Flash) -> Vec<Pair> {
    let luma = format!(
        "{}signalstats,metadata=mode=print:key=lavfi.signalstats.YAVG:file=-",
        flash.crop()
    );
    let luma = measure(path, &["-an", "-vf", &luma]);
    let sound = format!(
        "aresample=48000,asetnsamples=n={SAMPLES}:p=0,astats=metadata=1:reset=1,\
         ametadata=mode=print:key=lavfi.astats.Overall.Peak_level:file=-"
    );
    let decibels = measure(path, &["-vn", "-af", &sound]);
    let amplitude: Vec<(f64, f64)> =
        decibels.iter().map(|(time, level)| (*time, 10_f64.powf(level / 20.0))).collect();
    let beeps = onsets(&amplitude);
    onsets(&luma)
        .into_iter()
        .filter_map(|flash| {
            let nearest = beeps
                .iter()
                .map(|beep| beep - flash)
                .min_by(|one, other| one.abs().total_cmp(&other.abs()))?;
            Some(Pair { flash, beep_after: nearest })
        })
        .collect()
}

/// The times at which the value rises over the middle of its range. A rise that is under way when
/// the recording begins is none.
fn onsets(values: &[(f64, f64)]) -> Vec<f64> {
    let lowest = values.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
    let highest = values.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
    let middle = (lowest + highest) / 2.0;
    let rises = values.windows(2).filter(|pair| pair[0].1 < middle && pair[1].1 >= middle);
    rises.map(|pair| pair[1].0).collect()
}

/// Runs `ffmpeg` with a filter that prints metadata, and pairs each value with its time.
fn measure(path: &Path, filter: &[&str]) -> Vec<(f64, f64)> {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-copyts", "-i"]).arg(path);
    command.args(filter).args(["-f", "null", "-"]);
    let output = command.stdin(Stdio::null()).output().expect("ffmpeg starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut values = Vec::new();
    let mut time = None;
    for line in text.lines() {
        if let Some((_, after)) = line.split_once("pts_time:") {
            time = after.trim().parse().ok();
        } else if let (Some(at), Some((_, value))) = (time, line.split_once('=')) {
            // Silence is `-inf` decibels, which reads as a number too.
            if let Ok(value) = value.trim().parse::<f64>() {
                values.push((at, value));
            }
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::available;

    /// A recording whose beep comes `delay` seconds after its flash.
    fn recording(name: &str, delay: f64) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("golive-{}-{name}.ts", std::process::id()));
        let flash = "color=gray:size=160x90:rate=30,drawbox=color=white:t=fill:\
                     enable='lt(mod(t,1),0.1)*gte(t,1)'";
        let beep =
            format!("aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t-{delay},1),0.1)*gte(t,0.9)':s=48000");
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", flash]);
        command.args(["-f", "lavfi", "-i", &beep, "-t", "4"]);
        command.args(["-c:v", "libx264", "-c:a", "aac", "-f", "mpegts"]).arg(&path);
        assert!(command.status().unwrap().success());
        path
    }

    #[test]
    fn flash_and_beep_are_found_as_far_apart_as_they_were_made() {
        if !available(&["ffmpeg"]) {
            return;
        }
        for (name, delay) in [("together", 0.0), ("late", 0.06)] {
            let path = recording(name, delay);
            let pairs = flashes_and_beeps(&path, Flash::WholePicture);
            std::fs::remove_file(&path).unwrap();
            assert_eq!(pairs.len(), 3, "{pairs:?}");
            for pair in pairs {
                assert!((pair.beep_after - delay).abs() < 0.012, "{name}: {pair:?}");
            }
        }
    }
}

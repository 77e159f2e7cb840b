//! Where picture and sound come from, and how they are encoded.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use golive_proto::media::{FrameRate, PictureSize};
use golive_proto::units::Bitrate;

use super::value;

/// Where picture and sound come from.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SourceArguments {
    /// camera[:N], synthetic, file:PATH or none; a camera if there is one, else synthetic
    #[arg(long, value_name = "SOURCE")]
    pub(crate) video: Option<VideoChoice>,

    /// mic[:NAME], synthetic, file or none; by default what goes with the picture
    ///
    /// `file` is the sound of --video file:PATH. By default: the microphone if there is one, else
    /// synthetic; with --video synthetic, synthetic; with --video file:PATH, file.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) audio: Option<AudioChoice>,

    /// Begin the file of --video again when it ends
    #[arg(long = "loop")]
    pub(crate) looped: bool,
}

/// How picture and sound are encoded.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct EncodingArguments {
    /// Size of the picture, at most
    #[arg(long, value_name = "WxH", default_value = "1280x720")]
    pub(crate) size: PictureSize,

    /// Pictures a second, at most
    #[arg(long, value_name = "N", default_value = "30", value_parser = value::frame_rate)]
    pub(crate) fps: FrameRate,

    /// Bitrate of the picture, and the most that adaptation may go back to
    #[arg(long, value_name = "RATE", default_value = "2500k", value_parser = video_bitrate)]
    pub(crate) video_bitrate: Bitrate,

    /// Bitrate of the sound, and the most that adaptation may go back to
    #[arg(long, value_name = "RATE", default_value = "128k", value_parser = audio_bitrate)]
    pub(crate) audio_bitrate: Bitrate,

    /// From one key frame to the next
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = value::duration)]
    pub(crate) keyframe_interval: Duration,

    /// Keep bitrates, frame rate and size, whatever the network carries
    #[arg(long)]
    pub(crate) fixed_bitrate: bool,

    /// Do not lower the frame rate where the network carries too little
    #[arg(long)]
    pub(crate) fixed_fps: bool,

    /// Do not make the picture smaller where the network carries too little
    #[arg(long)]
    pub(crate) fixed_size: bool,

    /// Do not lower the sound's bitrate where the network carries too little
    #[arg(long)]
    pub(crate) fixed_audio_bitrate: bool,

    /// Bitrate of the picture that adaptation does not go below
    #[arg(long, value_name = "RATE", default_value = "50k", value_parser = video_bitrate)]
    pub(crate) minimum_video_bitrate: Bitrate,
}

/// Where the picture comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VideoChoice {
    /// A camera: the first, or the one with this number in `golive devices`.
    Camera(Option<u32>),
    /// A test picture with the time burnt in.
    Synthetic,
    /// A video file.
    File(PathBuf),
    /// No picture.
    None,
}

/// Where the sound comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AudioChoice {
    /// A microphone: the system's choice, or the one whose name contains this.
    Microphone(Option<String>),
    /// A tone with a beep each second.
    Synthetic,
    /// The sound of the file that the picture comes from.
    File,
    /// No sound.
    None,
}

/// What a person typed is no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SourceError {
    /// Not one of the kinds of picture.
    #[error("`{0}` is no source of pictures: write camera, camera:1, synthetic, file:PATH or none")]
    Video(String),
    /// Not one of the kinds of sound.
    #[error("`{0}` is no source of sound: write mic, mic:NAME, synthetic, file or none")]
    Audio(String),
    /// A file for sound alone.
    #[error("sound comes from the file of the picture: write --video file:PATH --audio file")]
    AudioFile,
}

impl FromStr for VideoChoice {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || SourceError::Video(text.to_owned());
        match text.split_once(':') {
            None => match text {
                "camera" => Ok(Self::Camera(None)),
                "synthetic" => Ok(Self::Synthetic),
                "none" => Ok(Self::None),
                _ => Err(error()),
            },
            Some(("camera", number)) => {
                number.parse().map(|n| Self::Camera(Some(n))).map_err(|_| error())
            }
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(_) => Err(error()),
        }
    }
}

impl FromStr for AudioChoice {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None => match text {
                "mic" => Ok(Self::Microphone(None)),
                "synthetic" => Ok(Self::Synthetic),
                "file" => Ok(Self::File),
                "none" => Ok(Self::None),
                _ => Err(SourceError::Audio(text.to_owned())),
            },
            Some(("mic", name)) if !name.is_empty() => Ok(Self::Microphone(Some(name.to_owned()))),
            Some(("file", _)) => Err(SourceError::AudioFile),
            Some(_) => Err(SourceError::Audio(text.to_owned())),
        }
    }
}

/// Below this no encoder makes a picture, and above it no uplink carries one.
const VIDEO_BITRATES: [Bitrate; 2] =
    [Bitrate::from_kilobits_per_second(50), Bitrate::from_kilobits_per_second(100_000)];

/// What AAC-LC makes of speech at its least, and of two channels at its most.
const AUDIO_BITRATES: [Bitrate; 2] =
    [Bitrate::from_kilobits_per_second(16), Bitrate::from_kilobits_per_second(320)];

fn video_bitrate(text: &str) -> Result<Bitrate, String> {
    bitrate_within(text, VIDEO_BITRATES)
}

fn audio_bitrate(text: &str) -> Result<Bitrate, String> {
    bitrate_within(text, AUDIO_BITRATES)
}

fn bitrate_within(text: &str, [least, most]: [Bitrate; 2]) -> Result<Bitrate, String> {
    let rate: Bitrate = text.parse().map_err(|error| format!("{error}"))?;
    if (least..=most).contains(&rate) {
        Ok(rate)
    } else {
        Err(format!("{rate} is out of range: write a bitrate from {least} to {most}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_pictures_are_written_in_five_ways() {
        for (text, choice) in [
            ("camera", VideoChoice::Camera(None)),
            ("camera:2", VideoChoice::Camera(Some(2))),
            ("synthetic", VideoChoice::Synthetic),
            ("file:a:b.mp4", VideoChoice::File("a:b.mp4".into())),
            ("none", VideoChoice::None),
        ] {
            assert_eq!(text.parse(), Ok(choice), "{text}");
        }
        for text in ["", "camera:", "camera:x", "file", "file:", "none:1", "webcam"] {
            assert!(text.parse::<VideoChoice>().is_err(), "{text}");
        }
    }

    #[test]
    fn sources_of_sound_are_written_in_five_ways() {
        for (text, choice) in [
            ("mic", AudioChoice::Microphone(None)),
            ("mic:USB: 2", AudioChoice::Microphone(Some("USB: 2".into()))),
            ("synthetic", AudioChoice::Synthetic),
            ("file", AudioChoice::File),
            ("none", AudioChoice::None),
        ] {
            assert_eq!(text.parse(), Ok(choice), "{text}");
        }
        for text in ["", "mic:", "camera", "none:"] {
            assert!(text.parse::<AudioChoice>().is_err(), "{text}");
        }
        assert_eq!("file:a.mp4".parse::<AudioChoice>(), Err(SourceError::AudioFile));
    }
}

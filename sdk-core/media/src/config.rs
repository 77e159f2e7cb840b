//! What to capture, and how to encode it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use golive_proto::media::{FrameRate, PictureSize};
use golive_proto::rate::EncoderTarget;
use golive_proto::units::Bitrate;

use crate::picture::Picture;

/// Everything that a producer needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the picture comes from; nothing for sound alone.
    pub video: Option<VideoSource>,
    /// Where the sound comes from; nothing for a silent broadcast without a sound track.
    pub audio: Option<AudioSource>,
    /// Size of the encoded picture. Another source's picture is fitted into it, with black bars
    /// where the shapes differ.
    pub size: PictureSize,
    /// Pictures a second, at most.
    pub frame_rate: FrameRate,
    /// Mean rate of the video over about a second.
    pub video_bitrate: Bitrate,
    /// Rate of the sound, 16 to 320 kb/s.
    pub audio_bitrate: Bitrate,
    /// From one IDR to the next: the first picture at or after it.
    pub keyframe_interval: Duration,
    /// Whether a file begins again at its end.
    pub loop_file: bool,
    /// What is shown as a slate, with black bars where its shape is another one; a sign for a
    /// pause on grey, if nothing is said.
    pub slate: Option<Picture>,
}

impl Config {
    /// The encoders' settings to begin with.
    pub fn target(&self) -> EncoderTarget {
        EncoderTarget {
            bitrate: self.video_bitrate,
            frame_rate: self.frame_rate,
            size: self.size,
            audio_bitrate: self.audio_bitrate,
        }
    }
}

/// 1280x720 at 30 pictures a second and 2.5 Mb/s, 128 kb/s of sound, an IDR every two seconds,
/// from the synthetic sources.
impl Default for Config {
    fn default() -> Self {
        Self {
            video: Some(VideoSource::Synthetic),
            audio: Some(AudioSource::Synthetic),
            size: PictureSize { width: 1280, height: 720 },
            frame_rate: const { FrameRate::new(30).unwrap() },
            video_bitrate: Bitrate::from_kilobits_per_second(2_500),
            audio_bitrate: Bitrate::from_kilobits_per_second(128),
            keyframe_interval: Duration::from_secs(2),
            loop_file: false,
            slate: None,
        }
    }
}

/// Which camera, counted as `golive devices` lists them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CameraIndex(pub u32);

impl fmt::Display for CameraIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where the picture comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VideoSource {
    /// A camera of this machine.
    Camera(CameraIndex),
    /// The moving test picture of [`synthetic`](crate::synthetic).
    Synthetic,
    /// The H.264 track of an MP4.
    File(PathBuf),
}

/// Where the sound comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudioSource {
    /// The microphone of this name, or the system's default.
    Microphone(Option<String>),
    /// The beep of [`synthetic`](crate::synthetic).
    Synthetic,
    /// The AAC track of an MP4. Beside the same file as [`VideoSource::File`] the two keep time.
    File(PathBuf),
}

/// Which way a phone's camera looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Facing {
    /// At the person who holds it.
    Front,
    /// Where the person looks.
    Back,
}

/// How a camera's picture is turned, by how the phone is held: that comes out upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// Lying, with the end of the charging port to the right: as sensors lie.
    #[default]
    Unturned,
    /// Upright: by 90 degrees clockwise.
    Quarter,
    /// Lying, with that end to the left: by 180 degrees.
    Half,
    /// Head down: by 270 degrees.
    ThreeQuarters,
}

/// How the pictures of an Apple device's cameras are laid out, now and from cameras to come. The
/// default is not mirrored, and turned as it suits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CameraControls {
    /// How the picture is turned; nothing for upright however the phone is held (iOS 17), or before
    /// that for upright where the size that is encoded is.
    pub rotation: Option<Rotation>,
    /// Left for right, as in a mirror. Viewers read writing only without.
    pub mirrored: bool,
}

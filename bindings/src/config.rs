//! What a broadcast is told before it begins.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use golive::{Bitrate, Builder, ByteCount, ErrorKind, FrameRate, PictureSize, Via};

use crate::destination::Destination;
use crate::error::GoliveFailure;

/// Everything about a broadcast but its encoder. Only the destination has to be said.
#[derive(Clone, Debug, uniffi::Record)]
pub struct BroadcastConfig {
    /// Where it goes.
    pub destination: Arc<Destination>,
    /// Width of the picture, at most.
    #[uniffi(default = 1280)]
    pub width_pixels: u32,
    /// Height of the picture, at most.
    #[uniffi(default = 720)]
    pub height_pixels: u32,
    /// Pictures a second, at most: 1 to 240.
    #[uniffi(default = 30)]
    pub frames_per_second: u32,
    /// Video bitrate to begin with and not to exceed.
    #[uniffi(default = 2500000)]
    pub video_bits_per_second: u64,
    /// The lowest video bitrate that adapting may reach.
    #[uniffi(default = 50000)]
    pub minimum_video_bits_per_second: u64,
    /// Bitrate of the sound to begin with and not to exceed.
    #[uniffi(default = 128000)]
    pub audio_bits_per_second: u64,
    /// From one key frame to the next.
    #[uniffi(default = 2000)]
    pub keyframe_interval_ms: u32,
    /// Whether bitrates, frame rate and size follow what the uplink carries.
    #[uniffi(default = true)]
    pub adaptive: bool,
    /// Whether there may be fewer pictures a second then.
    #[uniffi(default = true)]
    pub adaptive_frame_rate: bool,
    /// Whether pictures may become smaller then. An encoder of the app's own that cannot change its
    /// size says no here.
    #[uniffi(default = true)]
    pub adaptive_size: bool,
    /// Whether the sound may take less then.
    #[uniffi(default = true)]
    pub adaptive_audio: bool,
    /// How long a frame waits for the uplink at most before frames are dropped.
    #[uniffi(default = 1000)]
    pub queue_limit_ms: u32,
    /// A file that keeps a copy of all that is produced, as an MPEG transport stream. It must not
    /// exist yet.
    #[uniffi(default = None)]
    pub record_path: Option<String>,
    /// The networks to use at once; the system's choice, if none is named.
    #[uniffi(default = [])]
    pub networks: Vec<Network>,
    /// What is captured where capture is built in: the first camera and the default microphone,
    /// unless told otherwise.
    #[uniffi(default = None)]
    pub sources: Option<Sources>,
    /// What built-in capture shows as a slate; a sign for a pause on grey, if nothing is said.
    #[uniffi(default = None)]
    pub slate: Option<StillPicture>,
}

/// A picture of the app's own.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct StillPicture {
    /// Its width, a multiple of two.
    pub width_pixels: u32,
    /// Its height, a multiple of two.
    pub height_pixels: u32,
    /// Rows of pixels of four bytes each: red, green, blue and alpha, in sRGB.
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for StillPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StillPicture({}x{})", self.width_pixels, self.height_pixels)
    }
}

/// A network that a broadcast may use.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Network {
    /// The address that this device has on it.
    pub address: String,
    /// What it may cost, if its data costs money: it carries media only where the others do not
    /// suffice, and nothing once so much was sent and received.
    #[uniffi(default = None)]
    pub budget_bytes: Option<u64>,
    /// The number of its interface (`if_nametoindex`), where the system routes by that: on iOS.
    #[uniffi(default = None)]
    pub interface_index: Option<u32>,
    /// Its handle on Android (`Network.getNetworkHandle()`), which routes by that.
    #[uniffi(default = None)]
    pub android_handle: Option<u64>,
}

/// What is captured on this machine.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Sources {
    /// Pictures; none for sound alone.
    #[uniffi(default = None)]
    pub video: Option<VideoSource>,
    /// Sound; none for pictures alone.
    #[uniffi(default = None)]
    pub audio: Option<AudioSource>,
    /// Whether a file begins again at its end.
    #[uniffi(default = false)]
    pub loop_file: bool,
}

/// Where pictures come from.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum VideoSource {
    /// A camera, counted from zero.
    Camera {
        /// Which one.
        index: u32,
    },
    /// A moving test picture with the time burnt in.
    TestPicture,
    /// An MP4 file.
    File {
        /// Where it lies.
        path: String,
    },
}

/// Where sound comes from.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum AudioSource {
    /// A microphone.
    Microphone {
        /// Its name; the default one, if nothing is said.
        name: Option<String>,
    },
    /// A beep each second, in step with the test picture.
    TestTone,
    /// The sound of the file that the pictures come from.
    File {
        /// Where it lies.
        path: String,
    },
}

impl BroadcastConfig {
    /// What golive is told.
    pub(crate) fn builder(
        &self,
        destination: golive::Destination,
    ) -> Result<Builder, GoliveFailure> {
        let size = PictureSize { width: self.width_pixels, height: self.height_pixels };
        let mut builder = golive::Broadcast::builder(destination)
            .size(size)
            .frame_rate(frame_rate(self.frames_per_second)?)
            .video_bitrate(Bitrate::from_bits_per_second(self.video_bits_per_second))
            .minimum_video_bitrate(Bitrate::from_bits_per_second(
                self.minimum_video_bits_per_second,
            ))
            .audio_bitrate(Bitrate::from_bits_per_second(self.audio_bits_per_second))
            .keyframe_interval(Duration::from_millis(self.keyframe_interval_ms.into()))
            .adaptive(self.adaptive)
            .adaptive_frame_rate(self.adaptive_frame_rate)
            .adaptive_size(self.adaptive_size)
            .adaptive_audio_bitrate(self.adaptive_audio)
            .queue_limit(Duration::from_millis(self.queue_limit_ms.into()));
        if let Some(path) = &self.record_path {
            builder = builder.record(path);
        }
        for network in &self.networks {
            builder = builder.via(network.via()?);
        }
        let builder = match &self.slate {
            Some(slate) => slate.apply(builder)?,
            None => builder,
        };
        match &self.sources {
            Some(sources) => sources.apply(builder),
            None => Ok(builder),
        }
    }
}

impl Network {
    pub(crate) fn via(&self) -> Result<Via, GoliveFailure> {
        let mut via = Via::new(address(&self.address)?);
        if let Some(index) = self.interface_index {
            let reason = "interface_index is 0, which no interface has";
            let none = || GoliveFailure::new(ErrorKind::Configuration, reason, None);
            via = via.over_interface(NonZeroU32::new(index).ok_or_else(none)?);
        }
        if let Some(handle) = self.android_handle {
            via = via.over_android_network(handle);
        }
        Ok(match self.budget_bytes {
            Some(budget) => via.metered(ByteCount::new(budget)),
            None => via,
        })
    }
}

/// Pictures a second.
pub(crate) fn frame_rate(frames_per_second: u32) -> Result<FrameRate, GoliveFailure> {
    FrameRate::new(frames_per_second).ok_or_else(|| {
        let reason = "frames_per_second lies outside 1 to 240";
        GoliveFailure::new(ErrorKind::Configuration, reason, None)
    })
}

/// An address of this device.
pub(crate) fn address(text: &str) -> Result<IpAddr, GoliveFailure> {
    text.parse().map_err(|error: std::net::AddrParseError| {
        let reason = format!("{text:?} is no address: give the one that this device has there");
        GoliveFailure::new(ErrorKind::Configuration, reason, Some(error.to_string()))
    })
}

#[cfg(feature = "media")]
impl StillPicture {
    fn apply(&self, builder: Builder) -> Result<Builder, GoliveFailure> {
        let size = PictureSize::new(self.width_pixels, self.height_pixels);
        let picture = size.and_then(|size| golive::Picture::from_rgba(size, &self.rgba));
        let Some(picture) = picture else {
            let reason =
                "the slate's sides are no even numbers, or its bytes are not four for each pixel";
            return Err(GoliveFailure::new(ErrorKind::Configuration, reason, None));
        };
        Ok(builder.slate(picture))
    }
}

#[cfg(feature = "media")]
impl Sources {
    fn apply(&self, builder: Builder) -> Result<Builder, GoliveFailure> {
        use golive::CameraIndex;
        let builder = match &self.video {
            None => builder.without_video(),
            Some(VideoSource::Camera { index }) => {
                builder.video(golive::VideoSource::Camera(CameraIndex(*index)))
            }
            Some(VideoSource::TestPicture) => builder.video(golive::VideoSource::Synthetic),
            Some(VideoSource::File { path }) => {
                builder.video(golive::VideoSource::File(path.into()))
            }
        };
        let builder = match &self.audio {
            None => builder.without_audio(),
            Some(AudioSource::Microphone { name }) => {
                builder.audio(golive::AudioSource::Microphone(name.clone()))
            }
            Some(AudioSource::TestTone) => builder.audio(golive::AudioSource::Synthetic),
            Some(AudioSource::File { path }) => {
                builder.audio(golive::AudioSource::File(path.into()))
            }
        };
        Ok(builder.loop_file(self.loop_file))
    }
}

#[cfg(not(feature = "media"))]
impl StillPicture {
    fn apply(&self, _: Builder) -> Result<Builder, GoliveFailure> {
        let reason = "this build captures nothing by itself: the app's own encoder shows its slate";
        Err(GoliveFailure::new(ErrorKind::Configuration, reason, None))
    }
}

#[cfg(not(feature = "media"))]
impl Sources {
    fn apply(&self, _: Builder) -> Result<Builder, GoliveFailure> {
        let reason = "this build captures nothing by itself: give the broadcast an encoder";
        Err(GoliveFailure::new(ErrorKind::Configuration, reason, None))
    }
}

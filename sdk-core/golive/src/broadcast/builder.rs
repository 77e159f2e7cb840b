//! What a broadcast is told before it begins.

use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use golive_proto::media::{FrameRate, PictureSize};
use golive_proto::rate::{Adaptation, EncoderTarget};
use golive_proto::session::ReconnectPolicy;
use golive_proto::transport::srtla::MAX_LINKS;
use golive_proto::units::Bitrate;

use super::Broadcast;
use super::network::Via;
use super::threads;
use crate::destination::Destination;
use crate::encoder::{Encoder, Program};
use crate::error::{Error, ErrorKind};

/// A broadcast that has not begun.
#[derive(Debug)]
pub struct Builder {
    pub(crate) destination: Destination,
    pub(super) size: PictureSize,
    pub(super) frame_rate: FrameRate,
    pub(super) video_bitrate: Bitrate,
    pub(super) minimum_bitrate: Bitrate,
    pub(super) audio_bitrate: Bitrate,
    pub(super) keyframe_interval: Duration,
    pub(super) adaptive: bool,
    pub(super) adaptation: Adaptation,
    pub(super) queue_limit: Duration,
    pub(super) reconnect: ReconnectPolicy,
    pub(super) record: Option<PathBuf>,
    pub(crate) vias: Vec<Via>,
    own: Option<OwnEncoder>,
    #[cfg(feature = "media")]
    sources: Sources,
}

/// The app's own encoder, and what it will produce.
struct OwnEncoder(Box<dyn Encoder>, Program);

/// What the built-in capture takes.
#[cfg(feature = "media")]
#[derive(Debug)]
struct Sources {
    video: Option<golive_media::VideoSource>,
    audio: Option<golive_media::AudioSource>,
    loop_file: bool,
    slate: Option<golive_media::Picture>,
}

const SIZE: PictureSize = PictureSize { width: 1280, height: 720 };
const FRAME_RATE: FrameRate = FrameRate::new(30).expect("30 lies within the range");

impl Builder {
    pub(super) fn new(destination: Destination) -> Self {
        Self {
            destination,
            size: SIZE,
            frame_rate: FRAME_RATE,
            video_bitrate: Bitrate::from_kilobits_per_second(2_500),
            minimum_bitrate: Bitrate::from_kilobits_per_second(50),
            audio_bitrate: Bitrate::from_kilobits_per_second(128),
            keyframe_interval: Duration::from_secs(2),
            adaptive: true,
            adaptation: Adaptation::default(),
            queue_limit: Duration::from_secs(1),
            reconnect: ReconnectPolicy::default(),
            record: None,
            vias: Vec::new(),
            own: None,
            #[cfg(feature = "media")]
            sources: Sources::default(),
        }
    }

    /// Size of the picture.
    #[must_use]
    pub fn size(mut self, size: PictureSize) -> Self {
        self.size = size;
        self
    }

    /// Pictures a second, at most.
    #[must_use]
    pub fn frame_rate(mut self, frame_rate: FrameRate) -> Self {
        self.frame_rate = frame_rate;
        self
    }

    /// Video bitrate to begin with and not to exceed.
    #[must_use]
    pub fn video_bitrate(mut self, bitrate: Bitrate) -> Self {
        self.video_bitrate = bitrate;
        self
    }

    /// The lowest video bitrate that adapting may reach; 50 kb/s unless told otherwise, which is
    /// enough for the smallest pictures that it may come to. Where frame rate and size are fixed,
    /// some hundred kilobits a second more are wiser.
    #[must_use]
    pub fn minimum_video_bitrate(mut self, bitrate: Bitrate) -> Self {
        self.minimum_bitrate = bitrate;
        self
    }

    /// Bitrate of the sound to begin with and not to exceed.
    #[must_use]
    pub fn audio_bitrate(mut self, bitrate: Bitrate) -> Self {
        self.audio_bitrate = bitrate;
        self
    }

    /// From one key frame to the next.
    #[must_use]
    pub fn keyframe_interval(mut self, interval: Duration) -> Self {
        self.keyframe_interval = interval;
        self
    }

    /// Whether bitrates, frame rate and size follow what the uplink carries; they do unless told
    /// otherwise.
    #[must_use]
    pub fn adaptive(mut self, adaptive: bool) -> Self {
        self.adaptive = adaptive;
        self
    }

    /// Whether there may be fewer pictures a second where the uplink carries too little for all;
    /// there may unless told otherwise.
    #[must_use]
    pub fn adaptive_frame_rate(mut self, adaptive: bool) -> Self {
        self.adaptation.frame_rate = adaptive;
        self
    }

    /// Whether pictures may become smaller where the uplink carries too little for them; they may
    /// unless told otherwise. An encoder of an app's own that cannot change its size says no here.
    #[must_use]
    pub fn adaptive_size(mut self, adaptive: bool) -> Self {
        self.adaptation.size = adaptive;
        self
    }

    /// Whether the sound may take less where the uplink carries too little for it beside the
    /// pictures, down to 32 kb/s; it may unless told otherwise. An encoder of an app's own that
    /// cannot change the bitrate of its sound says no here.
    #[must_use]
    pub fn adaptive_audio_bitrate(mut self, adaptive: bool) -> Self {
        self.adaptation.sound = adaptive;
        self
    }

    /// How long a frame waits for the uplink at most before frames are dropped; a second unless
    /// told otherwise.
    #[must_use]
    pub fn queue_limit(mut self, limit: Duration) -> Self {
        self.queue_limit = limit;
        self
    }

    /// When a connection is replaced, and how often that is tried.
    #[must_use]
    pub fn reconnect(mut self, policy: ReconnectPolicy) -> Self {
        self.reconnect = policy;
        self
    }

    /// Uses this network, and every other one that is named so, at once: what they carry adds up,
    /// and one that goes away is not missed. The ingest is an srtla receiver then, as
    /// `golive ingest` is, or stands behind one.
    #[must_use]
    pub fn via(mut self, network: Via) -> Self {
        self.vias.push(network);
        self
    }

    /// Keeps a copy of the broadcast in a file, as an MPEG transport stream: everything that was
    /// produced, whatever the network did. The file must not exist yet.
    #[must_use]
    pub fn record(mut self, path: impl Into<PathBuf>) -> Self {
        self.record = Some(path.into());
        self
    }

    /// Takes access units from the app's own encoder, and from nothing that is built in.
    #[must_use]
    pub fn encoder(mut self, encoder: Box<dyn Encoder>, program: Program) -> Self {
        self.own = Some(OwnEncoder(encoder, program));
        self
    }

    /// Goes on air: ready once the ingest takes the stream.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`]: what the encoder says, a destination that cannot be reached or refuses.
    pub fn start(self) -> Starting {
        Starting { begun: threads::begin(self) }
    }

    /// Goes on air, and gives the handle at once: it tells how that is going, and can stop it.
    ///
    /// # Errors
    ///
    /// What is known before anything is sent: a configuration that makes no sense, an encoder that
    /// does not start, a system that refuses a thread.
    pub fn launch(self) -> Result<(Broadcast, Launched), Error> {
        threads::begin(self).map(|Begun { broadcast, started }| (broadcast, Launched { started }))
    }

    /// As [`start`](Self::start), for a thread that waits.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_blocking(self) -> Result<Broadcast, Error> {
        let Begun { broadcast, started } = threads::begin(self)?;
        started.recv_blocking().unwrap_or_else(|_| Err(super::thread_failed()))?;
        Ok(broadcast)
    }
}

/// Whether a broadcast that was launched is live: await it. Dropping it changes nothing.
#[must_use = "it tells whether the broadcast is live"]
#[derive(Debug)]
pub struct Launched {
    started: async_channel::Receiver<Result<(), Error>>,
}

impl IntoFuture for Launched {
    type Output = Result<(), Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            self.started.recv().await.unwrap_or_else(|_| Err(super::thread_failed()))
        })
    }
}

/// A broadcast on its way to the ingest: await it. Dropping it stops the broadcast.
#[must_use = "a broadcast that nobody waits for is stopped at once"]
#[derive(Debug)]
pub struct Starting {
    begun: Result<Begun, Error>,
}

/// A broadcast whose threads run, and the word whether it is live.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) broadcast: Broadcast,
    pub(super) started: async_channel::Receiver<Result<(), Error>>,
}

impl Starting {
    /// What happens on the way, before it is known whether it succeeds.
    pub fn events(&self) -> Option<crate::event::Events> {
        self.begun.as_ref().ok().map(|begun| begun.broadcast.events())
    }
}

impl IntoFuture for Starting {
    type Output = Result<Broadcast, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Begun { broadcast, started } = self.begun?;
            Launched { started }.await?;
            Ok(broadcast)
        })
    }
}

impl Builder {
    pub(crate) fn target(&self) -> EncoderTarget {
        EncoderTarget {
            bitrate: self.video_bitrate,
            frame_rate: self.frame_rate,
            size: self.size,
            audio_bitrate: self.audio_bitrate,
        }
    }

    /// The encoder, and what it will produce.
    pub(super) fn take_encoder(&mut self) -> Result<(Box<dyn Encoder>, Program), Error> {
        let (encoder, program) = match self.own.take() {
            Some(OwnEncoder(encoder, program)) => (encoder, program),
            None => self.built_in()?,
        };
        if program == Program::default() {
            let message = "neither picture nor sound is to be broadcast: choose at least one";
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        Ok((encoder, program))
    }

    /// What the owner's encoder will produce, if there is one.
    #[cfg(feature = "rehearsal")]
    pub(crate) fn program(&self) -> Option<Program> {
        self.own.as_ref().map(|own| own.1)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let wrong = |message: &str| Err(Error::new(ErrorKind::Configuration, message));
        if self.video_bitrate < Bitrate::from_kilobits_per_second(50) {
            return wrong("the video bitrate is under 50 kb/s, too little for any picture");
        }
        if self.keyframe_interval < Duration::from_millis(100) {
            return wrong("the key frame interval is under 100 ms: a second or two serve well");
        }
        if self.queue_limit < Duration::from_millis(50) {
            return wrong("the queue limit is under 50 ms: not even one key frame fits");
        }
        if !self.vias.is_empty() && self.destination.is_listener() {
            return wrong(
                "several networks at once need an ingest that is called: leave mode=listener or \
                 the addresses out",
            );
        }
        if self.vias.len() > MAX_LINKS {
            return wrong("more networks are named than an srtla receiver takes: 16 at most");
        }
        let twice = |(index, via): (usize, &Via)| {
            self.vias.iter().skip(index + 1).any(|other| other.address == via.address)
        };
        if self.vias.iter().enumerate().any(twice) {
            return wrong("a network is named twice: name each address once");
        }
        Ok(())
    }
}

#[cfg(feature = "media")]
impl Builder {
    /// Where pictures come from: the first camera unless told otherwise.
    #[must_use]
    pub fn video(mut self, source: golive_media::VideoSource) -> Self {
        self.sources.video = Some(source);
        self
    }

    /// Sound alone.
    #[must_use]
    pub fn without_video(mut self) -> Self {
        self.sources.video = None;
        self
    }

    /// Where sound comes from: the default microphone unless told otherwise.
    #[must_use]
    pub fn audio(mut self, source: golive_media::AudioSource) -> Self {
        self.sources.audio = Some(source);
        self
    }

    /// Pictures alone.
    #[must_use]
    pub fn without_audio(mut self) -> Self {
        self.sources.audio = None;
        self
    }

    /// Whether a file begins again at its end.
    #[must_use]
    pub fn loop_file(mut self, loop_file: bool) -> Self {
        self.sources.loop_file = loop_file;
        self
    }

    /// What is shown as a slate, with black bars where its shape is another one; a sign for a
    /// pause on grey unless told otherwise.
    #[must_use]
    pub fn slate(mut self, picture: golive_media::Picture) -> Self {
        self.sources.slate = Some(picture);
        self
    }

    fn built_in(&mut self) -> Result<(Box<dyn Encoder>, Program), Error> {
        let config = golive_media::Config {
            video: self.sources.video.take(),
            audio: self.sources.audio.take(),
            size: self.size,
            frame_rate: self.frame_rate,
            video_bitrate: self.video_bitrate,
            audio_bitrate: self.audio_bitrate,
            keyframe_interval: self.keyframe_interval,
            loop_file: self.sources.loop_file,
            slate: self.sources.slate.take(),
        };
        let program = crate::builtin::program(&config);
        Ok((Box::new(crate::builtin::BuiltIn::new(config)), program))
    }
}

#[cfg(not(feature = "media"))]
impl Builder {
    fn built_in(&mut self) -> Result<(Box<dyn Encoder>, Program), Error> {
        let message = "nothing to broadcast: give the builder an encoder, or build golive with \
                       its `media` feature";
        Err(Error::new(ErrorKind::Configuration, message))
    }
}

#[cfg(feature = "media")]
impl Default for Sources {
    fn default() -> Self {
        Self {
            video: Some(golive_media::VideoSource::Camera(golive_media::CameraIndex(0))),
            audio: Some(golive_media::AudioSource::Microphone(None)),
            loop_file: false,
            slate: None,
        }
    }
}

impl std::fmt::Debug for OwnEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OwnEncoder").field(&self.1).finish()
    }
}

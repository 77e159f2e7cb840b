//! The handle.

use std::future::{Future, IntoFuture, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use async_channel::{Receiver, Sender};
use golive::{Bitrate, Builder, ErrorKind, Launched, NetworkChange, PictureSize, SourceChange};

use crate::callbacks::{Callbacks, tell_events};
use crate::config::{BroadcastConfig, Network, address, frame_rate};
use crate::credentials::Credentials;
use crate::encoder::{Encoder, Program, Remote};
use crate::error::GoliveFailure;
use crate::event::{Ended, EventReader, EventSink};
use crate::health::{BroadcastState, Health};
use crate::interruption::{HeardSound, ShownPicture};

/// A broadcast: prepared, started once, and stopped.
///
/// Releasing it stops it without waiting for what is queued.
#[derive(uniffi::Object)]
pub struct BroadcastHandle {
    config: BroadcastConfig,
    own: Option<(Arc<dyn Encoder>, Program)>,
    stage: Arc<Mutex<Stage>>,
    /// Dropped when the threads run, or never will.
    begins: Mutex<Option<Sender<()>>>,
    begun: Receiver<()>,
    /// Dropped when it is to end before it is live.
    cancels: Mutex<Option<Sender<()>>>,
    cancelled: Receiver<()>,
}

/// How far it has come.
#[derive(Default)]
struct Stage {
    credentials: Option<Arc<dyn Credentials>>,
    sinks: Vec<Arc<dyn EventSink>>,
    was_started: bool,
    running: Option<Running>,
}

#[derive(Clone)]
struct Running {
    broadcast: Arc<golive::Broadcast>,
    callbacks: Option<Callbacks>,
}

/// How a broadcast ended.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Summary {
    /// Why it ended.
    pub cause: Ended,
    /// The same as a sentence for a person.
    pub sentence: String,
    /// Its last health, with the totals.
    pub health: Health,
}

impl From<golive::Summary> for Summary {
    fn from(summary: golive::Summary) -> Self {
        Self {
            cause: (&summary.cause).into(),
            sentence: summary.cause.to_string(),
            health: summary.health.into(),
        }
    }
}

/// Something that can be changed while live.
#[derive(Clone, Debug, PartialEq, uniffi::Enum)]
pub enum Change {
    /// The highest video bitrate; without adaptation, the bitrate.
    VideoBitrate {
        /// So much.
        bits_per_second: u64,
    },
    /// The highest bitrate of the sound; without adaptation, its bitrate.
    AudioBitrate {
        /// So much.
        bits_per_second: u64,
    },
    /// Pictures a second, at most.
    FrameRate {
        /// 1 to 240.
        frames_per_second: u32,
    },
    /// Size of the picture, at most.
    Size {
        /// Its width.
        width_pixels: u32,
        /// Its height.
        height_pixels: u32,
    },
    /// A key frame, at once.
    Keyframe,
    /// The video encoder made anew, with a key frame: the system took the one that was there.
    EncoderRestart,
    /// Silence instead of the microphone, or no longer.
    Muted {
        /// Whether it is silent.
        muted: bool,
    },
    /// What viewers see. Of built-in capture, as all that follows down to the zoom.
    Show {
        /// The camera, its last picture, a slate, or nothing, for which the camera is closed.
        picture: ShownPicture,
    },
    /// What viewers hear.
    Hear {
        /// The microphone, silence, or silence with the microphone closed.
        sound: HeardSound,
    },
    /// Another camera, while the last picture of the one before is held.
    Camera {
        /// Which one, counted from zero.
        index: u32,
    },
    /// Light beside the camera, or no longer.
    Torch {
        /// Whether it is on.
        is_on: bool,
    },
    /// How much the camera magnifies.
    Zoom {
        /// So many times; 1.0 is none. What the lens cannot do is done as far as it can.
        factor: f64,
    },
    /// There is one more network.
    NetworkAdded {
        /// Which one.
        network: Network,
    },
    /// A network is about to go away: nothing new is given to it.
    NetworkLeaving {
        /// The address that this device has on it.
        address: String,
    },
    /// A network is gone.
    NetworkRemoved {
        /// The address that this device had on it.
        address: String,
    },
}

#[uniffi::export]
impl BroadcastHandle {
    /// Prepares a broadcast of what is captured on this machine, where that is built in. Nothing
    /// is opened or sent yet.
    #[uniffi::constructor]
    pub fn new(config: BroadcastConfig) -> Arc<Self> {
        Self::prepare(config, None)
    }

    /// Prepares a broadcast of what an app's own encoder produces.
    #[uniffi::constructor]
    pub fn with_encoder(
        config: BroadcastConfig,
        encoder: Arc<dyn Encoder>,
        program: Program,
    ) -> Arc<Self> {
        Self::prepare(config, Some((encoder, program)))
    }

    /// Asks for the keys there when it starts. To be called before.
    pub fn set_credentials(&self, credentials: Arc<dyn Credentials>) {
        self.stage().credentials = Some(credentials);
    }

    /// Tells of each event there, from its beginning on. To be called before it starts.
    pub fn add_event_sink(&self, sink: Arc<dyn EventSink>) {
        self.stage().sinks.push(sink);
    }

    /// Goes on air: returns once the ingest takes the stream. Whoever stops waiting (a cancelled
    /// coroutine) stops the broadcast; [`cancel`](Self::cancel) does so from anywhere.
    ///
    /// # Errors
    ///
    /// Why it cannot; `Ended` if it was stopped meanwhile, or started before.
    pub async fn start(&self) -> Result<(), GoliveFailure> {
        let credentials = {
            let mut stage = self.stage();
            if std::mem::replace(&mut stage.was_started, true) {
                let reason = "the broadcast was started before: make a new one";
                return Err(GoliveFailure::new(ErrorKind::Ended, reason, None));
            }
            stage.credentials.clone()
        };
        // Once it is gone, whoever waits for events reads them, or finds that there are none.
        let begins = self.begins.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (launched, running) = self.bring_up(credentials).await?;
        drop(begins);
        let guard = StopUnlessLive(Some(running.broadcast.clone()));
        let result = self.wait_until_live(launched, running).await;
        guard.settle(result.is_ok());
        result
    }

    /// Stops: what was produced so far is carried, the ingest is told, the app's devices are
    /// released. Calling it again gives the same summary. An app's encoder that waits for it in one
    /// of its methods waits for itself.
    ///
    /// # Errors
    ///
    /// `Ended` if it never began; `System` if a thread of the broadcast failed.
    pub async fn stop(&self) -> Result<Summary, GoliveFailure> {
        self.cancel();
        if self.stage().was_started {
            // A start that is under way may bring it up still.
            let _ = self.begun.recv().await;
            self.cancel();
        }
        let Some(running) = self.running() else {
            let reason = "the broadcast never began";
            return Err(GoliveFailure::new(ErrorKind::Ended, reason, None));
        };
        let summary = running.broadcast.stop().await?;
        if let Some(callbacks) = running.callbacks {
            // It carries nothing: it closes.
            let _ = callbacks.done().recv().await;
        }
        Ok(summary.into())
    }

    /// As [`stop`](Self::stop), but returns at once, and also ends a start that is under way.
    pub fn cancel(&self) {
        // Whoever waits for it may be woken here and now: not with the lock held.
        let cancels = self.cancels.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(cancels);
        if let Some(running) = self.running() {
            drop(running.broadcast.stop());
        }
    }

    /// How it is doing, at most 50 ms old.
    pub fn health(&self) -> Health {
        match self.running() {
            Some(running) => running.broadcast.health().into(),
            None if self.never_runs() => Health::without_link(BroadcastState::Ended),
            None => Health::without_link(BroadcastState::Prepared),
        }
    }

    /// What happens, from the beginning as far as that is kept. Each call reads by itself.
    pub fn events(&self) -> Arc<EventReader> {
        let stage = self.stage.clone();
        EventReader::new(self.begun.clone(), move || {
            let stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
            stage.running.as_ref().map(|running| running.broadcast.events())
        })
    }

    /// Changes something while live.
    ///
    /// # Errors
    ///
    /// `Ended` before it began or once it is over; `Configuration` for what makes no sense.
    pub fn set(&self, change: Change) -> Result<(), GoliveFailure> {
        let Some(running) = self.running() else {
            let reason = "the broadcast has not begun: set this in its configuration";
            return Err(GoliveFailure::new(ErrorKind::Ended, reason, None));
        };
        Ok(running.broadcast.set(change.into_golive()?)?)
    }
}

impl BroadcastHandle {
    fn prepare(config: BroadcastConfig, own: Option<(Arc<dyn Encoder>, Program)>) -> Arc<Self> {
        let (begins, begun) = async_channel::bounded(1);
        let (cancels, cancelled) = async_channel::bounded(1);
        Arc::new(Self {
            config,
            own,
            stage: Arc::default(),
            begins: Mutex::new(Some(begins)),
            begun,
            cancels: Mutex::new(Some(cancels)),
            cancelled,
        })
    }

    /// Fetches the keys, and starts the threads.
    async fn bring_up(
        &self,
        credentials: Option<Arc<dyn Credentials>>,
    ) -> Result<(Launched, Running), GoliveFailure> {
        let mut destination = self.config.destination.inner();
        if let Some(credentials) = credentials {
            let access = self.unless_cancelled(credentials.access()).await?.map_err(|error| {
                let reason = format!("the app has no keys for the broadcast: {error}");
                GoliveFailure::new(ErrorKind::Refused, reason, None)
            })?;
            if let Some(stream_id) = access.stream_id {
                destination.set_stream_id(stream_id.inner())?;
            }
            if let Some(passphrase) = access.passphrase {
                destination.set_passphrase(passphrase.inner())?;
            }
        }
        let (builder, callbacks) = self.builder(destination)?;
        let launched = builder.launch();
        if let (Err(_), Some(callbacks)) = (&launched, &callbacks) {
            callbacks.tell(crate::callbacks::Command::Stop);
        }
        let (broadcast, launched) = launched?;
        let running = Running { broadcast: Arc::new(broadcast), callbacks };
        let sinks = {
            let mut stage = self.stage();
            stage.running = Some(running.clone());
            std::mem::take(&mut stage.sinks)
        };
        for sink in sinks {
            tell_events(sink, running.broadcast.events()).inspect_err(|_| {
                drop(running.broadcast.stop());
            })?;
        }
        Ok((launched, running))
    }

    fn builder(
        &self,
        destination: golive::Destination,
    ) -> Result<(Builder, Option<Callbacks>), GoliveFailure> {
        let builder = self.config.builder(destination)?;
        let Some((encoder, program)) = &self.own else { return Ok((builder, None)) };
        let callbacks = Callbacks::start(encoder.clone())?;
        let remote = Remote::new(callbacks.clone());
        Ok((builder.encoder(Box::new(remote), (*program).into()), Some(callbacks)))
    }

    async fn wait_until_live(
        &self,
        launched: Launched,
        running: Running,
    ) -> Result<(), GoliveFailure> {
        if let Some(callbacks) = &running.callbacks {
            self.unless_cancelled(callbacks.started()).await??;
        }
        Ok(self.unless_cancelled(launched.into_future()).await??)
    }

    /// What `future` comes to, unless somebody stops the broadcast first.
    async fn unless_cancelled<T>(
        &self,
        future: impl Future<Output = T>,
    ) -> Result<T, GoliveFailure> {
        let mut cancelled = pin!(self.cancelled.recv());
        let mut future = pin!(future);
        poll_fn(|context| {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(value));
            }
            cancelled.as_mut().poll(context).map(|_| {
                let reason = "the broadcast was stopped before it was live";
                Err(GoliveFailure::new(ErrorKind::Ended, reason, None))
            })
        })
        .await
    }

    /// Whether it was started and could not even begin.
    fn never_runs(&self) -> bool {
        self.begun.is_closed() && self.running().is_none()
    }

    fn running(&self) -> Option<Running> {
        self.stage().running.clone()
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for BroadcastHandle {
    fn drop(&mut self) {
        // Readers of its events keep the broadcast, and would keep it on air.
        self.cancel();
    }
}

/// Stops a broadcast for whose start nobody waits any more.
struct StopUnlessLive(Option<Arc<golive::Broadcast>>);

impl StopUnlessLive {
    fn settle(mut self, is_live: bool) {
        if is_live {
            self.0 = None;
        }
    }
}

impl Drop for StopUnlessLive {
    fn drop(&mut self) {
        if let Some(broadcast) = self.0.take() {
            drop(broadcast.stop());
        }
    }
}

impl Change {
    pub(crate) fn into_golive(self) -> Result<golive::Change, GoliveFailure> {
        let bitrate = Bitrate::from_bits_per_second;
        Ok(match self {
            Self::VideoBitrate { bits_per_second } => {
                golive::Change::VideoBitrate(bitrate(bits_per_second))
            }
            Self::AudioBitrate { bits_per_second } => {
                golive::Change::AudioBitrate(bitrate(bits_per_second))
            }
            Self::FrameRate { frames_per_second } => {
                golive::Change::FrameRate(frame_rate(frames_per_second)?)
            }
            Self::Size { width_pixels, height_pixels } => {
                golive::Change::Size(PictureSize { width: width_pixels, height: height_pixels })
            }
            Self::Keyframe => golive::Change::Keyframe,
            Self::Muted { muted } => golive::Change::Source(SourceChange::AudioMuted(muted)),
            Self::EncoderRestart => golive::Change::EncoderRestart,
            Self::Show { picture } => golive::Change::Source(SourceChange::Shown(picture.into())),
            Self::Hear { sound } => golive::Change::Source(SourceChange::Heard(sound.into())),
            Self::Camera { index } => golive::Change::Source(camera(index)?),
            Self::Torch { is_on } => golive::Change::Source(SourceChange::Torch(is_on)),
            Self::Zoom { factor } if factor.is_finite() && factor > 0.0 => {
                golive::Change::Source(SourceChange::Zoom(factor))
            }
            Self::Zoom { .. } => {
                let reason = "factor is no magnification: 1.0 is none, 2.0 is twice";
                return Err(GoliveFailure::new(ErrorKind::Configuration, reason, None));
            }
            Self::NetworkAdded { network } => {
                golive::Change::Network(NetworkChange::Added(network.via()?))
            }
            Self::NetworkLeaving { address: text } => {
                golive::Change::Network(NetworkChange::Leaving(address(&text)?))
            }
            Self::NetworkRemoved { address: text } => {
                golive::Change::Network(NetworkChange::Removed(address(&text)?))
            }
        })
    }
}

#[cfg(feature = "media")]
fn camera(index: u32) -> Result<SourceChange, GoliveFailure> {
    Ok(SourceChange::Video(golive::VideoSource::Camera(golive::CameraIndex(index))))
}

#[cfg(not(feature = "media"))]
fn camera(_: u32) -> Result<SourceChange, GoliveFailure> {
    let reason = "this build has no cameras: the app's own encoder switches its own";
    Err(GoliveFailure::new(ErrorKind::Configuration, reason, None))
}

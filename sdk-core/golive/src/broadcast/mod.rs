//! A broadcast: from a builder to a handle, with threads behind it.
//!
//! The media thread only moves packets on time. The control thread holds the encoder and does
//! what may take a moment; a recording has a thread of its own, and so has each look-up of a
//! name. The handle talks to them through bounded queues, and works in any async runtime and in
//! none.

mod bond;
mod builder;
mod carrier;
mod control;
mod network;
mod recorder;
mod report;
mod shared;
mod sockets;
mod threads;

use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use async_channel::{Receiver, Sender};
pub use builder::{Builder, Launched, Starting};
use carrier::Command;
#[cfg(feature = "rehearsal")]
pub(crate) use carrier::end_error;
use control::ControlCommand;
use golive_proto::media::{FrameRate, PictureSize};
use golive_proto::rate::EncoderTarget;
use golive_proto::units::Bitrate;
#[cfg(feature = "rehearsal")]
pub(crate) use network::{Network as NetworkRecord, network_event};
pub use network::{NetworkChange, NetworkHealth, Via};
use shared::Shared;
pub use shared::{Health, Summary};
pub(crate) use sockets::Endpoint;
#[cfg(feature = "rehearsal")]
pub(crate) use threads::session_config;

use crate::destination::Destination;
use crate::encoder::SourceChange;
use crate::error::{Error, ErrorKind};
use crate::event::Events;
use crate::net::Waker;

/// A broadcast that is on air, or trying to be again.
///
/// Dropping the handle stops the broadcast without waiting for what is queued;
/// [`stop`](Self::stop) carries everything that was produced.
///
/// # Examples
///
/// ```no_run
/// # fn main() -> Result<(), golive::Error> {
/// use golive::Broadcast;
///
/// let destination = "srt://ingest.example:9000?streamid=live_4711".parse()?;
/// let broadcast = Broadcast::builder(destination).start_blocking()?;
/// println!("on air, round trip {:?}", broadcast.health().link.round_trip_time);
/// broadcast.stop_blocking()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Broadcast {
    shared: Arc<Shared>,
    carrier: Sender<Command>,
    control: SyncSender<ControlCommand>,
    waker: Waker,
    done: Receiver<()>,
    asked: std::sync::Mutex<EncoderTarget>,
    bonded: bool,
}

/// Something that can be changed while live.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Change {
    /// The highest video bitrate; without adaptation, the bitrate.
    VideoBitrate(Bitrate),
    /// The highest bitrate of the sound; without adaptation, its bitrate.
    AudioBitrate(Bitrate),
    /// Pictures a second, at most.
    FrameRate(FrameRate),
    /// Size of the picture, at most.
    Size(PictureSize),
    /// A key frame, at once.
    Keyframe,
    /// The video encoder made anew, with a key frame: the system took the one that was there.
    EncoderRestart,
    /// What is captured.
    Source(SourceChange),
    /// One of the networks that are used at once, if the broadcast began with any.
    Network(NetworkChange),
}

impl Broadcast {
    /// Prepares a broadcast. Without further calls it takes the camera and the microphone where
    /// they are built in, 1280x720 at 30 pictures a second with 2.5 Mb/s, 128 kb/s of sound, a
    /// key frame every two seconds, and an adaptive bitrate.
    pub fn builder(destination: Destination) -> Builder {
        Builder::new(destination)
    }

    /// How the broadcast is doing, at most 50 ms old.
    pub fn health(&self) -> Health {
        self.shared.health()
    }

    /// What happens, from the beginning as far as that is kept.
    pub fn events(&self) -> Events {
        self.shared.events.subscribe()
    }

    /// Changes something while live.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Ended`] once the broadcast is over; what the encoder says of a change of its
    /// sources; [`ErrorKind::Configuration`] for a network if the broadcast began without any.
    pub fn set(&self, change: Change) -> Result<(), Error> {
        match change {
            Change::VideoBitrate(bitrate) => self.set_target(|target| target.bitrate = bitrate),
            Change::AudioBitrate(bitrate) => {
                self.set_target(|target| target.audio_bitrate = bitrate)
            }
            Change::FrameRate(frame_rate) => {
                self.set_target(|target| target.frame_rate = frame_rate)
            }
            Change::Size(size) => self.set_target(|target| target.size = size),
            Change::Keyframe => self.control(ControlCommand::Keyframe),
            Change::EncoderRestart => self.control(ControlCommand::Restart),
            Change::Network(_) if !self.bonded => Err(not_bonded()),
            Change::Network(change) => self.tell_carrier(Command::Network(change)),
            Change::Source(change) => {
                let (answer, answered) = async_channel::bounded(1);
                self.control(ControlCommand::Change(change, answer))?;
                answered.recv_blocking().unwrap_or_else(|_| Err(ended()))
            }
        }
    }

    /// Stops: what was produced so far is carried, the ingest is told, devices are released.
    /// Calling it again, or after the broadcast ended by itself, gives the same summary.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::System`] if a thread of the broadcast failed.
    pub fn stop(&self) -> impl Future<Output = Result<Summary, Error>> + Send + use<> {
        self.request_stop();
        let (done, shared) = (self.done.clone(), self.shared.clone());
        async move {
            // The channel carries nothing: it closes when everything is over.
            let _ = done.recv().await;
            shared.summary().ok_or_else(thread_failed)
        }
    }

    /// As [`stop`](Self::stop), for a thread that waits.
    ///
    /// # Errors
    ///
    /// As [`stop`](Self::stop).
    pub fn stop_blocking(&self) -> Result<Summary, Error> {
        self.request_stop();
        let _ = self.done.recv_blocking();
        self.shared.summary().ok_or_else(thread_failed)
    }

    fn request_stop(&self) {
        // A full queue means that the media thread is busy: it is asked again when dropped.
        let _ = self.carrier.force_send(Command::Stop);
        self.waker.wake();
    }

    fn set_target(&self, change: impl FnOnce(&mut EncoderTarget)) -> Result<(), Error> {
        let mut asked = self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut asked);
        self.tell_carrier(Command::Target(*asked))
    }

    fn tell_carrier(&self, command: Command) -> Result<(), Error> {
        self.carrier.send_blocking(command).map_err(|_| ended())?;
        self.waker.wake();
        Ok(())
    }

    fn control(&self, command: ControlCommand) -> Result<(), Error> {
        self.control.send(command).map_err(|_| ended())
    }
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        self.request_stop();
    }
}

pub(crate) fn ended() -> Error {
    Error::new(ErrorKind::Ended, "the broadcast is over: start a new one")
}

pub(crate) fn not_bonded() -> Error {
    let message = "the broadcast began on one network: name those to be used before it starts";
    Error::new(ErrorKind::Configuration, message)
}

fn thread_failed() -> Error {
    Error::new(ErrorKind::System, "a thread of the broadcast failed; please report its log")
}

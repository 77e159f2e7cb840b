//! Puts a person on air: capture, encode, and carry live media to an ingest over networks that
//! lose packets.
//!
//! ```no_run
//! # fn main() -> Result<(), golive::Error> {
//! let destination = "srt://ingest.example:9000?streamid=live_4711".parse()?;
//! let broadcast = golive::Broadcast::builder(destination).start_blocking()?;
//! # let _ = broadcast;
//! # Ok(())
//! # }
//! ```
//!
//! Reconnection and adaptive bitrate are on by default. [`Broadcast::health`] tells how it is
//! doing, [`Broadcast::events`] what happens and why. `start().await` works in any async runtime,
//! `start_blocking()` in none.
//!
//! # Features
//!
//! - `media`: built-in cameras, microphones and encoders: the system's own on Apple's, software on
//!   others, and on macOS where the system's cannot be had. Without it, an app brings its
//!   own [`Encoder`].
#![cfg_attr(
    feature = "rehearsal",
    doc = "- `rehearsal`: a broadcast in virtual time, for an app's own tests: see [`rehearsal`]."
)]
//!
//! # What stands behind it
//!
//! Everything that can be decided without touching the world is decided in `golive-proto`. This
//! crate opens the sockets and runs the threads: a media thread that only moves packets on time,
//! and others for what may stall.

/// What the README shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// And so does what docs/testing.md shows.
#[cfg(all(doctest, feature = "rehearsal"))]
#[doc = include_str!("../../../docs/testing.md")]
struct Testing;

mod broadcast;
#[cfg(feature = "media")]
mod builtin;
pub mod clock;
mod destination;
mod encoder;
mod error;
mod event;
mod net;
#[cfg(feature = "rehearsal")]
pub mod rehearsal;
mod secret;
pub mod srt;

pub use broadcast::{
    Broadcast, Builder, Change, Health, Launched, NetworkChange, NetworkHealth, Starting, Summary,
    Via,
};
pub use destination::Destination;
pub use encoder::{Encoder, EncoderOutput, EncoderStatistics, Program, SourceChange};
pub use error::{Error, ErrorKind};
pub use event::{DeviceEvent, Event, Events, NetworkEvent, RecordingEvent};
#[cfg(feature = "media")]
pub use golive_media::{
    AudioSource, Camera, CameraControls, CameraIndex, Devices, Facing, Microphone, Picture,
    Rotation, VideoSource, devices,
};
#[cfg(all(feature = "media", target_vendor = "apple"))]
pub use golive_media::{capture_session, set_camera_controls};
pub use golive_proto::interruption;
pub use golive_proto::media::{AccessUnit, AudioFormat, FrameRate, PictureSize, Track, VideoCodec};
pub use golive_proto::rate::EncoderTarget;
pub use golive_proto::session;
pub use golive_proto::transport::srtla::LinkState;
pub use golive_proto::units::{Bitrate, ByteCount, MediaTime, Time};
pub use secret::Secret;

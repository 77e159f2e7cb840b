//! Devices and software codecs: where pictures and sound come from, and how they become access
//! units.
//!
//! # The modules
//!
//! - [`synthetic`]: the test picture and the tone.
//! - [`burnt_clock`]: the time in the picture, drawn and read back.
//! - [`encode`]: H.264 by openh264, AAC by fdk-aac.
//!
//! [`Producer`] puts them together and gives them threads; it needs the features `h264` and `aac`.

pub mod burnt_clock;
#[cfg(feature = "camera")]
mod camera;
mod config;
mod devices;
pub mod encode;
mod error;
mod event;
#[cfg(all(feature = "h264", feature = "aac"))]
mod file;
#[cfg(all(feature = "h264", feature = "aac"))]
mod fit;
#[cfg(all(test, feature = "h264", feature = "aac"))]
mod floors;
#[cfg(feature = "microphone")]
mod microphone;
mod picture;
#[cfg(all(feature = "h264", feature = "aac"))]
mod producer;
#[cfg(all(feature = "h264", feature = "aac"))]
mod resample;
pub mod synthetic;

use golive_proto::units::Time;

pub use config::{AudioSource, CameraIndex, Config, VideoSource};
pub use devices::{Camera, Devices, Microphone, devices};
pub use error::Error;
pub use event::{Event, Output};
pub use picture::{Area, Picture, Plane};
#[cfg(all(feature = "h264", feature = "aac"))]
pub use producer::{Producer, Statistics};

/// The one clock that everything is timed by: monotonic.
pub type Clock = fn() -> Time;

/// Where a producer delivers to.
pub type Sink = Box<dyn FnMut(Output) + Send>;

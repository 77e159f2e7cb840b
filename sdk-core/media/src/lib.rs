//! Devices and software codecs: where pictures and sound come from, and how they become access
//! units.
//!
//! # The modules
//!
//! - [`synthetic`]: the test picture and the tone.
//! - [`burnt_clock`]: the time in the picture, drawn and read back.
//! - [`encode`]: H.264 by openh264, AAC by fdk-aac.

pub mod burnt_clock;
mod config;
pub mod encode;
mod error;
mod event;
mod picture;
pub mod synthetic;

pub use config::{AudioSource, CameraIndex, Config, VideoSource};
pub use error::Error;
pub use event::{Event, Output};
pub use picture::{Area, Picture, Plane};

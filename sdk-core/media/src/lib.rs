//! Devices and codecs: where pictures and sound come from, and how they become access
//! units.
//!
//! # The modules
//!
//! - [`synthetic`]: the test picture and the tone.
//! - [`burnt_clock`]: the time in the picture, drawn and read back.
//! - [`encode`]: H.264 by openh264, AAC by fdk-aac.
//!
//! [`Producer`] puts them together and gives them threads. It exists where encoders were built
//! in for pictures and for sound: the features `h264` and `aac`.

#[cfg(target_vendor = "apple")]
mod apple;
#[cfg(any(all(target_vendor = "apple", any(feature = "camera", feature = "microphone")), test))]
mod authorization;
pub mod burnt_clock;
#[cfg(all(producer, feature = "camera"))]
mod camera;
mod config;
mod devices;
pub mod encode;
mod error;
mod event;
#[cfg(producer)]
#[cfg_attr(not(all(feature = "h264", feature = "aac")), path = "file/absent.rs")]
mod file;
#[cfg(producer)]
mod fit;
#[cfg(all(test, feature = "h264", feature = "aac"))]
mod floors;
#[cfg(producer)]
mod image;
#[cfg(all(producer, feature = "microphone"))]
mod microphone;
#[cfg(all(producer, any(feature = "camera", target_vendor = "apple", test)))]
mod nv12;
mod picture;
#[cfg(producer)]
mod producer;
#[cfg(all(producer, any(feature = "microphone", all(feature = "h264", feature = "aac"))))]
mod resample;
pub mod synthetic;

use golive_proto::units::Time;

#[cfg(all(target_vendor = "apple", feature = "camera"))]
pub use camera::{capture_session, set_camera_controls};
pub use config::{AudioSource, CameraControls, CameraIndex, Config, Facing, Rotation, VideoSource};
pub use devices::{Camera, Devices, Microphone, devices};
pub use error::Error;
pub use event::{Event, Output};
pub use picture::{Area, Picture, Plane};
#[cfg(producer)]
pub use producer::{Producer, Statistics};

/// The one clock that everything is timed by: monotonic.
pub type Clock = fn() -> Time;

/// Where a producer delivers to.
pub type Sink = Box<dyn FnMut(Output) + Send>;

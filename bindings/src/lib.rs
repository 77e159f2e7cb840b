//! Golive for Kotlin, Swift and Python.
//!
//! One flat interface: a configuration in, a handle with `start` and `stop`, health as one value,
//! events one by one. What is idiomatic in a language (flows, sequences, context managers) is a
//! thin layer in that language over what stands here. Field names carry their units.
//!
//! What an app implements ([`Encoder`], [`Credentials`], [`EventSink`]) is called on a thread of
//! the broadcast's own that does nothing else and holds no lock: a slow or failing one keeps
//! nobody waiting, and what it throws becomes an event.

mod broadcast;
mod callbacks;
mod camera;
mod config;
mod credentials;
mod destination;
mod encoder;
mod error;
mod event;
mod health;
mod interruption;
mod rehearsal;
mod sink;

pub use broadcast::{BroadcastHandle, Change, Summary};
pub use camera::{CameraControls, CameraRotation, capture_session_address, set_camera_controls};
pub use config::{AudioSource, BroadcastConfig, Network, Sources, StillPicture, VideoSource};
pub use credentials::{Access, Credentials};
pub use destination::{Destination, Secret};
pub use encoder::{CallbackFailure, Encoder, EncoderTarget, Program, VideoCodec};
pub use error::GoliveFailure;
pub use event::{Event, EventKind, EventReader, EventSink};
pub use health::{BroadcastState, Health, NetworkHealth};
pub use interruption::{
    HeardSound, Heat, HeatRules, InterruptionCause, InterruptionInput, InterruptionMachine,
    InterruptionOutput, InterruptionPolicy, InterruptionResponse, InterruptionRules,
    InterruptionStep, Limit, ShownPicture, android_interruptions, ios_interruptions,
    limited_target, thermal_level_from_android,
};
pub use rehearsal::{
    Happening, RehearsalHandle, RehearsalLook, RehearsedEncoder, RehearsedEvent, RehearsedIngest,
    RehearsedNetwork, ToldInterruption, Viewer, ViewerSound,
};
pub use sink::{FrameSink, MediaTrack};

uniffi::setup_scaffolding!();

//! What a producer delivers.

use std::time::Duration;

use golive_proto::media::{AccessUnit, Track};

/// One thing that a producer delivers to its sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// An encoded picture or frame of sound. Each track's units come in the order of their PTS.
    Unit(AccessUnit),
    /// Something happened that a person may want to know.
    Event(Event),
}

/// What happened at the devices and in the codecs. The broadcast goes on in all of these.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A device went away. The last picture, or silence, is broadcast meanwhile, and the device is
    /// looked for once a second.
    DeviceLost {
        /// Camera or microphone.
        track: Track,
        /// The device's name.
        name: String,
        /// The system's words.
        reason: String,
    },
    /// A lost device is back and delivers again.
    DeviceBack {
        /// Camera or microphone.
        track: Track,
        /// The device's name.
        name: String,
    },
    /// Captured media were lost before they could be encoded, because this machine was too busy.
    Overrun {
        /// Which of the two.
        track: Track,
        /// How much was lost; zero where the driver does not say.
        lost: Duration,
    },
    /// A file that is not looped came to its end. The last picture, or silence, follows.
    SourceEnded {
        /// Which of the two.
        track: Track,
    },
    /// An encoder failed. It is started anew with the next picture or sound; this is reported once
    /// until it works again.
    EncoderFailed {
        /// Which of the two.
        track: Track,
        /// The encoder's words.
        reason: String,
    },
}

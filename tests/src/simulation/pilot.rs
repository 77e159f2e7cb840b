//! Who steers a simulated encoder in place of the session's own controller.

use std::time::Duration;

use golive_proto::transport::Feedback;
use golive_proto::units::{Bitrate, Time};

/// Who steers the encoder in place of the session's own controller.
pub trait Pilot {
    /// From one decision to the next.
    fn interval(&self) -> Duration;

    /// The video bitrate from now on.
    fn steer(&mut self, now: Time, sight: &Sight) -> Bitrate;
}

/// What a pilot sees.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// What the transport has measured.
    pub feedback: Feedback,
    /// How long the oldest access unit has waited before the transport.
    pub queue_delay: Duration,
    /// What is asked of the encoder.
    pub target: Bitrate,
}

//! What a session is told before it begins.

use std::time::Duration;

use crate::media::{AudioFormat, VideoCodec};
use crate::rate::{Adaptation, EncoderTarget};
use crate::transport::srt;
use crate::units::{Bitrate, Time};

/// What to carry, where to, and how to behave when it does not go well.
#[derive(Clone, Debug)]
pub struct Config {
    /// The connection: latency, stream id, encryption.
    pub transport: srt::Config,
    /// Who calls whom.
    pub role: Role,
    /// What the pictures are encoded in, if there are any.
    pub video: Option<VideoCodec>,
    /// What the sound is made of, if there is any.
    pub audio: Option<AudioFormat>,
    /// What the encoders begin with, and do not go beyond.
    pub target: EncoderTarget,
    /// The video bitrate is never lowered below this, not even on the lowest rung of the ladder.
    pub minimum_bitrate: Bitrate,
    /// Whether the bitrate follows what the uplink carries.
    pub adaptive: bool,
    /// What else follows it, where it carries too little for what was asked for.
    pub adaptation: Adaptation,
    /// How long an access unit waits in the queue at most before frames are dropped.
    pub queue_limit: Duration,
    /// Where zero of the media timeline lies on the clock.
    pub epoch: Time,
    /// When and how often to try again.
    pub reconnect: ReconnectPolicy,
}

/// Who begins the handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// The broadcaster calls the ingest.
    #[default]
    Caller,
    /// The ingest calls the broadcaster, which waits for it.
    Listener,
}

/// When a connection is replaced, and how often that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReconnectPolicy {
    /// Nothing heard for this long while something should have been: a new handshake starts
    /// beside the old connection.
    pub silence: Duration,
    /// A handshake without an answer is given up after this long.
    pub attempt: Duration,
    /// The longest pause before the second attempt; it doubles with each further one. Pauses are
    /// drawn evenly between nothing and this ("full jitter"), so that the clients of an ingest
    /// that restarts do not return in step.
    pub first_pause: Duration,
    /// The longest pause of all.
    pub longest_pause: Duration,
    /// The first connection is given up after this long; never, if nothing is said. Once live, a
    /// broadcast does not give up by itself.
    pub first_connection: Option<Duration>,
}

impl Default for ReconnectPolicy {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(1),
            attempt: Duration::from_secs(3),
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(5),
            first_connection: Some(Duration::from_secs(10)),
        }
    }
}

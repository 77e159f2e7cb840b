//! Who steers a simulated encoder in place of the session's own controller.

use std::time::Duration;

use golive_proto::transport::Feedback;
use golive_proto::units::{Bitrate, ByteCount, Time};

/// Who steers the encoder in place of the session's own controller.
pub trait Pilot {
    /// From one decision to the next.
    fn interval(&self) -> Duration;

    /// The video bitrate from now on.
    fn steer(&mut self, now: Time, sight: &Sight) -> Bitrate;

    /// What it runs beside the broadcast to learn of the path, if it does.
    fn shadow(&mut self) -> Option<&mut dyn Shadow> {
        None
    }
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
    /// What has come to the ingest of the media so far, with its packet headers: what a socket of
    /// TCP would have drained.
    pub arrived: ByteCount,
    /// Pictures and packets given up so far, here or at the ingest, because they were too late.
    pub dropped: u64,
}

/// A session beside the broadcast, whose packets share its ways: it sees what it would see if it
/// carried the broadcast.
pub trait Shadow {
    /// The broadcast sends this datagram. Answers with what the shadow sends in its place, which
    /// arrives with it or not at all.
    fn sent(&mut self, now: Time, datagram: &[u8]) -> Option<Vec<u8>>;

    /// A datagram of its own, to the ingest (`true`) or back, has arrived.
    fn receive(&mut self, now: Time, forward: bool, datagram: &[u8]);

    /// What it wants sent beside the broadcast: to the ingest (`true`) or back. It takes up the link
    /// like everything else.
    fn poll(&mut self, now: Time) -> Option<(bool, Vec<u8>)>;

    /// When it has something to do.
    fn wake(&self) -> Time;
}

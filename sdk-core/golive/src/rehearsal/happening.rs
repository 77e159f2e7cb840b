//! What can happen in a rehearsal.

use golive_proto::interruption::{Cause, Input, ThermalLevel};

use super::Network;
use crate::srt::Rejection;

/// Something that happens to a rehearsed broadcast.
///
/// # Examples
///
/// ```
/// use golive::interruption::Cause;
/// use golive::rehearsal::{Happening, Network};
///
/// let call = Happening::began(Cause::Call);
/// let cellular = Happening::HandOver(Network::lte());
/// # let _ = (call, cellular);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Happening {
    /// The platform says something: a call, the background, a camera that is taken, heat.
    Interruption(Input),
    /// The network that is in use is like this from now on, and the device keeps its address. Of
    /// several at once, all of them.
    Network(Network),
    /// Of several networks that are used at once, one is like this from now on, or once it is
    /// there. That it comes or goes the owner says, by [`Change::Network`](crate::Change).
    NetworkOf {
        /// Which one: in the order in which they were named, from zero, those added later included.
        number: usize,
        /// What it is like.
        network: Network,
    },
    /// Another network takes over: for 400 ms nothing passes, then the device has another address,
    /// and what the ingest sends to the old one is lost.
    HandOver(Network),
    /// The video encoder behaves otherwise.
    Encoder(EncoderChange),
    /// The ingest behaves otherwise.
    Ingest(IngestChange),
}

impl Happening {
    /// A cause begins.
    pub const fn began(cause: Cause) -> Self {
        Self::Interruption(Input::Began(cause))
    }

    /// A cause ends.
    pub const fn ended(cause: Cause) -> Self {
        Self::Interruption(Input::Ended(cause))
    }

    /// The device is so hot.
    pub const fn heat(level: ThermalLevel) -> Self {
        Self::Interruption(Input::Thermal(level))
    }
}

/// What the video encoder does from now on.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum EncoderChange {
    /// What it is told, exactly.
    Obeys,
    /// So many times the bitrate that it is told.
    Overshoots(f64),
    /// The bitrate, frame rate and size that it began with, until it is made anew.
    IgnoresTargets,
    /// The same, made anew or not.
    NeverObeys,
    /// Nothing, though pictures are captured, until it is made anew.
    Freezes,
    /// It fails, and another one takes its place after 500 ms.
    Fails,
}

/// What the ingest does from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IngestChange {
    /// It dies without a word.
    Dies,
    /// One is there again, which knows nothing of what was before.
    Returns,
    /// It refuses whoever comes: a wrong key ([`Rejection::UNAUTHORIZED`]), or, after a connection
    /// was lost, a stream that it still holds ([`Rejection::CONFLICT`], which is tried again). A
    /// connection that there is goes on.
    Refuses(Rejection),
    /// It takes whoever comes.
    Admits,
}

//! What a broadcast tells its owner, with causes.

use std::fmt;
use std::time::Duration;

use crate::rate::{EncoderFault, EncoderTarget, Remedy};
use crate::transport::srt::{PacketFilter, Rejection};

/// Something that happened to a broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A handshake begins. Attempts count from one, anew after each loss of a connection.
    Connecting {
        /// Which attempt this is.
        attempt: u32,
    },
    /// The ingest takes the stream.
    Live {
        /// How long the receiver holds every packet back, as negotiated.
        latency: Duration,
        /// Whether the payload is encrypted.
        encrypted: bool,
        /// From the first attempt to the end of the handshake.
        took: Duration,
        /// Whether an earlier connection of the same broadcast was lost.
        resumed: bool,
    },
    /// The connection is lost or silent, and a new one is being made.
    Recovering {
        /// Why.
        cause: Interruption,
    },
    /// The connection that was thought lost answers again, before a new one was made.
    Returned,
    /// The ingest refused an attempt; another one follows.
    RefusedForNow {
        /// In its words.
        rejection: Rejection,
    },
    /// The encoder is asked for something else.
    TargetChanged {
        /// What it is asked for now.
        target: EncoderTarget,
        /// Why.
        reason: TargetReason,
    },
    /// The encoder does not do what it is told.
    Encoder {
        /// What is wrong.
        fault: EncoderFault,
        /// What is done about it.
        remedy: Remedy,
    },
    /// The uplink carried less than was produced, and frames were dropped whole.
    FramesDropped {
        /// Pictures.
        video: u32,
        /// Frames of sound.
        audio: u32,
    },
    /// Another packet filter rebuilds what is lost from now on. A new connection carries on, which was
    /// made beside the old one.
    FilterChanged {
        /// The filter; none if nothing is said.
        filter: Option<PacketFilter>,
        /// Why.
        reason: FilterReason,
    },
    /// Another packet filter would be better, and is not to be had.
    FilterStays {
        /// The filter that there is; none if nothing is said.
        filter: Option<PacketFilter>,
        /// What stands in the way.
        obstacle: FilterObstacle,
    },
    /// The broadcast is over.
    Ended {
        /// Why.
        cause: EndCause,
    },
}

/// Why a connection is being replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interruption {
    /// Nothing was heard from the ingest for this long.
    Silence(Duration),
    /// The ingest closed the connection.
    ClosedByPeer,
    /// The system reported that the network is gone.
    NetworkLost,
}

/// Why the packet filter is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterReason {
    /// More is lost than can be sent again in time.
    Losses,
    /// Other losses, or another bitrate, than the filter before was for.
    OtherLosses,
    /// What is lost can be sent again in time.
    FewLosses,
}

/// Why there is no other packet filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterObstacle {
    /// The ingest refused the connection.
    Refused(Rejection),
    /// It did not answer: it may take one connection at a time.
    NoAnswer,
    /// It closed the new connection before that carried anything.
    Closed,
}

/// Why the encoder is asked for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetReason {
    /// The queue or the round-trip time grows: the uplink carries less than is sent.
    Congestion,
    /// Packets are lost faster than they can be replaced.
    Loss,
    /// The uplink has room.
    Recovery,
    /// The uplink carries too little for so many pictures a second.
    FewerPictures,
    /// The uplink carries too little for pictures of this size.
    SmallerPictures,
    /// The uplink has had room for more pictures a second for a while.
    MorePictures,
    /// The uplink has had room for larger pictures for a while.
    LargerPictures,
    /// The uplink carries too little for so much sound beside the pictures.
    LessSound,
    /// The uplink has had room for more sound for a while.
    MoreSound,
    /// The encoder does not change its frame rate or size, and is not asked to any more.
    Unchangeable,
    /// The connection is new.
    Reconnected,
    /// The owner asked.
    Asked,
}

/// Why a broadcast is over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndCause {
    /// The owner stopped it.
    Stopped,
    /// The ingest refused it in a way that trying again cannot change.
    Refused(Rejection),
    /// The ingest did not answer for this long.
    Unreachable(Duration),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Connecting { attempt: 1 } => f.write_str("connecting"),
            Event::Connecting { attempt } => write!(f, "connecting, attempt {attempt}"),
            Event::Live { latency, encrypted, took, resumed } => write!(
                f,
                "{} after {} ms, latency {} ms, {}",
                if *resumed { "live again" } else { "live" },
                took.as_millis(),
                latency.as_millis(),
                if *encrypted { "encrypted" } else { "not encrypted" },
            ),
            Event::Returned => f.write_str("live again: the connection answers once more"),
            Event::Recovering { cause } => write!(f, "{cause}; connecting again"),
            Event::RefusedForNow { rejection } => {
                write!(f, "the ingest refused for now: {rejection}; trying again")
            }
            Event::TargetChanged { target, reason } => {
                let is_about_sound =
                    matches!(reason, TargetReason::LessSound | TargetReason::MoreSound);
                let bitrate = if is_about_sound { target.audio_bitrate } else { target.bitrate };
                write!(f, "{reason}: {bitrate}")?;
                if reason.is_about_pictures() {
                    write!(f, ", {} at {} a second", target.size, target.frame_rate.as_u32())?;
                }
                Ok(())
            }
            Event::Encoder { fault, remedy } => write!(f, "{fault}; {remedy}"),
            Event::FramesDropped { video, audio } => write!(
                f,
                "the uplink carries less than is produced: dropped {video} pictures and {audio} \
                 frames of sound"
            ),
            Event::FilterChanged { filter: Some(filter), reason } => {
                write!(f, "{reason}: packet filter {filter}")
            }
            Event::FilterChanged { filter: None, reason } => {
                write!(f, "{reason}: no packet filter")
            }
            Event::FilterStays { filter, obstacle } => {
                write!(f, "{obstacle}; ")?;
                match filter {
                    Some(filter) => write!(f, "the packet filter stays {filter}"),
                    None => f.write_str("there is still no packet filter"),
                }
            }
            Event::Ended { cause } => write!(f, "{cause}"),
        }
    }
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Interruption::Silence(duration) => {
                write!(f, "nothing heard from the ingest for {} ms", duration.as_millis())
            }
            Interruption::ClosedByPeer => f.write_str("the ingest closed the connection"),
            Interruption::NetworkLost => f.write_str("the network is gone"),
        }
    }
}

impl fmt::Display for FilterReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FilterReason::Losses => "more is lost than can be sent again in time",
            FilterReason::OtherLosses => "the losses are of another kind than before",
            FilterReason::FewLosses => "what is lost can be sent again in time",
        })
    }
}

impl fmt::Display for FilterObstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FilterObstacle::Refused(rejection) => {
                write!(f, "the ingest refused another packet filter: {rejection}")
            }
            FilterObstacle::NoAnswer => f.write_str(
                "the ingest does not answer a second connection, which another packet filter takes",
            ),
            FilterObstacle::Closed => {
                f.write_str("the ingest closed the connection with another packet filter")
            }
        }
    }
}

impl TargetReason {
    /// Whether the frame rate or the size changes, rather than the bitrate alone.
    const fn is_about_pictures(self) -> bool {
        matches!(
            self,
            Self::FewerPictures
                | Self::SmallerPictures
                | Self::MorePictures
                | Self::LargerPictures
                | Self::Unchangeable
        )
    }
}

impl fmt::Display for TargetReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TargetReason::Congestion => "the uplink is congested, bitrate lowered",
            TargetReason::Loss => "too many packets are lost, bitrate lowered",
            TargetReason::Recovery => "the uplink has room, bitrate raised",
            TargetReason::FewerPictures => {
                "the uplink carries too little for so many pictures, frame rate lowered"
            }
            TargetReason::SmallerPictures => {
                "the uplink carries too little for pictures of this size, size lowered"
            }
            TargetReason::MorePictures => "the uplink has had room for a while, frame rate raised",
            TargetReason::LargerPictures => "the uplink has had room for a while, size raised",
            TargetReason::LessSound => {
                "the uplink carries too little for so much sound, which takes less"
            }
            TargetReason::MoreSound => {
                "the uplink has had room for a while, sound takes more again"
            }
            TargetReason::Unchangeable => {
                "the encoder does not change its pictures, and is left with what was asked for"
            }
            TargetReason::Reconnected => "new connection, bitrate set",
            TargetReason::Asked => "bitrate set as asked",
        })
    }
}

impl fmt::Display for EndCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EndCause::Stopped => f.write_str("stopped as asked"),
            EndCause::Refused(rejection) => write!(f, "the ingest refused: {rejection}"),
            EndCause::Unreachable(duration) => write!(
                f,
                "the ingest did not answer for {:.1} s: check address and port, and that it is \
                 running and reachable by UDP",
                duration.as_secs_f64()
            ),
        }
    }
}

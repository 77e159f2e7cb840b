//! How a broadcast is doing, as one value.

use std::time::Duration;

use crate::units::{Bitrate, ByteCount};

/// Where a broadcast is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// The first handshake is under way; nothing has been carried yet.
    #[default]
    Connecting,
    /// The ingest takes the stream.
    Live,
    /// The ingest fell silent or closed; a new handshake is under way or waits for its turn.
    Recovering,
    /// Over: as asked, or because going on is pointless.
    Ended,
}

impl State {
    /// The state's name in machine-readable reports.
    pub const fn name(self) -> &'static str {
        match self {
            State::Connecting => "connecting",
            State::Live => "live",
            State::Recovering => "recovering",
            State::Ended => "ended",
        }
    }
}

/// How a broadcast is doing at one moment.
///
/// Rates are means over the last second; counts are totals since the broadcast began, over all
/// its connections.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// Where the broadcast is in its life.
    pub state: State,
    /// Round-trip time, smoothed; nothing before the first is measured.
    pub round_trip_time: Option<Duration>,
    /// What the video encoder is asked for.
    pub target: Bitrate,
    /// What the encoders produce: access units, sound included.
    pub produced: Bitrate,
    /// What the encoder of the sound is asked for; zero where there is none.
    pub audio_target: Bitrate,
    /// What it produces.
    pub audio_produced: Bitrate,
    /// What goes on the wire: every byte of every datagram, headers of UDP and IP not counted.
    pub sent: Bitrate,
    /// How long the oldest access unit in the queue has waited, or zero.
    pub queue: Duration,
    /// From a frame's capture to its last packet's departure, for the last frame that left.
    pub glass_to_wire: Option<Duration>,
    /// How much later than its picture sound arrives at the session, relative to what their
    /// timestamps say, in microseconds: positive when sound comes later. Zero is in step.
    pub audio_video_offset_micros: Option<i64>,
    /// Counts since the broadcast began.
    pub totals: Totals,
}

/// What a broadcast did since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Data packets sent for the first time.
    pub packets_sent: u64,
    /// Packets that the receiver reported lost, each once, whether recovered later or not.
    pub packets_lost: u64,
    /// Packets sent again.
    pub packets_retransmitted: u64,
    /// Packets given up, never to arrive.
    pub packets_dropped: u64,
    /// Every byte of every datagram sent.
    pub bytes_sent: ByteCount,
    /// Bytes of access units that the encoders delivered.
    pub bytes_produced: ByteCount,
    /// Pictures that the encoder delivered.
    pub video_frames: u64,
    /// Pictures dropped from the queue because the uplink carried less than was produced.
    pub video_frames_dropped: u64,
    /// Frames of sound dropped from the queue, which only happens when it holds nothing else.
    pub audio_frames_dropped: u64,
    /// Connections lost and made again.
    pub reconnections: u32,
}

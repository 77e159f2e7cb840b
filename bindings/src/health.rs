//! How a broadcast is doing, as one value.

use std::time::Duration;

use golive::LinkState;
use golive::session::State;

/// Where a broadcast is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum BroadcastState {
    /// It has not been started.
    Prepared,
    /// The first handshake is under way.
    Connecting,
    /// The ingest takes the stream.
    Live,
    /// The connection is lost, and a new one is being made.
    Recovering,
    /// It is over.
    Ended,
}

/// How a broadcast is doing at one moment: rates are means over the last second, counts are totals
/// since it began, over all its connections.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct Health {
    /// Where it is in its life.
    pub state: BroadcastState,
    /// Round-trip time, smoothed; nothing before the first is measured.
    pub round_trip_time_us: Option<u64>,
    /// What the video encoder is asked for.
    pub video_target_bits_per_second: u64,
    /// What the encoder of the sound is asked for.
    pub audio_target_bits_per_second: u64,
    /// What the encoders produce together.
    pub produced_bits_per_second: u64,
    /// Of that, sound.
    pub audio_produced_bits_per_second: u64,
    /// What goes on the wire, headers of UDP and IP not counted.
    pub sent_bits_per_second: u64,
    /// How long the oldest frame in the queue has waited.
    pub queue_ms: u64,
    /// From a frame's capture to its last packet's departure.
    pub glass_to_wire_us: Option<u64>,
    /// How much later than its picture sound arrives, relative to what their timestamps say.
    pub audio_video_offset_us: Option<i64>,
    /// Data packets sent for the first time.
    pub packets_sent: u64,
    /// Packets that the ingest reported lost, recovered later or not.
    pub packets_lost: u64,
    /// Packets sent again.
    pub packets_retransmitted: u64,
    /// Packets given up.
    pub packets_dropped: u64,
    /// Every byte of every datagram sent.
    pub sent_bytes: u64,
    /// Bytes of encoded media.
    pub produced_bytes: u64,
    /// Pictures that the encoder delivered.
    pub video_frames: u64,
    /// Pictures dropped because the uplink carried less than was produced.
    pub video_frames_dropped: u64,
    /// Frames of sound dropped, which only happens when nothing else waits.
    pub audio_frames_dropped: u64,
    /// Connections lost and made again.
    pub reconnections: u32,
    /// Pictures that the source delivered.
    pub frames_captured: u64,
    /// The networks that are used at once, if any were named.
    pub networks: Vec<NetworkHealth>,
}

/// How one of several networks is doing.
#[derive(Clone, Debug, PartialEq, uniffi::Record)]
pub struct NetworkHealth {
    /// The address that this device has on it.
    pub address: String,
    /// Whether it carries, or could.
    pub is_live: bool,
    /// Round-trip time, smoothed; nothing before the first is measured.
    pub round_trip_time_us: Option<u64>,
    /// What it is found to carry, at least.
    pub capacity_bits_per_second: u64,
    /// What leaves on it.
    pub sent_bits_per_second: u64,
    /// Its share of the media packets of the last second, 0.0 to 1.0.
    pub share: f64,
    /// The share of its packets that is lost, 0.0 to 1.0.
    pub loss: f64,
    /// Everything sent and received on it.
    pub bytes: u64,
    /// What it may cost, if there is a bound.
    pub budget_bytes: Option<u64>,
}

impl From<State> for BroadcastState {
    fn from(state: State) -> Self {
        match state {
            State::Connecting => Self::Connecting,
            State::Live => Self::Live,
            State::Recovering => Self::Recovering,
            State::Ended => Self::Ended,
        }
    }
}

impl From<golive::Health> for Health {
    fn from(health: golive::Health) -> Self {
        let golive::Health { link, encoder, networks } = health;
        let totals = link.totals;
        Self {
            state: link.state.into(),
            round_trip_time_us: link.round_trip_time.map(micros),
            video_target_bits_per_second: link.target.as_bits_per_second(),
            audio_target_bits_per_second: link.audio_target.as_bits_per_second(),
            produced_bits_per_second: link.produced.as_bits_per_second(),
            audio_produced_bits_per_second: link.audio_produced.as_bits_per_second(),
            sent_bits_per_second: link.sent.as_bits_per_second(),
            queue_ms: millis(link.queue),
            glass_to_wire_us: link.glass_to_wire.map(micros),
            audio_video_offset_us: link.audio_video_offset_micros,
            packets_sent: totals.packets_sent,
            packets_lost: totals.packets_lost,
            packets_retransmitted: totals.packets_retransmitted,
            packets_dropped: totals.packets_dropped,
            sent_bytes: totals.bytes_sent.as_u64(),
            produced_bytes: totals.bytes_produced.as_u64(),
            video_frames: totals.video_frames,
            video_frames_dropped: totals.video_frames_dropped,
            audio_frames_dropped: totals.audio_frames_dropped,
            reconnections: totals.reconnections,
            frames_captured: encoder.frames_captured,
            networks: networks.into_iter().map(NetworkHealth::from).collect(),
        }
    }
}

impl Health {
    /// Of a broadcast that has not begun, or never could.
    pub(crate) fn without_link(state: BroadcastState) -> Self {
        Self { state, ..golive::Health::default().into() }
    }
}

impl From<golive::NetworkHealth> for NetworkHealth {
    fn from(health: golive::NetworkHealth) -> Self {
        Self {
            address: health.address.to_string(),
            is_live: health.state == LinkState::Live,
            round_trip_time_us: health.round_trip_time.map(micros),
            capacity_bits_per_second: health.capacity.as_bits_per_second(),
            sent_bits_per_second: health.sent.as_bits_per_second(),
            share: health.share,
            loss: health.loss,
            bytes: health.bytes.as_u64(),
            budget_bytes: health.budget.map(|budget| budget.as_u64()),
        }
    }
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

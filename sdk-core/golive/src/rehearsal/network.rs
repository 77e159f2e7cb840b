//! What a network in a rehearsal is like.

use std::time::Duration;

use golive_netlab::network::{Conditions, Loss, RateLimit};
use golive_proto::units::{Bitrate, ByteCount};

/// A network: what its uplink carries, how long it takes, and what is lost. The way back is as long
/// and loses as much, and carries all that an ingest says.
///
/// The ones with a name are of the size that people meet; none was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network {
    /// What the uplink carries; nothing passes where there is none.
    bitrate: Option<Bitrate>,
    round_trip_time: Duration,
    jitter: Duration,
    loss: Loss,
    queue: Duration,
}

impl Network {
    /// Wi-Fi at home: 20 Mb/s, 20 ms, a packet lost in a thousand.
    pub const fn wifi() -> Self {
        Self::like(Bitrate::from_kilobits_per_second(20_000), Duration::from_millis(20))
            .with_jitter(Duration::from_millis(4))
            .with_loss(0.001)
    }

    /// Cellular where it is good: 8 Mb/s, 60 ms, three packets lost in a thousand.
    pub const fn lte() -> Self {
        Self::like(Bitrate::from_kilobits_per_second(8_000), Duration::from_millis(60))
            .with_jitter(Duration::from_millis(10))
            .with_loss(0.003)
    }

    /// Cellular at its edge: 700 kb/s, 140 ms, two packets lost in a hundred, and a deep queue.
    pub const fn poor_cellular() -> Self {
        Self::like(Bitrate::from_kilobits_per_second(700), Duration::from_millis(140))
            .with_jitter(Duration::from_millis(20))
            .with_loss(0.02)
            .with_queue(Duration::from_millis(800))
    }

    /// None: nothing passes.
    pub const fn none() -> Self {
        let network = Self::like(Bitrate::ZERO, Duration::ZERO);
        Self { bitrate: None, ..network }
    }

    /// One that carries so much in this round-trip time, loses nothing, and queues for 300 ms before
    /// its bottleneck. One that carries nothing is none; 100 Gb/s and a minute are the most of any
    /// rate and time here.
    pub const fn like(bitrate: Bitrate, round_trip_time: Duration) -> Self {
        let bitrate = if bitrate.as_bits_per_second() == 0 { None } else { Some(bitrate) };
        Self {
            bitrate,
            round_trip_time,
            jitter: Duration::ZERO,
            loss: Loss::random(0.0),
            queue: Duration::from_millis(300),
        }
    }

    /// Loses this share of all packets both ways, 0.0 to 1.0, each for itself.
    #[must_use]
    pub const fn with_loss(self, share: f64) -> Self {
        Self { loss: Loss::random(share.clamp(0.0, 1.0)), ..self }
    }

    /// Lets packets wait for so long before the bottleneck, and drops what would wait longer.
    #[must_use]
    pub const fn with_queue(self, queue: Duration) -> Self {
        Self { queue, ..self }
    }

    /// Takes up to so much longer for each packet, evenly distributed; they stay in order.
    #[must_use]
    pub const fn with_jitter(self, jitter: Duration) -> Self {
        Self { jitter, ..self }
    }

    pub(super) fn uplink(self) -> Conditions {
        let queue = |bitrate: Bitrate| bitrate.bytes_in(bounded(self.queue)).max(LEAST_QUEUE);
        let limit = |bitrate| RateLimit { bitrate, queue: queue(bitrate) };
        let rate = self.bitrate.map(|bitrate| limit(bitrate.min(FASTEST)));
        Conditions { rate, ..self.downlink() }
    }

    pub(super) fn downlink(self) -> Conditions {
        let loss = if self.bitrate.is_some() { self.loss } else { Loss::BLACKOUT };
        let jitter = bounded(self.jitter);
        let delay = bounded(self.round_trip_time) / 2;
        Conditions { jitter, ..Conditions::delay(delay) }.with_loss(loss)
    }
}

/// Nothing takes longer on a network, whatever was said.
fn bounded(duration: Duration) -> Duration {
    duration.min(LONGEST)
}

const LONGEST: Duration = Duration::from_secs(60);
const FASTEST: Bitrate = Bitrate::from_kilobits_per_second(100_000_000);
/// Some packets, which any queue holds.
const LEAST_QUEUE: ByteCount = ByteCount::new(8_192);

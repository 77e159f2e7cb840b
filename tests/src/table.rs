//! The reference table: networks over which libsrt has been measured.

use std::time::Duration;

use crate::network::{Conditions, Loss, Path};

/// A network, and the latency that is asked of SRT over it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Both ways.
    pub loss: Loss,
    /// There and back.
    pub rtt: Duration,
    /// Of both ends.
    pub latency: Duration,
}

/// Loss both ways, in bursts of three but for the first row.
pub const ROWS: [Row; 5] = [
    row(Loss::random(0.10), 100, 120),
    row(Loss::bursty(0.10, 3.0), 100, 120),
    row(Loss::bursty(0.10, 3.0), 100, 200),
    row(Loss::bursty(0.20, 3.0), 100, 200),
    row(Loss::bursty(0.05, 3.0), 200, 250),
];

/// Where nothing may be lost.
pub const LOSSLESS: Row = row(Loss::random(0.05), 40, 250);

/// A row of so much loss, and milliseconds of round trip and latency.
pub const fn row(loss: Loss, rtt: u64, latency: u64) -> Row {
    Row { loss, rtt: Duration::from_millis(rtt), latency: Duration::from_millis(latency) }
}

impl Row {
    /// The network with this seed.
    pub fn path(self, seed: u64) -> Path {
        Path::symmetric(self.conditions(), seed)
    }

    /// One way of it.
    pub fn conditions(self) -> Conditions {
        Conditions::delay(self.rtt / 2).with_loss(self.loss)
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rtt, latency) = (self.rtt.as_millis(), self.latency.as_millis());
        let kind = if self.loss.burst > 1.0 { "in bursts" } else { "random" };
        write!(f, "{} % {kind}, RTT {rtt} ms, latency {latency} ms", self.loss.mean * 100.0)
    }
}

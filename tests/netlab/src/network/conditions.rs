//! What a direction of a path is like, as values and as text.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use golive_proto::units::{Bitrate, ByteCount};

use super::Trace;

/// What one direction of a path does to packets. The default is a perfect wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    /// How long every packet is under way.
    pub delay: Duration,
    /// Up to this much more, evenly distributed; packets stay in order.
    pub jitter: Duration,
    /// Packets that never arrive.
    pub loss: Loss,
    /// The share of packets that arrive twice, 0.0 to 1.0; the second copy 1 ms after the first.
    pub duplicated: f64,
    /// The share of packets that are held back for a further 20 ms and overtaken by later ones,
    /// 0.0 to 1.0.
    pub reordered: f64,
    /// The bottleneck, if there is one.
    pub rate: Option<RateLimit>,
    /// A bottleneck whose rate was recorded, beyond the first. It has no place in the text.
    pub trace: Option<TraceLimit>,
}

/// Random loss.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// The share of packets lost in the long run, 0.0 to 1.0.
    pub mean: f64,
    /// The mean number of packets lost in a row, as a Gilbert-Elliott chain whose bad state loses
    /// everything and whose good state loses nothing. At one or less, each packet is lost or not
    /// for itself.
    pub burst: f64,
}

/// A bottleneck: bytes leave at a rate, wait in a queue, and are dropped when that is full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Of whole datagrams, with 28 bytes of IPv4 and UDP header each.
    pub bitrate: Bitrate,
    /// How much may wait.
    pub queue: ByteCount,
}

/// A bottleneck that carries what a trace says.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceLimit {
    /// When it carries a packet.
    pub trace: Trace,
    /// How much may wait.
    pub queue: ByteCount,
}

impl TraceLimit {
    /// What waits where nobody says how much may: a second at 4 Mb/s.
    pub const QUEUE: ByteCount = ByteCount::new(500_000);
}

impl Loss {
    /// Each packet for itself, with this probability.
    pub const fn random(mean: f64) -> Self {
        Self { mean, burst: 1.0 }
    }

    /// Bursts of `burst` packets on average, `mean` of all packets in the long run.
    pub const fn bursty(mean: f64, burst: f64) -> Self {
        Self { mean, burst }
    }

    /// Nothing gets through.
    pub const BLACKOUT: Loss = Loss { mean: 1.0, burst: 1.0 };
}

impl Conditions {
    /// Nothing but `delay`.
    pub fn delay(delay: Duration) -> Self {
        Self { delay, ..Self::default() }
    }

    /// The same with `loss`.
    pub fn with_loss(self, loss: Loss) -> Self {
        Self { loss, ..self }
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delay={}", self.delay.as_secs_f64() * 1e3)?;
        if !self.jitter.is_zero() {
            write!(f, ",jitter={}", self.jitter.as_secs_f64() * 1e3)?;
        }
        if self.loss.mean > 0.0 {
            write!(f, ",loss={}", self.loss.mean * 100.0)?;
        }
        if self.loss.burst > 1.0 {
            write!(f, ",burst={}", self.loss.burst)?;
        }
        if self.duplicated > 0.0 {
            write!(f, ",duplicated={}", self.duplicated * 100.0)?;
        }
        if self.reordered > 0.0 {
            write!(f, ",reordered={}", self.reordered * 100.0)?;
        }
        if let Some(limit) = self.rate {
            let bits = limit.bitrate.as_bits_per_second();
            write!(f, ",rate={bits},queue={}", limit.queue.as_u64())?;
        }
        Ok(())
    }
}

/// What a person typed does not describe a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` does not describe a network: write pairs such as delay=20,jitter=5,loss=5,burst=3,\
     duplicated=1,reordered=1,rate=5M,queue=65536 (milliseconds, per cent, packets, bits a \
     second, bytes)"
)]
pub struct ParseConditionsError(String);

/// The queue of a rate limit for which none is named: 64 KiB, 100 ms at 5 Mb/s.
const DEFAULT_QUEUE: ByteCount = ByteCount::new(65_536);

/// Reads what [`Display`](fmt::Display) writes: milliseconds, per cent, packets, bits a second
/// and bytes.
impl FromStr for Conditions {
    type Err = ParseConditionsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| ParseConditionsError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Conditions> {
    let mut conditions = Conditions { loss: Loss::random(0.0), ..Conditions::default() };
    let mut bitrate = None;
    let mut queue = DEFAULT_QUEUE;
    for pair in text.split(',').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=')?;
        match key {
            "delay" => conditions.delay = milliseconds(value)?,
            "jitter" => conditions.jitter = milliseconds(value)?,
            "loss" => conditions.loss.mean = share(value)?,
            "burst" => conditions.loss.burst = number(value, 1.0, 1e6)?,
            "duplicated" => conditions.duplicated = share(value)?,
            "reordered" => conditions.reordered = share(value)?,
            "rate" => bitrate = Some(value.parse().ok()?),
            "queue" => queue = ByteCount::new(value.parse().ok()?),
            _ => return None,
        }
    }
    conditions.rate = bitrate.map(|bitrate| RateLimit { bitrate, queue });
    Some(conditions)
}

fn milliseconds(text: &str) -> Option<Duration> {
    number(text, 0.0, 1e7).map(|millis| Duration::from_secs_f64(millis / 1e3))
}

fn share(text: &str) -> Option<f64> {
    number(text, 0.0, 100.0).map(|percent| percent / 100.0)
}

fn number(text: &str, least: f64, most: f64) -> Option<f64> {
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "delay=0",
            "delay=20,jitter=5,loss=5,burst=3,duplicated=1,reordered=2,rate=5000000,queue=9000",
        ] {
            assert_eq!(text.parse::<Conditions>().unwrap().to_string(), text);
        }
        for text in ["delay", "loss=101", "delay=-1", "speed=3", "burst=NaN", "rate=fast"] {
            assert!(text.parse::<Conditions>().is_err(), "{text}");
        }
    }
}

//! What health is made of: rates over the last second, and totals.

use std::time::Duration;

use super::health::Totals;
use crate::media::{AccessUnit, Track};
use crate::pace::Dropped;
use crate::rate::WindowedRate;
use crate::transport::srt;
use crate::units::{Bitrate, ByteCount, Time};

/// Counts and windows over what the session saw.
#[derive(Debug)]
pub(super) struct Meter {
    epoch: Time,
    produced: WindowedRate,
    audio_produced: WindowedRate,
    audio_bytes: ByteCount,
    sent: WindowedRate,
    totals: Totals,
    glass_to_wire: Option<Duration>,
    video_delay_micros: Option<i64>,
    audio_delay_micros: Option<i64>,
}

/// Rates are means over this long.
const RATE_WINDOW: Duration = Duration::from_secs(1);
/// The share of a new value in a smoothed one.
const SMOOTHING: i64 = 16;

impl Meter {
    pub(super) fn new(epoch: Time) -> Self {
        Self {
            epoch,
            produced: WindowedRate::new(RATE_WINDOW),
            audio_produced: WindowedRate::new(RATE_WINDOW),
            audio_bytes: ByteCount::ZERO,
            sent: WindowedRate::new(RATE_WINDOW),
            totals: Totals::default(),
            glass_to_wire: None,
            video_delay_micros: None,
            audio_delay_micros: None,
        }
    }

    /// An encoder delivered a unit.
    pub(super) fn produced(&mut self, now: Time, unit: &AccessUnit) {
        self.totals.bytes_produced += unit.data.len().into();
        self.produced.add(now, self.totals.bytes_produced);
        let delay = self.delay_micros(now, unit);
        let smoothed = match unit.track {
            Track::Video => {
                self.totals.video_frames += 1;
                &mut self.video_delay_micros
            }
            Track::Audio => {
                self.audio_bytes += unit.data.len().into();
                self.audio_produced.add(now, self.audio_bytes);
                &mut self.audio_delay_micros
            }
        };
        *smoothed = Some(smoothed.map_or(delay, |old| old + (delay - old) / SMOOTHING));
    }

    /// The queue dropped frames.
    pub(super) fn dropped(&mut self, dropped: Dropped) {
        self.totals.video_frames_dropped += u64::from(dropped.video + dropped.undecodable);
        self.totals.audio_frames_dropped += u64::from(dropped.audio);
    }

    /// The last packet of a unit that was captured at this position left.
    pub(super) fn left(&mut self, now: Time, captured_micros: i64) {
        let delay = self.since_epoch(now).saturating_sub(captured_micros);
        self.glass_to_wire = Some(Duration::from_micros(u64::try_from(delay).unwrap_or(0)));
    }

    /// A datagram left.
    pub(super) fn transmitted(&mut self, now: Time, bytes: usize) {
        self.totals.bytes_sent += bytes.into();
        self.sent.add(now, self.totals.bytes_sent);
    }

    pub(super) fn reconnected(&mut self) {
        self.totals.reconnections += 1;
    }

    /// Brings the windows up to date, so that a rate falls when nothing happens.
    pub(super) fn advance(&mut self, now: Time) {
        self.produced.add(now, self.totals.bytes_produced);
        self.audio_produced.add(now, self.audio_bytes);
        self.sent.add(now, self.totals.bytes_sent);
    }

    pub(super) fn produced_rate(&self) -> Bitrate {
        self.produced.rate()
    }

    pub(super) fn audio_produced_rate(&self) -> Bitrate {
        self.audio_produced.rate()
    }

    pub(super) fn sent_rate(&self) -> Bitrate {
        self.sent.rate()
    }

    /// What was counted here, beside what the connections counted.
    pub(super) fn totals(&self, connections: Totals) -> Totals {
        Totals {
            packets_sent: connections.packets_sent,
            packets_lost: connections.packets_lost,
            packets_retransmitted: connections.packets_retransmitted,
            packets_dropped: connections.packets_dropped,
            ..self.totals
        }
    }

    pub(super) fn glass_to_wire(&self) -> Option<Duration> {
        self.glass_to_wire
    }

    /// How much longer sound takes from its timestamp to the session than pictures do.
    pub(super) fn audio_video_offset_micros(&self) -> Option<i64> {
        Some(self.audio_delay_micros? - self.video_delay_micros?)
    }

    fn delay_micros(&self, now: Time, unit: &AccessUnit) -> i64 {
        self.since_epoch(now).saturating_sub(unit.pts.as_micros())
    }

    fn since_epoch(&self, now: Time) -> i64 {
        i64::try_from(now.since(self.epoch).as_micros()).unwrap_or(i64::MAX)
    }
}

impl Totals {
    /// Adds what a connection counted.
    pub(super) fn add(&mut self, connection: &srt::Statistics) {
        self.packets_sent += connection.packets_sent;
        self.packets_lost += connection.packets_reported_lost;
        self.packets_retransmitted += connection.packets_retransmitted;
        self.packets_dropped += connection.packets_dropped;
    }
}

//! How a broadcast is doing, in the form in which pages read it.

use serde::{Deserialize, Serialize};

/// The link from the broadcaster, as the ingest's end of it sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LinkHealth {
    /// Round-trip time, smoothed, in milliseconds.
    pub rtt_ms: Option<f64>,
    /// How long the ingest holds packets back, in milliseconds, as negotiated.
    pub latency_ms: Option<f64>,
    /// Data packets that came, repeats not counted.
    pub packets_received: u64,
    /// Packets that were missed at first, recovered later or not.
    pub packets_lost: u64,
    /// Packets that were missed and came in time after all.
    pub packets_recovered: u64,
    /// Packets that never came, or too late.
    pub packets_dropped: u64,
    /// Whether the link is encrypted.
    pub encrypted: bool,
}

/// What a broadcaster says of itself, once a second. Anything else in its report is left out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct BroadcasterReport {
    /// Where the broadcast is in its life, such as `live` or `recovering`.
    pub state: Option<String>,
    /// Round-trip time, in milliseconds.
    pub rtt_ms: Option<f64>,
    /// What the video encoder is asked for, in kb/s.
    pub target_kbps: Option<f64>,
    /// What the encoders produce, in kb/s.
    pub produced_kbps: Option<f64>,
    /// What the encoder of the sound is asked for, in kb/s.
    pub audio_target_kbps: Option<f64>,
    /// What it produces, in kb/s.
    pub audio_produced_kbps: Option<f64>,
    /// What goes on the wire, in kb/s.
    pub sent_kbps: Option<f64>,
    /// Packets reported lost, before recovery.
    pub packets_lost: Option<u64>,
    /// Packets sent again.
    pub packets_retransmitted: Option<u64>,
    /// Packets given up.
    pub packets_dropped: Option<u64>,
    /// How long the oldest frame waits to be sent, in milliseconds.
    pub queue_ms: Option<f64>,
    /// Pictures captured.
    pub frames_captured: Option<u64>,
    /// Pictures encoded.
    pub frames_encoded: Option<u64>,
    /// Pictures dropped.
    pub frames_dropped: Option<u64>,
    /// How much later than the picture sound comes, in milliseconds.
    pub av_offset_ms: Option<f64>,
    /// From capture to the wire, in milliseconds.
    pub glass_to_wire_ms: Option<f64>,
}

impl BroadcasterReport {
    /// The longest report that is read.
    pub const MAX_LENGTH: usize = 4_096;

    /// Reads a report; nothing if it is too long or not one.
    pub fn parse(json: &[u8]) -> Option<Self> {
        if json.len() > Self::MAX_LENGTH {
            return None;
        }
        let mut report: Self = serde_json::from_slice(json).ok()?;
        // A state is a word; whatever else stands there is not shown to anybody.
        report.state = report.state.filter(|state| {
            state.len() <= 16 && state.bytes().all(|byte| byte.is_ascii_lowercase())
        });
        Some(report)
    }
}

/// A broadcast, as pages read it once a second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Health {
    /// Whether a broadcaster is there now.
    pub(crate) live: bool,
    /// For how long it has been, or has not been, in milliseconds.
    pub(crate) since_ms: u64,
    /// How many watch.
    pub(crate) viewers: usize,
    pub(crate) media: MediaHealth,
    /// How many broadcasters' connections there have been, reconnections included.
    pub(crate) connections: u64,
    pub(crate) link: Option<LinkHealth>,
    pub(crate) broadcaster: Option<BroadcasterReport>,
}

/// What arrives, measured here.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct MediaHealth {
    /// All of it, transport stream included.
    pub(crate) kbps: f64,
    /// What of it cannot be shown, and why.
    pub(crate) unplayable: Option<String>,
    pub(crate) video: Option<VideoHealth>,
    pub(crate) audio: Option<AudioHealth>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct VideoHealth {
    pub(crate) codec: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) fps: f64,
    pub(crate) kbps: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct AudioHealth {
    pub(crate) codec: String,
    pub(crate) sample_rate: u32,
    pub(crate) channels: u8,
    pub(crate) kbps: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_and_what_is_unknown_in_it_is_left_out() {
        let json = br#"{"state":"live","rtt_ms":12.5,"packets_lost":3,"t_s":9,"key":"sesame"}"#;
        let report = BroadcasterReport::parse(json).unwrap();
        assert_eq!(report.state.as_deref(), Some("live"));
        assert_eq!((report.rtt_ms, report.packets_lost), (Some(12.5), Some(3)));
        let passed_on = serde_json::to_string(&report).unwrap();
        assert!(!passed_on.contains("sesame"));
    }

    #[test]
    fn a_report_that_is_none_is_ignored() {
        for json in [&b"["[..], b"\xff", br#"{"rtt_ms":"soon"}"#, b"", b"7"] {
            assert_eq!(BroadcasterReport::parse(json), None);
        }
        let long = format!("{{\"state\":\"{}\"}}", "x".repeat(5_000));
        assert_eq!(BroadcasterReport::parse(long.as_bytes()), None);
        let markup = br#"{"state":"<b>live</b>"}"#;
        assert_eq!(BroadcasterReport::parse(markup).unwrap().state, None);
    }
}

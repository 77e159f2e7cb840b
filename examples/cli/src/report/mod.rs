//! Health in numbers, as `--json` prints it. `docs/json.md` documents every field.

mod broadcast;

use std::time::Duration;

use golive_proto::units::{Bitrate, ByteCount};
use serde::Serialize;
use serde_json::{Map, Value};

/// How a broadcast is doing at one moment. What is not known is nothing, and prints as `null`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Report {
    /// Seconds since the command began.
    pub(crate) t_s: f64,
    /// `connecting`, `live`, `recovering` or `ended`.
    pub(crate) state: &'static str,
    /// Round-trip time.
    pub(crate) rtt_ms: Option<f64>,
    /// What the video encoder is asked for.
    pub(crate) target_kbps: Option<u64>,
    /// What the encoders, or the input, produce.
    pub(crate) produced_kbps: Option<u64>,
    /// What the encoder of the sound is asked for.
    pub(crate) audio_target_kbps: Option<u64>,
    /// What it produces.
    pub(crate) audio_produced_kbps: Option<u64>,
    /// All bytes on the wire.
    pub(crate) sent_kbps: Option<u64>,
    /// Data packets sent for the first time.
    pub(crate) packets_sent: Option<u64>,
    /// Packets reported lost, before recovery.
    pub(crate) packets_lost: Option<u64>,
    /// Packets sent again.
    pub(crate) packets_retransmitted: Option<u64>,
    /// Packets given up, never to arrive.
    pub(crate) packets_dropped: Option<u64>,
    /// How long the oldest media waiting to be sent has waited.
    pub(crate) queue_ms: Option<f64>,
    /// Pictures taken from the source.
    pub(crate) frames_captured: Option<u64>,
    /// Pictures that the encoder delivered.
    pub(crate) frames_encoded: Option<u64>,
    /// Pictures dropped, before the encoder or after it.
    pub(crate) frames_dropped: Option<u64>,
    /// How much later than its picture sound arrives; positive when sound comes later.
    pub(crate) av_offset_ms: Option<f64>,
    /// From a frame's capture to its last packet's departure.
    pub(crate) glass_to_wire_ms: Option<f64>,
    /// The networks that are used at once; none where there is only one.
    pub(crate) networks: Vec<NetworkReport>,
}

/// How one of several networks is doing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct NetworkReport {
    /// The address that this device has on it.
    pub(crate) address: String,
    /// `joining`, `live`, `silent`, `leaving` or `spent`.
    pub(crate) state: &'static str,
    /// Round-trip time.
    pub(crate) rtt_ms: Option<f64>,
    /// All bytes that leave on it, headers included.
    pub(crate) sent_kbps: u64,
    /// Its share of the media, in per cent.
    pub(crate) share_percent: f64,
    /// What it is found to carry.
    pub(crate) capacity_kbps: u64,
    /// The share of its packets that is lost, in per cent.
    pub(crate) loss_percent: f64,
    /// Everything sent and received on it.
    pub(crate) bytes: u64,
    /// What it may cost.
    pub(crate) budget_bytes: Option<u64>,
}

impl Report {
    /// Nothing is known yet.
    pub(crate) fn connecting() -> Self {
        Self { state: "connecting", ..Self::default() }
    }
}

/// The last report. Its rates are means over the whole time on air.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct FinalReport {
    /// Counts of the whole broadcast, and mean rates.
    #[serde(flatten)]
    pub(crate) report: Report,
    /// Always true: this is the last line.
    pub(crate) r#final: bool,
    /// Why it ended, in words.
    pub(crate) cause: String,
    /// Seconds on air, from the first moment to the last.
    pub(crate) live_s: f64,
    /// Every byte of every datagram sent.
    pub(crate) bytes_sent: Option<u64>,
    /// Bytes that the encoders, or the input, delivered.
    pub(crate) bytes_produced: Option<u64>,
    /// Connections lost and made again.
    pub(crate) reconnections: Option<u32>,
    /// The status with which the command exits.
    pub(crate) exit_status: u8,
}

/// Something that happened, between two reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct EventReport {
    /// Seconds since the command began.
    pub(crate) t_s: f64,
    /// Which event, in one word.
    pub(crate) event: &'static str,
    /// What happened, for a person.
    pub(crate) message: String,
    /// What else there is to know about this kind of event.
    #[serde(flatten)]
    pub(crate) details: Map<String, Value>,
    /// How it is shown to a person.
    #[serde(skip)]
    pub(crate) tone: Tone,
}

/// How much an event is worth a person's attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It is as it should be.
    #[default]
    Plain,
    /// Good news.
    Good,
    /// Something is wrong and being dealt with.
    Warning,
    /// Only programs are told: a person sees the same in another place.
    Silent,
}

impl EventReport {
    /// An event of no further details, at the beginning of time.
    pub(crate) fn new(event: &'static str, tone: Tone, message: impl Into<String>) -> Self {
        Self { t_s: 0.0, event, message: message.into(), details: Map::new(), tone }
    }

    /// The same with one detail more.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// Seconds, to a thousandth.
pub(crate) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e3).round() / 1e3
}

/// Milliseconds, to a hundredth.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e5).round() / 1e2
}

/// A share as per cent, to a tenth.
pub(crate) fn percent(share: f64) -> f64 {
    (share * 1e3).round() / 10.0
}

/// Signed microseconds as milliseconds, to a hundredth.
pub(crate) fn signed_millis(micros: i64) -> f64 {
    (micros as f64 / 10.0).round() / 1e2
}

/// The mean rate of `bytes` over `duration`.
pub(crate) fn mean_kbps(bytes: u64, duration: Duration) -> u64 {
    kbps(Bitrate::average(ByteCount::new(bytes), duration))
}

/// Kilobits a second, to the nearest.
pub(crate) fn kbps(rate: Bitrate) -> u64 {
    rate.saturating_add(Bitrate::from_bits_per_second(500)).as_kilobits_per_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(value: &impl Serialize) -> Vec<String> {
        let text = serde_json::to_string(value).unwrap();
        let Value::Object(object) = serde_json::from_str(&text).unwrap() else {
            panic!("not an object: {text}")
        };
        let mut keys: Vec<String> = object.keys().cloned().collect();
        keys.sort_by_key(|key| text.find(&format!("\"{key}\":")));
        keys
    }

    const FIELDS: [&str; 19] = [
        "t_s",
        "state",
        "rtt_ms",
        "target_kbps",
        "produced_kbps",
        "audio_target_kbps",
        "audio_produced_kbps",
        "sent_kbps",
        "packets_sent",
        "packets_lost",
        "packets_retransmitted",
        "packets_dropped",
        "queue_ms",
        "frames_captured",
        "frames_encoded",
        "frames_dropped",
        "av_offset_ms",
        "glass_to_wire_ms",
        "networks",
    ];

    #[test]
    fn a_report_has_the_promised_fields_in_their_order() {
        assert_eq!(keys(&Report::default()), FIELDS);
    }

    #[test]
    fn what_is_not_known_is_null_and_never_left_out() {
        let report = Report { t_s: 1.0, state: "connecting", ..Report::default() };
        let value = serde_json::to_value(report).unwrap();
        assert_eq!(value["rtt_ms"], Value::Null);
        assert_eq!(value["t_s"], 1.0);
    }

    #[test]
    fn the_last_report_says_so_and_adds_totals() {
        let last = FinalReport { r#final: true, ..FinalReport::default() };
        let expected = ["final", "cause", "live_s", "bytes_sent", "bytes_produced"];
        let names = keys(&last);
        assert_eq!(names[..19], FIELDS);
        assert_eq!(names[19..24], expected);
        assert_eq!(names[24..], ["reconnections", "exit_status"]);
    }

    #[test]
    fn an_event_carries_its_details_beside_its_name() {
        let event = EventReport::new("live", Tone::Good, "live after 12 ms").with("took_ms", 12);
        let value = serde_json::to_value(event).unwrap();
        assert_eq!(value["event"], "live");
        assert_eq!(value["took_ms"], 12);
    }

    #[test]
    fn numbers_are_rounded_to_what_is_meant() {
        assert_eq!(seconds(Duration::from_micros(1_234_567)), 1.235);
        assert_eq!(millis(Duration::from_micros(23_456)), 23.46);
        assert_eq!(signed_millis(-1_239), -1.24);
        assert_eq!(kbps(Bitrate::from_bits_per_second(2_499_600)), 2_500);
    }
}

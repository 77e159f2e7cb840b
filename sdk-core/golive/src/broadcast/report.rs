//! What the broadcaster tells an ingest that understands it: numbers only, nothing about the
//! person or the device.

use std::fmt::Write;
use std::time::Duration;

use super::shared::Health;

/// Health as one JSON object, with the names that `golive to --json` uses.
pub(super) fn to_json(health: &Health) -> String {
    let link = &health.link;
    let totals = &link.totals;
    let numbers = [
        ("rtt_ms", link.round_trip_time.map(millis)),
        ("target_kbps", Some(count(link.target.as_kilobits_per_second()))),
        ("produced_kbps", Some(count(link.produced.as_kilobits_per_second()))),
        ("audio_target_kbps", Some(count(link.audio_target.as_kilobits_per_second()))),
        ("audio_produced_kbps", Some(count(link.audio_produced.as_kilobits_per_second()))),
        ("sent_kbps", Some(count(link.sent.as_kilobits_per_second()))),
        ("packets_sent", Some(count(totals.packets_sent))),
        ("packets_lost", Some(count(totals.packets_lost))),
        ("packets_retransmitted", Some(count(totals.packets_retransmitted))),
        ("packets_dropped", Some(count(totals.packets_dropped))),
        ("queue_ms", Some(millis(link.queue))),
        ("frames_captured", Some(count(health.encoder.frames_captured))),
        ("frames_encoded", Some(count(health.encoder.frames_encoded))),
        ("frames_dropped", Some(count(dropped(health)))),
        ("av_offset_ms", link.audio_video_offset_micros.map(|micros| micros / 1_000)),
        ("glass_to_wire_ms", link.glass_to_wire.map(millis)),
        ("reconnections", Some(i64::from(totals.reconnections))),
        ("bytes_sent", Some(count(totals.bytes_sent.as_u64()))),
    ];
    let mut json = format!("{{\"state\":\"{}\"", link.state.name());
    for (name, number) in numbers {
        // Writing to a string does not fail.
        let _ = match number {
            Some(number) => write!(json, ",\"{name}\":{number}"),
            None => write!(json, ",\"{name}\":null"),
        };
    }
    json.push('}');
    json
}

/// Pictures dropped anywhere: before the encoder, and in the queue.
fn dropped(health: &Health) -> u64 {
    health.encoder.frames_dropped + health.link.totals.video_frames_dropped
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_measured_yet_is_null() {
        let json = to_json(&Health::default());
        assert!(json.starts_with(r#"{"state":"connecting","rtt_ms":null,"#), "{json}");
        assert!(json.ends_with('}'));
    }
}

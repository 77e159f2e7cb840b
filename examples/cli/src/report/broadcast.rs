//! A broadcast's health and events, as reports.

use golive::session::{
    self, EncoderFault, EncoderRemedy, EndCause, FilterReason, Interruption, TargetReason,
};
use golive::srt::PacketFilter;
use golive::{
    Bitrate, DeviceEvent, Event, Health, NetworkEvent, NetworkHealth, RecordingEvent, Summary,
    Track,
};

use super::{
    EventReport, FinalReport, NetworkReport, Report, Tone, kbps, millis, percent, signed_millis,
};

impl From<&Health> for Report {
    fn from(health: &Health) -> Self {
        let (link, encoder) = (&health.link, &health.encoder);
        let totals = &link.totals;
        let has_video = link.target > Bitrate::ZERO;
        let has_audio = link.audio_target > Bitrate::ZERO;
        Self {
            t_s: 0.0,
            state: link.state.name(),
            rtt_ms: link.round_trip_time.map(millis),
            target_kbps: has_video.then(|| kbps(link.target)),
            produced_kbps: Some(kbps(link.produced)),
            audio_target_kbps: has_audio.then(|| kbps(link.audio_target)),
            audio_produced_kbps: has_audio.then(|| kbps(link.audio_produced)),
            sent_kbps: Some(kbps(link.sent)),
            packets_sent: Some(totals.packets_sent),
            packets_lost: Some(totals.packets_lost),
            packets_retransmitted: Some(totals.packets_retransmitted),
            packets_dropped: Some(totals.packets_dropped),
            queue_ms: Some(millis(link.queue)),
            frames_captured: Some(encoder.frames_captured),
            frames_encoded: Some(encoder.frames_encoded),
            frames_dropped: Some(encoder.frames_dropped + totals.video_frames_dropped),
            av_offset_ms: link.audio_video_offset_micros.map(signed_millis),
            glass_to_wire_ms: link.glass_to_wire.map(millis),
            networks: health.networks.iter().map(NetworkReport::from).collect(),
        }
    }
}

impl From<&NetworkHealth> for NetworkReport {
    fn from(network: &NetworkHealth) -> Self {
        Self {
            address: network.address.to_string(),
            state: network.state.name(),
            rtt_ms: network.round_trip_time.map(millis),
            sent_kbps: kbps(network.sent),
            share_percent: percent(network.share),
            capacity_kbps: kbps(network.capacity),
            loss_percent: percent(network.loss),
            bytes: network.bytes.as_u64(),
            budget_bytes: network.budget.map(|budget| budget.as_u64()),
        }
    }
}

impl From<&Summary> for FinalReport {
    fn from(summary: &Summary) -> Self {
        let totals = &summary.health.link.totals;
        Self {
            report: Report::from(&summary.health),
            bytes_sent: Some(totals.bytes_sent.as_u64()),
            bytes_produced: Some(totals.bytes_produced.as_u64()),
            reconnections: Some(totals.reconnections),
            ..Self::default()
        }
    }
}

impl From<&Event> for EventReport {
    fn from(event: &Event) -> Self {
        let message = event.to_string();
        match event {
            Event::Session(event) => session_event(event, message),
            Event::Device(event) => device_event(event, message),
            Event::Network(event) => network_event(event, message),
            Event::Recording(RecordingEvent::Failed { path, cause }) => {
                Self::new("recording_failed", Tone::Warning, message)
                    .with("path", path.display().to_string())
                    .with("cause", cause.as_str())
            }
            _ => Self::new("other", Tone::Plain, message),
        }
    }
}

fn session_event(event: &session::Event, message: String) -> EventReport {
    let new = |name, tone| EventReport::new(name, tone, message);
    match event {
        session::Event::Connecting { attempt } => {
            new("connecting", Tone::Plain).with("attempt", *attempt)
        }
        session::Event::Live { latency, encrypted, took, resumed } => new("live", Tone::Good)
            .with("latency_ms", millis(*latency))
            .with("encrypted", *encrypted)
            .with("took_ms", millis(*took))
            .with("resumed", *resumed),
        session::Event::Recovering { cause } => {
            new("recovering", Tone::Warning).with("cause", interruption(cause))
        }
        session::Event::Returned => new("returned", Tone::Good),
        session::Event::RefusedForNow { rejection } => {
            new("refused_for_now", Tone::Warning).with("cause", rejection.to_string())
        }
        session::Event::TargetChanged { target, reason } => {
            let tone = match reason {
                TargetReason::Congestion
                | TargetReason::Loss
                | TargetReason::FewerPictures
                | TargetReason::SmallerPictures
                | TargetReason::LessSound
                | TargetReason::Unchangeable => Tone::Warning,
                _ => Tone::Plain,
            };
            new("target_changed", tone)
                .with("target_kbps", kbps(target.bitrate))
                .with("fps", target.frame_rate.as_u32())
                .with("size", target.size.to_string())
                .with("audio_kbps", kbps(target.audio_bitrate))
                .with("reason", target_reason(*reason))
        }
        session::Event::Encoder { fault, remedy } => {
            let report = new("encoder_fault", Tone::Warning)
                .with("fault", encoder_fault(fault))
                .with("remedy", encoder_remedy(remedy));
            match fault {
                EncoderFault::Overshoots { wanted: asked, produced }
                | EncoderFault::IgnoresBitrate { told: asked, produced } => {
                    report.with("asked_kbps", kbps(*asked)).with("produced_kbps", kbps(*produced))
                }
                EncoderFault::IgnoresFrameRate { wanted, produced } => {
                    report.with("asked_fps", wanted.as_u32()).with("produced_fps", *produced)
                }
                EncoderFault::IgnoresSize { wanted, produced } => report
                    .with("asked_size", wanted.to_string())
                    .with("produced_size", produced.to_string()),
                EncoderFault::Freezes { lasted, captured } => {
                    report.with("lasted_ms", millis(*lasted)).with("frames_captured", *captured)
                }
                _ => report,
            }
        }
        session::Event::FramesDropped { video, audio } => {
            new("frames_dropped", Tone::Warning).with("video", *video).with("audio", *audio)
        }
        session::Event::FilterChanged { filter, reason } => new("filter_changed", Tone::Plain)
            .with("filter", filter_name(*filter))
            .with("reason", filter_reason(*reason)),
        session::Event::FilterStays { filter, obstacle } => new("filter_stays", Tone::Warning)
            .with("filter", filter_name(*filter))
            .with("cause", obstacle.to_string()),
        session::Event::Ended { cause } => {
            new("ended", Tone::Silent).with("cause", end_cause(cause))
        }
        _ => new("other", Tone::Plain),
    }
}

fn device_event(event: &DeviceEvent, message: String) -> EventReport {
    let new = |name, tone| EventReport::new(name, tone, message);
    match event {
        DeviceEvent::Lost { device, cause } => new("device_lost", Tone::Warning)
            .with("device", device.as_str())
            .with("cause", cause.as_str()),
        DeviceEvent::Back { device } => {
            new("device_back", Tone::Good).with("device", device.as_str())
        }
        DeviceEvent::EncoderFailed { track, cause } => new("encoder_failed", Tone::Warning)
            .with("track", track_name(*track))
            .with("cause", cause.as_str()),
        DeviceEvent::AppFailed { method, cause } => new("app_failed", Tone::Warning)
            .with("method", method.as_str())
            .with("cause", cause.as_str()),
        DeviceEvent::Overrun { track, lost } => new("overrun", Tone::Warning)
            .with("track", track_name(*track))
            .with("lost_ms", millis(*lost)),
        DeviceEvent::SourceEnded { track } => {
            new("source_ended", Tone::Plain).with("track", track_name(*track))
        }
        _ => new("other", Tone::Plain),
    }
}

fn network_event(event: &NetworkEvent, message: String) -> EventReport {
    let (name, tone, address) = match event {
        NetworkEvent::Joined { address } => ("network_joined", Tone::Good, Some(address)),
        NetworkEvent::Silent { address } => ("network_silent", Tone::Warning, Some(address)),
        NetworkEvent::Returned { address } => ("network_returned", Tone::Good, Some(address)),
        NetworkEvent::BudgetSpent { address } => ("budget_spent", Tone::Warning, Some(address)),
        NetworkEvent::Left { address } => ("network_left", Tone::Plain, Some(address)),
        NetworkEvent::Failed { address, .. } => ("network_failed", Tone::Warning, Some(address)),
        NetworkEvent::Opened { address } => ("network_opened", Tone::Good, Some(address)),
        NetworkEvent::Refused => ("networks_refused", Tone::Warning, None),
        _ => ("other", Tone::Plain, None),
    };
    let mut report = EventReport::new(name, tone, message);
    if let Some(address) = address {
        report = report.with("address", address.to_string());
    }
    match event {
        NetworkEvent::Failed { cause, .. } => report.with("cause", cause.as_str()),
        _ => report,
    }
}

fn filter_name(filter: Option<PacketFilter>) -> String {
    filter.map_or_else(|| "none".to_owned(), |filter| filter.to_string())
}

const fn filter_reason(reason: FilterReason) -> &'static str {
    match reason {
        FilterReason::Losses => "losses",
        FilterReason::OtherLosses => "other_losses",
        FilterReason::FewLosses => "few_losses",
        _ => "other",
    }
}

const fn interruption(cause: &Interruption) -> &'static str {
    match cause {
        Interruption::Silence(_) => "silence",
        Interruption::ClosedByPeer => "closed_by_peer",
        Interruption::NetworkLost => "network_lost",
        _ => "other",
    }
}

const fn target_reason(reason: TargetReason) -> &'static str {
    match reason {
        TargetReason::Congestion => "congestion",
        TargetReason::Loss => "loss",
        TargetReason::Recovery => "recovery",
        TargetReason::Reconnected => "reconnected",
        TargetReason::Asked => "asked",
        TargetReason::FewerPictures => "frame_rate_lowered",
        TargetReason::SmallerPictures => "size_lowered",
        TargetReason::MorePictures => "frame_rate_raised",
        TargetReason::LargerPictures => "size_raised",
        TargetReason::LessSound => "sound_lowered",
        TargetReason::MoreSound => "sound_raised",
        TargetReason::Unchangeable => "unchangeable",
        _ => "other",
    }
}

const fn encoder_fault(fault: &EncoderFault) -> &'static str {
    match fault {
        EncoderFault::Overshoots { .. } => "overshoots",
        EncoderFault::IgnoresBitrate { .. } => "ignores_bitrate",
        EncoderFault::IgnoresFrameRate { .. } => "ignores_frame_rate",
        EncoderFault::IgnoresSize { .. } => "ignores_size",
        EncoderFault::Freezes { .. } => "freezes",
        _ => "other",
    }
}

const fn encoder_remedy(remedy: &EncoderRemedy) -> &'static str {
    match remedy {
        EncoderRemedy::ToldLess(_) => "told_less",
        EncoderRemedy::AskedAgain => "asked_again",
        EncoderRemedy::KeyframeRequested => "keyframe_requested",
        EncoderRemedy::Restarted => "restarted",
        EncoderRemedy::Accepted => "accepted",
        _ => "other",
    }
}

const fn end_cause(cause: &EndCause) -> &'static str {
    match cause {
        EndCause::Stopped => "stopped",
        EndCause::Refused(_) => "refused",
        EndCause::Unreachable(_) => "unreachable",
        _ => "other",
    }
}

const fn track_name(track: Track) -> &'static str {
    match track {
        Track::Video => "video",
        Track::Audio => "audio",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn health_becomes_numbers_in_the_units_of_the_field_names() {
        let mut health = Health::default();
        health.link.round_trip_time = Some(Duration::from_micros(23_456));
        health.link.target = Bitrate::from_kilobits_per_second(2_500);
        health.link.audio_target = Bitrate::from_kilobits_per_second(64);
        health.link.queue = Duration::from_millis(12);
        health.link.audio_video_offset_micros = Some(-3_000);
        health.link.totals.video_frames_dropped = 2;
        health.encoder.frames_dropped = 3;
        let report = Report::from(&health);
        assert_eq!(report.state, "connecting");
        assert_eq!(report.rtt_ms, Some(23.46));
        assert_eq!(report.target_kbps, Some(2_500));
        assert_eq!((report.audio_target_kbps, report.audio_produced_kbps), (Some(64), Some(0)));
        assert_eq!(report.queue_ms, Some(12.0));
        assert_eq!(report.av_offset_ms, Some(-3.0));
        assert_eq!(report.frames_dropped, Some(5), "before the encoder and after it");
        assert_eq!(report.glass_to_wire_ms, None);
    }

    #[test]
    fn an_event_tells_people_in_words_and_programs_in_fields() {
        let live = session::Event::Live {
            latency: Duration::from_millis(120),
            encrypted: true,
            took: Duration::from_millis(23),
            resumed: false,
        };
        let report = EventReport::from(&Event::Session(live));
        assert_eq!(report.event, "live");
        assert_eq!(report.tone, Tone::Good);
        assert_eq!(report.details["latency_ms"], 120.0);
        assert_eq!(report.details["encrypted"], true);
        assert!(report.message.contains("live after 23 ms"), "{}", report.message);
    }
}

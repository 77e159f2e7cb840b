//! Health in words: how times, rates and counts are written for a person.

use crate::report::{FinalReport, NetworkReport, Report};

/// What stands where nothing is known.
const UNKNOWN: &str = "–";

/// Seconds as `0:42`, `12:05` or `1:02:03`.
pub(super) fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (whole / 3_600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Kilobits a second as `850 kb/s` or `2.50 Mb/s`.
pub(super) fn rate(kbps: Option<u64>) -> String {
    match kbps {
        None => UNKNOWN.to_owned(),
        Some(kbps) if kbps < 1_000 => format!("{kbps} kb/s"),
        Some(kbps) => format!("{:.2} Mb/s", kbps as f64 / 1e3),
    }
}

/// A round rate in as few digits as it takes: `800 kb/s`, `1.5 Mb/s`, `10 Mb/s`.
pub(super) fn round_rate(kbps: u64) -> String {
    if kbps < 1_000 { rate(Some(kbps)) } else { format!("{} Mb/s", kbps as f64 / 1e3) }
}

/// Milliseconds: one digit after the point below ten, none above.
pub(super) fn time(millis: Option<f64>) -> String {
    match millis {
        None => UNKNOWN.to_owned(),
        Some(millis) if millis.abs() < 9.95 => format!("{millis:.1} ms"),
        Some(millis) => format!("{millis:.0} ms"),
    }
}

/// Milliseconds with their sign.
pub(super) fn offset(millis: Option<f64>) -> String {
    millis.map_or_else(|| UNKNOWN.to_owned(), |millis| format!("{millis:+.0} ms"))
}

/// A count.
pub(super) fn count(count: Option<u64>) -> String {
    count.map_or_else(|| UNKNOWN.to_owned(), |count| count.to_string())
}

/// The share of packets that were reported lost.
pub(super) fn loss(report: &Report) -> Option<f64> {
    let (sent, lost) = (report.packets_sent?, report.packets_lost?);
    (sent > 0).then(|| 100.0 * lost as f64 / sent as f64)
}

/// One line of health.
pub(super) fn line(report: &Report) -> String {
    let mut line = format!("{:>6}  {:<10}", clock(report.t_s), report.state);
    let mut add = |name: &str, value: String| {
        line.push_str("  ");
        line.push_str(name);
        line.push(' ');
        line.push_str(&value);
    };
    add("rtt", time(report.rtt_ms));
    add("sent", rate(report.sent_kbps));
    add("produced", rate(report.produced_kbps));
    if report.target_kbps.is_some() {
        add("target", rate(report.target_kbps));
    }
    if report.audio_target_kbps.is_some() {
        add("sound", rate(report.audio_produced_kbps));
    }
    add("packets", count(report.packets_sent));
    add("lost", count(report.packets_lost));
    add("resent", count(report.packets_retransmitted));
    add("dropped", count(report.packets_dropped));
    add("queue", time(report.queue_ms));
    if report.frames_encoded.is_some() {
        add("frames", count(report.frames_encoded));
        add("skipped", count(report.frames_dropped));
        add("a/v", offset(report.av_offset_ms));
        add("glass-to-wire", time(report.glass_to_wire_ms));
    }
    for each in &report.networks {
        line.push_str("  ");
        line.push_str(&network(each));
    }
    line
}

/// One of several networks, such as `10.0.0.7 live 54 % 1.75 Mb/s rtt 62 ms`.
pub(super) fn network(network: &NetworkReport) -> String {
    format!(
        "{} {} {:.0} % {} rtt {}",
        network.address,
        network.state,
        network.share_percent,
        rate(Some(network.sent_kbps)),
        time(network.rtt_ms),
    )
}

/// The totals, a line each.
pub(super) fn totals(last: &FinalReport) -> Vec<String> {
    let report = &last.report;
    // A failure is told on standard error.
    let cause = if last.exit_status == 0 { last.cause.as_str() } else { "ended early" };
    let mut lines = vec![format!("{cause}, {} on air", clock(last.live_s))];
    if report.packets_sent.is_some_and(|sent| sent > 0) {
        let megabytes = last.bytes_sent.unwrap_or(0) as f64 / 1e6;
        lines.push(format!("sent {megabytes:.1} MB, {} on average", rate(report.sent_kbps)));
        let share = loss(report).map_or_else(String::new, |share| format!(" ({share:.2} %)"));
        lines.push(format!(
            "packets: {} sent, {} reported lost{share}, {} sent again, {} given up",
            count(report.packets_sent),
            count(report.packets_lost),
            count(report.packets_retransmitted),
            count(report.packets_dropped),
        ));
    }
    if report.frames_encoded.is_some_and(|frames| frames > 0) {
        lines.push(format!(
            "pictures: {} captured, {} encoded, {} dropped",
            count(report.frames_captured),
            count(report.frames_encoded),
            count(report.frames_dropped),
        ));
    }
    for network in &report.networks {
        let megabytes = network.bytes as f64 / 1e6;
        let budget = network.budget_bytes.map(|budget| format!(" of {:.1}", budget as f64 / 1e6));
        let budget = budget.unwrap_or_default();
        lines.push(format!("{}: {megabytes:.1}{budget} MB both ways", network.address));
    }
    match last.reconnections {
        None | Some(0) => {}
        Some(1) => lines.push("the connection was lost and made again once".to_owned()),
        Some(times) => lines.push(format!("the connection was lost and made again {times} times")),
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_rates_and_times_at_a_glance() {
        assert_eq!(rate(Some(850)), "850 kb/s");
        assert_eq!(rate(Some(2_504)), "2.50 Mb/s");
        assert_eq!(round_rate(1_500), "1.5 Mb/s");
        assert_eq!(round_rate(10_000), "10 Mb/s");
        assert_eq!(time(Some(0.42)), "0.4 ms");
        assert_eq!(time(Some(23.6)), "24 ms");
        assert_eq!(offset(Some(-3.2)), "-3 ms");
        assert_eq!(clock(62.9), "1:02");
        assert_eq!(clock(3_723.0), "1:02:03");
        assert_eq!(rate(None), "–");
    }

    #[test]
    fn a_line_leaves_out_pictures_where_there_are_none() {
        let carried = Report { state: "live", packets_sent: Some(7), ..Report::default() };
        let text = line(&carried);
        assert!(text.contains("packets 7") && text.contains("lost –"), "{text}");
        assert!(!text.contains("frames") && !text.contains("target"), "{text}");
        let (frames_encoded, audio_target_kbps) = (Some(30), Some(32));
        let broadcast =
            Report { frames_encoded, audio_target_kbps, audio_produced_kbps: Some(31), ..carried };
        let text = line(&broadcast);
        assert!(text.contains("frames 30") && text.contains("sound 31 kb/s"), "{text}");
    }

    #[test]
    fn totals_tell_what_was_lost_and_how_often_the_connection() {
        let report = Report {
            packets_sent: Some(1_000),
            packets_lost: Some(15),
            packets_retransmitted: Some(16),
            packets_dropped: Some(0),
            ..Report::default()
        };
        let last = FinalReport {
            report,
            cause: "stopped as asked".into(),
            reconnections: Some(2),
            bytes_sent: Some(1_400_000),
            live_s: 61.0,
            ..FinalReport::default()
        };
        let text = totals(&last).join("\n");
        assert!(text.contains("stopped as asked, 1:01 on air"), "{text}");
        assert!(text.contains("15 reported lost (1.50 %)"), "{text}");
        assert!(text.contains("again 2 times"), "{text}");
    }
}

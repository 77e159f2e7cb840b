//! What a person sees in the live view, at several sizes.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::report::NetworkReport;

fn rendered(width: u16, height: u16, model: &Model) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, model)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let rows = buffer.content().chunks(usize::from(width));
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>() + "\n").collect()
}

fn a_minute_live() -> Model {
    let mut model = Model { heading: "to srt://127.0.0.1:9710".into(), ..Model::default() };
    for second in 0..=60 {
        model.history.push(Report {
            t_s: f64::from(second),
            state: "live",
            rtt_ms: Some(20.0 + f64::from(second % 7)),
            target_kbps: Some(2_500),
            sent_kbps: Some(2_400 + u64::from(second as u32 % 5) * 30),
            produced_kbps: Some(2_390),
            audio_target_kbps: Some(128),
            audio_produced_kbps: Some(127),
            packets_sent: Some(1_000),
            packets_lost: Some(12),
            packets_retransmitted: Some(13),
            packets_dropped: Some(0),
            queue_ms: Some(4.2),
            frames_captured: Some(1_800),
            frames_encoded: Some(1_799),
            frames_dropped: Some(1),
            av_offset_ms: Some(-2.0),
            glass_to_wire_ms: Some(35.0),
            networks: Vec::new(),
        });
    }
    model
}

#[test]
fn a_minute_on_air_shows_state_rates_and_losses() {
    let text = rendered(110, HEIGHT, &a_minute_live());
    for expected in [
        "● LIVE",
        "1:00",
        "to srt://127.0.0.1:9710",
        "q stops",
        "sent 2.40 Mb/s",
        "target 2.50 Mb/s",
        "round trip ━ 24 ms",
        "3 Mb/s",
        "lost 12 (1.2 %)",
        "glass to wire 35 ms",
        "a/v -2 ms",
    ] {
        assert!(text.contains(expected), "`{expected}` is missing in\n{text}");
    }
    let curve = text.chars().filter(|c| ('\u{2801}'..='\u{28ff}').contains(c)).count();
    assert!(curve > 40, "the curves are drawn:\n{text}");
}

#[test]
fn several_networks_are_shown_one_beside_the_other() {
    let mut model = a_minute_live();
    let mut report = model.history.latest().unwrap().clone();
    let network = |address: &str, share_percent, state| NetworkReport {
        address: address.into(),
        state,
        rtt_ms: Some(42.0),
        sent_kbps: 1_750,
        share_percent,
        ..NetworkReport::default()
    };
    report.t_s += 1.0;
    report.networks =
        vec![network("192.168.1.7", 54.0, "live"), network("10.0.0.7", 46.0, "silent")];
    model.history.push(report);
    let text = rendered(110, HEIGHT, &model);
    for expected in [
        "192.168.1.7 live 54 % 1.75 Mb/s rtt 42 ms",
        "10.0.0.7 silent 46 %",
        "lost 12",
        "a/v -2 ms",
    ] {
        assert!(text.contains(expected), "`{expected}` is missing in\n{text}");
    }
}

#[test]
fn before_the_first_report_the_view_says_that_it_connects() {
    let text = rendered(100, HEIGHT, &Model { heading: "somewhere".into(), ..Model::default() });
    assert!(text.contains("CONNECTING") && text.contains("0:00"), "{text}");
}

#[test]
fn a_narrow_terminal_keeps_the_bitrate() {
    let text = rendered(50, HEIGHT, &a_minute_live());
    assert!(text.contains("bitrate") && !text.contains("round trip"), "{text}");
}

#[test]
fn a_stream_that_is_only_carried_shows_no_frames() {
    let mut model = Model::default();
    model.history.push(Report { state: "live", produced_kbps: Some(4_000), ..Report::default() });
    let text = rendered(110, HEIGHT, &model);
    assert!(text.contains("input 4.00 Mb/s") && !text.contains("frames"), "{text}");
}

#[test]
fn no_size_of_terminal_is_too_small_to_draw_in() {
    for width in [1, 2, 3, 10, 71, 72, 300] {
        for height in [1, 2, 3, 6, 40] {
            rendered(width, height, &a_minute_live());
        }
    }
}

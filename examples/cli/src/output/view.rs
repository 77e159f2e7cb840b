//! The live view as a pure drawing: what was reported, to cells of a terminal.

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Borders, Chart, Dataset, GraphType, Paragraph};

use super::history::{Curve, History, top};
use super::words;
use crate::report::{Report, Tone};

/// Rows that the view takes.
pub(super) const HEIGHT: u16 = 13;

/// Below this many columns the round-trip time gets no chart of its own.
const TWO_CHARTS: u16 = 72;

/// What the view shows.
#[derive(Default)]
pub(super) struct Model {
    /// What is being watched.
    pub(super) heading: String,
    /// What was reported.
    pub(super) history: History,
    /// What is shown while a wish to stop is carried out.
    pub(super) stopping: bool,
}

/// Draws the whole view.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model) {
    let empty = Report { state: "connecting", ..Report::default() };
    let report = model.history.latest().unwrap_or(&empty);
    let [head, charts, networks, link, media] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(4),
        Constraint::Length(u16::from(!report.networks.is_empty())),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    draw_head(frame, head, model);
    if charts.width < TWO_CHARTS {
        draw_bitrate(frame, charts, &model.history);
    } else {
        let [left, right] =
            Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).spacing(2).areas(charts);
        draw_bitrate(frame, left, &model.history);
        draw_round_trip(frame, right, &model.history);
    }
    let each: Vec<_> = report.networks.iter().map(words::network).collect();
    frame.render_widget(Line::from(format!(" {}", each.join("   "))), networks);
    frame.render_widget(facts(&link_facts(report)), link);
    frame.render_widget(facts(&media_facts(report)), media);
}

/// How an event is written above the view.
pub(super) fn tone(tone: Tone) -> Style {
    match tone {
        Tone::Plain | Tone::Silent => Style::new(),
        Tone::Good => Style::new().fg(Color::Green),
        Tone::Warning => Style::new().fg(Color::Yellow),
    }
}

fn draw_head(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let report = model.history.latest();
    let state = report.map_or("connecting", |report| report.state);
    let (label, colour) = match state {
        "live" => (" ● LIVE ", Color::Red),
        "recovering" => (" ◌ RECOVERING ", Color::Yellow),
        "ended" => (" ■ ENDED ", Color::DarkGray),
        _ => (" ◌ CONNECTING ", Color::Blue),
    };
    let badge = Style::new().fg(colour).add_modifier(Modifier::REVERSED | Modifier::BOLD);
    let time = words::clock(report.map_or(0.0, |report| report.t_s));
    let line = Line::from(vec![
        Span::styled(label, badge),
        Span::raw(format!(" {time}  ")),
        Span::styled(model.heading.as_str(), Style::new().add_modifier(Modifier::BOLD)),
    ]);
    let hint = match state {
        "ended" => "",
        _ if model.stopping => "stopping… ",
        _ => "q stops ",
    };
    let hint = Line::styled(hint, dim()).alignment(Alignment::Right);
    let [left, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(11)]).areas(area);
    frame.render_widget(line, left);
    frame.render_widget(hint, right);
}

fn draw_bitrate(frame: &mut Frame<'_>, area: Rect, history: &History) {
    let kilobits = |value: Option<u64>| value.map(|kbps| kbps as f64);
    let sent = history.curve(|report| kilobits(report.sent_kbps));
    let target = history.curve(|report| kilobits(report.target_kbps));
    let latest = history.latest();
    let mut title = vec![
        Span::raw(" bitrate "),
        Span::styled("━ sent ", Style::new().fg(Color::Cyan)),
        Span::raw(words::rate(latest.and_then(|report| report.sent_kbps))),
    ];
    if let Some(asked) = latest.and_then(|report| report.target_kbps) {
        title.push(Span::styled("  ┅ target ", Style::new().fg(Color::Yellow)));
        title.push(Span::raw(words::rate(Some(asked))));
    }
    title.push(Span::raw(" "));
    let top = top(&[&sent, &target], 100.0);
    let curves = vec![
        curve(&target, Color::Yellow, Marker::Dot, GraphType::Scatter),
        curve(&sent, Color::Cyan, Marker::Braille, GraphType::Line),
    ];
    let scale = words::round_rate(top as u64);
    frame.render_widget(chart(Line::from(title), curves, history, top, &scale), area);
}

fn draw_round_trip(frame: &mut Frame<'_>, area: Rect, history: &History) {
    let times = history.curve(|report| report.rtt_ms);
    let title = Line::from(vec![
        Span::raw(" round trip "),
        Span::styled("━ ", Style::new().fg(Color::Magenta)),
        Span::raw(words::time(history.latest().and_then(|report| report.rtt_ms))),
        Span::raw(" "),
    ]);
    let top = top(&[&times], 1.0);
    let scale = words::time(Some(top)).replace(".0", "");
    let curves = vec![curve(&times, Color::Magenta, Marker::Braille, GraphType::Line)];
    frame.render_widget(chart(title, curves, history, top, &scale), area);
}

fn curve(points: &Curve, colour: Color, marker: Marker, kind: GraphType) -> Dataset<'_> {
    Dataset::default().data(points).marker(marker).graph_type(kind).style(Style::new().fg(colour))
}

fn chart<'a>(
    title: Line<'a>,
    curves: Vec<Dataset<'a>>,
    history: &History,
    top: f64,
    scale: &str,
) -> Chart<'a> {
    let block = Block::new()
        .borders(Borders::TOP | Borders::BOTTOM)
        .border_style(dim())
        .title(title)
        .title_bottom(Line::styled(" last minute ", dim()).alignment(Alignment::Right));
    let times = Axis::default().bounds(history.window()).style(dim());
    let values =
        Axis::default().bounds([0.0, top]).labels(["0".to_owned(), scale.to_owned()]).style(dim());
    Chart::new(curves).block(block).x_axis(times).y_axis(values).legend_position(None)
}

/// A name and its value, and whether it deserves attention.
type Fact = (&'static str, String, bool);

fn link_facts(report: &Report) -> Vec<Fact> {
    let share = words::loss(report).map_or_else(String::new, |share| format!(" ({share:.1} %)"));
    let given_up = report.packets_dropped.unwrap_or(0);
    vec![
        ("packets", words::count(report.packets_sent), false),
        ("lost", words::count(report.packets_lost) + &share, false),
        ("resent", words::count(report.packets_retransmitted), false),
        ("dropped", words::count(report.packets_dropped), given_up > 0),
        ("queue", words::time(report.queue_ms), report.queue_ms.is_some_and(|ms| ms > 200.0)),
    ]
}

fn media_facts(report: &Report) -> Vec<Fact> {
    if report.frames_encoded.is_none() {
        return vec![("input", words::rate(report.produced_kbps), false)];
    }
    let skipped = report.frames_dropped.unwrap_or(0);
    let apart = report.av_offset_ms.is_some_and(|offset| offset.abs() > 100.0);
    vec![
        ("frames", words::count(report.frames_encoded), false),
        ("skipped", words::count(report.frames_dropped), skipped > 0),
        ("produced", words::rate(report.produced_kbps), false),
        ("a/v", words::offset(report.av_offset_ms), apart),
        ("glass to wire", words::time(report.glass_to_wire_ms), false),
    ]
}

fn facts<'a>(facts: &[Fact]) -> Paragraph<'a> {
    let mut spans = vec![Span::raw(" ")];
    for (name, value, attention) in facts {
        let style = if *attention {
            Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD)
        } else {
            Style::new().add_modifier(Modifier::BOLD)
        };
        spans.push(Span::styled(format!("{name} "), dim()));
        spans.push(Span::styled(format!("{value}   "), style));
    }
    Paragraph::new(Line::from(spans))
}

const fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;

//! The live view on a real terminal: raw mode, keys, and the terminal as it was afterwards.

use std::io::{self, Stdout};
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Widget, Wrap};
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::view::{self, Model};
use super::words;
use crate::report::{EventReport, FinalReport, Report, Tone};
use crate::stop::Stop;

/// A view at the bottom of the terminal. What happened scrolls away above it, and stays readable
/// when the command has ended.
pub(crate) struct Live {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    model: Model,
    open: bool,
}

impl Live {
    /// Takes over the bottom of the terminal.
    ///
    /// # Errors
    ///
    /// A terminal that cannot be switched to raw mode, or does not tell where its cursor is.
    pub(super) fn open(heading: String) -> io::Result<Self> {
        let options = TerminalOptions { viewport: Viewport::Inline(view::HEIGHT) };
        // Also makes a panic restore the terminal before it prints.
        let terminal =
            ratatui::try_init_with_options(options).inspect_err(|_| ratatui::restore())?;
        let mut live = Self { terminal, model: Model { heading, ..Model::default() }, open: true };
        live.draw()?;
        Ok(live)
    }

    pub(super) fn notice(&mut self, lines: &[String]) -> io::Result<()> {
        lines.iter().try_for_each(|line| self.above(line, Style::new()))?;
        self.draw()
    }

    pub(super) fn event(&mut self, event: &EventReport) -> io::Result<()> {
        if event.tone == Tone::Silent {
            return Ok(());
        }
        let line = format!("{:>6}  {}", words::clock(event.t_s), event.message);
        self.above(&line, view::tone(event.tone))?;
        self.draw()
    }

    pub(super) fn report(&mut self, report: &Report) -> io::Result<()> {
        self.model.history.push(report.clone());
        self.draw()
    }

    pub(super) fn finish(&mut self, last: &FinalReport) -> io::Result<()> {
        self.model.stopping = false;
        self.model.history.push(Report { t_s: last.report.t_s, ..self.last_report() });
        self.draw()?;
        self.close()?;
        let mut stdout = anstream::stdout().lock();
        words::totals(last).iter().try_for_each(|line| {
            use io::Write;
            writeln!(stdout, "{line}")
        })
    }

    pub(super) fn wait(&mut self, duration: Duration, stop: &Stop) -> io::Result<()> {
        let until = Instant::now() + duration;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if !event::poll(left)? {
                return Ok(());
            }
            match event::read()? {
                Event::Key(key) if stops(key) => {
                    stop.ask();
                    self.model.stopping = true;
                    return self.draw();
                }
                Event::Resize(..) => self.draw()?,
                _ => {}
            }
        }
    }

    /// What is shown at the end: how things stood at the last moment, but ended.
    fn last_report(&self) -> Report {
        Report { state: "ended", ..self.model.history.latest().cloned().unwrap_or_default() }
    }

    fn above(&mut self, line: &str, style: Style) -> io::Result<()> {
        let width = self.terminal.size()?.width.max(1);
        let paragraph = Paragraph::new(Line::styled(line, style)).wrap(Wrap { trim: false });
        let rows = wrapped_rows(line, width);
        self.terminal.insert_before(rows, |buffer| paragraph.render(buffer.area, buffer))
    }

    fn draw(&mut self) -> io::Result<()> {
        self.terminal.draw(|frame| view::draw(frame, &self.model)).map(drop)
    }

    /// Gives the terminal back, with the cursor below the view.
    fn close(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.open, false) {
            return Ok(());
        }
        let area = self.terminal.get_frame().area();
        let moved = self.terminal.set_cursor_position((0, area.bottom().saturating_sub(1)));
        ratatui::try_restore()?;
        moved?;
        self.terminal.show_cursor()?;
        below_the_view()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Nobody is left to tell of a terminal that does not take it.
        let _ = self.close();
    }
}

/// Rows that `line` may need when it is wrapped between words; one more than needed at worst.
fn wrapped_rows(line: &str, width: u16) -> u16 {
    let paragraph = Paragraph::new(line).wrap(Wrap { trim: false });
    let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, width, 16));
    paragraph.render(buffer.area, &mut buffer);
    let rows = buffer.content().chunks(usize::from(width));
    let mut used = rows.enumerate().filter(|(_, row)| row.iter().any(|cell| cell.symbol() != " "));
    used.next_back().map_or(1, |(row, _)| row as u16 + 1)
}

fn below_the_view() -> io::Result<()> {
    use io::Write;
    let mut stdout = io::stdout().lock();
    stdout.write_all(b"\r\n")?;
    stdout.flush()
}

/// Whether a key ends the command: q, or Ctrl-C, which raw mode delivers as a key.
fn stops(key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let pressed = key.kind == KeyEventKind::Press;
    pressed
        && match key.code {
            KeyCode::Char('c') => control,
            KeyCode::Char('q') | KeyCode::Char('Q') => !control,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_and_control_c_stop_and_nothing_else_does() {
        let plain = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        assert!(stops(plain('q')) && stops(plain('Q')));
        assert!(stops(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert!(!stops(plain('c')) && !stops(plain(' ')));
        assert!(!stops(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)));
    }

    #[test]
    fn a_long_event_is_wrapped_and_never_cut() {
        assert_eq!(wrapped_rows("short", 80), 1);
        assert_eq!(wrapped_rows("", 80), 1);
        assert_eq!(wrapped_rows(&"word ".repeat(30), 50), 3);
    }
}

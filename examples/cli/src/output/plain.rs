//! Plain lines: one of health a second, and one for each thing that happens.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::words;
use crate::report::{EventReport, FinalReport, Report, Tone};

/// Writes lines to standard output, in colour where it is a terminal that wants it.
pub(crate) struct Plain {
    _private: (),
}

impl Plain {
    pub(super) fn new() -> Self {
        Self { _private: () }
    }

    pub(super) fn notice(&mut self, lines: &[String]) -> io::Result<()> {
        write(lines.iter().map(String::as_str), Style::new())
    }

    pub(super) fn event(&mut self, event: &EventReport) -> io::Result<()> {
        if event.tone == Tone::Silent {
            return Ok(());
        }
        let line = format!("{:>6}  {}", words::clock(event.t_s), event.message);
        write([line.as_str()], style(event.tone))
    }

    pub(super) fn report(&mut self, report: &Report) -> io::Result<()> {
        write([words::line(report).as_str()], Style::new())
    }

    pub(super) fn finish(&mut self, last: &FinalReport) -> io::Result<()> {
        let lines = words::totals(last);
        write(lines.iter().map(String::as_str), Style::new())
    }
}

const fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain | Tone::Silent => Style::new(),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Warning => AnsiColor::Yellow.on_default(),
    }
}

fn write<'a>(lines: impl IntoIterator<Item = &'a str>, style: Style) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    for line in lines {
        writeln!(stdout, "{style}{line}{style:#}")?;
    }
    stdout.flush()
}

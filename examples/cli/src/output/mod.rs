//! The three ways in which the command shows what happens: JSON, plain lines, and a live view.

mod history;
mod json;
mod live;
mod plain;
mod view;
mod words;

use std::io::{self, IsTerminal};
use std::time::Duration;

use json::Json;
use live::Live;
use plain::Plain;

use crate::report::{EventReport, FinalReport, Report};
use crate::stop::Stop;

/// Where the person or program at the other end sees what happens.
pub(crate) enum Output {
    /// One JSON object a line.
    Json(Json),
    /// One plain line a second.
    Plain(Plain),
    /// A view that redraws itself at the bottom of a terminal.
    Live(Box<Live>),
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// `--json`.
    pub(crate) json: bool,
    /// Whether logging writes to standard error. On the same terminal it would tear the view.
    pub(crate) logging: bool,
}

impl Output {
    /// JSON where asked for, a live view on a terminal, plain lines anywhere else.
    ///
    /// `heading` names what is being watched.
    pub(crate) fn choose(wanted: Wanted, heading: String) -> Self {
        if wanted.json {
            return Self::Json(Json::new());
        }
        let torn = wanted.logging && io::stderr().is_terminal();
        if torn || !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            return Self::Plain(Plain::new());
        }
        match Live::open(heading) {
            Ok(live) => Self::Live(Box::new(live)),
            Err(error) => {
                tracing::debug!(%error, "the terminal takes no live view");
                Self::Plain(Plain::new())
            }
        }
    }

    /// Lines or JSON, for what has no health of its own to draw.
    pub(crate) fn lines(json: bool) -> Self {
        if json { Self::Json(Json::new()) } else { Self::Plain(Plain::new()) }
    }

    /// Shows lines that a person should read before all else; a program gets `event` instead.
    pub(crate) fn notice(&mut self, lines: &[String], event: &EventReport) -> io::Result<()> {
        match self {
            Self::Json(json) => json.line(event),
            Self::Plain(plain) => plain.notice(lines),
            Self::Live(live) => live.notice(lines),
        }
    }

    /// Shows that something happened.
    pub(crate) fn event(&mut self, event: &EventReport) -> io::Result<()> {
        match self {
            Self::Json(json) => json.line(event),
            Self::Plain(plain) => plain.event(event),
            Self::Live(live) => live.event(event),
        }
    }

    /// Shows how things stand; called once a second.
    pub(crate) fn report(&mut self, report: &Report) -> io::Result<()> {
        match self {
            Self::Json(json) => json.line(report),
            Self::Plain(plain) => plain.report(report),
            Self::Live(live) => live.report(report),
        }
    }

    /// Shows the totals; nothing is shown after them. A terminal is as it was before.
    pub(crate) fn finish(&mut self, last: &FinalReport) -> io::Result<()> {
        match self {
            Self::Json(json) => json.line(last),
            Self::Plain(plain) => plain.finish(last),
            Self::Live(live) => live.finish(last),
        }
    }

    /// Lets `duration` pass, or less if the person presses a key. A key that stops asks `stop`.
    pub(crate) fn wait(&mut self, duration: Duration, stop: &Stop) -> io::Result<()> {
        match self {
            Self::Live(live) => live.wait(duration, stop),
            Self::Json(_) | Self::Plain(_) => {
                std::thread::sleep(duration);
                Ok(())
            }
        }
    }
}

//! The `golive` command: broadcast to an ingest, carry a stream, or run a small ingest.
//!
//! `arguments` is what can be said, each command has a module of its own, `monitor` watches what
//! runs, and `output` shows it: as JSON, as plain lines, or as a live view. What goes wrong is a
//! `Failure` with the status to exit with; nothing else ends the program.

mod arguments;
mod exit;
mod logging;
mod monitor;
mod output;
mod report;
mod send;
mod stop;

use std::process::ExitCode;

use arguments::Command;
use exit::{Exit, Failure};

fn main() -> ExitCode {
    match run() {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.tell();
            failure.exit().into()
        }
    }
}

fn run() -> Result<Exit, Failure> {
    let arguments = arguments::parse(std::env::args_os().collect())?;
    let logging = logging::start(arguments.verbose)?;
    Ok(Exit::Done)
}

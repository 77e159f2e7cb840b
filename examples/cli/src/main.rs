//! The `golive` command: broadcast to an ingest, carry a stream, run a small ingest, or a bad
//! network before one.
//!
//! `arguments` is what can be said, each command has a module of its own, `monitor` watches what
//! runs, and `output` shows it: as JSON, as plain lines, or as a live view. What goes wrong is a
//! `Failure` with the status to exit with; nothing else ends the program.

mod arguments;
mod demo;
mod devices;
mod exit;
mod ingest;
mod logging;
mod monitor;
mod netlab;
mod on_air;
mod output;
mod report;
mod send;
mod sources;
mod stop;
mod to;

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
    match &arguments.command {
        Command::Demo(demo) => demo::run(demo, logging),
        Command::To(to) => to::run(to, logging),
        Command::Send(send) => send::run(send, logging),
        Command::Ingest(ingest) => ingest::run(ingest),
        Command::Devices(devices) => devices::run(devices),
        Command::Netlab(netlab) => netlab::run(netlab),
    }
}

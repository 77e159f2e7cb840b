//! `golive demo`: an ingest, a broadcast to it and a page, all on this machine.

use std::net::SocketAddr;

use golive::{Broadcast, Destination};
use golive_ingest::{Config, Error, Ingest};

use crate::arguments::{Demo, Ingest as IngestArguments};
use crate::devices;
use crate::exit::{Exit, Failure};
use crate::ingest::page;
use crate::monitor::Monitor;
use crate::on_air;
use crate::output::{Output, Wanted};
use crate::report::{EventReport, Tone};
use crate::sources::Sources;
use crate::stop::Stop;

/// Goes on air until it is asked to stop, or the time is over.
pub(crate) fn run(arguments: &Demo, logging: bool) -> Result<Exit, Failure> {
    let sources = Sources::choose(&arguments.sources, devices::available)?;
    let stop = Stop::on_signals()?;
    let ingest = start(arguments)?;
    let page = page(ingest.http_address());
    let destination: Destination = format!("srt://{}", ingest.srt_address()).parse()?;
    let wanted = Wanted { json: arguments.output.json, logging };
    let mut monitor = Monitor::new(Output::choose(wanted, format!("to {destination}")), stop);
    let event = EventReport::new("page", Tone::Plain, format!("the page is at {page}"));
    let lines = boxed(&[format!("Watch at  {page}"), HINT.to_owned()]);
    monitor.notice(&lines, event.with("page", page.as_str()))?;
    for note in &sources.notes {
        monitor.event(EventReport::new("note", Tone::Plain, note.as_str()))?;
    }
    if arguments.open
        && let Err(error) = opener::open_browser(&page)
    {
        let message = format!("no browser opens ({error}): open the page yourself");
        monitor.event(EventReport::new("note", Tone::Warning, message))?;
    }
    let builder = Broadcast::builder(destination);
    let builder = on_air::prepare(builder, &sources, &arguments.sources, &arguments.encoding);
    let happened = ingest.events();
    let also = || {
        let events = std::iter::from_fn(|| happened.recv_timeout(std::time::Duration::ZERO));
        events.map(|event| EventReport::from(&event)).collect()
    };
    on_air::broadcast(monitor, builder, &sources, arguments.output.duration, also)
}

/// Starts the ingest on its usual ports, or on free ones where those are taken.
fn start(arguments: &Demo) -> Result<Ingest, Failure> {
    let mut config = Config {
        srt: IngestArguments::SRT,
        http: IngestArguments::HTTP,
        record: arguments.record.clone(),
        ..Config::default()
    };
    loop {
        let taken = match Ingest::start(config.clone()) {
            Err(Error::AddressInUse { address, .. }) if address.port() != 0 => address,
            result => return Ok(result?),
        };
        for address in [&mut config.srt, &mut config.http] {
            if *address == taken {
                *address = SocketAddr::new(taken.ip(), 0);
            }
        }
    }
}

const HINT: &str = "Only this machine sees it. For sound, tap the page once.";

/// Lines in a box.
fn boxed(lines: &[String]) -> Vec<String> {
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let edge = "─".repeat(width + 4);
    let inside = lines.iter().map(|line| format!("│  {line:width$}  │"));
    let top = std::iter::once(format!("╭{edge}╮"));
    top.chain(inside).chain(std::iter::once(format!("╰{edge}╯"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_as_wide_as_its_longest_line() {
        let lines = boxed(&["short".into(), "a longer line".into()]);
        let widths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
        assert_eq!(widths, [19, 19, 19, 19]);
        assert!(lines[1].contains("short  "));
    }
}

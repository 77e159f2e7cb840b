//! `golive to`: camera and microphone, a file or a test picture, to an ingest.

use golive::{Broadcast, Destination, Secret};

use crate::arguments::{Address, Secrets, To};
use crate::devices;
use crate::exit::{Exit, Failure};
use crate::monitor::Monitor;
use crate::on_air;
use crate::output::{Output, Wanted};
use crate::report::{EventReport, Tone};
use crate::sources::Sources;
use crate::stop::Stop;

/// Broadcasts until it is asked to stop, the time is over, or the ingest is lost for good.
pub(crate) fn run(arguments: &To, logging: bool) -> Result<Exit, Failure> {
    let destination = destination(&arguments.address, arguments.secrets()?)?;
    let sources = Sources::choose(&arguments.sources, devices::available)?;
    let stop = Stop::on_signals()?;
    let wanted = Wanted { json: arguments.output.json, logging };
    let heading = format!("to {destination}");
    let mut monitor = Monitor::new(Output::choose(wanted, heading), stop).towards(&destination);
    for note in &sources.notes {
        monitor.event(EventReport::new("note", Tone::Plain, note.as_str()))?;
    }
    let builder = Broadcast::builder(destination);
    let mut builder = on_air::prepare(builder, &sources, &arguments.sources, &arguments.encoding);
    for network in &arguments.via {
        builder = builder.via(*network);
    }
    if let Some(path) = &arguments.record {
        builder = builder.record(path);
    }
    on_air::broadcast(monitor, builder, &sources, arguments.output.duration, Vec::new)
}

/// The destination that an address and secrets beside it make.
///
/// # Errors
///
/// Wrong usage: an address or a secret that makes no sense. The message holds neither secret.
pub(crate) fn destination(address: &Address, secrets: Secrets) -> Result<Destination, Failure> {
    let mut destination: Destination = address.reveal().parse()?;
    if let Some(key) = secrets.key {
        destination.set_stream_id(&Secret::new(key.reveal()))?;
    }
    if let Some(passphrase) = secrets.passphrase {
        destination.set_passphrase(&Secret::new(passphrase.reveal()))?;
    }
    Ok(destination)
}

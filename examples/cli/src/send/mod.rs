//! `golive send`: a transport stream that exists already, carried untouched.

mod carrier;
mod gathering;
mod meter;
mod paced;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use golive::srt::{Connection, Ended};

use crate::arguments::Send;
use crate::exit::{Exit, Failure};
use crate::monitor::{End, Monitor, Observation};
use crate::output::{Output, Wanted};
use crate::report::{EventReport, FinalReport, Report, Tone, millis};
use crate::stop::Stop;
use crate::to;
use carrier::{Carrier, Input};
use meter::{Counts, Meter};
use paced::PacedFile;

/// Bytes of a payload: seven packets of 188, as every SRT ingest of MPEG-TS expects.
const PAYLOAD: usize = 7 * 188;

/// How long what is queued may take to be acknowledged, or to become too late, at the end.
const LONGEST_END: Duration = Duration::from_secs(10);

/// Carries until the input ends, it is asked to stop, the time is over, or the peer is gone.
pub(crate) fn run(arguments: &Send, logging: bool) -> Result<Exit, Failure> {
    let destination = to::destination(&arguments.address, arguments.secrets()?)?;
    let input = open(arguments)?;
    let stop = Stop::on_signals()?;
    let wanted = Wanted { json: arguments.output.json, logging };
    let heading = format!("{} to {destination}", arguments.input.display());
    let mut monitor = Monitor::new(Output::choose(wanted, heading), stop).towards(&destination);
    let began = Instant::now();
    let connected = monitor.await_work("golive-connect", move || Connection::connect(&destination));
    let connection = match connected? {
        Some(Ok(connection)) => connection,
        Some(Err(error)) => return Err(monitor.fail(error.into())),
        None => return monitor.finish(End::as_asked(), FinalReport::default()),
    };
    monitor.event(live(&connection, began.elapsed()))?;
    carry(monitor, Arc::new(Carrier::new(connection)), input, arguments.output.duration)
}

fn open(arguments: &Send) -> Result<Input, Failure> {
    if arguments.reads_standard_input() {
        let wrong = |message| Err(Failure::new(Exit::Usage, message));
        if arguments.looped {
            return wrong("standard input cannot be repeated: leave out --loop, or give a file");
        }
        if io::stdin().is_terminal() {
            return wrong("standard input is the keyboard: pipe a transport stream into it");
        }
        return Ok(Input::Standard);
    }
    let path = &arguments.input;
    let unreadable = |reason: &dyn std::fmt::Display| {
        Failure::new(
            Exit::Failed,
            format_args!(
                "cannot read {}: {reason}; check its name and permissions",
                path.display()
            ),
        )
    };
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut file = PacedFile::new(file, arguments.looped);
    file.begin()
        .map_err(|error| Failure::new(Exit::Failed, format_args!("{}: {error}", path.display())))?;
    Ok(Input::File(Box::new(file)))
}

fn carry(
    mut monitor: Monitor,
    carrier: Arc<Carrier>,
    input: Input,
    limit: Option<Duration>,
) -> Result<Exit, Failure> {
    let mut meter = Meter::default();
    let word = carrier.start(input)?;
    let end = monitor.watch(limit, || {
        // The input's end first: a peer that leaves right after it is no failure.
        let ended = word.end().or_else(|| carrier.connection().ended().map(peer_end));
        Observation { events: Vec::new(), report: report(&carrier, &mut meter), ended }
    });
    carrier.halt();
    let finished = carrier.connection().finish(LONGEST_END);
    let mut end = end?;
    if end.exit == Exit::Done && finished.is_none() {
        let cause = "the ingest did not acknowledge the end of the stream".to_owned();
        end = End { exit: Exit::Ingest, cause };
    }
    let statistics = carrier.connection().statistics();
    let last = FinalReport {
        report: report(&carrier, &mut meter),
        bytes_sent: Some(statistics.bytes_sent.as_u64()),
        bytes_produced: Some(carrier.carried()),
        ..FinalReport::default()
    };
    monitor.finish(end, last)
}

fn live(connection: &Connection, took: Duration) -> EventReport {
    let took = millis(took);
    let Some(negotiated) = connection.negotiated() else {
        return EventReport::new("live", Tone::Good, format!("live after {took:.0} ms"));
    };
    let latency = millis(negotiated.send_latency);
    let encrypted = negotiated.encryption.is_some();
    let protection = if encrypted { "encrypted" } else { "not encrypted" };
    let message = format!("live after {took:.0} ms, latency {latency:.0} ms, {protection}");
    EventReport::new("live", Tone::Good, message)
        .with("latency_ms", latency)
        .with("encrypted", encrypted)
        .with("took_ms", took)
        .with("resumed", false)
}

fn report(carrier: &Carrier, meter: &mut Meter) -> Report {
    let statistics = carrier.connection().statistics();
    let (taken, sent) = (carrier.carried(), statistics.bytes_sent.as_u64());
    let (produced, wire) = meter.rates(Counts { at: Instant::now(), taken, sent });
    let measured = statistics.bytes_acknowledged.as_u64() > 0;
    Report {
        state: "live",
        rtt_ms: measured.then(|| millis(statistics.rtt)),
        produced_kbps: Some(produced),
        sent_kbps: Some(wire),
        packets_sent: Some(statistics.packets_sent),
        packets_lost: Some(statistics.packets_reported_lost),
        packets_retransmitted: Some(statistics.packets_retransmitted),
        packets_dropped: Some(statistics.packets_dropped),
        queue_ms: Some(millis(statistics.unsent_for)),
        ..Report::default()
    }
}

fn peer_end(ended: Ended) -> End {
    let exit = match ended {
        Ended::ClosedHere => Exit::Done,
        Ended::System => Exit::Failed,
        _ => Exit::Ingest,
    };
    End { exit, cause: ended.to_string() }
}

//! `golive netlab`: a bad network between real programs, and what it does to their packets.

use std::path::Path as FilePath;
use std::time::{Duration, Instant};

use golive_netlab::network::{Conditions, Counters, Loss, Path, RateLimit, Trace, TraceLimit};
use golive_netlab::relay::{Relay, Statistics};
use golive_proto::units::ByteCount;

use crate::arguments::Netlab as Arguments;
use crate::exit::{Exit, Failure};
use crate::monitor::Monitor;
use crate::output::Output;
use crate::report::{EventReport, Tone};
use crate::stop::Stop;

/// How often a wish to stop is looked for.
const STEP: Duration = Duration::from_millis(100);
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Relays until it is asked to stop.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let path = path(arguments)?;
    let stop = Stop::on_signals()?;
    let relay = Relay::bind(arguments.listen, arguments.to, &path).map_err(|error| {
        let message = format!("cannot listen on {}: {error}", arguments.listen);
        Failure::new(Exit::Failed, format!("{message}; free the port, or choose another"))
    })?;
    let mut monitor = Monitor::new(Output::lines(arguments.output.json), stop.clone());
    let (listen, to) = (relay.address().to_string(), arguments.to.to_string());
    let lines = [format!("send to   {listen}"), format!("goes to   {to}")];
    let event = EventReport::new("relaying", Tone::Good, format!("{listen} to {to}"));
    let event = event.with("listen", listen).with("to", to).with("seed", arguments.seed);
    monitor.notice(&lines, event.with("network", path.forward.to_string()))?;
    let began = Instant::now();
    let over = || arguments.output.duration.is_some_and(|limit| began.elapsed() >= limit);
    let mut before = relay.statistics();
    let mut next_report = began + REPORT_INTERVAL;
    while !stop.asked() && !over() {
        std::thread::sleep(STEP);
        if Instant::now() >= next_report {
            next_report += REPORT_INTERVAL;
            let now = relay.statistics();
            monitor.event(report(&before, &now))?;
            before = now;
        }
    }
    Ok(Exit::Done)
}

fn path(arguments: &Arguments) -> Result<Path, Failure> {
    let (mut up, mut down) = match arguments.profile {
        Some(profile) => (profile.uplink(arguments.seed), profile.downlink()),
        None => <(Conditions, Conditions)>::default(),
    };
    for way in [&mut up, &mut down] {
        way.delay = arguments.delay.unwrap_or(way.delay);
        way.jitter = arguments.jitter.unwrap_or(way.jitter);
        if let Some(share) = arguments.loss {
            way.loss = Loss::bursty(share, arguments.burst.unwrap_or(1.0));
        }
    }
    let queue = arguments.queue.map(ByteCount::new);
    up.rate = arguments
        .rate
        .map(|bitrate| RateLimit { bitrate, queue: queue.unwrap_or(TraceLimit::QUEUE) });
    if let Some(file) = &arguments.trace {
        up.trace = Some(TraceLimit { trace: read_trace(file)?, queue: TraceLimit::QUEUE });
    }
    if let (Some(limit), Some(queue)) = (&mut up.trace, queue) {
        limit.queue = queue;
    }
    Ok(Path { forward: up, backward: down, seed: arguments.seed })
}

fn read_trace(file: &FilePath) -> Result<Trace, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let message = format!("cannot read {}: {error}", file.display());
        Failure::new(Exit::Failed, format!("{message}; check its name and permissions"))
    })?;
    let parsed = Trace::parse(&text);
    parsed.map_err(|error| Failure::new(Exit::Failed, format!("{}: {error}", file.display())))
}

/// What happened since the report before.
fn report(before: &Statistics, now: &Statistics) -> EventReport {
    let up = Way::between(&before.forward, &now.forward);
    let down = Way::between(&before.backward, &now.backward);
    let late = now.latest_release.as_secs_f64() * 1e3;
    let message = format!("up {up}   down {down}");
    EventReport::new("relayed", Tone::Plain, message)
        .with("up_kbps", up.kilobits)
        .with("up_packets", up.packets)
        .with("up_lost", up.lost)
        .with("up_overflowed", up.overflowed)
        .with("down_kbps", down.kilobits)
        .with("down_packets", down.packets)
        .with("down_lost", down.lost)
        .with("latest_release_ms", (late * 10.0).round() / 10.0)
}

/// One way over a second.
struct Way {
    kilobits: u64,
    packets: u64,
    lost: u64,
    overflowed: u64,
}

impl Way {
    fn between(before: &Counters, now: &Counters) -> Self {
        let bytes = now.offered_bytes.saturating_sub(before.offered_bytes).as_u64();
        Self {
            kilobits: bytes * 8 / 1_000,
            packets: now.offered - before.offered,
            lost: now.lost - before.lost,
            overflowed: now.overflowed - before.overflowed,
        }
    }
}

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Way { kilobits, packets, lost, overflowed } = self;
        write!(f, "{kilobits} kb/s in {packets} packets, {lost} lost, {overflowed} too many")
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::arguments::{Arguments as Line, Command};

    fn path_of(options: &str) -> Result<Path, Failure> {
        let line = format!("golive netlab --listen 127.0.0.1:0 --to 127.0.0.1:9 {options}");
        let line = Line::try_parse_from(line.split_whitespace()).unwrap();
        let Command::Netlab(arguments) = line.command else { panic!("another command") };
        path(&arguments)
    }

    #[test]
    fn loss_and_delay_are_of_both_ways_and_the_rate_of_the_uplink() {
        let path = path_of("--loss 5% --burst 3 --delay 50ms --rate 2M --queue 9000").unwrap();
        assert_eq!(path.forward.to_string(), "delay=50,loss=5,burst=3,rate=2000000,queue=9000");
        assert_eq!(path.backward.to_string(), "delay=50,loss=5,burst=3");
    }

    #[test]
    fn a_profile_brings_a_trace_and_what_is_said_beside_it_counts() {
        let path = path_of("--profile stadium --delay 10ms").unwrap();
        assert_eq!(path.forward.delay, Duration::from_millis(10));
        assert!(path.forward.trace.is_some() && path.backward.trace.is_none());
        assert!(path.forward.loss.mean > 0.0);
    }

    #[test]
    fn a_trace_that_is_none_is_named() {
        let failure = path_of("--trace no-such-file.up").unwrap_err().to_string();
        assert!(failure.contains("no-such-file.up"), "{failure}");
    }
}

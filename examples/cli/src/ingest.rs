//! `golive ingest`: takes broadcasts on this machine, and tells what happens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use golive::Secret;
use golive_ingest::{Config, Event, Ingest, StreamKey};

use crate::arguments::{self, Ingest as Arguments};
use crate::exit::{Exit, Failure};
use crate::monitor::Monitor;
use crate::output::Output;
use crate::report::{EventReport, Tone};
use crate::stop::Stop;

/// How often a wish to stop is looked for.
const STEP: Duration = Duration::from_millis(100);

/// Serves until it is asked to stop.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let secrets = arguments::ingest_secrets(arguments)?;
    let stop = Stop::on_signals()?;
    let key = secrets.key.as_ref().and_then(|key| StreamKey::new(key.reveal()));
    let has_key = key.is_some();
    let ingest = Ingest::start(Config {
        srt: arguments.srt,
        http: arguments.http,
        record: arguments.record.clone(),
        key,
        passphrase: secrets.passphrase.as_ref().map(|secret| Secret::new(secret.reveal())),
        ..Config::default()
    })?;
    let mut monitor = Monitor::new(Output::lines(arguments.json), stop.clone());
    let (srt, page) = (format!("srt://{}", ingest.srt_address()), page(ingest.http_address()));
    let who = if has_key { "with the stream key as stream id" } else { "any stream id" };
    let encrypted = secrets.passphrase.is_some();
    let who = if encrypted { format!("{who}, with the passphrase") } else { who.to_owned() };
    let lines = [format!("send to   {srt}  ({who})"), format!("watch at  {page}")];
    let message = format!("listening at {srt}, the page is at {page}");
    let event = EventReport::new("listening", Tone::Good, message);
    let event = event.with("srt", srt).with("page", page);
    monitor.notice(&lines, event.with("has_key", has_key).with("encrypted", encrypted))?;
    let events = ingest.events();
    while !stop.asked() {
        if let Some(event) = events.recv_timeout(STEP) {
            monitor.event(EventReport::from(&event))?;
        }
    }
    Ok(Exit::Done)
}

/// The page's address as a browser on this machine takes it.
pub(crate) fn page(address: SocketAddr) -> String {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}/", SocketAddr::new(host, address.port()))
}

impl From<&Event> for EventReport {
    fn from(event: &Event) -> Self {
        let new = |name, tone| EventReport::new(name, tone, event.to_string());
        match event {
            Event::BroadcastStarted { broadcast, peer, replaced } => {
                new("broadcast_started", Tone::Good)
                    .with("broadcast", broadcast.as_str())
                    .with("peer", peer.map(|peer| peer.to_string()))
                    .with("replaced", *replaced)
            }
            Event::BroadcastStopped { broadcast, received, cause } => {
                new("broadcast_stopped", Tone::Plain)
                    .with("broadcast", broadcast.as_str())
                    .with("bytes_received", received.as_u64())
                    .with("cause", cause.as_str())
            }
            Event::Rejected { peer, refusal } => new("broadcaster_rejected", Tone::Warning)
                .with("peer", peer.map(|peer| peer.to_string()))
                .with("cause", refusal.to_string()),
            Event::RecordingStarted { broadcast, path, resumed } => {
                new("recording_started", Tone::Plain)
                    .with("broadcast", broadcast.as_str())
                    .with("path", path.display().to_string())
                    .with("resumed", *resumed)
            }
            Event::RecordingFailed { broadcast, path, cause } => {
                new("recording_failed", Tone::Warning)
                    .with("broadcast", broadcast.as_str())
                    .with("path", path.display().to_string())
                    .with("cause", cause.as_str())
            }
            Event::Failed { cause } => {
                new("ingest_failed", Tone::Warning).with("cause", cause.as_str())
            }
            _ => new("other", Tone::Plain),
        }
    }
}

impl From<golive_ingest::Error> for Failure {
    fn from(error: golive_ingest::Error) -> Self {
        Failure::new(Exit::Failed, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_address_can_be_opened_on_this_machine() {
        let of = |text: &str| page(text.parse().unwrap());
        assert_eq!(of("127.0.0.1:9780"), "http://127.0.0.1:9780/");
        assert_eq!(of("0.0.0.0:80"), "http://127.0.0.1:80/");
        assert_eq!(of("[::]:9780"), "http://[::1]:9780/");
        assert_eq!(of("192.0.2.7:9780"), "http://192.0.2.7:9780/");
    }
}

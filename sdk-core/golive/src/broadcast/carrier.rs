//! The media thread: moves packets on time, and does nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use golive_proto::media::AccessUnit;
use golive_proto::rate::EncoderTarget;
use golive_proto::session::{self, EndCause, Input, LegId, Output, Session};
use golive_proto::units::Time;

use super::control::ControlCommand;
use super::network::NetworkChange;
use super::shared::Shared;
use super::sockets::{Heard, Sockets};
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::net::Waiter;

/// What other threads tell the media thread.
#[derive(Debug)]
pub(super) enum Command {
    Unit(AccessUnit),
    Target(EncoderTarget),
    Report(String),
    Network(NetworkChange),
    Captured(u64),
    Resolved(Result<Vec<SocketAddr>, Error>),
    Stop,
}

/// Everything that the media thread holds.
pub(super) struct Carrier {
    pub(super) session: Session,
    pub(super) sockets: Sockets,
    pub(super) waiter: Waiter,
    pub(super) commands: Receiver<Command>,
    pub(super) control: SyncSender<ControlCommand>,
    pub(super) shared: Arc<Shared>,
    /// Answered once: live, or why not.
    pub(super) started: Option<Sender<Result<(), Error>>>,
    pub(super) next_health: Time,
}

/// How often the handle's view of health is brought up to date.
const HEALTH_INTERVAL: Duration = Duration::from_millis(50);

impl Carrier {
    /// Runs until the broadcast is over.
    pub(super) fn run(mut self) {
        let mut readable = true;
        loop {
            let now = clock::now();
            self.take_commands(now);
            if readable {
                self.receive(now);
            }
            let wake = self.settle(now);
            self.publish_health(now, wake.is_none());
            let Some(wake) = wake else { break };
            let timeout = wake.since(clock::now());
            match self.waiter.wait(self.sockets.sockets(), Some(timeout)) {
                Ok(any) => readable = any,
                Err(error) => {
                    tracing::error!(%error, "waiting for the network failed");
                    let message =
                        "the system cannot wait for the network: start the broadcast anew";
                    let failure = Error::with_source(ErrorKind::System, message, error);
                    self.shared.set_failure(Some(failure));
                    break;
                }
            }
        }
        self.finish();
    }

    fn take_commands(&mut self, now: Time) {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Unit(unit) => self.session.handle(now, Input::Unit(unit)),
                Command::Target(target) => self.session.handle(now, Input::Target(target)),
                Command::Report(report) => {
                    self.session.handle(now, Input::Report(report.as_bytes()));
                }
                Command::Network(change) => self.sockets.change_network(now, change),
                Command::Captured(total) => self.session.handle(now, Input::Captured(total)),
                Command::Resolved(result) => self.take_addresses(now, result),
                Command::Stop => self.session.handle(now, Input::Stop),
            }
        }
    }

    fn take_addresses(&mut self, now: Time, result: Result<Vec<SocketAddr>, Error>) {
        let (addresses, failure) = match result {
            Ok(addresses) => (addresses, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let found = failure.is_none();
        self.shared.set_failure(failure);
        for leg in self.sockets.resolved(addresses) {
            if found {
                self.open(now, leg);
            } else {
                self.session.handle(now, Input::SocketFailed { leg });
            }
        }
    }

    fn receive(&mut self, now: Time) {
        let (session, shared) = (&mut self.session, &self.shared);
        let failed = self.sockets.receive(now, |heard| {
            pass_on(now, session, shared, heard);
        });
        if let Some(leg) = failed {
            self.sockets.close(now, leg);
            self.session.handle(now, Input::SocketFailed { leg });
        }
    }

    /// Does what the session and the links of several networks want done; answers when the first
    /// wants to be woken, or nothing once it is over.
    fn settle(&mut self, now: Time) -> Option<Time> {
        loop {
            let session_wake = self.drain(now)?;
            let (session, shared) = (&mut self.session, &self.shared);
            let mut spoke = false;
            let links_wake = self.sockets.drive(now, |heard| {
                spoke |= pass_on(now, session, shared, heard);
            });
            if !spoke {
                return Some(links_wake.map_or(session_wake, |at| at.min(session_wake)));
            }
        }
    }

    /// Does what the session wants done; answers when it wants to be woken, or nothing once it
    /// is over.
    fn drain(&mut self, now: Time) -> Option<Time> {
        loop {
            let output = self.session.poll(now, self.sockets.room());
            if let Output::Transmit { leg, to, length, priority } = output {
                self.sockets.transmit(now, leg, to, length, priority);
                continue;
            }
            self.sockets.flush();
            match output {
                Output::Transmit { .. } => {}
                Output::Open { leg } => self.open(now, leg),
                Output::Close { leg } => {
                    if let Some(failure) = self.sockets.close(now, leg) {
                        self.shared.set_failure(Some(failure));
                    }
                }
                Output::Target(target) => self.command(ControlCommand::Target(target)),
                Output::Keyframe => self.command(ControlCommand::Keyframe),
                Output::RestartEncoder => self.command(ControlCommand::Restart),
                Output::Event(event) => self.tell(now, event),
                Output::Wake { at, .. } => {
                    let latest = now + HEALTH_INTERVAL;
                    return Some(at.map_or(latest, |at| at.min(latest)));
                }
                Output::Ended => return None,
            }
        }
    }

    fn open(&mut self, now: Time, leg: LegId) {
        match self.sockets.open(now, leg) {
            Ok(Some(peer)) => self.session.handle(now, Input::Opened { leg, peer }),
            // The address is being looked up, the ingest calls us, or links join first.
            Ok(None) => {}
            Err(error) => {
                let message = "no UDP socket could be opened: check that the port is free, that \
                               this device has the addresses that were given, and that this \
                               program may use the network";
                let failure = Error::with_source(ErrorKind::System, message, error);
                self.shared.set_failure(Some(failure));
                self.session.handle(now, Input::SocketFailed { leg });
            }
        }
    }

    /// An encoder that is too busy to listen hears the next command; targets come again.
    fn command(&self, command: ControlCommand) {
        if self.control.try_send(command).is_err() {
            tracing::warn!("the encoder does not keep up with its commands");
        }
    }

    fn tell(&mut self, now: Time, event: session::Event) {
        tracing::info!("{event}");
        match &event {
            session::Event::Live { .. } => {
                self.shared.set_failure(None);
                self.publish_health(now, true);
                self.answer(Ok(()));
            }
            session::Event::Ended { cause } => {
                self.shared.end(cause.clone());
                let failure = self.shared.take_failure();
                self.answer(Err(failure.unwrap_or_else(|| end_error(cause))));
            }
            _ => {}
        }
        self.shared.events.publish(Event::Session(event));
    }

    fn answer(&mut self, result: Result<(), Error>) {
        if let Some(started) = self.started.take() {
            // Whoever asked may have stopped waiting.
            let _ = started.try_send(result);
        }
    }

    fn publish_health(&mut self, now: Time, at_once: bool) {
        if at_once || now >= self.next_health {
            self.next_health = now + HEALTH_INTERVAL;
            self.shared.set_link(self.session.health(now));
            // In the end the last that was known of them stays.
            if !self.sockets.is_empty() {
                self.shared.set_networks(self.sockets.network_health(now));
            }
        }
    }

    fn finish(mut self) {
        self.publish_health(clock::now(), true);
        self.shared.end(EndCause::Stopped);
        let failure = self.shared.take_failure();
        self.answer(Err(failure.unwrap_or_else(|| end_error(&EndCause::Stopped))));
        self.commands.close();
        // The encoder is stopped by its own thread, which may take a moment.
        let _ = self.control.send(ControlCommand::Stop);
    }
}

/// Tells the session, or the owner; whether it was the session.
fn pass_on(now: Time, session: &mut Session, shared: &Shared, heard: Heard<'_>) -> bool {
    match heard {
        Heard::Opened(leg, peer) => session.handle(now, Input::Opened { leg, peer }),
        Heard::Datagram(leg, from, data) => {
            session.handle(now, Input::Datagram { leg, from, data });
        }
        Heard::Ways(leg, ways) => session.handle(now, Input::Ways { leg, ways }),
        Heard::Network(event) => {
            let event = Event::Network(event);
            tracing::info!("{event}");
            shared.events.publish(event);
            return false;
        }
    }
    true
}

/// What whoever started a broadcast is told of its end.
pub(crate) fn end_error(cause: &EndCause) -> Error {
    let kind = match cause {
        EndCause::Stopped => ErrorKind::Ended,
        EndCause::Refused(_) => ErrorKind::Refused,
        _ => ErrorKind::Unreachable,
    };
    Error::new(kind, cause.to_string())
}

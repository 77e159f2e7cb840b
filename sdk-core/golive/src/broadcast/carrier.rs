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
use super::shared::Shared;
use super::sockets::Sockets;
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
            let wake = self.drain(now);
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
        let session = &mut self.session;
        let failed = self.sockets.receive(|leg, from, data| {
            session.handle(now, Input::Datagram { leg, from, data });
        });
        if let Some(leg) = failed {
            self.sockets.close(leg);
            self.session.handle(now, Input::SocketFailed { leg });
        }
    }

    /// Does what the session wants done; answers when it wants to be woken, or nothing once it
    /// is over.
    fn drain(&mut self, now: Time) -> Option<Time> {
        let mut batched: Option<LegId> = None;
        loop {
            let output = self.session.poll(now, self.sockets.room());
            let same_leg = |leg| batched.is_none_or(|batched| batched == leg);
            if let Output::Transmit { leg, to, length } = output
                && same_leg(leg)
            {
                self.sockets.transmit(leg, to, length);
                batched = Some(leg);
                continue;
            }
            if let Some(leg) = batched.take() {
                self.sockets.flush(leg);
            }
            match output {
                Output::Transmit { leg, to, length } => {
                    self.sockets.transmit(leg, to, length);
                    self.sockets.flush(leg);
                }
                Output::Open { leg } => self.open(now, leg),
                Output::Close { leg } => self.sockets.close(leg),
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
        match self.sockets.open(leg) {
            Ok(Some(peer)) => self.session.handle(now, Input::Opened { leg, peer }),
            // The address is being looked up, or the ingest calls us.
            Ok(None) => {}
            Err(error) => {
                let message = "no UDP socket could be opened: check that the port is free and \
                               that this program may use the network";
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

fn end_error(cause: &EndCause) -> Error {
    let kind = match cause {
        EndCause::Stopped => ErrorKind::Ended,
        EndCause::Refused(_) => ErrorKind::Refused,
        _ => ErrorKind::Unreachable,
    };
    Error::new(kind, cause.to_string())
}

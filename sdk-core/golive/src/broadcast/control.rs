//! The control thread: what may take a moment, so that the media thread never waits for it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use async_channel::Sender;
use golive_proto::rate::EncoderTarget;

use super::carrier::Command;
use super::recorder::Recorder;
use super::report;
use super::shared::Shared;
use crate::encoder::{Encoder, SourceChange};
use crate::error::Error;
use crate::net::Waker;

/// What is asked of the encoder.
#[derive(Debug)]
pub(super) enum ControlCommand {
    Target(EncoderTarget),
    Keyframe,
    Restart,
    Change(SourceChange, Sender<Result<(), Error>>),
    Stop,
}

/// Holds the encoder and the recording, and speaks for the broadcast once a second.
pub(super) struct Control {
    pub(super) encoder: Box<dyn Encoder>,
    pub(super) recorder: Option<Recorder>,
    pub(super) commands: Receiver<ControlCommand>,
    pub(super) carrier: Sender<Command>,
    pub(super) waker: Waker,
    pub(super) shared: Arc<Shared>,
    /// Closed when everything is over: whoever waits for the end waits for this.
    pub(super) done: Sender<()>,
}

const STATISTICS_INTERVAL: Duration = Duration::from_millis(200);
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

impl Control {
    /// Runs until told to stop.
    pub(super) fn run(mut self) {
        let mut next_report = Instant::now() + REPORT_INTERVAL;
        loop {
            match self.commands.recv_timeout(STATISTICS_INTERVAL) {
                Ok(ControlCommand::Target(target)) => self.encoder.set_target(target),
                Ok(ControlCommand::Keyframe) => self.encoder.request_keyframe(),
                Ok(ControlCommand::Restart) => self.encoder.restart(),
                Ok(ControlCommand::Change(change, answer)) => {
                    // Whoever asked may have stopped waiting.
                    let _ = answer.try_send(self.encoder.change(change));
                }
                Ok(ControlCommand::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let statistics = self.encoder.statistics();
            self.shared.set_encoder(statistics);
            // The media thread looks by itself soon enough.
            let meant = statistics.frames_captured.saturating_sub(statistics.frames_skipped);
            let _ = self.carrier.try_send(Command::Captured(meant));
            if Instant::now() >= next_report {
                next_report += REPORT_INTERVAL;
                self.report();
            }
        }
        self.encoder.stop();
        self.shared.set_encoder(self.encoder.statistics());
        if let Some(recorder) = self.recorder {
            recorder.finish();
        }
        self.shared.events.close();
        self.done.close();
    }

    fn report(&self) {
        let report = report::to_json(&self.shared.health());
        if self.carrier.try_send(Command::Report(report)).is_ok() {
            self.waker.wake();
        }
    }
}

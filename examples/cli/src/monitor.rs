//! Watches what runs: events as they come, health once a second, and when to stop.

use std::sync::mpsc::{TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::report::{EventReport, FinalReport, Report, Tone, mean_kbps, seconds};
use crate::stop::Stop;

/// How often events are looked for and keys are answered.
const STEP: Duration = Duration::from_millis(50);

/// From one report to the next.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// What is seen at one look.
pub(crate) struct Observation {
    /// What happened since the last look, in order.
    pub(crate) events: Vec<EventReport>,
    /// How things stand; its time is filled in by the monitor.
    pub(crate) report: Report,
    /// Whether it is over by itself, and how.
    pub(crate) ended: Option<End>,
}

/// How a watch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// The status to exit with.
    pub(crate) exit: Exit,
    /// Why, in words.
    pub(crate) cause: String,
}

impl End {
    /// An end by a signal or a key.
    pub(crate) fn as_asked() -> Self {
        Self::done("stopped as asked")
    }

    /// An end as it should be.
    pub(crate) fn done(cause: impl Into<String>) -> Self {
        Self { exit: Exit::Done, cause: cause.into() }
    }
}

/// Shows a broadcast's course from the command's start to its end.
pub(crate) struct Monitor {
    output: Output,
    stop: Stop,
    began: Instant,
    next_report: Instant,
    live_since: Option<Instant>,
    destination: Option<String>,
}

impl Monitor {
    /// Begins to watch now.
    pub(crate) fn new(output: Output, stop: Stop) -> Self {
        let began = Instant::now();
        let next_report = began + REPORT_INTERVAL;
        Self { output, stop, began, next_report, live_since: None, destination: None }
    }

    /// Names the ingest in what is said of its failures.
    pub(crate) fn towards(self, destination: impl std::fmt::Display) -> Self {
        Self { destination: Some(destination.to_string()), ..self }
    }

    /// The cause of an end, with the ingest's name where that is to blame; it is named once.
    fn name_ingest(&mut self, exit: Exit, cause: String) -> String {
        match self.destination.take() {
            Some(destination) if exit == Exit::Ingest => format!("{destination}: {cause}"),
            _ => cause,
        }
    }

    /// Shows lines for a person to read first; a program gets `event` instead.
    pub(crate) fn notice(&mut self, lines: &[String], event: EventReport) -> Result<(), Failure> {
        let event = self.stamped(event);
        Ok(self.output.notice(lines, &event)?)
    }

    /// Shows that something happened just now.
    pub(crate) fn event(&mut self, event: EventReport) -> Result<(), Failure> {
        let event = self.stamped(event);
        Ok(self.output.event(&event)?)
    }

    fn stamped(&self, event: EventReport) -> EventReport {
        EventReport { t_s: seconds(self.began.elapsed()), ..event }
    }

    /// Shows `report` if one is due, and lets a moment pass. False if asked to stop.
    pub(crate) fn step(&mut self, report: Report) -> Result<bool, Failure> {
        let now = Instant::now();
        if now >= self.next_report {
            self.output.report(&Report { t_s: seconds(now - self.began), ..report })?;
            self.next_report = next_after(self.next_report, now);
        }
        if self.stop.asked() {
            return Ok(false);
        }
        let left = self.next_report.saturating_duration_since(now);
        self.output.wait(STEP.min(left), &self.stop)?;
        Ok(!self.stop.asked())
    }

    /// Waits for `work`, which runs on a thread of its own. Nothing, if asked to stop before.
    pub(crate) fn await_work<T: Send + 'static>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, Failure> {
        let (sender, receiver) = sync_channel(1);
        let thread = thread::Builder::new().name(name.to_owned());
        let spawned = thread.spawn(move || sender.send(work()));
        spawned.map_err(|error| {
            Failure::new(Exit::Failed, format_args!("cannot start a thread: {error}"))
        })?;
        loop {
            match receiver.try_recv() {
                Ok(result) => return Ok(Some(result)),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    return Err(Failure::new(Exit::Failed, format_args!("{name} broke off")));
                }
            }
            if !self.step(Report::connecting())? {
                return Ok(None);
            }
        }
    }

    /// Looks again and again until it ends: by itself, by a wish, or after `limit` on air.
    pub(crate) fn watch(
        &mut self,
        limit: Option<Duration>,
        mut look: impl FnMut() -> Observation,
    ) -> Result<End, Failure> {
        loop {
            let Observation { events, report, ended } = look();
            for event in events {
                self.event(event)?;
            }
            if report.state == "live" {
                self.live_since.get_or_insert_with(Instant::now);
            }
            if let Some(end) = ended {
                return Ok(end);
            }
            if !self.step(report)? {
                return Ok(End::as_asked());
            }
            if let (Some(limit), Some(since)) = (limit, self.live_since)
                && since.elapsed() >= limit
            {
                return Ok(End::done("ended after the time asked for"));
            }
        }
    }

    /// Shows the totals and says with which status to exit.
    ///
    /// `last` brings the counts; times, cause and status come from here.
    ///
    /// # Errors
    ///
    /// The failure that `end` is, if it is one: it is still to be told on standard error.
    pub(crate) fn finish(mut self, end: End, last: FinalReport) -> Result<Exit, Failure> {
        let now = Instant::now();
        let live = self.live_since.map_or(Duration::ZERO, |since| now - since);
        let mean = |bytes: Option<u64>| {
            bytes.filter(|_| !live.is_zero()).map(|bytes| mean_kbps(bytes, live))
        };
        let report = Report {
            t_s: seconds(now - self.began),
            state: "ended",
            produced_kbps: mean(last.bytes_produced),
            sent_kbps: mean(last.bytes_sent),
            ..last.report
        };
        let last = FinalReport {
            report,
            r#final: true,
            live_s: seconds(live),
            exit_status: end.exit.status(),
            cause: self.name_ingest(end.exit, end.cause),
            ..last
        };
        self.output.finish(&last)?;
        match end.exit {
            Exit::Done => Ok(Exit::Done),
            exit => Err(Failure::new(exit, last.cause)),
        }
    }

    /// Tells a failure in the output's own way, and hands it back for standard error.
    pub(crate) fn fail(mut self, failure: Failure) -> Failure {
        let failure = match failure.exit() {
            Exit::Ingest => {
                Failure::new(Exit::Ingest, self.name_ingest(Exit::Ingest, failure.to_string()))
            }
            _ => failure,
        };
        let event = EventReport::new("failed", Tone::Silent, failure.to_string())
            .with("exit_status", failure.exit().status());
        if matches!(self.output, Output::Json(_)) {
            // Standard error tells the same, should standard output be gone.
            let _ = self.event(event);
            let end = End { exit: failure.exit(), cause: failure.to_string() };
            let _ = self.finish(end, FinalReport::default());
        }
        failure
    }
}

/// The next time after `now` on the grid of `due`.
fn next_after(due: Instant, now: Instant) -> Instant {
    let mut next = due + REPORT_INTERVAL;
    while next <= now {
        next += REPORT_INTERVAL;
    }
    next
}

//! Watches what runs: events as they come, health once a second, and when to stop.

use std::time::{Duration, Instant};

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::report::{EventReport, FinalReport, Report, Tone, seconds};
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
    /// An end as asked.
    pub(crate) fn done(cause: impl Into<String>) -> Self {
        Self { exit: Exit::Done, cause: cause.into() }
    }
}

/// Shows a broadcast's course from the command's start to its end.
pub(crate) struct Monitor {
    output: Output,
    stop: Stop,
    began: Instant,
    live_since: Option<Instant>,
}

impl Monitor {
    /// Begins to watch now.
    pub(crate) fn new(output: Output, stop: Stop) -> Self {
        Self { output, stop, began: Instant::now(), live_since: None }
    }

    /// Shows lines for a person to read first.
    pub(crate) fn notice(&mut self, lines: &[String]) -> Result<(), Failure> {
        Ok(self.output.notice(lines)?)
    }

    /// Shows that something happened just now.
    pub(crate) fn event(&mut self, event: EventReport) -> Result<(), Failure> {
        let event = EventReport { t_s: seconds(self.began.elapsed()), ..event };
        Ok(self.output.event(&event)?)
    }

    /// Waits for `work`, which runs on a thread of its own. Nothing, if asked to stop before.
    pub(crate) fn await_work<T: Send + 'static>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, Failure> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || sender.send(work()))
            .map_err(|error| {
                Failure::new(Exit::Failed, format_args!("cannot start a thread: {error}"))
            })?;
        loop {
            match receiver.try_recv() {
                Ok(result) => return Ok(Some(result)),
                Err(std::sync::mpsc::TryRecvError::Empty) => {}
                Err(std::sync::mpsc::TryRecvError::Disconnected) => {
                    return Err(Failure::new(Exit::Failed, format_args!("{name} broke off")));
                }
            }
            if self.stop.asked() {
                return Ok(None);
            }
            self.output.wait(STEP, &self.stop)?;
        }
    }

    /// Looks again and again until it ends: by itself, by a wish, or after `limit` on air.
    ///
    /// A report that is due is shown even if the last look took long; none is shown twice.
    pub(crate) fn watch(
        &mut self,
        limit: Option<Duration>,
        mut look: impl FnMut() -> Observation,
    ) -> Result<End, Failure> {
        let mut next_report = Instant::now() + REPORT_INTERVAL;
        loop {
            let Observation { events, report, ended } = look();
            for event in events {
                self.event(event)?;
            }
            let now = Instant::now();
            if report.state == "live" {
                self.live_since.get_or_insert(now);
            }
            if let Some(end) = ended {
                return Ok(end);
            }
            if now >= next_report {
                self.output.report(&Report { t_s: seconds(now - self.began), ..report })?;
                next_report = next_after(next_report, now);
            }
            if self.stop.asked() {
                return Ok(End::done("stopped as asked"));
            }
            if let (Some(limit), Some(since)) = (limit, self.live_since)
                && now.duration_since(since) >= limit
            {
                return Ok(End::done("ended after the time asked for"));
            }
            self.output.wait(STEP.min(next_report.saturating_duration_since(now)), &self.stop)?;
        }
    }

    /// Shows the totals and says with which status to exit.
    ///
    /// `last` brings the counts; times, cause and status come from here.
    pub(crate) fn finish(mut self, end: End, last: FinalReport) -> Result<Exit, Failure> {
        let now = Instant::now();
        let last = FinalReport {
            report: Report { t_s: seconds(now - self.began), state: "ended", ..last.report },
            r#final: true,
            live_s: self.live_since.map_or(0.0, |since| seconds(now - since)),
            exit_status: end.exit.status(),
            cause: end.cause,
            ..last
        };
        self.output.finish(&last)?;
        Ok(end.exit)
    }

    /// Tells a failure in the output's own way, and hands it back for standard error.
    pub(crate) fn fail(mut self, failure: Failure) -> Failure {
        let event = EventReport::new("failed", Tone::Warning, failure.to_string())
            .with("exit_status", failure.exit().status());
        if matches!(self.output, Output::Json(_)) {
            // Standard error tells the same, should standard output be gone.
            let _ = self.event(event);
            let end = End { exit: failure.exit(), cause: failure.to_string() };
            let _ = self.finish(end, FinalReport::default());
        }
        failure
    }

    /// Asks for an end from inside, as a signal does from outside.
    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
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

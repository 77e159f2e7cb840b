//! A broadcast from its first handshake to its totals; `golive to` and `golive demo` share it.

use std::future::IntoFuture;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use golive::session::{self, EndCause};
use golive::{Broadcast, Builder, DeviceEvent, Event, Events, Summary};

use crate::arguments::{EncodingArguments, SourceArguments};
use crate::exit::{Exit, Failure};
use crate::monitor::{End, Monitor, Observation};
use crate::report::{EventReport, FinalReport, Report};
use crate::sources::Sources;

/// When one of a file's two tracks has ended, the other gets this long to end as well.
const TRACK_GRACE: Duration = Duration::from_secs(1);

/// Tells a builder what was asked for on the command line.
pub(crate) fn prepare(
    builder: Builder,
    sources: &Sources,
    asked: &SourceArguments,
    encoding: &EncodingArguments,
) -> Builder {
    let builder = match &sources.video {
        Some(source) => builder.video(source.clone()),
        None => builder.without_video(),
    };
    let builder = match &sources.audio {
        Some(source) => builder.audio(source.clone()),
        None => builder.without_audio(),
    };
    builder
        .loop_file(asked.looped)
        .size(encoding.size)
        .frame_rate(encoding.fps)
        .video_bitrate(encoding.video_bitrate)
        .audio_bitrate(encoding.audio_bitrate)
        .keyframe_interval(encoding.keyframe_interval)
        .adaptive(!encoding.fixed_bitrate)
        .adaptive_frame_rate(!encoding.fixed_fps)
        .adaptive_size(!encoding.fixed_size)
        .adaptive_audio_bitrate(!encoding.fixed_audio_bitrate)
        .minimum_video_bitrate(encoding.minimum_video_bitrate)
}

/// Starts, watches and stops a broadcast. Shows the totals and says with which status to exit.
///
/// `also` brings what else happened since it was last asked.
pub(crate) fn broadcast(
    mut monitor: Monitor,
    builder: Builder,
    sources: &Sources,
    limit: Option<Duration>,
    mut also: impl FnMut() -> Vec<EventReport>,
) -> Result<Exit, Failure> {
    let (broadcast, mut events) = match start(&mut monitor, builder, &mut also) {
        Ok(Some(started)) => started,
        Ok(None) => return monitor.finish(End::as_asked(), FinalReport::default()),
        Err(failure) => return Err(monitor.fail(failure)),
    };
    let mut ending = FileEnding::new(sources);
    let end = monitor.watch(limit, || {
        let mut ended = None;
        let mut reports = also();
        for event in std::iter::from_fn(|| events.try_next()) {
            ended = ended.or_else(|| end_of(&event));
            ending.note(&event);
            reports.push(EventReport::from(&event));
        }
        let report = Report::from(&broadcast.health());
        Observation { events: reports, report, ended: ended.or_else(|| ending.end()) }
    });
    // Whatever ended the watch: what was produced is carried, and devices are released.
    let summary = broadcast.stop_blocking();
    let end = end?;
    for event in std::iter::from_fn(|| events.try_next()) {
        monitor.event(EventReport::from(&event))?;
    }
    monitor.finish(end, totals(summary.map_err(Failure::from)?))
}

/// Begins, and waits until the ingest takes the stream. Nothing, if asked to stop before.
fn start(
    monitor: &mut Monitor,
    builder: Builder,
    also: &mut impl FnMut() -> Vec<EventReport>,
) -> Result<Option<(Broadcast, Events)>, Failure> {
    // Opening a camera may take a second, in which signals and keys are heard.
    let Some(starting) = monitor.await_work("golive-start", move || builder.start())? else {
        return Ok(None);
    };
    let mut events = starting.events();
    let mut broadcast = starting.into_future();
    let mut context = Context::from_waker(Waker::noop());
    loop {
        let polled = broadcast.as_mut().poll(&mut context);
        let happened =
            events.iter_mut().flat_map(|events| std::iter::from_fn(|| events.try_next()));
        let happened: Vec<EventReport> = happened.map(|event| EventReport::from(&event)).collect();
        for report in also().into_iter().chain(happened) {
            monitor.event(report)?;
        }
        match (polled, events.take()) {
            (Poll::Ready(result), Some(events)) => return Ok(Some((result?, events))),
            (Poll::Ready(result), None) => {
                return Err(result.map(drop).err().map_or_else(
                    || Failure::new(Exit::Failed, "the broadcast began without events"),
                    Failure::from,
                ));
            }
            (Poll::Pending, still) => events = still,
        }
        if !monitor.step(Report::connecting())? {
            return Ok(None);
        }
    }
}

fn totals(summary: Summary) -> FinalReport {
    FinalReport::from(&summary)
}

/// The end of a broadcast that nobody here asked for.
fn end_of(event: &Event) -> Option<End> {
    match event {
        Event::Session(session::Event::Ended { cause: EndCause::Stopped }) => None,
        Event::Session(session::Event::Ended { cause }) => {
            Some(End { exit: Exit::Ingest, cause: cause.to_string() })
        }
        _ => None,
    }
}

/// Notices when every source that comes to an end has ended.
struct FileEnding {
    /// Tracks still to end; nothing where a device goes on for ever.
    left: Option<usize>,
    first: Option<Instant>,
}

impl FileEnding {
    fn new(sources: &Sources) -> Self {
        Self { left: sources.are_files().then(|| sources.files()), first: None }
    }

    fn note(&mut self, event: &Event) {
        if let (Event::Device(DeviceEvent::SourceEnded { .. }), Some(left)) =
            (event, &mut self.left)
        {
            *left = left.saturating_sub(1);
            self.first.get_or_insert_with(Instant::now);
        }
    }

    fn end(&self) -> Option<End> {
        let first = self.first?;
        let over = self.left == Some(0) || first.elapsed() >= TRACK_GRACE;
        over.then(|| End::done("the file came to its end"))
    }
}

impl From<golive::Error> for Failure {
    fn from(error: golive::Error) -> Self {
        use golive::ErrorKind;
        let exit = match error.kind() {
            ErrorKind::Configuration => Exit::Usage,
            ErrorKind::Unreachable | ErrorKind::Refused => Exit::Ingest,
            ErrorKind::DeviceUnavailable | ErrorKind::PermissionDenied => Exit::Device,
            _ => Exit::Failed,
        };
        Failure::new(exit, error)
    }
}

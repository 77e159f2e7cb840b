//! A broadcast and everything that hangs on it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use golive_proto::media::Track;
use golive_proto::mux::mpegts;
use golive_proto::units::{ByteCount, MediaTime};
use serde::Serialize;

use super::audience::Audience;
use super::feed::{Feed, Output, Tracks};
use super::lane::Formats;
use super::rate::Window;
use super::viewer::Viewer;
use crate::health::{AudioHealth, BroadcasterReport, Health, LinkHealth, MediaHealth, VideoHealth};
use crate::key::BroadcastId;
use crate::recording::Recorder;

/// 33 bits of PTS (ISO/IEC 13818-1, 2.4.3.7).
const PTS_WRAP: i64 = 1 << 33;

/// One broadcast, shared by its broadcaster's thread and its viewers' tasks.
pub(crate) struct Live {
    id: BroadcastId,
    /// Time in here counts from when the broadcast was first seen.
    clock: Instant,
    state: Mutex<State>,
}

struct State {
    reader: mpegts::Reader,
    feed: Feed,
    audience: Audience,
    recorder: Option<Recorder>,
    /// The connection that is let in; an earlier one that still stands is not it any more.
    connection: Option<Connection>,
    connections: u64,
    /// Since when there has been a connection, or none.
    since: Duration,
    all: Window,
    video: Meter,
    audio: Meter,
    outputs: Vec<Output>,
}

struct Connection {
    number: u64,
    received: ByteCount,
    reached: Option<MediaTime>,
    formats: Formats,
    /// What the stream holds that cannot be shown, and why.
    unplayable: Option<String>,
    link: Option<LinkHealth>,
    report: Option<BroadcasterReport>,
}

impl Connection {
    fn new(number: u64) -> Self {
        Self {
            number,
            received: ByteCount::ZERO,
            reached: None,
            formats: Formats::default(),
            unplayable: None,
            link: None,
            report: None,
        }
    }
}

#[derive(Default)]
struct Meter {
    bytes: Window,
    frames: Window,
}

/// Another connection has taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replaced;

impl Live {
    pub(crate) fn new(id: BroadcastId, recorder: Option<Recorder>) -> Self {
        Self {
            id,
            clock: Instant::now(),
            state: Mutex::new(State {
                reader: mpegts::Reader::new(),
                feed: Feed::new(),
                audience: Audience::default(),
                recorder,
                connection: None,
                connections: 0,
                since: Duration::ZERO,
                all: Window::default(),
                video: Meter::default(),
                audio: Meter::default(),
                outputs: Vec::new(),
            }),
        }
    }

    pub(crate) fn id(&self) -> &BroadcastId {
        &self.id
    }

    /// Lets in a broadcaster in place of any other. Returns the connection's number, and what the
    /// one before had sent, if it still stood.
    pub(crate) fn begin(&self) -> (u64, Option<ByteCount>) {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        state.connections += 1;
        let number = state.connections;
        let before = state.connection.replace(Connection::new(number));
        state.since = now;
        state.reader = mpegts::Reader::new();
        state.feed.begin_connection();
        if let Some(recorder) = &state.recorder {
            recorder.begin();
        }
        (number, before.map(|before| before.received))
    }

    /// Takes what connection `number` received.
    pub(crate) fn push(&self, number: u64, data: &[u8]) -> Result<(), Replaced> {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        let state = &mut *state;
        let connection = current(&mut state.connection, number)?;
        connection.received += ByteCount::from(data.len());
        state.all.add(now, data.len() as u64);
        state.reader.push(data);
        while let Some(output) = state.reader.poll() {
            match output {
                mpegts::Output::Program(program) => {
                    state.feed.announce(Tracks {
                        video: program.video_pid.is_some(),
                        audio: program.audio_pid.is_some(),
                    });
                    connection.formats.video = program.video_codec;
                    connection.unplayable = unplayable(&program);
                }
                mpegts::Output::AudioFormat(format) => connection.formats.audio = Some(format),
                mpegts::Output::AccessUnit(unit) => {
                    connection.reached = Some(unit.pts);
                    let meter = match unit.track {
                        Track::Video => &mut state.video,
                        Track::Audio => &mut state.audio,
                    };
                    meter.bytes.add(now, unit.data.len() as u64);
                    meter.frames.add(now, 1);
                    state.feed.push(unit, connection.formats, &mut state.outputs);
                }
                mpegts::Output::Discontinuity(_) => {}
            }
        }
        for output in state.outputs.drain(..) {
            match output {
                Output::Start(preamble) => state.audience.start(preamble),
                Output::Amend(preamble, message) => state.audience.amend(preamble, message),
                Output::Fragment(fragment) => state.audience.publish(fragment),
            }
        }
        if let Some(recorder) = &mut state.recorder {
            let pts = connection.reached.map(|pts| pts.to_90khz().rem_euclid(PTS_WRAP));
            recorder.write(Bytes::copy_from_slice(data), pts);
        }
        Ok(())
    }

    /// Notes how connection `number`'s link is doing.
    pub(crate) fn set_link(&self, number: u64, link: LinkHealth) -> Result<(), Replaced> {
        current(&mut self.lock().connection, number)?.link = Some(link);
        Ok(())
    }

    /// Notes what the broadcaster of connection `number` says of itself.
    pub(crate) fn set_report(
        &self,
        number: u64,
        report: BroadcasterReport,
    ) -> Result<(), Replaced> {
        current(&mut self.lock().connection, number)?.report = Some(report);
        Ok(())
    }

    /// Connection `number` has ended; returns what it received, unless another has taken over.
    pub(crate) fn end(&self, number: u64) -> Result<ByteCount, Replaced> {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        let received = current(&mut state.connection, number)?.received;
        state.connection = None;
        state.since = now;
        if let Some(recorder) = &state.recorder {
            recorder.end();
        }
        Ok(received)
    }

    /// Lets in a viewer, who stays until the handle is dropped.
    pub(crate) fn join(&self) -> Arc<Viewer> {
        self.lock().audience.join()
    }

    /// Whether a broadcaster is there, and for how long it has been, or has not been.
    pub(crate) fn is_live(&self) -> (bool, Duration) {
        let state = self.lock();
        (state.connection.is_some(), self.clock.elapsed().saturating_sub(state.since))
    }

    /// How many watch.
    pub(crate) fn viewers(&self) -> usize {
        self.lock().audience.len()
    }

    /// Ends it for its viewers, and returns the recorder, which waits for the disk when dropped.
    pub(crate) fn close(&self) -> Option<Recorder> {
        let mut state = self.lock();
        state.audience.close();
        state.connection = None;
        state.recorder.take()
    }

    /// The message that viewers get once a second.
    pub(crate) fn health_as_json(&self) -> String {
        #[derive(Serialize)]
        struct Message {
            r#type: &'static str,
            #[serde(flatten)]
            health: Health,
        }
        let message = Message { r#type: "health", health: self.health() };
        serde_json::to_string(&message).unwrap_or_default()
    }

    fn health(&self) -> Health {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        let state = &mut *state;
        Health {
            live: state.connection.is_some(),
            since_ms: u64::try_from(now.saturating_sub(state.since).as_millis())
                .unwrap_or(u64::MAX),
            viewers: state.audience.len(),
            media: state.media_health(now),
            connections: state.connections,
            link: state.connection.as_ref().and_then(|connection| connection.link.clone()),
            broadcaster: state.connection.as_ref().and_then(|connection| connection.report.clone()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn media_health(&mut self, now: Duration) -> MediaHealth {
        let kbps = |window: &mut Window| window.per_second(now) * 8.0 / 1_000.0;
        let video = self.feed.track(Track::Video);
        let audio = self.feed.track(Track::Audio);
        MediaHealth {
            unplayable: self.connection.as_ref().and_then(|now| now.unplayable.clone()),
            kbps: kbps(&mut self.all),
            video: video.and_then(|video| {
                let size = video.picture_size()?;
                Some(VideoHealth {
                    codec: video.codec()?.to_owned(),
                    width: size.width,
                    height: size.height,
                    fps: self.video.frames.per_second(now),
                    kbps: kbps(&mut self.video.bytes),
                })
            }),
            audio: audio.and_then(|audio| {
                let format = audio.audio_format()?;
                Some(AudioHealth {
                    codec: audio.codec()?.to_owned(),
                    sample_rate: format.sample_rate,
                    channels: format.channels,
                    kbps: kbps(&mut self.audio.bytes),
                })
            }),
        }
    }
}

fn current(connection: &mut Option<Connection>, number: u64) -> Result<&mut Connection, Replaced> {
    connection.as_mut().filter(|connection| connection.number == number).ok_or(Replaced)
}

/// Why a part of what was sent is not shown, if it is one that a viewer would miss.
fn unplayable(program: &mpegts::Program) -> Option<String> {
    use mpegts::SkipReason::{Latm, OtherAudio, OtherVideo};
    let mut reasons = program.skipped.iter().map(|skipped| skipped.reason);
    reasons
        .find(|reason| matches!(reason, Latm | OtherAudio | OtherVideo))
        .map(|reason| reason.to_string())
}

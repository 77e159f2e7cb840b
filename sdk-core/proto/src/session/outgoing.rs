//! From the queue through the multiplexer into the connection.

use std::time::Duration;

use super::config::Config;
use crate::media::{AccessUnit, ParameterSets, References, Track};
use crate::mux::mpegts::{self, Gathering};
use crate::pace::{Dropped, Forecast, Queue, QueuedUnit};
use crate::transport::{Keyframes, Priority, srt};
use crate::units::{Bitrate, ByteCount, Time};

/// The queue and the multiplexer behind it.
#[derive(Debug)]
pub(super) struct Outgoing {
    queue: Queue,
    writer: mpegts::Writer,
    payload: [u8; mpegts::PAYLOAD_LENGTH],
    /// The capture position of the picture whose packets are leaving.
    leaving: Option<i64>,
    /// How frames of sound leave together, if they do, and those that leave with the next.
    gathering: Option<Gathering>,
    earlier: Vec<AccessUnit>,
    /// Where there are pictures.
    references: Option<References>,
    parameter_sets: Option<ParameterSets>,
    keyframes: Keyframes,
}

/// The connection is given the next unit when this much, in time, is left of the one before: so
/// that the pacer never runs dry, and what may still be dropped stays in the queue.
const AHEAD: Duration = Duration::from_millis(5);

/// Frames of sound that lie no further apart than so many frames follow one another.
const CONTIGUOUS: f64 = 1.5;

impl Outgoing {
    pub(super) fn new(config: &Config) -> Self {
        let program = mpegts::Config { video: config.video, audio: config.audio };
        Self {
            queue: Queue::new(config.queue_limit, config.video),
            writer: mpegts::Writer::new(program),
            payload: [0; mpegts::PAYLOAD_LENGTH],
            leaving: None,
            gathering: None,
            earlier: Vec::new(),
            references: config.video.map(References::new),
            parameter_sets: config.video.map(ParameterSets::new),
            keyframes: Keyframes::default(),
        }
    }

    /// What a datagram of the connection is worth.
    pub(super) fn priority(&self, datagram: &[u8]) -> Priority {
        self.keyframes.priority(datagram)
    }

    /// Units wait for `limit` at most from now on.
    pub(super) fn set_limit(&mut self, limit: Duration) {
        self.queue.set_limit(limit);
    }

    /// Where little is carried, the container spares what it can from now on, and frames of sound
    /// leave together.
    pub(super) fn spare(&mut self, is_scarce: bool, gathering: Option<Gathering>) {
        self.gathering = gathering;
        self.writer.set_sparing(is_scarce);
    }

    /// The unit as it must be to be sent whatever becomes of those before it: an encoder that tells
    /// its parameter sets once does so with a picture that may never leave.
    pub(super) fn complete(&mut self, unit: AccessUnit) -> AccessUnit {
        match &mut self.parameter_sets {
            Some(parameter_sets) if unit.track == Track::Video => parameter_sets.complete(unit),
            _ => unit,
        }
    }

    pub(super) fn push(&mut self, now: Time, unit: AccessUnit) -> Dropped {
        self.queue.push(now, unit)
    }

    pub(super) fn drop_stale(&mut self, now: Time) -> Dropped {
        self.queue.drop_stale(now)
    }

    pub(super) fn drop_late(&mut self, now: Time, forecast: &Forecast) -> Dropped {
        self.queue.drop_late(now, forecast)
    }

    /// Since when a key frame has been waiting, the newest one.
    pub(super) fn newest_keyframe(&self) -> Option<Time> {
        self.queue.newest_keyframe()
    }

    pub(super) fn delay(&self, now: Time) -> Duration {
        self.queue.delay(now)
    }

    pub(super) fn bytes(&self) -> ByteCount {
        self.queue.bytes()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// A new connection begins with a key frame and knows nothing of what was sent before.
    pub(super) fn restart(&mut self) -> Dropped {
        let dropped = self.queue.clear();
        if self.has_video() {
            self.queue.await_keyframe();
        }
        self.writer.mark_discontinuity();
        self.leaving = None;
        self.keyframes.clear();
        dropped
    }

    /// Gives the connection what it can take now, and the beginning of a group of pictures only if it
    /// `begins_groups`: otherwise another connection is to begin with it. Answers with the capture position, in
    /// microseconds, of a picture whose last packet has left.
    pub(super) fn feed(
        &mut self,
        now: Time,
        connection: &mut srt::Connection,
        pacing: Bitrate,
        window: ByteCount,
        begins_groups: bool,
    ) -> Option<i64> {
        let mut left = None;
        let fits = |connection: &srt::Connection| {
            connection.unsent() <= pacing.bytes_in(AHEAD) && connection.in_flight() < window
        };
        while fits(connection) {
            left = self.leaving.take().or(left);
            if !begins_groups && self.may_begin() {
                break;
            }
            let Some(queued) = self.next(now) else { break };
            self.give(now, connection, &queued);
        }
        left
    }

    /// Whether what leaves next is what a connection may begin with.
    pub(super) fn may_begin(&self) -> bool {
        // Sound that gathers lets pictures pass.
        let first = if self.gathering.is_some() && self.has_video() {
            self.queue.first_picture()
        } else {
            self.queue.front()
        };
        first.is_some_and(|queued| {
            let is_keyframe = queued.unit.track == Track::Video && queued.unit.keyframe;
            is_keyframe || !self.has_video()
        })
    }

    /// What leaves from now on goes to another connection, which knows nothing of what was sent
    /// before; nothing is dropped.
    pub(super) fn begin_connection(&mut self) {
        self.writer.mark_discontinuity();
        self.leaving = None;
        self.keyframes.clear();
    }

    /// Gives the connection one unit, whether or not it gets through: its acknowledgement will
    /// say that the link is back.
    pub(super) fn probe(&mut self, now: Time, connection: &mut srt::Connection) {
        if let Some(queued) = self.queue.pop_probe() {
            self.give(now, connection, &queued);
        }
    }

    fn has_video(&self) -> bool {
        self.references.is_some()
    }

    /// The next unit to leave; if it is sound, those that leave with it stand before it.
    fn next(&mut self, now: Time) -> Option<QueuedUnit> {
        let Some(gathering) = self.gathering else { return self.queue.pop() };
        let mut queued = self.queue.pop_gathered(now, gathering.frames(), gathering.patience())?;
        if queued.unit.track == Track::Audio {
            for _ in 1..gathering.frames() {
                // A gap would be closed by a reader, who is told the first one's time.
                let end = queued.unit.pts + gathering.interval().mul_f64(CONTIGUOUS);
                let Some(later) = self.queue.pop_sound_before(end) else { break };
                self.earlier.push(std::mem::replace(&mut queued.unit, later));
            }
        }
        Some(queued)
    }

    fn give(&mut self, now: Time, connection: &mut srt::Connection, queued: &QueuedUnit) {
        // A unit that the container has no words for is left out, and costs nobody else.
        let begun = self.writer.begin_gathered(&self.earlier, &queued.unit);
        self.earlier.clear();
        if begun.is_err() {
            return;
        }
        let first = connection.next_number();
        let is_reference = match (&mut self.references, queued.unit.track) {
            (Some(references), Track::Video) => references.may_refer_to(&queued.unit.data),
            _ => true,
        };
        connection.set_priority(Priority::of(&queued.unit, is_reference));
        while let Some(payload) = self.writer.next_payload(&mut self.payload) {
            let data = self.payload.get(..payload.length).unwrap_or_default();
            connection.handle(now, srt::Input::Payload { data, origin: queued.queued_at });
        }
        if queued.unit.track == Track::Video {
            let end = connection.next_number().filter(|_| queued.unit.keyframe);
            if let (Some(first), Some(end)) = (first, end) {
                self.keyframes.note(first, end);
            }
            self.leaving = Some(queued.unit.pts.as_micros());
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::media::{AudioFormat, VideoCodec};
    use crate::rate::{Adaptation, EncoderTarget};
    use crate::session::{ReconnectPolicy, Role};
    use crate::units::MediaTime;

    const FRAME: Duration = Duration::from_micros(21_333);

    fn outgoing() -> Outgoing {
        let bitrate = Bitrate::from_kilobits_per_second(32);
        let target = EncoderTarget {
            bitrate,
            frame_rate: crate::media::FrameRate::new(15).unwrap(),
            size: "416x234".parse().unwrap(),
            audio_bitrate: bitrate,
        };
        let mut outgoing = Outgoing::new(&Config {
            transport: srt::Config::default(),
            role: Role::Caller,
            video: Some(VideoCodec::H264),
            audio: Some(AudioFormat { sample_rate: 48_000, channels: 2 }),
            target,
            minimum_bitrate: bitrate,
            adaptive: true,
            adaptation: Adaptation::default(),
            queue_limit: Duration::from_secs(1),
            epoch: Time::ZERO,
            reconnect: ReconnectPolicy::default(),
        });
        outgoing.spare(true, Some(Gathering::best(bitrate, FRAME, Duration::from_millis(90))));
        outgoing
    }

    #[test]
    fn frames_around_a_gap_do_not_leave_together() {
        let mut outgoing = outgoing();
        // Two frames, a gap of one, three more.
        for number in [0, 1, 3, 4, 5] {
            let pts = MediaTime::ZERO + FRAME * number;
            let data = Bytes::from_static(&[0x21; 85]);
            let unit = AccessUnit { track: Track::Audio, pts, dts: pts, keyframe: true, data };
            let _ = outgoing.push(Time::ZERO, unit);
        }
        let later = Time::from_millis(200);
        for (before, last) in [(1, 1), (2, 5)] {
            let next = outgoing.next(later).unwrap();
            assert_eq!(outgoing.earlier.len(), before);
            assert_eq!(next.unit.pts, MediaTime::ZERO + FRAME * last);
            outgoing.earlier.clear();
        }
        assert!(outgoing.is_empty());
    }
}

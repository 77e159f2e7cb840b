//! The one queue that decides what is dropped, and its one policy.
//!
//! Access units wait here, whole, until the transport takes them. The queue is bounded in time:
//! once its oldest unit has waited longer than the limit, the uplink carries less than is
//! produced, and something must go. What goes is chosen so that the receiver can decode
//! everything that still arrives:
//!
//! - video before a later key frame goes first: nothing that is kept refers to it;
//! - without a later key frame all queued video goes, and what follows up to the next key frame
//!   with it; the caller is told to ask the encoder for one;
//! - after either, pictures that follow the key frame and refer to some before it go too, as H.265
//!   has them in open groups, and the key frame itself says that it follows a cut;
//! - sound goes only when it has waited too long itself, after all video of that age.

use std::collections::VecDeque;
use std::time::Duration;

use super::forecast::{Forecast, Start};
use crate::media::{AccessUnit, Track, VideoCodec};
use crate::units::{ByteCount, MediaTime, Time};

/// An access unit and when it was queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedUnit {
    /// The unit.
    pub unit: AccessUnit,
    /// When it was queued.
    pub queued_at: Time,
}

/// What was dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "drops are reported, and a lost key frame is asked for again"]
pub struct Dropped {
    /// Pictures.
    pub video: u32,
    /// Frames of sound.
    pub audio: u32,
    /// Pictures refused because they refer to one that was dropped, or that this receiver never
    /// got: a consequence, not a decision.
    pub undecodable: u32,
    /// Whether the encoder must be asked for a key frame, since the decoder has nothing to go
    /// on from.
    pub keyframe_needed: bool,
}

impl Dropped {
    /// Whether the policy had to drop anything.
    pub fn any(&self) -> bool {
        self.video > 0 || self.audio > 0
    }

    /// Adds what else was dropped.
    pub fn add(&mut self, other: Dropped) {
        self.video += other.video;
        self.audio += other.audio;
        self.undecodable += other.undecodable;
        self.keyframe_needed |= other.keyframe_needed;
    }
}

/// Access units in the order in which they were pushed, none older than the limit.
#[derive(Debug)]
pub struct Queue {
    units: VecDeque<QueuedUnit>,
    limit: Duration,
    /// What the pictures are encoded in, if there are any.
    codec: Option<VideoCodec>,
    bytes: ByteCount,
    /// Video is useless until the next key frame: an earlier picture was dropped.
    awaiting_keyframe: bool,
    /// The newest key frame is the first picture after some that were dropped.
    begins_afresh: bool,
    /// Whether a receiver may know of pictures before those that wait.
    has_given: bool,
}

/// More units than any limit in time holds; only a clock that stands still gets there.
const MAX_UNITS: usize = 4_096;

impl Queue {
    /// An empty queue whose units wait for `limit` at most, and whose pictures are in `codec`.
    pub fn new(limit: Duration, codec: Option<VideoCodec>) -> Self {
        Self {
            units: VecDeque::with_capacity(64),
            limit,
            codec,
            bytes: ByteCount::ZERO,
            awaiting_keyframe: false,
            begins_afresh: false,
            has_given: false,
        }
    }

    /// Units wait for `limit` at most from now on.
    pub fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Queues a unit, unless it is video that can no longer be decoded.
    pub fn push(&mut self, now: Time, mut unit: AccessUnit) -> Dropped {
        if unit.track == Track::Video {
            if unit.keyframe {
                self.begins_afresh = std::mem::take(&mut self.awaiting_keyframe);
                if self.begins_afresh && self.has_given {
                    cut_before(self.codec, &mut unit);
                }
            } else if self.awaiting_keyframe || self.begins_afresh && self.needs_earlier(&unit) {
                return Dropped { undecodable: 1, ..Dropped::default() };
            }
        }
        self.bytes += unit.data.len().into();
        self.units.push_back(QueuedUnit { unit, queued_at: now });
        self.drop_stale(now)
    }

    /// The oldest unit.
    pub fn pop(&mut self) -> Option<QueuedUnit> {
        if self.units.is_empty() { None } else { self.remove(0) }
    }

    /// The oldest unit that may leave, where sound leaves `frames` at a time: once so many wait, or
    /// the oldest has waited for `patience`. The others are had by [`Queue::pop_sound_before`];
    /// pictures do not wait for them.
    pub fn pop_gathered(
        &mut self,
        now: Time,
        frames: usize,
        patience: Duration,
    ) -> Option<QueuedUnit> {
        let is_sound = |queued: &&QueuedUnit| queued.unit.track == Track::Audio;
        let oldest = self.units.iter().find(is_sound);
        let is_ready = oldest.is_none_or(|oldest| now.since(oldest.queued_at) >= patience)
            || self.units.iter().filter(is_sound).take(frames).count() == frames;
        if is_ready {
            return self.pop();
        }
        let picture = self.units.iter().position(|queued| queued.unit.track == Track::Video)?;
        self.remove(picture)
    }

    /// The oldest sound, if its time is before `end`.
    pub fn pop_sound_before(&mut self, end: MediaTime) -> Option<AccessUnit> {
        let is_sound = |queued: &QueuedUnit| queued.unit.track == Track::Audio;
        let oldest = self.units.iter().position(is_sound)?;
        self.units.get(oldest).filter(|queued| queued.unit.pts < end)?;
        self.remove(oldest).map(|queued| queued.unit)
    }

    /// The picture that leaves next.
    pub fn first_picture(&self) -> Option<&QueuedUnit> {
        self.first_of(Track::Video)
    }

    /// The unit that leaves next.
    pub fn front(&self) -> Option<&QueuedUnit> {
        self.units.front()
    }

    /// The oldest sound, or the oldest unit of all if there is none: what is least of a pity if it
    /// does not get through.
    pub fn pop_probe(&mut self) -> Option<QueuedUnit> {
        let oldest = self.units.iter().position(|queued| queued.unit.track == Track::Audio);
        self.remove(oldest.unwrap_or(0))
    }

    fn remove(&mut self, index: usize) -> Option<QueuedUnit> {
        let queued = self.units.remove(index)?;
        self.has_given |= queued.unit.track == Track::Video;
        self.bytes = self.bytes.saturating_sub(queued.unit.data.len().into());
        Some(queued)
    }

    /// Drops what has waited too long, by the policy above.
    pub fn drop_stale(&mut self, now: Time) -> Dropped {
        let mut dropped = Dropped::default();
        if self.is_stale(now, Track::Video) {
            dropped.video += self.drop_video_before_last_keyframe();
        }
        if self.is_stale(now, Track::Video) {
            dropped.video += self.drop_all_video();
            dropped.keyframe_needed = true;
        }
        // Video of this age is gone by now: sound is never the first to go.
        while self.is_stale(now, Track::Audio) && self.drop_oldest_audio() {
            dropped.audio += 1;
        }
        dropped
    }

    /// If pictures will be late by this forecast, drops what leaves the fewest of them late;
    /// nothing, if that is so. Sound goes only if it is late already: forecasts err, it takes little,
    /// and what is missing of it is heard.
    pub fn drop_late(&mut self, now: Time, forecast: &Forecast) -> Dropped {
        let mut dropped = Dropped::default();
        match forecast.best_start(now, &self.units, self.bytes) {
            Start::At(index) => dropped.video = self.drop_video_before(index),
            Start::Afresh => {
                dropped.video = self.drop_all_video();
                dropped.keyframe_needed = true;
            }
        }
        let is_late = |sound: &QueuedUnit| now.since(sound.queued_at) > forecast.limit;
        while self.first_of(Track::Audio).is_some_and(is_late) && self.drop_oldest_audio() {
            dropped.audio += 1;
        }
        dropped
    }

    /// When the newest key frame was queued of those that wait.
    pub fn newest_keyframe(&self) -> Option<Time> {
        let is_keyframe =
            |queued: &&QueuedUnit| queued.unit.track == Track::Video && queued.unit.keyframe;
        self.units.iter().rev().find(is_keyframe).map(|queued| queued.queued_at)
    }

    /// Empties the queue for a new connection: all that waited belongs to the old one.
    pub fn clear(&mut self) -> Dropped {
        let holds_video = self.holds_video();
        let video = self.drop_all_video();
        let audio = u32::try_from(self.units.len()).unwrap_or(u32::MAX);
        self.units.clear();
        self.bytes = ByteCount::ZERO;
        Dropped { video, audio, undecodable: 0, keyframe_needed: holds_video }
    }

    /// Refuses video up to the next key frame, as a decoder that starts afresh would.
    pub fn await_keyframe(&mut self) {
        self.awaiting_keyframe = true;
    }

    /// How long the oldest unit has waited; zero when empty.
    pub fn delay(&self, now: Time) -> Duration {
        self.units.front().map_or(Duration::ZERO, |oldest| now.since(oldest.queued_at))
    }

    /// The data that waits.
    pub fn bytes(&self) -> ByteCount {
        self.bytes
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    fn is_stale(&self, now: Time, track: Track) -> bool {
        self.first_of(track).is_some_and(|oldest| {
            now.since(oldest.queued_at) > self.limit || self.units.len() > MAX_UNITS
        })
    }

    fn first_of(&self, track: Track) -> Option<&QueuedUnit> {
        self.units.iter().find(|queued| queued.unit.track == track)
    }

    fn holds_video(&self) -> bool {
        self.units.iter().any(|queued| queued.unit.track == Track::Video)
    }

    fn drop_oldest_audio(&mut self) -> bool {
        let oldest = self.units.iter().position(|queued| queued.unit.track == Track::Audio);
        oldest.and_then(|index| self.remove(index)).is_some()
    }

    fn drop_video_before_last_keyframe(&mut self) -> u32 {
        let is_keyframe =
            |queued: &QueuedUnit| queued.unit.track == Track::Video && queued.unit.keyframe;
        match self.units.iter().rposition(is_keyframe) {
            Some(last) => self.drop_video_before(last),
            None => 0,
        }
    }

    fn drop_all_video(&mut self) -> u32 {
        let dropped = self.drop_video_before(self.units.len());
        self.awaiting_keyframe |= dropped > 0;
        dropped
    }

    /// Drops the video before this unit, which is a key frame or the end, and what needs it.
    fn drop_video_before(&mut self, end: usize) -> u32 {
        let mut index = 0;
        let mut dropped = 0;
        let mut bytes = ByteCount::ZERO;
        let mut begins_afresh = false;
        let (codec, has_given) = (self.codec, self.has_given);
        self.units.retain_mut(|QueuedUnit { unit, .. }| {
            let is_before = index < end;
            index += 1;
            if unit.track != Track::Video {
                return true;
            }
            if !is_before && unit.keyframe {
                begins_afresh = index == end + 1 && dropped > 0;
                if begins_afresh && has_given {
                    cut_before(codec, unit);
                }
            }
            let goes = is_before || begins_afresh && needs_earlier(codec, unit);
            if goes {
                dropped += 1;
                bytes += unit.data.len().into();
            }
            !goes
        });
        // Whatever follows the newest key frame is still to come.
        self.begins_afresh |= begins_afresh;
        self.bytes = self.bytes.saturating_sub(bytes);
        dropped
    }

    fn needs_earlier(&self, unit: &AccessUnit) -> bool {
        needs_earlier(self.codec, unit)
    }
}

/// Says in a key frame that pictures before it are missing.
fn cut_before(codec: Option<VideoCodec>, unit: &mut AccessUnit) {
    if let Some(data) = codec.and_then(|codec| codec.after_a_cut(&unit.data)) {
        unit.data = data;
    }
}

/// Whether the picture refers to some before the key frame that it follows.
fn needs_earlier(codec: Option<VideoCodec>, unit: &AccessUnit) -> bool {
    !unit.keyframe && codec.is_some_and(|codec| codec.needs_earlier(&unit.data))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::media::h265;

    const LIMIT: Duration = Duration::from_millis(500);

    fn unit(track: Track, keyframe: bool, at_ms: u64) -> AccessUnit {
        let pts = MediaTime::from_millis(at_ms as i64);
        AccessUnit { track, pts, dts: pts, keyframe, data: Bytes::from_static(&[0; 100]) }
    }

    /// Pushes video every 40 ms, key frames at the given times, and sound every 20 ms.
    fn fill(queue: &mut Queue, until_ms: u64, keyframes_ms: &[u64]) -> Dropped {
        let mut total = Dropped::default();
        for at in (0..=until_ms).step_by(20) {
            let now = Time::from_millis(at);
            total.add(queue.push(now, unit(Track::Audio, true, at)));
            if at % 40 == 0 {
                total.add(queue.push(now, unit(Track::Video, keyframes_ms.contains(&at), at)));
            }
        }
        total
    }

    fn drain(queue: &mut Queue) -> Vec<AccessUnit> {
        std::iter::from_fn(|| queue.pop()).map(|queued| queued.unit).collect()
    }

    #[test]
    fn a_queue_within_its_limit_keeps_everything_in_order() {
        let mut queue = Queue::new(LIMIT, Some(VideoCodec::H264));
        assert_eq!(fill(&mut queue, 480, &[0]), Dropped::default());
        let units = drain(&mut queue);
        assert_eq!(units.len(), 25 + 13);
        assert!(units.is_sorted_by_key(|unit| unit.pts));
        assert_eq!(queue.bytes(), ByteCount::ZERO);
    }

    #[test]
    fn a_later_key_frame_saves_what_follows_it() {
        let mut queue = Queue::new(LIMIT, Some(VideoCodec::H264));
        let dropped = fill(&mut queue, 520, &[0, 400]);
        assert_eq!(dropped.video, 10, "the group before the key frame at 400 ms");
        assert!(!dropped.keyframe_needed, "there is one in the queue");
        let units = drain(&mut queue);
        let first_video = units.iter().find(|unit| unit.track == Track::Video).unwrap();
        assert!(first_video.keyframe);
    }

    #[test]
    fn without_a_key_frame_video_goes_and_one_is_asked_for() {
        let mut queue = Queue::new(LIMIT, Some(VideoCodec::H264));
        let dropped = fill(&mut queue, 520, &[]);
        assert!(dropped.keyframe_needed);
        assert_eq!(dropped.video + dropped.undecodable, 14);
        let refused = queue.push(Time::from_millis(560), unit(Track::Video, false, 560));
        assert_eq!(refused.undecodable, 1, "it refers to a picture that was dropped");
        let taken = queue.push(Time::from_millis(560), unit(Track::Video, true, 560));
        assert_eq!(taken.undecodable, 0);
    }

    /// A key frame of an open group of H.265 (CRA), what leads it, and a picture after it.
    fn open_group(at_ms: i64) -> [AccessUnit; 3] {
        let picture = |shown_ms, decoded_ms, keyframe, number: u8| AccessUnit {
            track: Track::Video,
            pts: MediaTime::from_millis(shown_ms),
            dts: MediaTime::from_millis(decoded_ms),
            keyframe,
            data: Bytes::from(vec![0, 0, 1, number << 1, 1, 0x80]),
        };
        [
            picture(at_ms + 120, at_ms, true, 21),
            picture(at_ms + 80, at_ms + 40, false, 9),
            picture(at_ms + 160, at_ms + 80, false, 1),
        ]
    }

    #[test]
    fn what_leads_a_key_frame_goes_with_the_pictures_that_it_refers_to() {
        let refused = |queue: &mut Queue, unit: AccessUnit| {
            queue.push(Time::from_micros(unit.dts.as_micros() as u64), unit).undecodable
        };
        let mut queue = Queue::new(LIMIT, Some(VideoCodec::H265));
        queue.await_keyframe();
        for (at, lost) in [(0, [0, 1, 0]), (120, [0, 0, 0])] {
            let counts = open_group(at).map(|unit| refused(&mut queue, unit));
            assert_eq!(counts, lost, "a receiver has the pictures before the second group");
        }
        // The first group becomes stale: with it goes what the second one takes from it, which is
        // there already, and nothing that comes later.
        let dropped = queue.drop_stale(Time::from_millis(501));
        assert_eq!((dropped.video, dropped.keyframe_needed), (3, false));
        let kept: Vec<_> = drain(&mut queue).iter().map(|unit| unit.pts.as_micros()).collect();
        assert_eq!(kept, [240_000, 280_000]);
        assert_eq!(queue.bytes(), ByteCount::ZERO);
    }

    #[test]
    fn a_key_frame_after_pictures_that_are_missing_says_so_unless_it_is_the_first_of_all() {
        let kind = |unit: &AccessUnit| h265::NalType::of(unit.data[3]);
        let mut queue = Queue::new(LIMIT, Some(VideoCodec::H265));
        queue.await_keyframe();
        let next = |queue: &mut Queue, at_ms| {
            let [key, ..] = open_group(at_ms);
            let _ = queue.push(Time::from_millis(at_ms as u64), key);
            kind(&queue.pop().unwrap().unit)
        };
        assert_eq!(next(&mut queue, 0), h265::NalType::CleanRandomAccess, "nothing is missing");
        assert_eq!(next(&mut queue, 120), h265::NalType::CleanRandomAccess, "it goes on");
        queue.await_keyframe();
        assert_eq!(next(&mut queue, 240), h265::NalType::BrokenLink, "on another connection");
        let _ = queue.push(Time::from_millis(300), open_group(300)[2].clone());
        let [key, ..] = open_group(700);
        let now = Time::from_millis(801);
        assert_eq!(queue.push(now, key).video, 1, "what waited is stale");
        assert_eq!(kind(&queue.pop().unwrap().unit), h265::NalType::BrokenLink);
    }

    #[test]
    fn what_leads_a_key_frame_goes_even_if_it_comes_after_the_decision() {
        let mut queue = Queue::new(LIMIT, Some(VideoCodec::H265));
        let _ = queue.push(Time::ZERO, unit(Track::Video, true, 0));
        let [key, leading, trailing] = open_group(480);
        let now = Time::from_millis(501);
        assert_eq!(queue.push(now, key).video, 1, "the old group is stale");
        assert_eq!(queue.push(now, leading).undecodable, 1);
        assert_eq!(queue.push(now, trailing).undecodable, 0);
        let next = open_group(600).map(|unit| queue.push(now, unit).undecodable);
        assert_eq!(next, [0, 0, 0], "the next group follows without a break");
    }

    #[test]
    fn sound_that_gathers_keeps_no_picture_waiting_and_waits_no_longer_than_it_may() {
        let patience = Duration::from_millis(70);
        let mut queue = Queue::new(LIMIT, Some(VideoCodec::H264));
        let mut left = Vec::new();
        for at in (0..=400).step_by(20) {
            let now = Time::from_millis(at);
            let _ = queue.push(now, unit(Track::Audio, true, at));
            if at % 40 == 0 {
                let _ = queue.push(now, unit(Track::Video, at == 0, at));
            }
            while let Some(queued) = queue.pop_gathered(now, 3, patience) {
                let waited = now.since(queued.queued_at);
                assert!(queued.unit.track == Track::Audio || waited.is_zero(), "{waited:?}");
                left.push(queued.unit.track);
                let others = if queued.unit.track == Track::Audio { 2 } else { 0 };
                let end = MediaTime::from_millis(at as i64 + 1);
                let next = || queue.pop_sound_before(end);
                for later in std::iter::from_fn(next).take(others) {
                    assert!(later.pts > queued.unit.pts);
                }
            }
        }
        let sound = left.iter().filter(|track| **track == Track::Audio).count();
        assert_eq!((sound, left.len() - sound), (7, 11), "21 frames in threes");
        assert_eq!(queue.bytes(), ByteCount::ZERO);
        let _ = queue.push(Time::from_millis(500), unit(Track::Audio, true, 500));
        assert_eq!(queue.pop_gathered(Time::from_millis(569), 3, patience), None);
        assert!(queue.pop_gathered(Time::from_millis(570), 3, patience).is_some());
    }

    #[test]
    fn sound_outlives_video_and_still_has_a_bound() {
        let mut queue = Queue::new(LIMIT, Some(VideoCodec::H264));
        let dropped = fill(&mut queue, 520, &[]);
        assert!(dropped.video > 0);
        assert_eq!(dropped.audio, 1, "only what passed the limit by itself");
        assert!(queue.delay(Time::from_millis(520)) <= LIMIT);
    }
}

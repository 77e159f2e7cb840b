//! One track on its way to viewers: its format, and how its frames lie on the timeline.

use std::time::Duration;

use golive_proto::media::{AccessUnit, AudioFormat, PictureSize, Track, VideoCodec};
use golive_proto::mux::fmp4::Fragmenter;
use golive_proto::units::MediaTime;

use super::segments;
use super::viewer::Message;

/// A gap from which a key frame begins afresh rather than being bridged.
const GAP: Duration = Duration::from_millis(400);
/// The first picture after a beginning is told to last this long, by [`Fragmenter`].
const FIRST_STEP: Duration = Duration::from_millis(33);
/// Decoding times catch up in steps no longer than this, or than half an interval more than one.
const STEP: Duration = Duration::from_millis(100);

/// Whether a unit can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Nothing can be decoded before a key frame, or before the format is known.
    Refused,
    Admitted,
    /// It is, and the track's format is another from here on.
    Changed,
    /// It is, and from here on the track is in a codec that another decoder reads.
    Replaced,
}

/// What the tracks of a connection are made of, as far as it has told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Formats {
    pub(super) video: Option<VideoCodec>,
    pub(super) audio: Option<AudioFormat>,
}

#[derive(Debug, Default)]
pub(super) struct Lane {
    /// What makes the track's segments, once its format is known.
    fragmenter: Option<Fragmenter>,
    audio_format: Option<AudioFormat>,
    /// The decoding time of the last unit that could be used; nothing in a new connection.
    pub(super) seen: Option<MediaTime>,
    /// The last unit that was placed.
    last: Option<Placed>,
    waits_for_key: bool,
}

#[derive(Clone, Copy, Debug)]
struct Placed {
    /// The decoding time, as the stream has it.
    dts: MediaTime,
    /// The same as viewers were told.
    told: MediaTime,
    /// From the unit before, as the stream has it.
    interval: Option<Duration>,
    /// The same as viewers were told, which is how long they take the unit to last.
    step: Duration,
}

impl Lane {
    /// Whether the format is known.
    pub(super) const fn is_known(&self) -> bool {
        self.fragmenter.is_some()
    }

    /// The codec, as browsers call it.
    pub(super) fn codec(&self) -> Option<&str> {
        self.fragmenter.as_ref().map(Fragmenter::codec)
    }

    /// The media type for a source buffer.
    pub(super) fn media_type(&self) -> Option<String> {
        self.fragmenter.as_ref().map(Fragmenter::media_type)
    }

    pub(super) fn picture_size(&self) -> Option<PictureSize> {
        self.fragmenter.as_ref().and_then(Fragmenter::picture_size)
    }

    pub(super) const fn audio_format(&self) -> Option<AudioFormat> {
        self.audio_format
    }

    /// The initialization segment.
    pub(super) fn initialization(&self) -> Option<Message> {
        let fragmenter = self.fragmenter.as_ref()?;
        Some(segments::message(fragmenter.track(), fragmenter.init_segment()))
    }

    /// Another connection begins: what it sends first may be in the middle of a GOP.
    pub(super) const fn interrupt(&mut self) {
        self.waits_for_key = true;
        self.seen = None;
    }

    /// Decides whether `unit` can be used, by what the connection has told of its `formats` and
    /// what stands in each key frame. What viewers are told counts from `base`.
    pub(super) fn admit(
        &mut self,
        unit: &AccessUnit,
        formats: Formats,
        base: MediaTime,
    ) -> Admission {
        let audio_format = formats.audio;
        self.waits_for_key &= !unit.keyframe;
        if self.waits_for_key {
            return Admission::Refused;
        }
        let described = match unit.track {
            Track::Video if unit.keyframe => {
                formats.video.and_then(|codec| Fragmenter::video(codec, unit, base).ok())
            }
            Track::Audio if audio_format != self.audio_format => {
                audio_format.and_then(|format| Fragmenter::audio(format, base).ok())
            }
            _ => None,
        };
        let is_new = described.as_ref().is_some_and(|described| {
            let known = self.fragmenter.as_ref().map(Fragmenter::init_segment);
            known != Some(described.init_segment())
        });
        let codec = |lane: &Option<Fragmenter>| lane.as_ref().and_then(Fragmenter::video_codec);
        let is_replaced = is_new && self.is_known() && codec(&self.fragmenter) != codec(&described);
        let begins_afresh = unit.keyframe
            && self.last.is_some_and(|last| unit.dts.since(last.dts) >= GAP)
            && described.is_some();
        if is_new || begins_afresh {
            self.fragmenter = described;
            self.audio_format = audio_format;
        }
        match self.fragmenter {
            None => Admission::Refused,
            Some(_) => {
                self.seen = Some(unit.dts);
                match (is_replaced, is_new) {
                    (true, _) => Admission::Replaced,
                    (false, true) => Admission::Changed,
                    (false, false) => Admission::Admitted,
                }
            }
        }
    }

    /// Whether `unit` cannot lie on one timeline with what came before.
    pub(super) fn breaks_timeline(&self, unit: &AccessUnit, longest_gap: Duration) -> bool {
        self.last.is_some_and(|last| {
            last.dts.since(unit.dts) > Duration::from_millis(500)
                || unit.dts.since(last.dts) > longest_gap
        })
    }

    /// The fragment of `unit`; nothing if it comes too late, or cannot be described.
    pub(super) fn fragment(&mut self, mut unit: AccessUnit) -> Option<Message> {
        unit.dts = self.place(&unit)?;
        let fragment = self.fragmenter.as_mut()?.fragment(&[unit.clone()]).ok()?;
        Some(segments::message(unit.track, fragment))
    }

    /// The decoding time that viewers are told for `unit`; nothing if it comes too late.
    ///
    /// A browser takes a decoding time more than two durations after the last one for a break,
    /// and leaves out everything up to the next key frame (Media Source Extensions, coded frame
    /// processing). Where pictures were dropped or the camera paused, decoding times therefore
    /// catch up in steps; presentation times stay as they are.
    fn place(&mut self, unit: &AccessUnit) -> Option<MediaTime> {
        let first = Placed { dts: unit.dts, told: unit.dts, interval: None, step: FIRST_STEP };
        let placed = match self.last {
            None => first,
            Some(last) if unit.dts <= last.dts => return None,
            Some(last) => {
                let interval = unit.dts.since(last.dts);
                if unit.keyframe && (unit.track == Track::Audio || interval >= GAP) {
                    first
                } else {
                    let usual = last.interval.map_or(interval, |before| before.min(interval));
                    // Short of two, so that rounding to ticks cannot pass it.
                    let longest = STEP.max(usual + usual / 2).min(last.step * 9 / 5);
                    let told = unit.dts.min(last.told + longest);
                    let step = told.since(last.told);
                    Placed { dts: unit.dts, told, interval: Some(interval), step }
                }
            }
        };
        self.last = Some(placed);
        Some(placed.told)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn picture(millis: i64, keyframe: bool) -> AccessUnit {
        let time = MediaTime::from_millis(millis);
        AccessUnit { track: Track::Video, pts: time, dts: time, keyframe, data: Bytes::new() }
    }

    fn place(lane: &mut Lane, millis: i64) -> MediaTime {
        lane.place(&picture(millis, false)).unwrap()
    }

    #[test]
    fn steady_pictures_stay_where_they_are() {
        // Where they come slowly, the first few are told to be earlier.
        for (interval, settled) in [(16, 0), (40, 0), (100, 5), (1_000, 20)] {
            let mut lane = Lane::default();
            for frame in 0..50 {
                let placed = place(&mut lane, frame * interval);
                let as_it_came = placed == MediaTime::from_millis(frame * interval);
                assert!(as_it_came || frame < settled, "{interval} ms: {frame}");
            }
        }
    }

    #[test]
    fn a_browser_never_sees_a_break_where_pictures_were_dropped() {
        let mut lane = Lane::default();
        let gaps = [33, 33, 300, 33, 33, 33, 1_500, 33, 33, 66, 33];
        let mut millis = 0;
        let mut told = vec![place(&mut lane, 0)];
        for gap in gaps.into_iter().chain(std::iter::repeat_n(33, 60)) {
            millis += gap;
            told.push(place(&mut lane, millis));
        }
        for times in told.windows(3) {
            let (before, step) = (times[1].since(times[0]), times[2].since(times[1]));
            assert!(
                step < before * 2 && step <= STEP && step > Duration::ZERO,
                "{before:?} {step:?}"
            );
        }
        assert_eq!(told.last(), Some(&MediaTime::from_millis(millis)), "it has caught up");
    }

    #[test]
    fn slow_pictures_are_no_break_either() {
        let mut lane = Lane::default();
        let told: Vec<MediaTime> = (0..20).map(|frame| place(&mut lane, frame * 500)).collect();
        assert!(told[1].since(told[0]) <= FIRST_STEP * 2);
        for times in told.windows(3) {
            assert!(times[2].since(times[1]) <= times[1].since(times[0]) * 2);
        }
    }

    #[test]
    fn a_key_frame_after_a_gap_begins_afresh() {
        let mut lane = Lane::default();
        place(&mut lane, 0);
        place(&mut lane, 33);
        let placed = lane.place(&picture(3_033, true));
        assert_eq!(placed, Some(MediaTime::from_millis(3_033)));
        assert_eq!(place(&mut lane, 3_066), MediaTime::from_millis(3_066));
    }

    #[test]
    fn what_comes_too_late_is_left_out_and_a_jump_is_noticed() {
        let mut lane = Lane::default();
        place(&mut lane, 1_000);
        assert_eq!(lane.place(&picture(980, false)), None);
        let minute = Duration::from_secs(60);
        assert!(!lane.breaks_timeline(&picture(980, false), minute));
        assert!(!lane.breaks_timeline(&picture(50_000, false), minute));
        assert!(lane.breaks_timeline(&picture(0, true), minute));
        assert!(lane.breaks_timeline(&picture(70_000, true), minute));
    }
}

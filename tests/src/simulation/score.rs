//! How much of a broadcast was seen in time, and how much of it could have been.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use golive_proto::media::Track;
use golive_proto::mux::mpegts::TIMELINE_OFFSET;
use golive_proto::units::{Bitrate, ByteCount, Time};

use super::{Label, Received};
use crate::network::Trace;

/// What a viewer got out of a broadcast at 30 pictures a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Capture slots of a thirtieth of a second.
    pub slots: u64,
    /// Slots without a fresh picture played on time, whatever the reason. A picture is as fresh as
    /// the next one is due: one of 15 a second is for two slots.
    pub late_slots: u64,
    /// Bits of pictures that could be decoded and came on time.
    pub on_time_bits: u64,
    /// Of the pictures on time: from capture to delivery.
    pub median_delay: Duration,
    /// 95 in a hundred took no longer.
    pub p95_delay: Duration,
    /// Runs of late slots longer than 200 ms.
    pub freezes: u64,
    /// The longest of them.
    pub longest_freeze: Duration,
}

/// From one capture slot to the next.
const SLOT: Duration = Duration::from_nanos(33_333_333);
/// Slots a second.
const RATE: u32 = 30;
/// A viewer notices that the picture stands.
const FREEZE: Duration = Duration::from_millis(200);

impl Score {
    /// Judges what was received of the capture slots from `from` to `until`. A picture is on time
    /// if it can be decoded within `budget` of its capture.
    pub fn judge(received: &[Received], from: Time, until: Time, budget: Duration) -> Self {
        let mut played: BTreeMap<u64, (Duration, ByteCount)> = BTreeMap::new();
        let mut fresh: BTreeSet<u64> = BTreeSet::new();
        // The last picture that could be decoded.
        let mut decodable: Option<(i64, Option<Label>)> = None;
        for unit in received.iter().filter(|unit| unit.track == Track::Video) {
            let pts = unit.pts.as_micros();
            let follows = decodable.is_some_and(|(last, label)| {
                let next = match (unit.label, label) {
                    (Some(unit), Some(last)) => unit.follows(last),
                    _ => false,
                };
                next && (pts - last).unsigned_abs() < NEXT
            });
            if !unit.keyframe && !follows {
                decodable = None;
                continue;
            }
            decodable = Some((pts, unit.label));
            let captured =
                Time::from_micros(pts.max(0).unsigned_abs()).saturating_sub(TIMELINE_OFFSET);
            let delay = unit.at.since(captured);
            if delay <= budget && captured >= from && captured < until {
                let slot = slot_of(captured);
                played.insert(slot, (delay, unit.length));
                let rate = unit.label.map_or(RATE, |label| label.frame_rate.as_u32());
                fresh.extend(slot..slot + u64::from(RATE / rate).max(1));
            }
        }
        let (first, end) = (slot_of(from), slot_of(until));
        let mut score = Self { slots: end - first, ..Self::default() };
        let mut late = 0;
        for slot in first..=end {
            if slot < end && !fresh.contains(&slot) {
                late += 1;
                score.late_slots += 1;
                continue;
            }
            let stood = SLOT * late;
            if stood > FREEZE {
                score.freezes += 1;
                score.longest_freeze = score.longest_freeze.max(stood);
            }
            late = 0;
        }
        let mut delays: Vec<Duration> = played.values().map(|(delay, _)| *delay).collect();
        delays.sort_unstable();
        let percentile = |share: usize| delays.get(delays.len() * share / 100).copied();
        score.median_delay = percentile(50).unwrap_or_default();
        score.p95_delay = percentile(95).unwrap_or_default();
        score.on_time_bits = played.values().map(|(_, length)| length.as_u64() * 8).sum();
        score
    }

    /// The share of what the link could carry that came out of it as pictures and sound, with their
    /// headers, of whatever use it still was.
    pub fn used(received: &[Received], trace: &Trace, from: Time, until: Time) -> f64 {
        let inside = received.iter().filter(|unit| unit.at >= from && unit.at < until);
        let bytes: f64 = inside.map(wire_bytes).sum();
        bytes / trace.capacity(from, until).as_u64().max(1) as f64
    }

    /// What a broadcaster who knew the trace could have had. Its bits: in each slot as many as
    /// still get through within `budget`, at most `maximum`. Its late slots: those in which not even
    /// a picture of the lowest bitrate gets through, had all before it been as small. Of both, the
    /// sound and the headers are taken off that nobody can do without: pictures of two slots each,
    /// and the lowest sound.
    pub fn oracle(trace: &Trace, span: (Time, Time), budget: Duration, bounds: Bounds) -> Self {
        let (first, end) = (slot_of(span.0), slot_of(span.1));
        let bytes = |rate: Bitrate| rate.bytes_in(SLOT).as_u64() as f64;
        let (most, least) = (bytes(bounds.maximum), bytes(bounds.minimum));
        let beside = bytes(bounds.sound) + UNIT_BYTES / 2.0;
        let mut score = Self { slots: end - first, ..Self::default() };
        let (mut large, mut small) = (0.0, 0.0);
        for slot in first..end {
            let now = time_of(slot);
            // What is left for pictures beside their headers and the sound, in each slot.
            let carries = |until: Time| {
                let slots = until.since(now).as_secs_f64() / SLOT.as_secs_f64();
                let room = trace.capacity(now, until).as_u64() as f64;
                (room - beside * slots) / PACKET_SHARE
            };
            let (due, next) = (now + budget, time_of(slot + 1));
            let room = (carries(due) - large).clamp(0.0, most);
            score.on_time_bits += (room * 8.0) as u64;
            large = (large + room - carries(next)).max(0.0);
            let passes = carries(due) - small >= least;
            score.late_slots += u64::from(!passes);
            small = (small + if passes { least } else { 0.0 } - carries(next)).max(0.0);
        }
        score
    }
}

/// Between which bounds the picture's bitrate moves, and what the sound takes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Of the picture.
    pub minimum: Bitrate,
    /// Of the picture.
    pub maximum: Bitrate,
    /// Beside it, with its headers.
    pub sound: Bitrate,
}

/// Pictures that follow each other are less than this apart, in microseconds: their labels count
/// no further.
const NEXT: u64 = 1_000_000;
/// What a byte of media takes in full packets: 188 of 184 in the container, and 44 of headers (SRT,
/// UDP, IPv4) with each 1,316.
const PACKET_SHARE: f64 = 188.0 / 184.0 * (1_316.0 + 44.0) / 1_316.0;
/// What a unit takes beside that on average: a header of its own (14), and a last packet of the
/// container and a last datagram that are half full (92 and 22).
const UNIT_BYTES: f64 = 128.0;
/// Frames of sound smaller than this (128 kb/s make 341) share their packets, about four of them.
const GATHERED: ByteCount = ByteCount::new(300);
const SHARING: f64 = 4.0;

/// What a unit takes of a link on average.
fn wire_bytes(unit: &Received) -> f64 {
    let shares = unit.track == Track::Audio && unit.length < GATHERED;
    let headers = if shares { UNIT_BYTES / SHARING } else { UNIT_BYTES };
    headers + unit.length.as_u64() as f64 * PACKET_SHARE
}

fn slot_of(time: Time) -> u64 {
    // Captures lie at the beginning of their slots, give or take rounding.
    (time.as_micros() * 30 + 500_000) / 1_000_000
}

fn time_of(slot: u64) -> Time {
    Time::from_micros(slot * 1_000_000 / 30)
}

#[cfg(test)]
mod tests {
    use golive_proto::media::FrameRate;
    use golive_proto::units::MediaTime;

    use super::*;

    /// Pictures with these numbers, each received 100 ms after its capture; every thirtieth is a
    /// key frame.
    fn pictures(numbers: impl IntoIterator<Item = u64>) -> Vec<Received> {
        let received = |number: u64| Received {
            at: time_of(number) + Duration::from_millis(100),
            track: Track::Video,
            pts: MediaTime::from_micros((time_of(number) + TIMELINE_OFFSET).as_micros() as i64),
            keyframe: number.is_multiple_of(30),
            length: ByteCount::new(1_000),
            label: Some(Label { number: (number % 251) as u8 + 1, frame_rate: rate(30) }),
        };
        numbers.into_iter().map(received).collect()
    }

    fn rate(rate: u32) -> FrameRate {
        FrameRate::new(rate).unwrap()
    }

    fn judge(received: &[Received], millis: u64) -> Score {
        let until = Time::from_millis(3_000);
        Score::judge(received, Time::ZERO, until, Duration::from_millis(millis))
    }

    #[test]
    fn a_whole_broadcast_is_on_time_and_a_slow_one_is_not() {
        let score = judge(&pictures(0..90), 100);
        assert_eq!((score.slots, score.late_slots, score.freezes), (90, 0, 0));
        assert_eq!(score.on_time_bits, 90 * 8_000);
        assert_eq!(score.p95_delay, Duration::from_millis(100));
        assert_eq!(judge(&pictures(0..90), 99).late_slots, 90);
    }

    #[test]
    fn what_refers_to_a_lost_picture_is_late_up_to_the_next_key_frame() {
        let score = judge(&pictures((0..40).chain(41..90)), 200);
        assert_eq!(score.late_slots, 20);
        assert_eq!((score.freezes, score.longest_freeze), (1, SLOT * 20));
    }

    #[test]
    fn a_picture_of_15_a_second_is_fresh_for_its_two_slots_and_no_longer() {
        let mut received = pictures((0..90).step_by(2));
        for (number, unit) in received.iter_mut().enumerate() {
            unit.label = Some(Label { number: number as u8 + 1, frame_rate: rate(15) });
        }
        let score = judge(&received, 100);
        assert_eq!((score.late_slots, score.freezes), (0, 0));
        let last = received.pop().unwrap();
        assert_eq!(judge(&received, 100).late_slots, 2);
        received.push(last);
        received.remove(10);
        assert_eq!(judge(&received, 100).late_slots, 2 + 8, "up to the key frame in slot 30");
    }

    #[test]
    fn the_oracle_gets_what_the_link_carries_and_no_more() {
        let rate = Bitrate::from_kilobits_per_second(4_000);
        let trace = Trace::from_rates(Duration::from_secs(1), [rate; 20]).unwrap();
        let bounds = |maximum| Bounds {
            minimum: Bitrate::from_kilobits_per_second(300),
            maximum: Bitrate::from_kilobits_per_second(maximum),
            sound: Bitrate::ZERO,
        };
        let span = (Time::ZERO, Time::from_millis(10_000));
        let score = Score::oracle(&trace, span, Duration::from_millis(500), bounds(10_000));
        let rate = score.on_time_bits as f64 / 10e6;
        // Headers take a sixteenth; what waits at the end, half a second's, is on time as well.
        assert!((3.75..=4.0).contains(&rate), "{rate} Mb/s");
        let score = Score::oracle(&trace, span, Duration::from_millis(500), bounds(2_000));
        assert!((score.on_time_bits as f64 / 20e6 - 1.0).abs() < 0.01);
        assert_eq!(score.late_slots, 0);
    }
}

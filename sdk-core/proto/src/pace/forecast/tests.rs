//! Which pictures are worth their time.

use bytes::Bytes;

use super::super::{Dropped, Queue};
use super::*;
use crate::media::{AccessUnit, VideoCodec};
use crate::units::MediaTime;

const FRAME: Duration = Duration::from_millis(40);
/// Of a picture; a key frame has five times as much.
const PICTURE: usize = 1_000;

/// Pictures every 40 ms up to now, key frames at the given places; the newest has just come.
fn queue(pictures: u64, keyframes: &[u64]) -> (Queue, Time) {
    let mut queue = Queue::new(Duration::from_secs(10), Some(VideoCodec::H264));
    let mut now = Time::ZERO;
    for number in 0..pictures {
        now = Time::ZERO + FRAME * u32::try_from(number).unwrap();
        let keyframe = keyframes.contains(&number);
        let pts = MediaTime::from_millis(40 * number as i64);
        let length = if keyframe { 5 * PICTURE } else { PICTURE };
        let data = Bytes::from(vec![0; length]);
        let unit = AccessUnit { track: Track::Video, pts, dts: pts, keyframe, data };
        assert_eq!(queue.push(now, unit), Dropped::default());
    }
    (queue, now)
}

/// 200 kb/s are produced, and a link that carries this.
fn forecast(carried_kbps: u64) -> Forecast {
    Forecast {
        standing: Duration::ZERO,
        carried: Bitrate::from_kilobits_per_second(carried_kbps),
        limit: Duration::from_millis(500),
        produced: Bitrate::from_kilobits_per_second(200),
        frame: FRAME,
        fresh: Some(Fresh { bytes: ByteCount::new(5_000) }),
    }
}

#[test]
fn what_is_on_time_is_kept() {
    let (mut queue, now) = queue(10, &[0]);
    assert_eq!(queue.drop_late(now, &forecast(4_000)), Dropped::default());
}

#[test]
fn what_is_late_is_sent_where_that_is_quicker_than_a_key_frame() {
    // A second's pictures: the older half is late, the newer half is not if the older is sent,
    // which a fast link does in a moment.
    let (mut queue, now) = queue(25, &[0]);
    assert_eq!(queue.drop_late(now, &forecast(10_000)), Dropped::default());
}

#[test]
fn a_key_frame_that_waits_and_can_be_on_time_is_begun_with() {
    let (mut queue, now) = queue(25, &[0, 18]);
    let dropped = queue.drop_late(now, &forecast(600));
    assert_eq!((dropped.video, dropped.keyframe_needed), (18, false));
    assert!(queue.pop().unwrap().unit.keyframe);
}

#[test]
fn on_a_slow_link_all_goes_for_a_fresh_key_frame() {
    let (mut queue, now) = queue(25, &[0]);
    let dropped = queue.drop_late(now, &forecast(220));
    assert_eq!((dropped.video, dropped.keyframe_needed), (25, true));
}

#[test]
fn what_stands_on_the_way_counts() {
    // Nothing has waited long, but what leaves now arrives after a second: a key frame would too.
    let (mut queue, now) = queue(5, &[0]);
    let standing = Duration::from_secs(1);
    let dropped = queue.drop_late(now, &Forecast { standing, ..forecast(1_000) });
    assert_eq!(dropped, Dropped::default(), "nothing is gained");
}

#[test]
fn while_nothing_gets_through_nothing_is_staked_on_a_fresh_key_frame() {
    let (mut queue, now) = queue(25, &[0]);
    let dropped = queue.drop_late(now, &Forecast { fresh: None, ..forecast(220) });
    assert_eq!(dropped, Dropped::default());
}

//! What a recording of a broadcast must be like.

use std::path::Path;

use golive_tests::peers::{Flash, Recording, decoding_errors, flashes_and_beeps};

/// What is expected of a recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    /// It may be so much shorter, for connecting and for what is under way at the end.
    pub(crate) seconds: f64,
    /// Seconds from each IDR to the next, exactly.
    pub(crate) keyframe_interval: Option<f64>,
    /// Where the flash is, if the picture has one that comes with a beep.
    pub(crate) flash: Option<Flash>,
}

/// How much of a broadcast may be missing from its recording.
const MISSING_SECONDS: f64 = 2.5;
/// How far a beep may be from its flash.
const LIP_SYNC_SECONDS: f64 = 0.020;
/// A tick of 90 kHz, in which timestamps are rounded.
const TICK: f64 = 1.0 / 90_000.0;

/// Checks everything that a viewer would notice.
///
/// # Panics
/// If anything is not as it should be.
pub(crate) fn assert_watchable(path: &Path, expected: Expected) {
    let recording = Recording::read(path);
    let video = recording.only("video").expect("one video stream");
    let audio = recording.only("audio").expect("one audio stream");
    assert_eq!((video.codec.as_str(), audio.codec.as_str()), ("h264", "aac"));
    assert_eq!(audio.sample_rate, 48_000);
    assert_eq!(decoding_errors(path), Vec::<String>::new());
    assert_eq!(recording.timestamp_faults(), Vec::<String>::new());
    for kind in ["video", "audio"] {
        let length = recording.length_of(kind);
        assert!(
            (expected.seconds - MISSING_SECONDS..expected.seconds + 0.5).contains(&length),
            "{length} s of {kind} were recorded of {} s",
            expected.seconds
        );
    }
    if let Some(interval) = expected.keyframe_interval {
        let intervals = recording.keyframe_intervals();
        assert!(intervals.len() > 1, "too few IDRs: {intervals:?}");
        for found in intervals {
            assert!((found - interval).abs() <= 2.0 * TICK, "an IDR after {found} s");
        }
    }
    let Some(flash) = expected.flash else { return };
    let mut pairs = flashes_and_beeps(path, flash);
    // Pictures and sound do not end together: the last flash may be there without its beep.
    pairs.pop();
    assert!(pairs.len() as f64 >= (expected.seconds - MISSING_SECONDS) / 2.0, "{pairs:?}");
    for pair in &pairs {
        assert!(pair.beep_after.abs() <= LIP_SYNC_SECONDS, "{pair:?} of {pairs:?}");
    }
}

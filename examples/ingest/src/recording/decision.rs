//! Whether a stream goes on a recording that exists, or begins a new one.

use std::time::Duration;

/// PTS wrap here: 33 bits of a 90 kHz clock (ISO/IEC 13818-1, 2.4.3.7).
const WRAP: i64 = 1 << 33;

/// How far the media's gap may differ from the wall clock's: what a broadcaster holds back while
/// it reconnects, what SRT holds back at the receiver, and clocks that drift.
const TOLERANCE: Duration = Duration::from_secs(5);

/// A gap longer than this begins a new recording: few would look for a second show of the day in
/// the first one's file.
const LONGEST_GAP: Duration = Duration::from_secs(60 * 60);

/// How far the first sound may lie before the last picture of the same timeline, which the
/// interleaving of the two allows.
const INTERLEAVING: Duration = Duration::from_millis(500);

/// Where an existing recording ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// Its last PTS, in 90 kHz ticks, modulo 2^33.
    pub(super) last_pts: i64,
    /// How long ago it was written to last.
    pub(super) age: Duration,
}

/// Whether a stream whose first PTS is `first_pts` (90 kHz ticks, modulo 2^33) is the rest of the
/// recording that ends at `end`: as much media is missing as time has passed.
pub(super) fn continues(end: End, first_pts: i64) -> bool {
    let ahead = (first_pts - end.last_pts).rem_euclid(WRAP);
    let ticks = if ahead >= WRAP / 2 { ahead - WRAP } else { ahead };
    if ticks < -duration_in_ticks(INTERLEAVING) || end.age > LONGEST_GAP {
        return false;
    }
    (ticks - duration_in_ticks(end.age)).abs() <= duration_in_ticks(TOLERANCE)
}

fn duration_in_ticks(duration: Duration) -> i64 {
    // At most an hour: far from any overflow, and beyond it only saturation matters.
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 90) / 100 * 9
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 90_000;

    fn end(last_pts: i64, age_ms: u64) -> End {
        End { last_pts, age: Duration::from_millis(age_ms) }
    }

    #[test]
    fn a_broadcaster_that_went_on_while_the_ingest_was_down_is_continued() {
        assert!(continues(end(10 * SECOND, 3_000), 13 * SECOND));
        assert!(continues(end(10 * SECOND, 3_000), 11 * SECOND), "it sends what it held back");
        assert!(continues(end(10 * SECOND, 10), 10 * SECOND - 1_000), "sound before picture");
        assert!(continues(end(10 * SECOND, 30 * 60_000), (30 * 60 + 10) * SECOND));
    }

    #[test]
    fn a_broadcaster_that_began_anew_begins_a_new_file() {
        assert!(!continues(end(10 * SECOND, 3_000), 0));
        assert!(!continues(end(10 * SECOND, 3_000), 9 * SECOND));
        assert!(!continues(end(2 * SECOND, 60_000), 2 * SECOND), "a timeline that stood still");
        assert!(!continues(end(10 * SECOND, 3_000), 60 * SECOND));
    }

    #[test]
    fn a_gap_may_span_the_wrap_of_the_clock() {
        assert!(continues(end(WRAP - SECOND, 3_000), 2 * SECOND));
        assert!(!continues(end(SECOND, 3_000), WRAP - 2 * SECOND));
    }

    #[test]
    fn yesterdays_show_is_not_continued() {
        let day = 24 * 60 * 60;
        assert!(!continues(end(0, day * 1_000), day as i64 * SECOND));
        assert!(!continues(End { last_pts: 0, age: Duration::MAX }, 0));
    }
}

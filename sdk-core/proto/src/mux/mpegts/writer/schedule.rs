//! When tables and clock references are due.

use super::super::clock::Timestamp;

/// How far the clock runs behind the decoding times that it is sent with: sound may come this
/// much later than pictures of the same time, and a receiver with a decoder of fixed size
/// buffers so long.
const CLOCK_DELAY: i64 = 18_000; // 200 ms

/// Longest time from one clock reference to the next.
const CLOCK_INTERVAL: i64 = 3_600; // 40 ms

/// The same where little is carried: as far apart as references may be (2.7.2). At 15 pictures a
/// second that spares 38 kb/s.
const SPARING_CLOCK_INTERVAL: i64 = 9_000; // 100 ms

/// Longest time from one pair of tables to the next, beside those with every key frame: within the
/// half second after which monitors take them for missing (ETSI TR 101 290, 5.2.1).
const TABLE_INTERVAL: i64 = 36_000; // 400 ms

/// A longer gap stays one: it is not filled with clock references.
const LONGEST_FILLED_GAP: i64 = 90_000; // 1 s

/// What was last sent when, in ticks of 90 kHz on the unwrapped timeline.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule {
    clock: Option<i64>,
    tables: Option<Tables>,
    is_sparing: bool,
}

/// When tables were last sent, and how far apart units have been.
#[derive(Clone, Copy, Debug)]
struct Tables {
    sent: i64,
    /// The latest decoding time of a unit of any track.
    now: i64,
    /// Longest time from unit to unit since the tables before, and since the last ones.
    steps: [i64; 2],
}

impl Schedule {
    /// Begins anew: nothing was sent yet.
    pub(super) fn restart(&mut self) {
        *self = Self { is_sparing: self.is_sparing, ..Self::default() };
    }

    /// Whether clock references come only as often as they must.
    pub(super) fn set_sparing(&mut self, is_sparing: bool) {
        self.is_sparing = is_sparing;
    }

    /// Whether `dts` lies so far back that the clock can only start over.
    pub(super) fn has_run_back(&self, dts: i64) -> bool {
        self.clock.is_some_and(|clock| dts < clock)
    }

    /// What must precede or accompany a unit that is decoded at `dts`. Units of the track that
    /// carries the clock (`is_clock_track`) bring it; `starts_over` asks for tables.
    pub(super) fn begin(&mut self, dts: i64, is_clock_track: bool, starts_over: bool) -> Due {
        let mut due = Due::default();
        if self.are_tables_due(dts) || starts_over {
            let [_, steps] = self.tables.map_or([0; 2], |tables| tables.steps);
            self.tables = Some(Tables { sent: dts, now: dts, steps: [steps, 0] });
            (due.pat, due.pmt) = (true, true);
        }
        let now = dts - CLOCK_DELAY;
        let interval = if self.is_sparing { SPARING_CLOCK_INTERVAL } else { CLOCK_INTERVAL };
        if let Some(clock) = self.clock.filter(|clock| now - clock <= LONGEST_FILLED_GAP) {
            // One reference less if this unit brings its own.
            let gap = if is_clock_track { now - clock - 1 } else { now - clock };
            due.references = (gap / interval).max(0);
            due.reference = clock + interval;
            due.interval = interval;
            self.clock = Some(clock + due.references * interval);
        }
        if is_clock_track && self.clock.is_none_or(|clock| now > clock) {
            self.clock = Some(now);
            due.pcr = Some(Timestamp::from_ticks(now));
        }
        due
    }

    /// Whether tables must go with the unit at `dts`, because they would be late with the next if
    /// that is no nearer than the last few were.
    fn are_tables_due(&mut self, dts: i64) -> bool {
        let Some(tables) = &mut self.tables else { return true };
        let [before, since] = &mut tables.steps;
        *since = (*since).max(dts - tables.now);
        tables.now = tables.now.max(dts);
        tables.now - tables.sent + *before.max(since) > TABLE_INTERVAL
    }
}

/// What remains to be sent for one unit.
#[derive(Clone, Debug, Default)]
pub(super) struct Due {
    pat: bool,
    pmt: bool,
    references: i64,
    reference: i64,
    /// From one reference to the next.
    interval: i64,
    pcr: Option<Timestamp>,
}

impl Due {
    /// Whether a program association table goes next.
    pub(super) fn take_pat(&mut self) -> bool {
        std::mem::take(&mut self.pat)
    }

    /// Whether a program map table goes next.
    pub(super) fn take_pmt(&mut self) -> bool {
        std::mem::take(&mut self.pmt)
    }

    /// The clock reference that goes next in a packet of its own.
    pub(super) fn take_reference(&mut self) -> Option<Timestamp> {
        if self.references == 0 {
            return None;
        }
        let reference = Timestamp::from_ticks(self.reference);
        self.references -= 1;
        self.reference += self.interval;
        Some(reference)
    }

    /// The clock reference of the unit's first packet.
    pub(super) const fn pcr(&self) -> Option<Timestamp> {
        self.pcr
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(due: &mut Due) -> Vec<i64> {
        std::iter::from_fn(|| due.take_reference()).map(Timestamp::as_ticks).collect()
    }

    #[test]
    fn dropped_pictures_leave_no_hole_in_the_clock() {
        let mut schedule = Schedule::default();
        let first = schedule.begin(90_000, true, true);
        assert_eq!(first.pcr().unwrap().as_ticks(), 72_000);
        let mut after_gap = schedule.begin(90_000 + 9_000, true, false);
        assert_eq!(references(&mut after_gap), [75_600, 79_200]);
        assert_eq!(after_gap.pcr().unwrap().as_ticks(), 81_000);
    }

    #[test]
    fn sound_brings_the_clock_while_pictures_fail() {
        let mut schedule = Schedule::default();
        schedule.begin(90_000, true, true);
        assert_eq!(references(&mut schedule.begin(92_000, false, false)), []);
        assert_eq!(references(&mut schedule.begin(93_600, false, false)), [75_600]);
        assert_eq!(references(&mut schedule.begin(95_000, false, false)), []);
    }

    #[test]
    fn tables_are_never_more_than_four_tenths_of_a_second_apart() {
        for interval in [1_500, 3_000, 3_600, 3_750, 4_500, 6_000, 9_000] {
            let mut schedule = Schedule::default();
            let mut sent = vec![];
            for dts in (0..100).map(|picture| picture * interval) {
                if schedule.begin(dts, true, false).take_pat() {
                    sent.push(dts);
                }
            }
            let intervals = || sent.windows(2).skip(2).map(|pair| pair[1] - pair[0]);
            assert!(intervals().all(|ticks| ticks <= TABLE_INTERVAL), "{interval}: {sent:?}");
            assert!(
                intervals().all(|ticks| ticks + interval > TABLE_INTERVAL),
                "{interval}: {sent:?}"
            );
        }
    }

    #[test]
    fn where_little_is_carried_tables_and_references_come_as_rarely_as_they_may() {
        // Packets for ten seconds of 15 pictures each: of tables, and with a reference alone.
        let packets = |schedule: &mut Schedule| {
            let (mut tables, mut alone) = (0, 0);
            for dts in (0..150).map(|picture| picture * 6_000) {
                let mut due = schedule.begin(dts, true, false);
                tables += 2 * usize::from(due.take_pat());
                alone += references(&mut due).len();
            }
            (tables, alone)
        };
        assert_eq!(packets(&mut Schedule::default()), (50, 149));
        let mut schedule = Schedule::default();
        schedule.set_sparing(true);
        assert_eq!(packets(&mut schedule), (50, 0), "references with pictures only");
        schedule.restart();
        assert!(schedule.begin(900_000, true, false).take_pat(), "a new beginning has its tables");
        let mut after_gap = schedule.begin(900_000 + 27_000, true, false);
        assert_eq!(references(&mut after_gap).len(), 2, "a hole is filled all the same");
    }

    #[test]
    fn a_long_gap_is_not_filled() {
        let mut schedule = Schedule::default();
        schedule.begin(90_000, true, true);
        let mut due = schedule.begin(90_000 * 10, true, false);
        assert_eq!(references(&mut due), []);
        assert_eq!(due.pcr().unwrap().as_ticks(), 882_000);
        assert!(due.take_pat() && due.take_pmt());
    }
}

//! Counts tests from what `cargo test`, Maven and Python's unittest print.

use std::fmt;

/// Sums of the closing lines of the test programs seen so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Takes one line of output into account if it is a test program's closing line, such as
    /// `test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out`.
    pub(crate) fn see(&mut self, line: &str) {
        let Some(result) = line.trim_start().strip_prefix("test result:") else { return };
        for (count, what) in result.split([';', '.']).filter_map(|part| part.trim().split_once(' '))
        {
            let Ok(count) = count.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }

    /// Takes one line of Maven's into account if it is Surefire's closing line of all classes, such
    /// as `[INFO] Tests run: 11, Failures: 0, Errors: 1, Skipped: 2`; a line of one class names it.
    pub(crate) fn see_surefire(&mut self, line: &str) {
        let Some((level, counts)) = line.split_once(" Tests run: ") else { return };
        if !level.starts_with('[') || counts.contains("Time elapsed") {
            return;
        }
        let mut numbers = counts.split(", ").filter_map(|part| {
            let number = part.rsplit(' ').next().unwrap_or(part);
            number.parse::<u64>().ok()
        });
        let mut next = || numbers.next().unwrap_or(0);
        let (run, failures, errors, skipped) = (next(), next(), next(), next());
        self.passed += run.saturating_sub(failures + errors + skipped);
        self.failed += failures + errors;
        self.ignored += skipped;
    }

    /// Takes one line of unittest's into account if it is one of its two closing lines, such as
    /// `Ran 11 tests in 2.345s`, and `OK` or `FAILED (failures=1, errors=1, skipped=2)` below it.
    pub(crate) fn see_unittest(&mut self, line: &str) {
        if let Some((count, _)) =
            line.strip_prefix("Ran ").and_then(|rest| rest.split_once(" test"))
        {
            self.passed += count.parse::<u64>().unwrap_or(0);
        }
        let verdict = line.strip_prefix("OK (").or_else(|| line.strip_prefix("FAILED ("));
        let Some(counts) = verdict.and_then(|rest| rest.strip_suffix(')')) else { return };
        for (what, count) in counts.split(", ").filter_map(|part| part.split_once('=')) {
            let Ok(count) = count.parse::<u64>() else { continue };
            let sum = match what {
                "failures" | "errors" | "unexpected successes" => &mut self.failed,
                "skipped" => &mut self.ignored,
                // One that was expected to fail has passed.
                _ => continue,
            };
            *sum += count;
            self.passed = self.passed.saturating_sub(count);
        }
    }

    /// How many tests were carried out.
    pub(crate) fn ran(&self) -> u64 {
        self.passed + self.failed
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        if self.ignored > 0 {
            write!(formatter, ", {} skipped", self.ignored)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surefire_s_sum_counts_once() {
        let mut tally = Tally::default();
        tally.see_surefire("[INFO] Running dev.golive.BroadcastTest");
        let counts = "Tests run: 6, Failures: 1, Errors: 0, Skipped: 0";
        tally.see_surefire(&format!("[ERROR] {counts}, Time elapsed: 12.3 s <<< FAILURE! - in X"));
        tally.see_surefire("[ERROR] Tests run: 11, Failures: 1, Errors: 1, Skipped: 2");
        assert_eq!(tally, Tally { passed: 7, failed: 2, ignored: 2 });
    }

    #[test]
    fn unittest_s_two_closing_lines_make_one_sum() {
        let mut tally = Tally::default();
        tally.see_unittest("test_ok (test_errors.ErrorTest.test_ok) ... ok");
        tally.see_unittest("Ran out of time");
        tally.see_unittest("Ran 1 test in 0.001s");
        tally.see_unittest("OK");
        assert_eq!(tally, Tally { passed: 1, ..Tally::default() });
        tally.see_unittest("Ran 11 tests in 12.345s");
        tally.see_unittest("FAILED (failures=1, errors=2, skipped=3, expected failures=1)");
        assert_eq!(tally, Tally { passed: 6, failed: 3, ignored: 3 });
        tally.see_unittest("Ran 4 tests in 0.100s");
        tally.see_unittest("OK (skipped=4)");
        assert_eq!(tally, Tally { passed: 6, failed: 3, ignored: 7 });
    }

    #[test]
    fn closing_lines_are_summed_and_other_lines_are_not() {
        let mut tally = Tally::default();
        let end = "0 measured; 2 filtered out; finished in 0.25s";
        tally.see("running 7 tests");
        tally.see("test result: pretending ... ok");
        tally.see(&format!("test result: ok. 5 passed; 0 failed; 1 ignored; {end}"));
        tally.see(&format!("test result: FAILED. 3 passed; 1 failed; 0 ignored; {end}"));
        assert_eq!(tally, Tally { passed: 8, failed: 1, ignored: 1 });
        assert_eq!(tally.to_string(), "8 passed, 1 failed, 1 skipped");
        assert_eq!(tally.ran(), 9);
    }
}

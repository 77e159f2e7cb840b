//! Counts tests from what `cargo test` prints.

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

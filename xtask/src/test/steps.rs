//! The steps of a long command: each is run, timed and remembered, and one that fails does not
//! keep the next from telling what it has to tell.

use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::terminal;

#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: &'static str,
    took: Duration,
    outcome: Result<(), Failure>,
}

impl Steps {
    /// Runs one step and says how it ended.
    pub(crate) fn run(&mut self, name: &'static str, action: impl FnOnce() -> Result<(), Failure>) {
        terminal::announce(name);
        let begin = Instant::now();
        let outcome = action();
        if let Err(failure) = &outcome {
            eprintln!("{} {failure}", terminal::red("failed:"));
        }
        self.done.push(Step { name, took: begin.elapsed(), outcome });
    }

    pub(crate) fn failed(&self) -> bool {
        self.done.iter().any(|step| step.outcome.is_err())
    }

    /// One line a step: what it was, how long it took, how it ended.
    pub(crate) fn print(&self) {
        println!("\n{}", terminal::bold("Summary"));
        for Step { name, took, outcome } in &self.done {
            let verdict = match outcome {
                Ok(()) => terminal::green("ok"),
                Err(failure) => format!("{}: {failure}", terminal::red("FAILED")),
            };
            println!("  {name:<14} {:>12}  {verdict}", terminal::duration(*took));
        }
        let total = self.done.iter().map(|step| step.took).sum();
        println!("  {:<14} {:>12}", "total", terminal::duration(total));
    }

    /// The first failure if it is the only one, and otherwise the names of all that failed.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let mut failed: Vec<Step> =
            self.done.into_iter().filter(|step| step.outcome.is_err()).collect();
        if failed.len() > 1 {
            let names: Vec<_> = failed.iter().map(|step| step.name).collect();
            return Err(Failure::failed(format!("failed: {}", names.join(", "))));
        }
        failed.pop().map_or(Ok(()), |step| step.outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_is_named_at_the_end_and_does_not_stop_the_next() {
        let mut steps = Steps::default();
        let mut ran = false;
        steps.run("first", || Err(Failure::failed("broken")));
        steps.run("second", || {
            ran = true;
            Ok(())
        });
        steps.run("third", || Err(Failure::failed("broken too")));
        assert!(ran && steps.failed());
        let message = steps.finish().unwrap_err().to_string();
        assert!(message.contains("first") && message.contains("third"));
        assert!(!message.contains("second"));
    }

    #[test]
    fn a_single_failure_keeps_its_exit_code() {
        let mut steps = Steps::default();
        steps.run("setup", || Err(Failure::missing("nasm")));
        assert_eq!(steps.finish().unwrap_err().exit_code(), 3);
    }
}

//! The tests in Python, against the wheel as one installs it.

use std::process::Command;

use super::peers;
use super::tally::Tally;
use crate::failure::Failure;
use crate::python::{self, Profile};
use crate::{process, workspace};

/// Packs the wheel, installs it in a fresh virtual environment, and runs the tests there. The
/// program that writes the bindings and the `golive` command are those that were built for the tests
/// in Rust.
pub(super) fn tests(tally: &mut Tally, long: bool) -> Result<(), Failure> {
    let target = workspace::target();
    let wheel = python::wheel(Profile::Dev, &target.join("python").join("wheel"))?;
    let environment = python::fresh_environment("tests")?;
    // It needs nothing from elsewhere.
    process::run(environment.pip_install().args(["--no-index"]).arg(wheel))?;
    let command = format!("golive{}", std::env::consts::EXE_SUFFIX);
    let mut tests = Command::new(environment.program("python"));
    tests.current_dir(&target).arg(workspace::root().join("bindings/python/tests"));
    tests.env("GOLIVE_COMMAND", target.join("debug").join(command));
    tests.envs(peers::environment(long));
    // Nothing compiled is left among the sources, and what is printed is seen at once.
    tests.envs([("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONUNBUFFERED", "1")]);
    process::run_seeing(&mut tests, |line| tally.see_unittest(line))
}

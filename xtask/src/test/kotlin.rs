//! The tests in Kotlin, on this machine's JVM and against the library built for it.

use std::process::Command;

use super::tally::Tally;
use crate::failure::Failure;
use crate::{bindings, process, workspace};

/// Generates the bindings, compiles the Kotlin sources and runs their tests. The library and the
/// `golive` command are those that were built for the tests in Rust.
pub(super) fn tests(tally: &mut Tally, long: bool) -> Result<(), Failure> {
    let generated = bindings::generate("kotlin")?;
    let target = workspace::target();
    let mut maven = Command::new("mvn");
    maven.current_dir(workspace::root().join("android")).arg("test");
    maven.arg(format!("-Dgolive.build={}", target.join("android").display()));
    maven.arg(format!("-Dgolive.bindings={}", generated.display()));
    maven.arg(format!("-Dgolive.library={}", target.join("debug").display()));
    maven.args(long.then_some("-Dgolive.long=1"));
    process::run_seeing(&mut maven, |line| tally.see_surefire(line))
}

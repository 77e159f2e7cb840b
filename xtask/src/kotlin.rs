//! The Kotlin sources on this machine's JVM, by Maven.

use std::process::Command;

use crate::failure::Failure;
use crate::{bindings, workspace};

/// Maven's `goal` (`compile`, `test`) with the sources in `android`, against the library and the `golive` command in this
/// folder of the target folder, with bindings that are generated anew.
pub(crate) fn maven(goal: &str, built: &str) -> Result<Command, Failure> {
    let generated = bindings::generate("kotlin", built)?;
    let target = workspace::target();
    let mut maven = Command::new("mvn");
    maven.current_dir(workspace::root().join("android")).arg(goal);
    maven.arg(format!("-Dgolive.build={}", target.join("android").display()));
    maven.arg(format!("-Dgolive.bindings={}", generated.display()));
    maven.arg(format!("-Dgolive.library={}", target.join(built).display()));
    Ok(maven)
}

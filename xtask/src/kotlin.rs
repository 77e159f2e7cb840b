//! The Kotlin sources on this machine's JVM, by Maven.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::failure::Failure;
use crate::{bindings, workspace};

/// Maven's `goal` (`compile`, `test`) with the sources in `android`, against the library and the `golive` command in this
/// folder of the target folder, with bindings that are generated anew.
pub(crate) fn maven(goal: &str, built: &str) -> Result<Command, Failure> {
    let generated = bindings::generate("kotlin", built)?;
    let target = workspace::target();
    forget_tests(&target.join("android"))?;
    let mut maven = Command::new("mvn");
    maven.current_dir(workspace::root().join("android")).arg(goal);
    maven.arg(format!("-Dgolive.build={}", target.join("android").display()));
    maven.arg(format!("-Dgolive.bindings={}", generated.display()));
    maven.arg(format!("-Dgolive.library={}", target.join(built).display()));
    Ok(maven)
}

/// Takes away what tests were compiled to before: a class whose source is gone would be run as well.
fn forget_tests(modules: &Path) -> Result<(), Failure> {
    let Ok(modules) = fs::read_dir(modules) else { return Ok(()) };
    for module in modules.flatten() {
        let classes = module.path().join("test-classes");
        if let Err(error) = fs::remove_dir_all(&classes)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(Failure::failed(format!(
                "{} cannot be cleared: {error}",
                classes.display()
            )));
        }
    }
    Ok(())
}

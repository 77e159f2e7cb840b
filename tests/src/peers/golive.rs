//! The `golive` command.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

/// A `golive` command of the same build as the test, ready for its arguments.
///
/// It is built if it is not there; `cargo xtask test` and `cargo xtask bench` build it first, so
/// that it is the one of these sources.
///
/// # Panics
/// If it cannot be built.
pub fn golive() -> Command {
    Command::new(&*PROGRAM)
}

static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut folder = std::env::current_exe().expect("a test knows where it is");
    folder.pop();
    // Tests lie in `deps`, programs beside it.
    if folder.ends_with("deps") {
        folder.pop();
    }
    let program = folder.join(format!("golive{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "--package", "golive-cli", "--bin", "golive"]);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        let status = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(status.is_ok_and(|status| status.success()), "the golive command does not build");
    }
    program
});

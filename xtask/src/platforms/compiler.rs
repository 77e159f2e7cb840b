//! The Rust compiler that runs here, and the standard libraries that lie beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// What `rustc` says of itself.
#[derive(Debug)]
pub(crate) struct Compiler {
    /// Such as `1.95.0`.
    pub(crate) release: String,
    /// The commit that it was built from, which tells two compilers of one release apart.
    pub(super) commit: String,
    /// The platform that it runs on.
    pub(crate) host: String,
    /// The folder with its programs and libraries.
    pub(super) sysroot: PathBuf,
}

impl Compiler {
    pub(crate) fn here() -> Result<Self, Failure> {
        let version = process::output(rustc().arg("-vV"))?;
        let sysroot = process::output(rustc().args(["--print", "sysroot"]))?;
        Self::read(&version, Path::new(sysroot.trim()))
    }

    fn read(version: &str, sysroot: &Path) -> Result<Self, Failure> {
        let value = |key: &str| {
            let line = version.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            line.map(str::to_owned)
                .ok_or_else(|| Failure::failed(format!("`rustc -vV` names no {key}")))
        };
        Ok(Self {
            release: value("release")?,
            commit: value("commit-hash")?,
            host: value("host")?,
            sysroot: sysroot.to_owned(),
        })
    }

    /// Whether the standard library of a platform is installed.
    pub(super) fn has_library_for(&self, triple: &str) -> bool {
        self.sysroot.join("lib/rustlib").join(triple).join("lib").is_dir()
    }

    /// Whether the standard library's sources are.
    pub(super) fn has_sources(&self) -> bool {
        sources(&self.sysroot).join("Cargo.lock").is_file()
    }
}

/// Where cargo looks for the standard library's sources.
pub(super) fn sources(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib/src/rust/library")
}

fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_compiler_has_the_library_of_this_machine_and_of_no_invented_one() {
        let compiler = Compiler::here().unwrap();
        assert!(compiler.has_library_for(&compiler.host), "{compiler:?}");
        assert!(!compiler.has_library_for("z80-unknown-cpm"));
        assert!(compiler.release.starts_with("1."), "{compiler:?}");
    }

    #[test]
    fn a_compiler_that_does_not_say_which_it_is_is_not_guessed_at() {
        let failure = Compiler::read("release: 1.95.0\nhost: x\n", Path::new("/")).unwrap_err();
        assert!(failure.to_string().contains("commit-hash"));
    }
}

//! `cargo xtask bindings`: the half of the bindings that is generated, and never committed.

use std::path::PathBuf;
use std::process::Command;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::setup::{self, Level};
use crate::{process, swift, terminal, workspace};

pub(crate) const SUMMARY: &str =
    "write the generated half of the Kotlin, Swift and Python bindings";

pub(crate) const HELP: &str = "\
Builds the library for this machine, with built-in capture and encoders, and writes what calls it
from other languages: target/bindings/kotlin, target/bindings/swift, target/bindings/python. The
hand-written layers over it lie in android/core, ios and bindings/python. The Swift half is copied
to ios/Generated, too, where SwiftPM finds it.

Usage: cargo xtask bindings [LANGUAGE] [--yes]

  LANGUAGE   kotlin, swift or python; all of them if nothing is said
  --yes      install missing system packages without asking";

/// What the library for this machine is built with: `cargo build --features`.
pub(crate) const FEATURES: &str = "golive-ffi/bindgen,golive-ffi/media";

const LANGUAGES: [&str; 3] = ["kotlin", "swift", "python"];

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let yes = arguments.flag("--yes");
    let wanted = arguments.one()?;
    let known = |name: &String| LANGUAGES.contains(&name.as_str());
    if let Some(name) = wanted.as_ref().filter(|name| !known(name)) {
        return Err(Failure::usage(format!(
            "there are no bindings for `{name}`: kotlin, swift and python have some"
        )));
    }
    setup::ensure(Level::Demo, yes)?;
    build(&[])?;
    for language in LANGUAGES {
        if wanted.as_ref().is_none_or(|name| name == language) {
            let folder = generate(language, "debug")?;
            terminal::announce(&format!("written to {}", folder.display()));
        }
    }
    Ok(())
}

/// Builds the library, and the program that writes the bindings.
pub(crate) fn build(options: &[&str]) -> Result<(), Failure> {
    let build = ["build", "--package", "golive-ffi", "--features", FEATURES];
    process::run(process::cargo().args(build).args(options))
}

/// Writes one language's half from the library as it was built last into this folder of the target
/// folder; answers where to.
pub(crate) fn generate(language: &str, built: &str) -> Result<PathBuf, Failure> {
    let folder = workspace::target().join("bindings").join(language);
    workspace::clear(&folder)?;
    let built = workspace::target().join(built);
    let mut bindgen =
        Command::new(built.join(format!("golive-bindgen{}", std::env::consts::EXE_SUFFIX)));
    bindgen.current_dir(workspace::root()).args(["generate", "--no-format", "--library"]);
    bindgen.arg(built.join(library())).args(["--language", language, "--out-dir"]).arg(&folder);
    process::run(&mut bindgen)?;
    if language == "swift" {
        swift::fill(&folder)?;
    }
    Ok(folder)
}

/// The library's file name.
fn library() -> String {
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    format!("{prefix}golive_ffi{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_without_bindings_is_a_usage_error() {
        let failure = run(Arguments::new("bindings", vec!["cobol".into()])).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.to_string().contains("cobol"));
    }
}

//! `cargo xtask swift`: the Swift package's tests, against the library built for this machine.
//!
//! A command of its own and no part of `cargo xtask test`: Swift's compiler is as large as all else
//! together. Where it is installed, that one is used; on Linux without it, Debian's in a folder.

mod apple;
mod package;
mod root;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::setup::{self, Level};
use crate::{bindings, process, terminal, workspace};
use root::Root;

pub(crate) use package::fill;

pub(crate) const SUMMARY: &str = "build the Swift package and run its tests";

pub(crate) const HELP: &str = "\
Builds the library for this machine and the Swift half that calls it, then the package in ios/, and
runs its tests: on air into ffmpeg, cancelled, refused, with an encoder of the app's own. A warning
in the package is an error. What calls Apple's frameworks cannot be compiled but on a Mac: that its
syntax is right is checked before.

Uses the `swift` on the search path, 6.0 or later. On Linux without one it runs in a folder that
holds a small Debian trixie with Debian's own Swift 6.0 and ffmpeg; the repository and the target
folder are mounted there, for this command's processes alone, so that nothing stays mounted however
it ends. That takes root, or sudo.

Usage: cargo xtask swift [--root FOLDER] [--mirror URL] [--yes] [FILTER]

  --root FOLDER   the folder with Debian, even where there is a `swift` (default: target/trixie)
  --mirror URL    where Debian's packages come from, if not from debootstrap's own choice
  --yes           make that folder without asking: 3.1 GB, about three minutes
  FILTER          only the tests whose suite or function is called so, as `EncoderTests`

With the library built and the folder there, the first run takes a minute on two cores, 80 seconds on
busy ones, and every other one 35 seconds, nearly all of which are the tests'.";

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let yes = arguments.flag("--yes");
    let mirror = arguments.option("--mirror")?;
    let folder = arguments.option("--root")?.map(PathBuf::from);
    let filter = arguments.one()?;

    let installed = process::find("swift").filter(|_| folder.is_none());
    if installed.is_some() {
        setup::ensure(Level::Demo, yes)?;
        require_ffmpeg()?;
        let library = library()?;
        apple::check(Command::new("swiftc"), &workspace::root())?;
        let mut tests = Command::new("swift");
        tests.args(["test", "--package-path"]).arg(workspace::root().join("ios"));
        tests.arg("--scratch-path").arg(workspace::target().join("swift"));
        return run_tests(tests.env("GOLIVE_LIBRARY", library), filter.as_deref());
    }
    if std::env::consts::OS != "linux" {
        return Err(Failure::missing(
            "there is no `swift` on the search path: install Xcode 16 or later, or Swift 6.0 or \
             later from swift.org",
        ));
    }
    setup::ensure(Level::Swift, yes)?;
    let folder = folder.unwrap_or_else(|| workspace::target().join("trixie"));
    let root = Root::ready(&folder, mirror.as_deref(), yes)?;
    let library = library()?;
    apple::check(root.swiftc(), Path::new(root::REPOSITORY))?;
    run_tests(&mut root.swift_test(&library), filter.as_deref())
}

/// Builds what the package is linked with, and writes what calls it; answers the library's folder.
fn library() -> Result<PathBuf, Failure> {
    terminal::announce("building the library and the Swift that calls it");
    bindings::build(&[])?;
    bindings::generate("swift", "debug")?;
    Ok(workspace::target().join("debug"))
}

fn require_ffmpeg() -> Result<(), Failure> {
    let found = ["ffmpeg", "ffprobe"].iter().all(|name| process::find(name).is_some());
    found.then_some(()).ok_or_else(|| {
        Failure::missing("the tests need ffmpeg and ffprobe: `cargo xtask setup` installs them")
    })
}

/// Runs `swift test`, and fails also if no test ran.
fn run_tests(command: &mut Command, filter: Option<&str>) -> Result<(), Failure> {
    if let Some(filter) = filter {
        command.args(["--filter", filter]);
    }
    // Swift 6 tells of a data race that it suspects as an error, of the rest as a warning.
    command.args(["-Xswiftc", "-warnings-as-errors"]);
    terminal::announce("building the Swift package, and running its tests");
    let mut ran = 0;
    let outcome = process::run_seeing(command, |line| ran += tests_in(line).unwrap_or(0));
    // The command itself is more than anybody wants to read.
    outcome.map_err(|_| Failure::failed("`swift test` failed: what it said stands above"))?;
    if ran == 0 {
        return Err(Failure::failed("no test ran"));
    }
    Ok(())
}

/// How many tests Swift Testing's closing line counts, such as
/// `✔ Test run with 12 tests passed after 1.234 seconds.`
fn tests_in(line: &str) -> Option<u64> {
    let (_, counted) = line.split_once("Test run with ")?;
    let (count, _) = counted.split_once(" test")?;
    count.parse().ok()
}

/// What a path is called below the folder with Debian.
fn below(root: &Path, inside: &str) -> PathBuf {
    root.join(inside.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_tells_how_many_tests_ran() {
        assert_eq!(tests_in("✔ Test run with 12 tests passed after 1.234 seconds."), Some(12));
        assert_eq!(
            tests_in("✘ Test run with 1 test failed after 2 seconds with 1 issue."),
            Some(1)
        );
        assert_eq!(tests_in("✔ Test \"a broadcast\" passed after 1.0 seconds."), None);
        assert_eq!(tests_in("Executed 0 tests, with 0 failures"), None);
    }

    #[test]
    fn an_absolute_path_stays_below_the_folder() {
        assert_eq!(below(Path::new("target/trixie"), "/dev"), Path::new("target/trixie/dev"));
    }
}

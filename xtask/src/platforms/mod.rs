//! `cargo xtask check-platforms`: every other platform's code, type-checked from this machine.
//!
//! rustc and clippy see what they would see on the platform itself: its standard library, its
//! system crates with their real signatures, and our code for it. Nothing is linked and nothing
//! runs, so this finds what does not compile and nothing else.

mod check;
mod compiler;
mod debian;
mod target;
mod toolchain;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::setup::{self, Level};
use crate::test::Steps;
use target::{TARGETS, Target};

pub(crate) use compiler::Compiler;
pub(crate) use toolchain::Toolchain;

pub(crate) const SUMMARY: &str = "type-check the code for Android, iOS, macOS and Windows";

pub(crate) const HELP: &str = "\
Type-checks and lints, with warnings as errors, what each platform uses: golive-proto, golive and
golive-ffi on all of them, golive-media without software codecs and golive-ffi with it on iOS, and
golive-media, golive-ffi with it and the golive command on macOS and Windows. Nothing is linked or run, and C code is not looked at.

Cold it takes six and a half minutes of one core and 2.5 GB, after a change to golive-proto half a
minute. So it is no part of `test`.

A platform whose standard library rustup installed (`rustup target add`) is checked with that.
Where it is not, the library is checked along from its sources: rustup's rust-src if it is there,
else those that Debian's backports have for this very compiler, downloaded by apt-get (45 MB) and
put beside a copy of the toolchain in target/platforms. Nothing outside that folder changes.

Usage: cargo xtask check-platforms [TARGET...] [--yes]

  TARGET   aarch64-linux-android or android, aarch64-apple-ios or ios, aarch64-apple-darwin or
           macos, x86_64-pc-windows-gnu or windows; all of them if nothing is said
  --yes    install missing system packages without asking";

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let yes = arguments.flag("--yes");
    let targets = chosen(&arguments.all()?)?;
    setup::ensure(Level::Platforms, yes)?;
    let compiler = Compiler::here()?;
    let mut steps = Steps::default();
    for target in &targets {
        steps.run(target.name, || check::target(&compiler, target));
    }
    steps.print();
    steps.finish()
}

/// The targets that were named, in the order of the table; all, if none was.
fn chosen(words: &[String]) -> Result<Vec<&'static Target>, Failure> {
    if let Some(word) = words.iter().find(|word| !TARGETS.iter().any(|it| it.is_called(word))) {
        let names: Vec<_> = TARGETS.iter().map(|target| target.triple).collect();
        return Err(Failure::usage(format!(
            "`{word}` is not checked here; these are: {}",
            names.join(", ")
        )));
    }
    let wanted = |target: &&Target| words.is_empty() || words.iter().any(|it| target.is_called(it));
    Ok(TARGETS.iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen_by(line: &str) -> Result<Vec<&'static str>, Failure> {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        Ok(chosen(&words)?.iter().map(|target| target.name).collect())
    }

    #[test]
    fn without_a_word_every_platform_is_checked() {
        assert_eq!(chosen_by("").unwrap(), ["Android", "iOS", "macOS", "Windows"]);
    }

    #[test]
    fn a_platform_is_called_by_its_triple_or_by_its_name() {
        assert_eq!(chosen_by("windows aarch64-linux-android").unwrap(), ["Android", "Windows"]);
    }

    #[test]
    fn a_platform_that_is_not_checked_is_named_with_those_that_are() {
        let failure = chosen_by("ios beos").unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        let message = failure.to_string();
        assert!(message.contains("`beos`") && message.contains("aarch64-apple-ios"), "{message}");
    }
}

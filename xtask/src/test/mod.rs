//! `cargo xtask test`: every check that a change must pass, the same here and in CI.

mod peers;
mod python;
mod steps;
mod tally;

use crate::android;
use crate::arguments::Arguments;
use crate::bindings;
use crate::failure::Failure;
use crate::kotlin;
use crate::process;
use crate::setup::{self, Level};
use crate::tidy;
pub(crate) use steps::Steps;
use tally::Tally;

pub(crate) const SUMMARY: &str = "run every check and every test, as CI does";

pub(crate) const HELP: &str = "\
Installs what is missing, then checks format, lints, the rules of the documents (`cargo xtask
tidy`) and licences, and runs every test, those against real peers (libsrt, ffmpeg, Chromium) and
those in Kotlin on a JVM and in Python included. Under 30 minutes on two cores from nothing. This is
all that CI runs.

Usage: cargo xtask test [--long] [--yes] [FILTER]

  --long   also the tests that take a minute each, and cargo-deny (it is installed if need be)
  --yes    install missing system packages without asking
  FILTER   only the tests in Rust whose name contains this, and no other check

GOLIVE_MEDIA may name a folder with MP4 files (H.264 and AAC); tests that want real footage use
them as well. GOLIVE_MEDIAMTX may name a MediaMTX to broadcast through. The fuzzing, the
benchmarks and the lab have commands of their own.";

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let long = arguments.flag("--long");
    let yes = arguments.flag("--yes");
    let filter = arguments.one()?;
    let mut steps = Steps::default();
    steps.run("setup", || setup::ensure(Level::Test, yes));
    if steps.failed() {
        return steps.finish();
    }
    if filter.is_none() {
        check(&mut steps, long);
    }
    let mut tally = Tally::default();
    steps.run("tests", || tests(&mut tally, long, filter.as_deref()));
    if filter.is_none() {
        steps.run("tests, Kotlin", || kotlin_tests(&mut tally, long));
        steps.run("tests, Python", || python::tests(&mut tally, long));
    }
    steps.run("tests, optimized", || optimized_tests(&mut tally, filter.as_deref()));
    steps.print();
    println!("\n{tally}");
    if tally.ran() == 0 {
        return Err(Failure::failed("no test ran"));
    }
    steps.finish()
}

fn check(steps: &mut Steps, long: bool) {
    steps.run("format", || process::run(process::cargo().args(["fmt", "--all", "--check"])));
    steps.run("tidy", || tidy::check(false));
    steps.run("lints", || {
        let clippy = ["clippy", "--workspace", "--all-targets", "--features", bindings::FEATURES];
        process::run(process::cargo().args(clippy).args(["--", "-D", "warnings"]))
    });
    steps.run("documentation", || {
        let document = ["doc", "--workspace", "--no-deps", "--document-private-items"];
        process::run(process::cargo().args(document).env("RUSTDOCFLAGS", "-D warnings"))
    });
    if long || tidy::cargo_deny_is_here() {
        steps.run("cargo-deny", tidy::cargo_deny);
    }
}

fn tests(tally: &mut Tally, long: bool, filter: Option<&str>) -> Result<(), Failure> {
    // Tests against peers start the `golive` command, which must be the one from these sources.
    // Built together with the tests, it shares every dependency with them.
    let features = ["--features", bindings::FEATURES];
    let build = ["build", "--workspace", "--bins", "--lib", "--tests"];
    process::run(process::cargo().args(build).args(features))?;
    let mut tests = process::cargo();
    tests.args(["test", "--workspace", "--no-fail-fast"]).args(features);
    tests.envs(peers::environment(long));
    tests.args(filter).arg("--").args(long.then_some("--include-ignored"));
    process::run_seeing(&mut tests, |line| tally.see(line))
}

/// The library and the `golive` command are those that were built for the tests in Rust.
fn kotlin_tests(tally: &mut Tally, long: bool) -> Result<(), Failure> {
    let mut maven = kotlin::maven("test", "debug")?;
    process::run_seeing(maven.args(long.then_some("-Dgolive.long=1")), |line| {
        tally.see_surefire(line);
    })?;
    // What was compiled for the tests is what an app gets.
    android::prove()
}

/// Apps ship optimized code, and a compiler has been seen to break what it optimized: the pure core
/// is tested that way, too.
fn optimized_tests(tally: &mut Tally, filter: Option<&str>) -> Result<(), Failure> {
    let mut tests = process::cargo();
    tests.args(["test", "--release", "--package", "golive-proto", "--lib"]).args(filter);
    process::run_seeing(&mut tests, |line| tally.see(line))
}

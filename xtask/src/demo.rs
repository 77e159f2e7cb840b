//! `cargo xtask demo`: from a clone to on air.

use std::time::Instant;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::setup::{self, Level};
use crate::{process, terminal, workspace};

pub(crate) const SUMMARY: &str = "build Golive and go on air on this machine";

pub(crate) const HELP: &str = "\
Installs what is missing, builds the `golive` command and runs `golive demo`: an ingest, a
broadcast from the camera and microphone (a synthetic picture and tone where there are none) and
a page that shows it. Ctrl-C ends it.

Usage: cargo xtask demo [--yes] [-- ARGUMENTS OF golive demo]

  --yes   install missing system packages without asking

The first build takes some minutes, most of them for the encoders; later ones take seconds.";

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let yes = arguments.flag("--yes");
    let passed_on = arguments.passed_on();
    arguments.finish()?;
    setup::ensure(Level::Demo, yes)?;
    if !workspace::target().join("debug").join("golive").exists() {
        terminal::announce("building Golive; the first time this takes a few minutes");
    }
    let begin = Instant::now();
    process::run(process::cargo().args(["build", "--package", "golive-cli", "--bin", "golive"]))?;
    if begin.elapsed().as_secs() > 2 {
        terminal::announce(&format!("built in {}", terminal::duration(begin.elapsed())));
    }
    let mut golive = process::cargo();
    golive.args(["run", "--quiet", "--package", "golive-cli", "--bin", "golive", "--", "demo"]);
    process::run(golive.args(passed_on))
}

//! `cargo xtask fuzz`: hostile input, for as long as one likes.

use std::path::PathBuf;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::{process, terminal, workspace};

pub(crate) const SUMMARY: &str = "feed hostile input to every parser that faces a peer or a file";

pub(crate) const HELP: &str = "\
Runs the fuzz targets of tests/fuzz one after another, or only the one that is named. It wants a
nightly toolchain and cargo-fuzz (`cargo install cargo-fuzz --locked`). What was found stays in
tests/fuzz/artifacts, and cargo-fuzz says how to run it again.

Usage: cargo xtask fuzz [--list] [TARGET] [--seconds N]

  --list        only name the targets
  --seconds N   how long each target runs (60)";

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let list = arguments.flag("--list");
    let seconds = match arguments.option("--seconds")? {
        Some(text) => text
            .parse::<u32>()
            .map_err(|_| Failure::usage(format!("`{text}` is not a number of seconds")))?,
        None => 60,
    };
    let wanted = arguments.one()?;
    let mut targets = targets(&workspace::files()?);
    if list {
        targets.iter().for_each(|target| println!("{target}"));
        return Ok(());
    }
    if let Some(wanted) = wanted {
        targets.retain(|target| *target == wanted);
    }
    if targets.is_empty() {
        return Err(Failure::usage("no such fuzz target; `cargo xtask fuzz --list` names them"));
    }
    check_tools()?;
    for target in targets {
        terminal::announce(&format!("fuzzing {target} for {seconds} s"));
        let mut fuzz = process::rustup_cargo("nightly");
        fuzz.args(["fuzz", "run", "--fuzz-dir"]).arg(folder()).arg(&target);
        process::run(fuzz.arg("--").arg(format!("-max_total_time={seconds}")))?;
    }
    Ok(())
}

fn folder() -> PathBuf {
    workspace::root().join("tests").join("fuzz")
}

fn targets(files: &[String]) -> Vec<String> {
    let name = |path: &String| {
        Some(path.strip_prefix("tests/fuzz/fuzz_targets/")?.strip_suffix(".rs")?.to_owned())
    };
    files.iter().filter_map(name).filter(|name| !name.contains('/')).collect()
}

fn check_tools() -> Result<(), Failure> {
    if !process::succeeds(process::rustup_cargo("nightly").arg("--version")) {
        let how = "rustup toolchain install nightly --profile minimal";
        return Err(Failure::missing(format!("fuzzing needs a nightly toolchain: {how}")));
    }
    if !process::succeeds(process::rustup_cargo("nightly").args(["fuzz", "--version"])) {
        let how = "cargo install cargo-fuzz --locked";
        return Err(Failure::missing(format!("fuzzing needs cargo-fuzz: {how}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_found_by_where_it_lies() {
        let files = ["tests/fuzz/fuzz_targets/srt_packet.rs", "tests/fuzz/src/lib.rs"];
        assert_eq!(targets(&files.map(str::to_owned)), ["srt_packet"]);
    }

    #[test]
    fn the_parsers_that_face_a_peer_have_targets() {
        let targets = targets(&workspace::files().unwrap());
        for parser in ["srt", "mpegts", "mp4", "h264", "h265", "aac"] {
            assert!(targets.iter().any(|target| target == parser), "{parser}: {targets:?}");
        }
    }
}

//! `cargo xtask bench`: the programs that measure.

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::setup::{self, Level};
use crate::{bindings, kotlin, process, terminal, workspace};

pub(crate) const SUMMARY: &str = "measure CPU, allocations, delays; docs/performance.md keeps them";

pub(crate) const HELP: &str = "\
Runs the benchmarks, optimized, one after another, or only the one that is named. Measure on a
machine that does nothing else. The figures in docs/performance.md, docs/lost-packets.md and
docs/network-measured.md come from these. `network` runs in virtual time, takes a folder with recordings (`.up`) as its argument, and
writes its tables and plots into docs/network. `programs` runs golive and ffmpeg in real time through
bad networks into libsrt's receiver; it takes names of networks, folders with recordings and seconds.

Usage: cargo xtask bench [--list] [NAME] [--yes] [-- ARGUMENTS OF THE BENCHMARK]

  --list   only name the benchmarks
  --yes    install missing system packages without asking";

/// Where a benchmark's program lies: `tests/src/bin/bench-NAME.rs` or a folder of that name.
const PLACE: &str = "tests/src/bin/bench-";

/// What it costs to hand an access unit from Kotlin to Rust.
const BOUNDARY: &str = "boundary";

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let list = arguments.flag("--list");
    let yes = arguments.flag("--yes");
    let passed_on = arguments.passed_on();
    let wanted = arguments.one()?;
    let mut names = names(&workspace::files()?);
    if list {
        names.iter().for_each(|name| println!("{name}"));
        return Ok(());
    }
    if let Some(wanted) = wanted {
        names.retain(|name| *name == wanted);
    }
    if names.is_empty() {
        return Err(Failure::usage("no such benchmark; `cargo xtask bench --list` names them"));
    }
    setup::ensure(Level::Test, yes)?;
    // Benchmarks start the `golive` command beside the programs that it is compared with.
    process::run(process::cargo().args(["build", "--release", "--package", "golive-cli"]))?;
    for name in names {
        terminal::announce(&format!("benchmark {name}"));
        if name == BOUNDARY {
            boundary()?;
            continue;
        }
        let mut bench = process::cargo();
        bench.args([
            "run",
            "--release",
            "--package",
            "golive-tests",
            "--features",
            "encoders,networks",
        ]);
        bench.arg("--bin");
        process::run(bench.arg(format!("bench-{name}")).arg("--").args(&passed_on))?;
    }
    Ok(())
}

/// From Kotlin on a JVM, against the optimized library.
fn boundary() -> Result<(), Failure> {
    bindings::build(&["--release"])?;
    let mut maven = kotlin::maven("test", "release")?;
    process::run(maven.args([
        "--quiet",
        "--projects=core",
        "-Dtest=BoundaryBench",
        "-Dgolive.excluded=nothing",
    ]))
}

fn names(files: &[String]) -> Vec<String> {
    let name = |path: &String| {
        let rest = path.strip_prefix(PLACE)?;
        Some(rest.strip_suffix("/main.rs").or(rest.strip_suffix(".rs"))?.to_owned())
    };
    let ours = files.iter().filter_map(name).filter(|name| !name.contains('/'));
    ours.chain([BOUNDARY.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benchmark_is_found_by_where_its_program_lies() {
        let files = ["tests/src/bin/bench-send.rs", "tests/src/bin/bench-to/main.rs"];
        let others = ["tests/src/bin/bench-to/cpu.rs", "tests/src/bin/relay.rs", "bench-x.rs"];
        let all: Vec<_> = files.iter().chain(&others).map(|path| path.to_string()).collect();
        assert_eq!(names(&all), ["send", "to", "boundary"]);
    }
}

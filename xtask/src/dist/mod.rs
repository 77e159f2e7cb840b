//! `cargo xtask dist`: what a release consists of, in one folder, with sums.
//!
//! Each part is built where what builds it is there. One that cannot be built here is named with what
//! is missing, so that the parts of a release can come from several machines.

mod pack;
mod parts;
mod report;

use std::path::{Path, PathBuf};

use crate::arguments::Arguments;
use crate::failure::{Context, Failure};
use crate::{terminal, workspace};
use parts::{PARTS, Part};
use report::{Item, Outcome};

pub(crate) const SUMMARY: &str = "gather what a release consists of, with sums";

pub(crate) const HELP: &str = "\
Builds what a release consists of into target/dist: the library for Android (android: AAR, sources,
POM), the XCFramework (xcframework: a ZIP archive, whose sum is what SwiftPM asks for as checksum), the
Python wheel (wheel) and the golive command (command) for this machine, and looks at what the crates
would carry to a registry (crates). SHA256SUMS holds the sums, dist.json the same as the table that is
printed. What was in the folder before is gone.

A part whose toolchain is not here is named with what is missing, and is no failure unless it is
required. Nothing is published.

Usage: cargo xtask dist [--version VERSION] [--require PART]... [--yes] [PART...]

  --version VERSION   fail unless this is the workspace's version
  --require PART      fail if this part is missing; `all` for all of those that are built
  --yes               install missing system packages without asking
  PART                android, xcframework, wheel, command or crates; all of them if nothing is said

Exit codes: 0 all is well, 1 something that could be built failed, 3 a required part is missing.";

/// What a release is made with.
struct Release {
    version: &'static str,
    folder: PathBuf,
    yes: bool,
}

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let yes = arguments.flag("--yes");
    if let Some(wanted) = arguments.option("--version")?.filter(|wanted| wanted != version) {
        return Err(Failure::usage(format!(
            "the workspace is at {version}, not {wanted}: set `version` in Cargo.toml first"
        )));
    }
    let mut required = Vec::new();
    while let Some(name) = arguments.option("--require")? {
        required.push(name);
    }
    let parts = chosen(&arguments.all()?)?;
    let required = demanded(&required, &parts)?;

    let folder = workspace::target().join("dist");
    workspace::clear(&folder)?;
    std::fs::create_dir_all(&folder).context("cannot make the folder for the release")?;
    let release = Release { version, folder, yes };
    let items: Vec<_> = parts.iter().map(|part| item(part, &release)).collect();
    report::write(&release.folder, version, &items)?;
    report::print(&items);
    verdict(&items, &required)
}

fn item(part: &Part, release: &Release) -> Item {
    terminal::announce(part.what);
    let built = (part.build)(release).and_then(|built| {
        let files = built.files.iter().map(|file| sum(file)).collect::<Result<_, _>>()?;
        Ok(Outcome::Built { files, note: built.note })
    });
    let outcome = built.unwrap_or_else(|failure| {
        eprintln!("{failure}");
        match failure.exit_code() {
            3 => Outcome::Missing(failure.to_string()),
            _ => Outcome::Failed(failure.to_string()),
        }
    });
    Item { name: part.name, outcome }
}

fn sum(path: &Path) -> Result<report::File, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = std::fs::metadata(path).context(format_args!("cannot look at {name}"))?.len();
    Ok(report::File { name, bytes, sha256: pack::sha256(path)? })
}

/// The parts that were named, in the order of the table; all, if none was.
fn chosen(names: &[String]) -> Result<Vec<&'static Part>, Failure> {
    for name in names {
        known(name)?;
    }
    let is_wanted = |part: &&Part| names.is_empty() || names.iter().any(|it| it == part.name);
    Ok(PARTS.iter().filter(is_wanted).collect())
}

/// The names of those that must not be missing.
fn demanded(names: &[String], parts: &[&'static Part]) -> Result<Vec<&'static str>, Failure> {
    if names.iter().any(|name| name == "all") {
        return Ok(parts.iter().map(|part| part.name).collect());
    }
    let demanded: Vec<_> = names.iter().map(|name| known(name)).collect::<Result<_, _>>()?;
    match demanded.iter().find(|name| !parts.iter().any(|part| part.name == **name)) {
        Some(name) => {
            Err(Failure::usage(format!("`{name}` is required, and not among what is built")))
        }
        None => Ok(demanded),
    }
}

fn known(name: &str) -> Result<&'static str, Failure> {
    PARTS.iter().map(|part| part.name).find(|it| *it == name).ok_or_else(|| {
        let names: Vec<_> = PARTS.iter().map(|part| part.name).collect();
        Failure::usage(format!("a release has no part `{name}`; its parts: {}", names.join(", ")))
    })
}

fn verdict(items: &[Item], required: &[&str]) -> Result<(), Failure> {
    let failed: Vec<_> = items.iter().filter(|item| item.has_failed()).map(|it| it.name).collect();
    if !failed.is_empty() {
        return Err(Failure::failed(format!("failed: {}", failed.join(", "))));
    }
    let is_lacking = |item: &&Item| item.is_missing() && required.contains(&item.name);
    let lacking: Vec<_> = items.iter().filter(is_lacking).map(|item| item.name).collect();
    if !lacking.is_empty() {
        return Err(Failure::missing(format!("required, and missing: {}", lacking.join(", "))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn items() -> Vec<Item> {
        let missing = |name| Item { name, outcome: Outcome::Missing("no NDK".into()) };
        let built = Outcome::Built { files: Vec::new(), note: String::new() };
        vec![missing("android"), Item { name: "crates", outcome: built }]
    }

    #[test]
    fn a_part_that_cannot_be_built_here_is_no_failure_unless_it_is_required() {
        assert!(verdict(&items(), &[]).is_ok());
        assert!(verdict(&items(), &["crates"]).is_ok());
        let failure = verdict(&items(), &["android", "crates"]).unwrap_err();
        assert_eq!(failure.exit_code(), 3);
        assert!(failure.to_string().ends_with("missing: android"), "{failure}");
    }

    #[test]
    fn what_could_be_built_and_failed_is_a_failure() {
        let mut items = items();
        items.push(Item { name: "wheel", outcome: Outcome::Failed("broken".into()) });
        let failure = verdict(&items, &["android"]).unwrap_err();
        assert_eq!(failure.exit_code(), 1);
        assert!(failure.to_string().contains("wheel"));
    }

    #[test]
    fn parts_are_chosen_and_required_by_name() {
        let all = chosen(&[]).unwrap();
        assert_eq!(all.len(), PARTS.len());
        assert_eq!(demanded(&names(&["all"]), &all).unwrap().len(), PARTS.len());
        let two = chosen(&names(&["wheel", "android"])).unwrap();
        assert_eq!(two.iter().map(|part| part.name).collect::<Vec<_>>(), ["android", "wheel"]);
        assert_eq!(demanded(&names(&["wheel"]), &two).unwrap(), ["wheel"]);
        assert_eq!(demanded(&names(&["crates"]), &two).unwrap_err().exit_code(), 2);
        assert!(chosen(&names(&["cobol"])).unwrap_err().to_string().contains("xcframework"));
    }

    #[test]
    fn a_version_that_the_workspace_does_not_have_is_a_usage_error() {
        let words = names(&["--version", "99.0.0"]);
        let failure = run(Arguments::new("dist", words)).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.to_string().contains(env!("CARGO_PKG_VERSION")));
    }
}

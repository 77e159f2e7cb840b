//! `cargo xtask python`: the wheel, and the virtual environments that build and test it.
//!
//! maturin packs it. It has the library built by cargo, and the generated half by a program that it
//! looks for as `uniffi-bindgen`: ours is given to it by that name.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments::Arguments;
use crate::failure::{Context, Failure};
use crate::setup::{self, Level};
use crate::{bindings, process, terminal, workspace};

pub(crate) const SUMMARY: &str = "build the Python wheel";

pub(crate) const HELP: &str = "\
Builds the wheel for this machine and those like it, into target/wheels: the library with built-in
capture and software encoders, the half that is generated, and the layer over it that lies in
bindings/python. maturin, which packs it, comes from PyPI into target/python.

Usage: cargo xtask python [--release] [--yes]

  --release   optimized, as scripts should use it
  --yes       install missing system packages without asking";

/// The version of maturin that is known to pack it.
const MATURIN: &str = "1.16.0";

/// How the library in a wheel is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As for the tests in Rust, which shares what was built for them.
    Dev,
    Release,
}

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let profile = if arguments.flag("--release") { Profile::Release } else { Profile::Dev };
    let yes = arguments.flag("--yes");
    arguments.finish()?;
    setup::ensure(Level::Demo, yes)?;
    setup::ensure_one(setup::PYTHON, yes)?;
    let bindgen = ["build", "--package", "golive-ffi", "--bin", "golive-bindgen"];
    process::run(process::cargo().args(bindgen).args(["--features", bindings::FEATURES]))?;
    let wheel = wheel(profile, &workspace::target().join("wheels"))?;
    let bytes = std::fs::metadata(&wheel).context("cannot look at the wheel")?.len();
    let megabytes = bytes as f64 / 1e6;
    terminal::announce(&format!("packed {}, {megabytes:.1} MB", wheel.display()));
    Ok(())
}

/// Builds the wheel into `folder`, with the `golive-bindgen` that was built last; answers where it
/// is. An older wheel of Golive's there is gone then.
pub(crate) fn wheel(profile: Profile, folder: &Path) -> Result<PathBuf, Failure> {
    let maturin = maturin()?;
    for old in wheels(folder) {
        std::fs::remove_file(old).context("cannot remove the old wheel")?;
    }
    let target = workspace::target();
    workspace::clear(&target.join("maturin"))?;
    let profile = match profile {
        Profile::Dev => "dev",
        Profile::Release => "release",
    };
    let mut pack = Command::new(maturin);
    pack.current_dir(workspace::root().join("bindings").join("python"));
    pack.args(["build", "--profile", profile, "--out"]).arg(folder);
    pack.env("PATH", path_with_bindgen()?).env("CARGO_TARGET_DIR", &target);
    process::run(&mut pack)?;
    wheels(folder)
        .pop()
        .ok_or_else(|| Failure::failed(format!("maturin left no wheel in {}", folder.display())))
}

/// A virtual environment of that name under the target folder, empty but for pip.
pub(crate) fn fresh_environment(name: &str) -> Result<Environment, Failure> {
    let environment = Environment { folder: home().join(name) };
    let python = setup::python().ok_or_else(|| {
        Failure::missing("Python 3.9 or newer with venv is missing: run `cargo xtask setup`")
    })?;
    let mut make = Command::new(python);
    process::run(make.args(["-m", "venv", "--clear"]).arg(&environment.folder))?;
    Ok(environment)
}

/// A virtual environment.
#[derive(Debug)]
pub(crate) struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// A program in it.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let programs = if cfg!(windows) { "Scripts" } else { "bin" };
        self.folder.join(programs).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Its pip, about to install.
    pub(crate) fn pip_install(&self) -> Command {
        let mut pip = Command::new(self.program("python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip
    }
}

/// The maturin that is fixed here, fetched if it is not there yet.
fn maturin() -> Result<PathBuf, Failure> {
    let name = format!("maturin-{MATURIN}");
    let maturin = Environment { folder: home().join(&name) }.program("maturin");
    if process::succeeds(Command::new(&maturin).arg("--version")) {
        return Ok(maturin);
    }
    terminal::announce(&format!("fetching maturin {MATURIN} from PyPI"));
    let environment = fresh_environment(&name)?;
    let wanted = format!("maturin=={MATURIN}");
    // As a program that is built already: from its sources it takes many minutes.
    let mut install = environment.pip_install();
    process::run(install.args(["--only-binary", ":all:", &wanted])).map_err(|failure| {
        Failure::missing(format!(
            "{failure}\nmaturin {MATURIN} is missing, and pip could not fetch it. Let pip reach PyPI \
             or a mirror (`pip config` and PIP_INDEX_URL count), or install {wanted} into {} in \
             another way",
            environment.folder.display()
        ))
    })?;
    Ok(maturin)
}

/// The search path on which `uniffi-bindgen` is ours.
fn path_with_bindgen() -> Result<std::ffi::OsString, Failure> {
    let suffix = std::env::consts::EXE_SUFFIX;
    let folder = home().join("bindgen");
    std::fs::create_dir_all(&folder).context("cannot make a folder in the target folder")?;
    let ours = workspace::target().join("debug").join(format!("golive-bindgen{suffix}"));
    let doing = format!("cannot copy {}", ours.display());
    std::fs::copy(ours, folder.join(format!("uniffi-bindgen{suffix}"))).context(doing)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path)))
        .map_err(|error| Failure::failed(format!("cannot extend the search path: {error}")))
}

/// Golive's wheels in a folder that need not exist.
fn wheels(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("golive-") && name.ends_with(".whl")
    };
    entries.map(|entry| entry.path()).filter(ours).collect()
}

/// Where the virtual environments are.
fn home() -> PathBuf {
    workspace::target().join("python")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_knows_is_a_usage_error() {
        let failure = run(Arguments::new("python", vec!["--relaese".into()])).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.to_string().contains("--relaese"));
    }

    #[test]
    fn only_wheels_of_golive_are_replaced() {
        let folder = std::env::temp_dir().join(format!("golive-wheels-{}", std::process::id()));
        assert!(wheels(&folder).is_empty(), "a folder that is not there has none");
        std::fs::create_dir(&folder).unwrap();
        for name in ["golive-0.1.0-py3-none-any.whl", "golive-0.1.0.tar.gz", "other-1.0.whl"] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let found = wheels(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, [folder.join("golive-0.1.0-py3-none-any.whl")]);
    }
}

//! The parts of a release, and how each is built.

use std::path::{Path, PathBuf};

use super::{Release, pack};
use crate::arguments::Arguments;
use crate::failure::{Context, Failure};
use crate::platforms::Compiler;
use crate::setup::{self, Level};
use crate::{ios, process, workspace};

/// A part of a release.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: &'static str,
    /// What is announced while it is built.
    pub(super) what: &'static str,
    pub(super) build: fn(&Release) -> Result<Built, Failure>,
}

/// What came of it.
pub(super) struct Built {
    pub(super) files: Vec<PathBuf>,
    /// For a person; may be empty.
    pub(super) note: String,
}

pub(super) const PARTS: &[Part] = &[
    Part { name: "android", what: "the library for Android", build: android },
    Part { name: "xcframework", what: "the XCFramework for Apple's systems", build: xcframework },
    Part { name: "wheel", what: "the Python wheel for this machine", build: wheel },
    Part { name: "command", what: "the golive command for this machine", build: command },
    Part { name: "crates", what: "what the crates would carry", build: crates },
];

fn android(release: &Release) -> Result<Built, Failure> {
    run("android", release, &[])?;
    let from = workspace::target().join("android").join("aar");
    let ends = [".aar", "-sources.jar", ".pom"];
    gather(release, &from, |name| ends.iter().any(|end| name.ends_with(end)))
}

fn xcframework(release: &Release) -> Result<Built, Failure> {
    pack::require_zip()?;
    // For Macs there are software codecs in it, which want Apple's C compiler.
    let with_mac = cfg!(target_os = "macos");
    let framework = ios::xcframework(with_mac, release.yes).or_else(|failure| {
        let lacks_mac = with_mac && failure.exit_code() == 3;
        if lacks_mac { ios::xcframework(false, release.yes) } else { Err(failure) }
    })?;
    let file = release.folder.join(format!("Golive-{}.xcframework.zip", release.version));
    pack::zip(&framework, &file)?;
    let note = "the sum is the checksum in Package.swift".into();
    Ok(Built { files: vec![file], note })
}

fn wheel(release: &Release) -> Result<Built, Failure> {
    run("python", release, &["--release"])?;
    gather(release, &workspace::target().join("wheels"), |name| name.ends_with(".whl"))
}

fn command(release: &Release) -> Result<Built, Failure> {
    setup::ensure(Level::Demo, release.yes)?;
    let build = ["build", "--release", "--package", "golive-cli"];
    process::run(process::cargo().args(build))?;
    let program = format!("golive{}", std::env::consts::EXE_SUFFIX);
    let mut files = vec![workspace::target().join("release").join(program)];
    let root = workspace::root();
    files.extend(["LICENSE-APACHE", "LICENSE-MIT", "CHANGELOG.md"].map(|name| root.join(name)));
    let name = format!("golive-{}-{}", release.version, Compiler::here()?.host);
    let file = release.folder.join(format!("{name}.tar.gz"));
    pack::tar(&name, &files, &file)?;
    Ok(Built { files: vec![file], note: String::new() })
}

/// The crates that a registry would get, in the order in which it would.
const CRATES: [&str; 3] = ["golive-proto", "golive-media", "golive"];

fn crates(_: &Release) -> Result<Built, Failure> {
    let ours = workspace::files()?;
    let mut counts = Vec::new();
    for name in CRATES {
        let mut list = process::cargo();
        list.args(["package", "--list", "--allow-dirty", "--package", name]);
        let listed = process::output(&mut list)?;
        let files: Vec<&str> = listed.lines().collect();
        look_at(name, &files, &ours)?;
        counts.push(format!("{name} {} files", files.len()));
    }
    Ok(Built { files: Vec::new(), note: counts.join(", ") })
}

/// What cargo adds by itself.
const ADDED: [&str; 4] = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];

/// A crate carries its library, and nothing that is not the repository's.
fn look_at(name: &str, files: &[&str], ours: &[String]) -> Result<(), Failure> {
    for needed in ["Cargo.toml", "src/lib.rs"] {
        if !files.contains(&needed) {
            return Err(Failure::failed(format!("{name} would be packed without {needed}")));
        }
    }
    let is_ours = |file: &str| ours.iter().any(|path| path.ends_with(&format!("/{file}")));
    match files.iter().find(|file| !ADDED.contains(file) && !is_ours(file)) {
        Some(file) => Err(Failure::failed(format!(
            "{name} would be packed with {file}, which is not in the repository"
        ))),
        None => Ok(()),
    }
}

/// Runs another of these commands.
fn run(name: &str, release: &Release, words: &[&str]) -> Result<(), Failure> {
    let Some(command) = crate::COMMANDS.iter().find(|command| command.name == name) else {
        return Err(Failure::missing(format!("there is no `cargo xtask {name}` in this version")));
    };
    let mut words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
    words.extend(release.yes.then(|| "--yes".to_owned()));
    (command.run)(Arguments::new(command.name, words))
}

/// Copies what another command left in a folder into the release.
fn gather(
    release: &Release,
    from: &Path,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Built, Failure> {
    let doing = format!("cannot gather what is in {}", from.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(from).context(&doing)? {
        let entry = entry.context(&doing)?;
        let name = entry.file_name();
        if is_wanted(&name.to_string_lossy()) {
            let file = release.folder.join(name);
            std::fs::copy(entry.path(), &file).context(&doing)?;
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Failure::failed(format!("{} holds nothing for a release", from.display())));
    }
    files.sort();
    Ok(Built { files, note: String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_carries_its_library_and_nothing_that_lies_about() {
        let ours = ["sdk-core/x/src/lib.rs", "sdk-core/x/src/a.rs"].map(str::to_owned);
        let carried = ["Cargo.toml", "Cargo.lock", "src/lib.rs", "src/a.rs"];
        look_at("x", &carried, &ours).unwrap();
        let without = look_at("x", &["Cargo.toml", "src/a.rs"], &ours).unwrap_err();
        assert!(without.to_string().contains("without src/lib.rs"), "{without}");
        let with = look_at("x", &["Cargo.toml", "src/lib.rs", "keys.txt"], &ours).unwrap_err();
        assert!(with.to_string().contains("with keys.txt"), "{with}");
    }

    #[test]
    fn what_a_command_left_is_gathered_by_its_name() {
        let place = std::env::temp_dir().join(format!("golive-gather-{}", std::process::id()));
        let (from, folder) = (place.join("from"), place.join("dist"));
        for folder in [&from, &folder] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(from.join("golive-0.1.0.whl"), "wheel").unwrap();
        std::fs::write(from.join("notes.txt"), "notes").unwrap();
        let release = Release { version: "0.1.0", folder: folder.clone(), yes: false };
        let built = gather(&release, &from, |name| name.ends_with(".whl")).unwrap();
        assert_eq!(built.files, [folder.join("golive-0.1.0.whl")]);
        assert!(gather(&release, &from, |name| name.ends_with(".aar")).is_err());
        std::fs::remove_dir_all(&place).unwrap();
    }
}

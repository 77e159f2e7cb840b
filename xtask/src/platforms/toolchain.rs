//! Which Rust checks a platform: the installed one, or a copy of it that has the sources of the
//! standard library, so that this is checked along.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::compiler::{self, Compiler};
use super::debian;
use crate::failure::{Context, Failure};
use crate::{process, terminal, workspace};

/// What checks a platform.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The installed one, which has the platform's standard library.
    Installed,
    /// The installed one, which has the sources of the standard library.
    InstalledSources,
    /// The copy in this folder, which has them.
    Copy(PathBuf),
}

impl Toolchain {
    /// The one for a platform; makes the copy if there is no other way.
    pub(crate) fn of(compiler: &Compiler, triple: &str) -> Result<Self, Failure> {
        if compiler.has_library_for(triple) {
            return Ok(Self::Installed);
        }
        if compiler.has_sources() {
            return Ok(Self::InstalledSources);
        }
        let folder = workspace::target().join("platforms");
        copied(compiler, &folder).map(Self::Copy).map_err(|failure| {
            Failure::missing(format!(
                "the standard library of {triple} is not installed, and its sources could not be \
                 had: {failure}\nWhere rustup is, `rustup target add {triple}` brings the library, \
                 and `rustup component add rust-src` the sources"
            ))
        })
    }

    /// Whether there is one for a platform without making a copy.
    pub(crate) fn can_build(compiler: &Compiler, triple: &str) -> bool {
        let copy = workspace::target().join("platforms");
        compiler.has_library_for(triple) || compiler.has_sources() || is_copy(compiler, &copy)
    }

    /// `cargo` with one of its own commands, as far as the standard library is concerned.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        self.starting("cargo", subcommand)
    }

    /// `cargo clippy`, as far as the standard library is concerned.
    pub(super) fn clippy(&self) -> Command {
        self.starting("cargo-clippy", "clippy")
    }

    /// `program` is what a copy's folder has for the subcommand.
    fn starting(&self, program: &str, subcommand: &str) -> Command {
        let mut command = match self {
            Self::Installed | Self::InstalledSources => process::cargo(),
            Self::Copy(folder) => program_of(folder, program),
        };
        command.arg(subcommand);
        if *self != Self::Installed {
            // Building the library along is not yet promised to stay, so a stable compiler has to be
            // told that it may.
            command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
        }
        command
    }
}

/// The copy's own cargo, clippy and compiler, and not those that a wrapper on the search path would
/// choose.
fn program_of(folder: &Path, program: &str) -> Command {
    let programs = folder.join("bin");
    let mut command = Command::new(programs.join(program));
    command.current_dir(workspace::root());
    command.env("CARGO", programs.join("cargo")).env("RUSTC", programs.join("rustc"));
    // A wrapper has it point to the original, whose compiler would look beside itself.
    command.env("LD_LIBRARY_PATH", folder.join("lib"));
    command
}

/// The copy of the toolchain, made if this compiler has none yet.
fn copied(compiler: &Compiler, folder: &Path) -> Result<PathBuf, Failure> {
    let place = folder.join("toolchain");
    if is_copy(compiler, folder) {
        return Ok(place);
    }
    terminal::announce(&format!(
        "making a copy of Rust {} with the sources of its standard library in {}",
        compiler.release,
        folder.display()
    ));
    for stale in [&place, &folder.join("debian")] {
        let _ = std::fs::remove_dir_all(stale);
    }
    debian::library(&folder.join("debian"), &compiler.release, &compiler::sources(&place))?;
    for part in ["bin", "lib"] {
        link(&compiler.sysroot.join(part), &place.join(part))?;
    }
    // Written last: a copy that was interrupted must not look like a whole one.
    std::fs::write(place.join(MARK), identity(compiler))
        .context("cannot complete the copy of the toolchain")?;
    Ok(place)
}

/// What says of which compiler a copy is.
const MARK: &str = "copy-of";

fn identity(compiler: &Compiler) -> String {
    format!("{} {}", compiler.release, compiler.commit)
}

/// Whether the folder holds a copy of this compiler.
fn is_copy(compiler: &Compiler, folder: &Path) -> bool {
    let mark = folder.join("toolchain").join(MARK);
    std::fs::read_to_string(mark).is_ok_and(|found| found == identity(compiler))
}

/// Makes a folder's files appear in another one: as links where the file system can, which cost
/// neither time nor room.
fn link(from: &Path, to: &Path) -> Result<(), Failure> {
    let doing = format!("cannot copy {} to {}", from.display(), to.display());
    std::fs::create_dir_all(to).context(&doing)?;
    for entry in std::fs::read_dir(from).context(&doing)? {
        let entry = entry.context(&doing)?;
        let (source, copy) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().context(&doing)?.is_dir() {
            link(&source, &copy)?;
        } else if std::fs::hard_link(&source, &copy).is_err() {
            std::fs::copy(&source, &copy).context(&doing)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installed_library_is_used_as_it_is() {
        let compiler = Compiler::here().unwrap();
        let toolchain = Toolchain::of(&compiler, &compiler.host).unwrap();
        assert_eq!(toolchain, Toolchain::Installed);
        assert!(!process::shown(&toolchain.clippy()).contains("build-std"));
    }

    #[test]
    fn without_an_installed_library_it_is_checked_along() {
        let shown = process::shown(&Toolchain::InstalledSources.clippy());
        assert!(shown.contains("-Zbuild-std"), "{shown}");
        let copy = Toolchain::Copy(PathBuf::from("/copy")).clippy();
        assert_eq!(Path::new(copy.get_program()), Path::new("/copy/bin/cargo-clippy"));
    }

    #[test]
    fn a_copy_holds_every_file_of_every_folder() {
        let place = std::env::temp_dir().join(format!("golive-copy-{}", std::process::id()));
        let (from, to) = (place.join("from"), place.join("to"));
        std::fs::create_dir_all(from.join("lib/deep")).unwrap();
        std::fs::write(from.join("lib/deep/file"), "words").unwrap();
        link(&from, &to).unwrap();
        let copied = std::fs::read_to_string(to.join("lib/deep/file"));
        std::fs::remove_dir_all(&place).unwrap();
        assert_eq!(copied.unwrap(), "words");
    }
}

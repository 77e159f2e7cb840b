//! A folder that holds Debian trixie with Swift, and what runs in it.
//!
//! Everything that runs there does so in a mount namespace of its own (`man 1 unshare`): nobody
//! else sees its mounts, and the kernel undoes them with its last process, whatever ended that.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::below;
use crate::failure::{Context, Failure};
use crate::setup::consent::{self, Consent};
use crate::{process, setup, terminal, workspace};

/// Debian's release that brings Swift 6.
const RELEASE: &str = "trixie";

/// Its packages: the compiler, what that links with and does not ask for by itself, what the
/// library is linked with, and the tests' peer.
const PACKAGES: [&str; 6] =
    ["swiftlang", "libc6-dev", "gcc", "libstdc++-14-dev", "libasound2t64", "ffmpeg"];

/// Where the repository and the target folder are seen inside.
pub(super) const REPOSITORY: &str = "/golive/repository";
const TARGET: &str = "/golive/target";

/// Where the package is built: inside, so that nothing of root's lies in the repository.
const BUILD: &str = "/golive/build";

/// A folder in which Swift runs.
pub(super) struct Root {
    folder: PathBuf,
}

impl Root {
    /// The folder, made if the person agrees and it is not there.
    pub(super) fn ready(folder: &Path, mirror: Option<&str>, yes: bool) -> Result<Self, Failure> {
        let folder = std::path::absolute(folder).context("cannot tell which folder is meant")?;
        let root = Self { folder };
        if !process::succeeds(as_root("unshare").args(["--mount", "mount", "--version"])) {
            return Err(Failure::missing(
                "this system lets nobody mount anything (`unshare --mount` fails, as it does \
                 without root or sudo and in many containers): run this where it does, or install \
                 Swift 6.0 or later from swift.org",
            ));
        }
        if !root.folder.is_dir() {
            root.agree(mirror, yes)?;
            root.make(mirror)?;
        }
        Ok(root)
    }

    fn agree(&self, mirror: Option<&str>, yes: bool) -> Result<(), Failure> {
        let shown = process::shown(&debootstrap(&self.folder, mirror));
        let packages = PACKAGES.join(" ");
        let folder = self.folder.display();
        let making = format!("{shown}\n  and, in it, apt-get install {packages}");
        match consent::obtain(yes, [making.clone()]) {
            Consent::Given => Ok(()),
            Consent::Refused => Err(Failure::missing("nothing was made and nothing was run")),
            Consent::NobodyToAsk => Err(Failure::missing(format!(
                "there is no `swift` on the search path, and no {folder} with Debian's.\nTo make \
                 it, 3.1 GB and about three minutes:\n  {making}\nRun the same again with --yes \
                 for that, or install Swift 6.0 or later from swift.org."
            ))),
        }
    }

    fn make(&self, mirror: Option<&str>) -> Result<(), Failure> {
        // What was made by half must not look whole the next time.
        let half = Self { folder: self.folder.with_extension("partial") };
        process::run(as_root("rm").args(["-rf", "--one-file-system"]).arg(&half.folder))?;
        if let Some(parent) = half.folder.parent() {
            std::fs::create_dir_all(parent).context("cannot make the folder for Debian")?;
        }
        terminal::announce(&format!("making {}", self.folder.display()));
        process::run(&mut debootstrap(&half.folder, mirror))?;
        let install = format!(
            "apt-get update && apt-get install --yes --no-install-recommends {} && apt-get clean",
            PACKAGES.join(" ")
        );
        let quiet = "DEBIAN_FRONTEND=noninteractive";
        process::run(half.inside(&[]).args([quiet, "sh", "-c", &install]))?;
        process::run(as_root("mv").arg("--no-target-directory").arg(&half.folder).arg(&self.folder))
    }

    /// `swift test` in the folder, linked with the library in `library`, a folder below the target
    /// folder.
    pub(super) fn swift_test(&self, library: &Path) -> Command {
        let target = workspace::target();
        let seen = library.strip_prefix(&target).unwrap_or(library);
        let library = Path::new(TARGET).join(seen);
        let mut command = self.inside(&[(&workspace::root(), REPOSITORY), (&target, TARGET)]);
        command.arg(format!("GOLIVE_LIBRARY={}", library.display()));
        command.args(["swift", "test", "--scratch-path", BUILD]);
        command.arg("--package-path").arg(format!("{REPOSITORY}/ios"));
        command
    }

    /// Swift's compiler, which sees the repository.
    pub(super) fn swiftc(&self) -> Command {
        let mut command = self.inside(&[(&workspace::root(), REPOSITORY)]);
        command.arg("swiftc");
        command
    }

    /// A command that runs inside; what it is to run, with variables before it, follows as
    /// arguments. `mounts` are seen there, and cannot be written.
    fn inside(&self, mounts: &[(&Path, &str)]) -> Command {
        let mut script = String::from("set -e; root=$1; shift; ");
        script.push_str("mount --rbind /dev \"$root/dev\"; ");
        for _ in mounts {
            script.push_str("mkdir -p \"$2\"; mount -o bind,ro \"$1\" \"$2\"; shift 2; ");
        }
        // Only what is said here reaches what runs inside. The shell stays and waits for it: the
        // first process of a namespace would not hear of the person's wish to stop.
        script.push_str("chroot \"$root\" env -i HOME=/golive PATH=/usr/sbin:/usr/bin ");
        script.push_str("LANG=C.UTF-8 \"$@\" || exit $?");

        let mut command = as_root("unshare");
        // With the first process of a process namespace end all others, forgotten ones too.
        command.args(["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]);
        command.arg(format!("--mount-proc={}", below(&self.folder, "/proc").display()));
        command.args(["sh", "-c", &script, "sh"]).arg(&self.folder);
        for (outside, inside) in mounts {
            command.arg(outside).arg(below(&self.folder, inside));
        }
        command
    }
}

fn debootstrap(folder: &Path, mirror: Option<&str>) -> Command {
    let mut command = as_root("unshare");
    command.args(["--mount", "--propagation", "private"]);
    command.args(["debootstrap", "--variant=minbase", RELEASE]).arg(folder).args(mirror);
    command
}

/// A program run as root, by sudo if this is somebody else.
fn as_root(program: &str) -> Command {
    if setup::is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_see_the_library_where_the_target_folder_is_mounted() {
        let root = Root { folder: "/srv/trixie".into() };
        let shown = process::shown(&root.swift_test(&workspace::target().join("debug")));
        assert!(shown.contains("GOLIVE_LIBRARY=/golive/target/debug swift test"), "{shown}");
        assert!(shown.contains("/srv/trixie/golive/repository"), "{shown}");
    }
}

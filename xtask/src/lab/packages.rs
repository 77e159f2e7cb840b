//! Debian packages for the guest: downloaded and unpacked beside the build, never installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure};
use crate::{process, terminal};

/// The name of Debian's current kernel package: the one with every driver, unlike the cloud's.
pub(super) fn kernel() -> Result<String, Failure> {
    let depends =
        process::output(Command::new("apt-cache").args(["depends", "linux-image-amd64"]))?;
    let named = depends.lines().find_map(|line| line.trim().strip_prefix("Depends: "));
    named.map(str::to_owned).ok_or_else(|| {
        Failure::missing(
            "apt knows no package linux-image-amd64: the lab's guest is made of Debian's packages \
             for amd64 (`apt-get update` first, if this is Debian)",
        )
    })
}

/// The folder into which `package` is unpacked below `folder`; downloads it if it is not there.
pub(super) fn unpacked(folder: &Path, package: &str) -> Result<PathBuf, Failure> {
    let place = folder.join(package);
    if place.is_dir() {
        return Ok(place);
    }
    std::fs::create_dir_all(folder).context(format_args!("cannot make {}", folder.display()))?;
    terminal::announce(&format!("downloading {package}"));
    let before = archives(folder, package)?;
    if before.is_empty() {
        let mut download = Command::new("apt-get");
        // Root's download would otherwise change to a user who may not write here.
        download.args(["--option", "APT::Sandbox::User=root", "--quiet=2", "download", package]);
        process::run(download.current_dir(folder))?;
    }
    let archive = archives(folder, package)?.pop().ok_or_else(|| {
        Failure::failed(format!("apt-get downloaded no {package} into {}", folder.display()))
    })?;
    // A half unpacked package must not look like a whole one next time.
    let partial = folder.join(format!("{package}.partial"));
    let _ = std::fs::remove_dir_all(&partial);
    process::run(Command::new("dpkg").arg("-x").arg(archive).arg(&partial))?;
    std::fs::rename(&partial, &place).context("cannot rename what was unpacked")?;
    Ok(place)
}

fn archives(folder: &Path, package: &str) -> Result<Vec<PathBuf>, Failure> {
    let doing = format!("cannot list {}", folder.display());
    let start = format!("{package}_");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).context(&doing)? {
        let path = entry.context(&doing)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(&start) && name.ends_with(".deb") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

//! Archives and sums, by the programs that every system brings.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure};
use crate::{process, workspace};

pub(super) fn require_zip() -> Result<(), Failure> {
    process::find("zip").map(|_| ()).ok_or_else(|| {
        Failure::missing("zip, which packs the XCFramework: the package of that name has it")
    })
}

/// Packs a folder, with its own name in the archive, as SwiftPM unpacks it.
pub(super) fn zip(folder: &Path, file: &Path) -> Result<(), Failure> {
    require_zip()?;
    let parent = folder.parent().unwrap_or(folder);
    let name = folder.file_name().unwrap_or_default();
    let mut zip = Command::new("zip");
    // Neither users nor times of access: they are this machine's.
    zip.current_dir(parent).args(["--quiet", "--recurse-paths", "-X"]).arg(file).arg(name);
    process::run(&mut zip)
}

/// Packs files into a folder of that name in the archive.
pub(super) fn tar(name: &str, files: &[PathBuf], file: &Path) -> Result<(), Failure> {
    if process::find("tar").is_none() {
        return Err(Failure::missing("tar, which packs the command"));
    }
    let stage = file.with_extension("stage");
    workspace::clear(&stage)?;
    let folder = stage.join(name);
    std::fs::create_dir_all(&folder).context("cannot make a folder for the archive")?;
    for from in files {
        let doing = format!("cannot copy {}", from.display());
        let to = folder.join(from.file_name().unwrap_or_default());
        std::fs::copy(from, to).context(doing)?;
    }
    let packed = process::run(
        Command::new("tar")
            .arg("-C")
            .arg(&stage)
            .arg("-czf")
            .args([file.as_os_str(), name.as_ref()]),
    );
    workspace::clear(&stage)?;
    packed
}

/// A file's sum, as sixty-four hexadecimal digits.
pub(super) fn sha256(file: &Path) -> Result<String, Failure> {
    let mut command = if process::find("sha256sum").is_some() {
        Command::new("sha256sum")
    } else if process::find("shasum").is_some() {
        let mut command = Command::new("shasum");
        command.args(["--algorithm", "256"]);
        command
    } else {
        return Err(Failure::missing("neither sha256sum nor shasum is here to make sums"));
    };
    let said = process::output(command.arg(file))?;
    // Before a name with a backslash in it there is one more.
    let sum = said.trim_start_matches('\\').split_whitespace().next().unwrap_or_default();
    let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sum.then(|| sum.to_owned()).ok_or_else(|| {
        Failure::failed(format!("{} made no sum of {}", process::shown(&command), file.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> PathBuf {
        let place = std::env::temp_dir().join(format!("golive-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        place
    }

    #[test]
    fn a_sum_is_the_one_that_everybody_computes() {
        let place = place("sum");
        let file = place.join("abc");
        std::fs::write(&file, "abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&file).unwrap(), expected);
        std::fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    fn an_archive_holds_one_folder_with_the_files() {
        let place = place("tar");
        std::fs::write(place.join("golive"), "program").unwrap();
        let file = place.join("golive-1.0.tar.gz");
        tar("golive-1.0", &[place.join("golive")], &file).unwrap();
        let listed = process::output(Command::new("tar").arg("-tzf").arg(&file)).unwrap();
        assert_eq!(listed.lines().collect::<Vec<_>>(), ["golive-1.0/", "golive-1.0/golive"]);
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 2, "nothing else is left");
        std::fs::remove_dir_all(&place).unwrap();
    }
}

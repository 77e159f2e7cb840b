//! Where this repository lies, and the files that belong to it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure};
use crate::process;

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_path_buf()
}

/// Where cargo puts what it builds, for whatever these commands want to keep beside it.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Removes a folder that is written anew, if it is there: what was renamed since would be taken for new.
pub(crate) fn clear(folder: &Path) -> Result<(), Failure> {
    if !folder.exists() {
        return Ok(());
    }
    std::fs::remove_dir_all(folder).context(format_args!("cannot remove {}", folder.display()))
}

/// The repository's files, relative to its root with `/` between folders, sorted: those that git
/// tracks and those it would; without git, everything but build output.
pub(crate) fn files() -> Result<Vec<String>, Failure> {
    let mut list = Command::new("git");
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let inside = root().join(".git").exists() && process::find("git").is_some();
    let mut files = if inside {
        let listed = process::output(list.current_dir(root()))?;
        listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
    } else {
        walk(&root())?
    };
    files.retain(|path| root().join(path).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}

/// Folders that no person wrote.
const BUILT: [&str; 6] = ["target", ".git", "fuzz-target", "ios/Generated", ".build", ".swiftpm"];

fn walk(root: &Path) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let doing = format!("cannot list {}", root.join(&folder).display());
        for entry in std::fs::read_dir(root.join(&folder)).context(&doing)? {
            let entry = entry.context(&doing)?;
            let path = folder.join(entry.file_name());
            let built = BUILT.iter().any(|name| path.ends_with(name));
            if entry.file_type().context(&doing)?.is_dir() {
                folders.extend((!built).then_some(path));
            } else {
                files.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_lists_its_sources_and_not_what_was_built() {
        for files in [files().unwrap(), walk(&root()).unwrap()] {
            assert!(files.iter().any(|path| path == "xtask/src/workspace.rs"));
            assert!(!files.iter().any(|path| path.starts_with("target/")));
        }
    }
}

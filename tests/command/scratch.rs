//! A folder for a test's files.

use std::path::{Path, PathBuf};

/// Gone when dropped, but kept when its test fails.
pub(crate) struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    pub(crate) fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("golive-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("what was recorded lies in {}", self.folder.display());
        } else {
            // Left to the system's own cleaning if it does not work.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

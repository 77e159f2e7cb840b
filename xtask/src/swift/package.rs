//! The generated half of the Swift package, where SwiftPM looks for it: ios/Generated.
//!
//! SwiftPM takes sources from below the package's own folder only, each target's from a folder of
//! its own, and a C module from a file that is called `module.modulemap`.

use std::path::Path;

use crate::failure::{Context, Failure};
use crate::workspace;

/// What bindgen writes, and what it is called in the package.
const FILES: [(&str, &str); 3] = [
    ("GoliveFFI.swift", "GoliveFFI/GoliveFFI.swift"),
    ("golive_ffiFFI.h", "golive_ffiFFI/golive_ffiFFI.h"),
    ("golive_ffiFFI.modulemap", "golive_ffiFFI/module.modulemap"),
];

/// Copies what bindgen wrote to `generated` into the package.
pub(crate) fn fill(generated: &Path) -> Result<(), Failure> {
    fill_into(generated, &workspace::root().join("ios").join("Generated"))
}

fn fill_into(generated: &Path, package: &Path) -> Result<(), Failure> {
    for (from, to) in FILES {
        let (from, to) = (generated.join(from), package.join(to));
        let doing = format!("cannot copy {} to {}", from.display(), to.display());
        let written = std::fs::read(&from).context(&doing)?;
        // A file that is not touched is not compiled again.
        if std::fs::read(&to).is_ok_and(|there| there == written) {
            continue;
        }
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder).context(&doing)?;
        }
        std::fs::write(&to, written).context(&doing)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_changed_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("golive-swift-{}", std::process::id()));
        let (generated, package) = (folder.join("generated"), folder.join("package"));
        std::fs::create_dir_all(&generated).unwrap();
        for (from, _) in FILES {
            std::fs::write(generated.join(from), from).unwrap();
        }
        fill_into(&generated, &package).unwrap();
        let header = package.join("golive_ffiFFI/golive_ffiFFI.h");
        let written = || std::fs::metadata(&header).unwrap().modified().unwrap();
        let first = written();
        fill_into(&generated, &package).unwrap();
        assert_eq!(written(), first);
        std::fs::write(generated.join("golive_ffiFFI.h"), "another").unwrap();
        fill_into(&generated, &package).unwrap();
        assert_eq!(std::fs::read(&header).unwrap(), b"another");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

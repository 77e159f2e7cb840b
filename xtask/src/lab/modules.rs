//! Finds the kernel modules that the guest needs, in the order in which they load.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure};
use crate::process;

/// A module, unpacked.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// The `wanted` modules below `folder`, each after those that it depends on. A name without a
/// file is taken to be built into the kernel, except for the wanted ones themselves.
pub(super) fn load_order(folder: &Path, wanted: &[&str]) -> Result<Vec<Module>, Failure> {
    let files = files(folder)?;
    let mut loaded = Vec::new();
    for name in wanted {
        if !files.contains_key(&normal(name)) {
            let place = folder.display();
            return Err(Failure::failed(format!("the kernel in {place} has no module {name}")));
        }
        add(&files, &normal(name), &mut loaded)?;
    }
    Ok(loaded)
}

fn add(
    files: &BTreeMap<String, PathBuf>,
    name: &str,
    loaded: &mut Vec<Module>,
) -> Result<(), Failure> {
    let known = loaded.iter().any(|module| module.name == name);
    let Some(path) = files.get(name).filter(|_| !known) else { return Ok(()) };
    let bytes = read(path)?;
    for dependency in dependencies(&bytes) {
        add(files, &dependency, loaded)?;
    }
    loaded.push(Module { name: name.to_owned(), bytes });
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if path.extension().is_some_and(|extension| extension == "xz") {
        let doing = format!("cannot unpack {}", path.display());
        let output = Command::new("xz").args(["--decompress", "--stdout"]).arg(path).output();
        return output.context(doing).map(|output| output.stdout);
    }
    std::fs::read(path).context(format_args!("cannot read {}", path.display()))
}

/// What the module's own information section says after `depends=`.
fn dependencies(module: &[u8]) -> Vec<String> {
    let key = b"\0depends=";
    let Some(at) = module.windows(key.len()).position(|window| window == key) else {
        return Vec::new();
    };
    let value = module.get(at + key.len()..).unwrap_or_default();
    let value = value.split(|byte| *byte == 0).next().unwrap_or_default();
    let text = String::from_utf8_lossy(value);
    text.split(',').filter(|name| !name.is_empty()).map(normal).collect()
}

/// Files below `folder` by the name of the module in them.
fn files(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut list = Command::new("find");
    list.arg(folder).args(["-name", "*.ko", "-o", "-name", "*.ko.xz"]);
    let paths = process::output(&mut list)?;
    let named = paths.lines().map(PathBuf::from).filter_map(|path| {
        let name = path.file_name()?.to_str()?.split('.').next()?.to_owned();
        Some((normal(&name), path))
    });
    Ok(named.collect())
}

/// The kernel takes `-` and `_` in a module's name as the same.
fn normal(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modules_dependencies_are_read_from_its_own_words() {
        let module = b"\x7fELF..\0license=GPL\0depends=videodev,v4l2-tpg\0name=vivid\0";
        assert_eq!(dependencies(module), ["videodev", "v4l2_tpg"]);
        assert!(dependencies(b"\0depends=\0name=snd\0").is_empty());
        assert!(dependencies(b"").is_empty());
    }

    #[test]
    fn a_module_that_is_not_there_is_named() {
        let folder = std::env::temp_dir().join(format!("golive-modules-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a-b.ko"), b"\0depends=c,built-in\0").unwrap();
        std::fs::write(folder.join("c.ko"), b"\0depends=\0").unwrap();
        let order = load_order(&folder, &["a_b"]).unwrap();
        let missing = load_order(&folder, &["vivid"]).unwrap_err().to_string();
        std::fs::remove_dir_all(&folder).unwrap();
        let names: Vec<_> = order.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(names, ["c", "a_b"]);
        assert!(missing.contains("vivid"));
    }
}

//! The guest's first and only file system: busybox, kernel modules, the `golive` command with its
//! libraries, and a script that does what the lab is there for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cpio::Archive;
use super::modules::Module;
use super::{guest, tone};
use crate::failure::{Context, Failure};
use crate::process;

/// What goes into the image beside the script.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) busybox: PathBuf,
    pub(super) modules: Vec<Module>,
    /// Programs, by their path in the guest.
    pub(super) programs: Vec<(&'static str, PathBuf)>,
    /// Unpacked packages with libraries that this machine need not have.
    pub(super) libraries: Vec<PathBuf>,
}

/// Where ALSA's library looks for what its words mean.
const ALSA: &str = "/usr/share/alsa";

/// Where Debian keeps libraries for this processor.
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

/// Packs everything into an archive that the kernel unpacks into memory.
pub(super) fn pack(contents: &Contents) -> Result<Vec<u8>, Failure> {
    let mut files: Vec<(String, u32, Vec<u8>)> = vec![
        ("init".into(), 0o755, guest::SCRIPT.as_bytes().to_vec()),
        ("modules/order".into(), 0o644, guest::load_order(&contents.modules).into_bytes()),
        ("etc/asound.conf".into(), 0o644, guest::SOUND.as_bytes().to_vec()),
        ("tone.raw".into(), 0o644, tone::one_second()),
        ("bin/busybox".into(), 0o755, read(&contents.busybox)?),
    ];
    for Module { name, bytes } in &contents.modules {
        files.push((format!("modules/{name}.ko"), 0o644, bytes.clone()));
    }
    for (place, program) in &contents.programs {
        files.push(((*place).to_owned(), 0o755, read(program)?));
    }
    for library in libraries(contents)? {
        let package = contents.libraries.iter().find_map(|it| library.strip_prefix(it).ok());
        let inside = package.unwrap_or(&library).to_string_lossy();
        files.push((inside.trim_start_matches('/').to_owned(), 0o755, read(&library)?));
    }
    for path in below(Path::new(ALSA))? {
        let inside = path.to_string_lossy().trim_start_matches('/').to_owned();
        files.push((inside, 0o644, read(&path)?));
    }
    Ok(archive(&files))
}

fn archive(files: &[(String, u32, Vec<u8>)]) -> Vec<u8> {
    let mut archive = Archive::default();
    let mut folders: BTreeSet<String> =
        ["dev", "proc", "sys", "tmp", "results"].map(str::to_owned).into();
    for (path, ..) in files {
        let ends = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        folders.extend(ends.map(str::to_owned));
    }
    // In this order a folder always comes before what lies in it.
    for folder in &folders {
        archive.folder(folder);
    }
    // The kernel opens the console before anything could be mounted.
    archive.character_device("dev/console", 5, 1);
    archive.link("bin/sh", "busybox");
    for (path, mode, contents) in files {
        archive.file(path, *mode, contents);
    }
    archive.finish()
}

/// The programs' libraries, as the dynamic linker finds them here and in the unpacked packages.
fn libraries(contents: &Contents) -> Result<BTreeSet<PathBuf>, Failure> {
    let unpacked: Vec<_> = contents.libraries.iter().map(|it| it.join(LIBRARIES)).collect();
    let search = std::env::join_paths(unpacked)
        .map_err(|error| Failure::failed(format!("a folder's name cannot be searched: {error}")))?;
    let mut found = BTreeSet::new();
    for (_, program) in &contents.programs {
        let mut list = Command::new("ldd");
        let listed = process::output(list.arg(program).env("LD_LIBRARY_PATH", &search))?;
        if let Some(line) = listed.lines().find(|line| line.contains("not found")) {
            let program = program.display();
            return Err(Failure::missing(format!("{program} misses a library: {}", line.trim())));
        }
        found.extend(linked(&listed).map(PathBuf::from));
    }
    Ok(found)
}

/// The paths in lines such as `libm.so.6 => /lib/libm.so.6 (0x…)` and `/lib/ld.so (0x…)`.
fn linked(listed: &str) -> impl Iterator<Item = &str> {
    listed.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')))
}

fn below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let listed = process::output(Command::new("find").arg(folder).args(["-type", "f"]))?;
    Ok(listed.lines().map(PathBuf::from).collect())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).context(format_args!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_and_the_linker_itself_are_read_from_its_list() {
        let listed = "\tlinux-vdso.so.1 (0x7)\n\tlibm.so.6 => /lib/libm.so.6 (0x7)\n\
                      \t/lib64/ld-linux.so.2 (0x7)\n";
        assert_eq!(linked(listed).collect::<Vec<_>>(), ["/lib/libm.so.6", "/lib64/ld-linux.so.2"]);
    }

    #[test]
    fn a_folder_comes_before_what_lies_in_it() {
        let bytes = archive(&[("usr/share/x".into(), 0o644, b"x".to_vec())]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let at = |name: &str| text.find(&format!("{name}\0")).unwrap();
        assert!(at("usr") < at("usr/share") && at("usr/share") < at("usr/share/x"));
    }
}

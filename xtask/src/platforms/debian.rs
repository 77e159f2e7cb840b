//! The standard library's sources from Debian's backports, which follow Rust's releases.
//!
//! apt-get fetches them with a list of its own below `target/`: this system's lists, caches and
//! packages stay as they are, and Debian's signatures are checked as ever.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure};
use crate::{process, terminal};

/// The backports that are read, whichever Debian this is: the sources are for every machine.
const SUITE: &str = "trixie-backports";
const PACKAGE: &str = "rust-src";
/// The keys that Debian signs with; a derivative may lack them.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Puts the sources for the compiler `release` to `place`, working in `folder`.
pub(super) fn library(folder: &Path, release: &str, place: &Path) -> Result<(), Failure> {
    let apt = Apt::new(folder)?;
    terminal::announce(&format!("asking {} for {PACKAGE} {release}", apt.mirror));
    process::run(apt.command("apt-get").arg("update"))?;
    let listed = process::output(apt.command("apt-cache").args(["madison", PACKAGE]))?;
    let version = matching(&listed, release)?;

    terminal::announce(&format!("downloading {PACKAGE} {version}, about 45 MB"));
    process::run(apt.command("apt-get").arg("download").arg(format!("{PACKAGE}={version}")))?;
    let archive = downloaded(folder)?;

    terminal::announce(&format!("unpacking {PACKAGE}"));
    let whole = folder.join("unpacked");
    let _ = std::fs::remove_dir_all(&whole);
    process::run(Command::new("dpkg").arg("-x").arg(&archive).arg(&whole))?;
    let library = whole.join(format!("usr/src/rustc-{release}/library"));
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent).context("cannot make a folder for the sources")?;
    }
    let doing = format!("cannot move {} to {}", library.display(), place.display());
    std::fs::rename(&library, place).context(doing)?;
    // The rest, compiler included, is six times as large.
    std::fs::remove_dir_all(&whole).context("cannot remove what is not needed")?;
    std::fs::remove_file(&archive).context("cannot remove the package")
}

/// apt's programs, with lists of their own.
struct Apt {
    folder: PathBuf,
    mirror: String,
}

impl Apt {
    fn new(folder: &Path) -> Result<Self, Failure> {
        for program in ["apt-get", "apt-cache", "dpkg"] {
            if process::find(program).is_none() {
                return Err(Failure::missing(format!(
                    "there is no {program} here, so Debian's sources cannot be had"
                )));
            }
        }
        let mirror = mirror()?;
        let doing = format!("cannot write to {}", folder.display());
        std::fs::create_dir_all(folder.join("lists/partial")).context(&doing)?;
        std::fs::create_dir_all(folder.join("cache/archives/partial")).context(&doing)?;
        let signed = if Path::new(KEYRING).is_file() {
            format!("[signed-by={KEYRING}] ")
        } else {
            String::new()
        };
        let source = format!("deb {signed}{mirror} {SUITE} main\n");
        std::fs::write(folder.join("sources.list"), source).context(&doing)?;
        Ok(Self { folder: folder.to_owned(), mirror })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let at = |key: &str, name: &str| format!("{key}={}", self.folder.join(name).display());
        let options = [
            at("Dir::Etc::SourceList", "sources.list"),
            "Dir::Etc::SourceParts=-".to_owned(),
            at("Dir::State::Lists", "lists"),
            at("Dir::Cache", "cache"),
            // Root's download would otherwise change to a user who may not write here.
            "APT::Sandbox::User=root".to_owned(),
        ];
        command.current_dir(&self.folder);
        command.args(options.iter().flat_map(|option| ["--option", option]));
        command
    }
}

/// The mirror of Debian that this system's own lists come from.
fn mirror() -> Result<String, Failure> {
    let format = "$(CODENAME) $(REPO_URI)";
    let mut targets = Command::new("apt-get");
    targets.args(["indextargets", "--format", format, "Created-By: Packages", "Origin: Debian"]);
    let listed = process::output(&mut targets)?;
    main_archive(&listed).ok_or_else(|| {
        Failure::missing(
            "apt knows no mirror of Debian: run `apt-get update` if this is Debian; other systems \
             have none",
        )
    })
}

/// The first archive of `apt-get indextargets` that is not the one for security updates, which
/// lies apart and has no backports.
fn main_archive(listed: &str) -> Option<String> {
    let archives = listed.lines().filter_map(|line| line.split_once(' '));
    let mut main = archives.filter(|(codename, _)| !codename.ends_with("-security"));
    main.next().map(|(_, address)| address.trim().to_owned())
}

/// The package's version for the compiler `release`, of those that `apt-cache madison` lists.
fn matching(madison: &str, release: &str) -> Result<String, Failure> {
    let versions: Vec<_> = madison.lines().filter_map(|line| line.split('|').nth(1)).collect();
    let versions: Vec<_> = versions.into_iter().map(str::trim).collect();
    // `1.95.0+dfsg1-2~bpo13+1` is Debian's second packaging of 1.95.0.
    let upstream = |version: &str| version.split(['+', '-', '~']).next().map(str::to_owned);
    let found = versions.iter().find(|version| upstream(version).as_deref() == Some(release));
    if let Some(version) = found {
        return Ok((*version).to_owned());
    }
    let mut there: Vec<_> = versions.iter().filter_map(|version| upstream(version)).collect();
    there.dedup();
    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    Err(Failure::missing(format!(
        "this compiler is Rust {release}, and of the sources that it wants, Debian's {SUITE} has \
         {there}: the two must be the same release"
    )))
}

fn downloaded(folder: &Path) -> Result<PathBuf, Failure> {
    let doing = format!("cannot list {}", folder.display());
    for entry in std::fs::read_dir(folder).context(&doing)? {
        let path = entry.context(&doing)?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            return Ok(path);
        }
    }
    Err(Failure::failed(format!("apt-get downloaded no {PACKAGE} into {}", folder.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADISON: &str = "\
 rust-src | 1.96.1+dfsg1-2~bpo13+1 | http://mirror/debian trixie-backports/main amd64 Packages
 rust-src | 1.95.0+dfsg1-2~bpo13+1 | http://mirror/debian trixie-backports/main amd64 Packages
";

    #[test]
    fn the_sources_of_the_compilers_own_release_are_taken_though_newer_ones_are_there() {
        assert_eq!(matching(MADISON, "1.95.0").unwrap(), "1.95.0+dfsg1-2~bpo13+1");
    }

    #[test]
    fn sources_that_moved_on_are_named_beside_the_compiler() {
        let failure = matching(MADISON, "1.94.1").unwrap_err();
        assert_eq!(failure.exit_code(), 3);
        let message = failure.to_string();
        assert!(message.contains("Rust 1.94.1") && message.contains("1.96.1, 1.95.0"), "{message}");
        assert!(matching("", "1.95.0").unwrap_err().to_string().contains("has none"));
        assert!(matching(MADISON, "1.9").is_err(), "a release is compared as a whole");
    }

    #[test]
    fn backports_are_looked_for_where_the_system_itself_comes_from() {
        let listed = "x-security http://mirror/security/\nx http://mirror/debian/\n";
        assert_eq!(main_archive(listed).as_deref(), Some("http://mirror/debian/"));
        assert_eq!(main_archive("x-security http://mirror/security/\n"), None);
    }
}

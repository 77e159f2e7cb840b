//! What Golive needs from a machine, how to see whether it is there, and what it is called where.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::platform::Platform;
use crate::process;

/// What one wants to do with the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Demo,
    Test,
    Lab,
    Platforms,
    Swift,
}

impl Level {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Test => "test",
            Self::Lab => "lab",
            Self::Platforms => "platforms",
            Self::Swift => "swift",
        }
    }

    /// Building for this machine is part of everything but of checking other platforms.
    fn includes(self, other: Self) -> bool {
        other == self || other == Self::Demo && self != Self::Platforms
    }
}

/// One thing that a machine must have.
#[derive(Debug)]
pub(crate) struct Need {
    pub(crate) name: &'static str,
    pub(crate) why: &'static str,
    level: Level,
    probe: Probe,
    packages: Packages,
}

/// How to see whether it is there.
#[derive(Debug)]
enum Probe {
    /// One of these programs is on the search path.
    Program(&'static [&'static str]),
    /// This program is on root's search path.
    RootProgram(&'static str),
    /// This file is there.
    File(&'static str),
    /// pkg-config knows this library, so its headers are installed.
    Library(&'static str),
    /// bindgen finds the library that parses C headers.
    Libclang,
    /// `cargo NAME` works.
    CargoCommand(&'static str),
    /// Python is new enough, and makes virtual environments with pip in them.
    Python,
    /// Rust's standard library for this target is installed, or this program is on the search path,
    /// without which it cannot be built.
    TargetOrProgram(&'static str, &'static str),
}

/// The package that brings it, by system; `None` where it is not needed or comes otherwise.
#[derive(Debug, Default)]
struct Packages {
    debian: Option<&'static str>,
    ubuntu: Option<&'static str>,
    fedora: Option<&'static str>,
    brew: Option<&'static str>,
    winget: Option<&'static str>,
    rustup: Option<&'static str>,
}

impl Packages {
    const fn everywhere(
        debian: &'static str,
        fedora: &'static str,
        brew: &'static str,
        winget: &'static str,
    ) -> Self {
        Self {
            debian: Some(debian),
            ubuntu: Some(debian),
            fedora: Some(fedora),
            brew: Some(brew),
            winget: Some(winget),
            rustup: None,
        }
    }

    const fn linux(debian: &'static str, fedora: &'static str) -> Self {
        Self {
            debian: Some(debian),
            ubuntu: Some(debian),
            fedora: Some(fedora),
            brew: None,
            winget: None,
            rustup: None,
        }
    }

    const fn rustup(component: &'static str) -> Self {
        Self {
            debian: None,
            ubuntu: None,
            fedora: None,
            brew: None,
            winget: None,
            rustup: Some(component),
        }
    }
}

/// What the JDK and Maven are called among the needs.
pub(crate) const JDK: &str = "a JDK";
pub(crate) const MAVEN: &str = "Maven";

/// What Python is called among the needs.
pub(crate) const PYTHON: &str = "Python with venv";

const NEEDS: &[Need] = &[
    Need {
        name: "C++ compiler",
        why: "builds the H.264 and AAC encoders",
        level: Level::Demo,
        probe: Probe::Program(&["c++", "g++", "clang++"]),
        packages: Packages::linux("g++", "gcc-c++"),
    },
    Need {
        name: "nasm",
        why: "assembles the H.264 encoder's fast paths; without it encoding costs three times more",
        level: Level::Demo,
        probe: Probe::Program(&["nasm"]),
        packages: Packages::everywhere("nasm", "nasm", "nasm", "NASM.NASM"),
    },
    Need {
        name: "pkg-config",
        why: "finds system libraries",
        level: Level::Demo,
        probe: Probe::Program(&["pkg-config"]),
        packages: Packages::linux("pkg-config", "pkgconf-pkg-config"),
    },
    Need {
        name: "ALSA headers",
        why: "microphones",
        level: Level::Demo,
        probe: Probe::Library("alsa"),
        packages: Packages::linux("libasound2-dev", "alsa-lib-devel"),
    },
    Need {
        name: "libclang",
        why: "reads the kernel's camera headers at build time",
        level: Level::Demo,
        probe: Probe::Libclang,
        packages: Packages::linux("libclang-dev", "clang-devel"),
    },
    Need {
        name: "rustfmt",
        why: "checks the source's format",
        level: Level::Test,
        probe: Probe::CargoCommand("fmt"),
        packages: Packages::rustup("rustfmt"),
    },
    Need {
        name: "clippy",
        why: "checks the source for mistakes",
        level: Level::Test,
        probe: Probe::CargoCommand("clippy"),
        packages: Packages::rustup("clippy"),
    },
    Need {
        name: "ffmpeg",
        why: "a peer to send to and receive from, and an independent judge of streams",
        level: Level::Test,
        probe: Probe::Program(&["ffmpeg"]),
        packages: Packages::everywhere("ffmpeg", "ffmpeg-free", "ffmpeg", "Gyan.FFmpeg"),
    },
    Need {
        name: "srt-live-transmit",
        why: "libsrt's own program, the peer that every ingest is built on",
        level: Level::Test,
        probe: Probe::Program(&["srt-live-transmit"]),
        packages: Packages {
            debian: Some("srt-tools"),
            ubuntu: Some("srt-tools"),
            fedora: Some("srt"),
            brew: Some("srt"),
            winget: None,
            rustup: None,
        },
    },
    Need {
        name: "Chromium",
        why: "plays the ingest's page in the tests",
        level: Level::Test,
        probe: Probe::Program(&["chromium"]),
        packages: Packages {
            debian: Some("chromium"),
            ubuntu: Some("chromium-browser"),
            fedora: Some("chromium"),
            brew: Some("--cask chromium"),
            winget: None,
            rustup: None,
        },
    },
    Need {
        name: "chromedriver",
        why: "steers Chromium in the tests",
        level: Level::Test,
        probe: Probe::Program(&["chromedriver"]),
        packages: Packages {
            debian: Some("chromium-driver"),
            ubuntu: Some("chromium-chromedriver"),
            fedora: Some("chromedriver"),
            brew: Some("--cask chromedriver"),
            winget: None,
            rustup: None,
        },
    },
    Need {
        name: JDK,
        why: "runs what apps in Kotlin call",
        level: Level::Test,
        probe: Probe::Program(&["javac"]),
        packages: Packages::everywhere(
            "default-jdk-headless",
            "java-latest-openjdk-devel",
            "openjdk",
            "EclipseAdoptium.Temurin.21.JDK",
        ),
    },
    Need {
        name: MAVEN,
        why: "builds and tests the Kotlin sources where Gradle for Android is not to be had",
        level: Level::Test,
        probe: Probe::Program(&["mvn"]),
        packages: Packages {
            debian: Some("maven"),
            ubuntu: Some("maven"),
            fedora: Some("maven"),
            brew: Some("maven"),
            winget: None,
            rustup: None,
        },
    },
    Need {
        name: PYTHON,
        why: "packs and tests the wheel: 3.9 or newer, with venv and ensurepip",
        level: Level::Test,
        probe: Probe::Python,
        packages: Packages::everywhere("python3-venv", "python3", "python", "Python.Python.3.13"),
    },
    Need {
        name: "QEMU for x86-64",
        why: "the guest that has a virtual camera and sound card",
        level: Level::Lab,
        probe: Probe::Program(&["qemu-system-x86_64"]),
        packages: Packages::linux("qemu-system-x86", "qemu-system-x86-core"),
    },
    Need {
        name: "ffmpeg for the lab",
        why: "looks at what arrived from the guest",
        level: Level::Lab,
        probe: Probe::Program(&["ffmpeg"]),
        packages: Packages::everywhere("ffmpeg", "ffmpeg-free", "ffmpeg", "Gyan.FFmpeg"),
    },
    Need {
        name: "clippy for other platforms",
        why: "checks the code for them",
        level: Level::Platforms,
        probe: Probe::CargoCommand("clippy"),
        packages: Packages::rustup("clippy"),
    },
    Need {
        name: "dlltool for Windows",
        why: "makes what Rust's standard library for Windows is built with, where rustup did not \
              install that",
        level: Level::Platforms,
        probe: Probe::TargetOrProgram("x86_64-pc-windows-gnu", "x86_64-w64-mingw32-dlltool"),
        packages: Packages {
            debian: Some("binutils-mingw-w64-x86-64"),
            ubuntu: Some("binutils-mingw-w64-x86-64"),
            fedora: Some("mingw64-binutils"),
            brew: Some("mingw-w64"),
            winget: None,
            rustup: None,
        },
    },
    Need {
        name: "debootstrap",
        why: "makes a folder with Debian's own Swift in it",
        level: Level::Swift,
        probe: Probe::RootProgram("debootstrap"),
        packages: Packages::linux("debootstrap", "debootstrap"),
    },
    Need {
        name: "Debian's keys",
        why: "show that what goes into that folder is Debian's",
        level: Level::Swift,
        probe: Probe::File("/usr/share/keyrings/debian-archive-keyring.gpg"),
        packages: Packages::linux("debian-archive-keyring", "debian-keyring"),
    },
];

/// What `level` needs on `platform`.
pub(crate) fn wanted(platform: Platform, level: Level) -> impl Iterator<Item = &'static Need> {
    NEEDS.iter().filter(move |need| level.includes(need.level) && need.applies(platform))
}

/// What of it is not there.
pub(crate) fn missing(platform: Platform, level: Level) -> Vec<&'static Need> {
    wanted(platform, level).filter(|need| !need.probe.finds_it()).collect()
}

/// The need of that name, if it is not there.
pub(crate) fn missing_one(platform: Platform, name: &str) -> Vec<&'static Need> {
    let named = NEEDS.iter().filter(|need| need.name == name && need.applies(platform));
    named.filter(|need| !need.probe.finds_it()).collect()
}

impl Need {
    /// The system's package that brings it.
    pub(crate) fn package(&self, platform: Platform) -> Option<&'static str> {
        let packages = &self.packages;
        match platform {
            Platform::Debian => packages.debian,
            Platform::Ubuntu => packages.ubuntu,
            Platform::Fedora => packages.fedora,
            Platform::OtherLinux => None,
            Platform::MacOs => packages.brew,
            Platform::Windows => packages.winget,
        }
    }

    /// The component of the Rust toolchain that brings it.
    pub(crate) fn component(&self) -> Option<&'static str> {
        self.packages.rustup
    }

    /// What else one should know here.
    pub(crate) fn note(&self, platform: Platform) -> Option<&'static str> {
        match (self.name, platform) {
            ("Chromium" | "chromedriver", Platform::Ubuntu) => {
                Some("Ubuntu ships it as a snap: where snaps do not run, its tests cannot either")
            }
            _ => None,
        }
    }

    /// Whether the thing is needed there: everything is on Linux; elsewhere what has a package.
    fn applies(&self, platform: Platform) -> bool {
        platform.is_linux() || self.component().is_some() || self.package(platform).is_some()
    }
}

impl Probe {
    fn finds_it(&self) -> bool {
        match self {
            Self::Program(names) => names.iter().any(|name| process::find(name).is_some()),
            Self::RootProgram(name) => {
                let sbin =
                    ["/usr/sbin", "/sbin"].iter().any(|it| Path::new(it).join(name).is_file());
                sbin || process::find(name).is_some()
            }
            Self::File(path) => Path::new(path).is_file(),
            Self::Library(name) => {
                process::succeeds(Command::new("pkg-config").args(["--exists", name]))
            }
            Self::Libclang => libclang_is_here(),
            Self::CargoCommand(name) => {
                process::succeeds(process::cargo().args([name, "--version"]))
            }
            Self::Python => python().is_some(),
            Self::TargetOrProgram(target, program) => {
                library_is_installed(target) || process::find(program).is_some()
            }
        }
    }
}

/// The first Python on the search path that makes virtual environments. Debian has it in two
/// packages, and only the second one brings pip for them.
pub(crate) fn python() -> Option<PathBuf> {
    let able = "import sys, ctypes, ensurepip, venv; sys.exit(sys.version_info < (3, 9))";
    let mut found = ["python3", "python"].into_iter().filter_map(process::find);
    found.find(|python| process::succeeds(Command::new(python).args(["-c", able])))
}

/// Whether Rust's standard library for a target is there.
pub(crate) fn library_is_installed(target: &str) -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", target]);
    process::output(&mut rustc).is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

/// Looks where bindgen's loader looks: an environment variable, LLVM's own folders, the linker's.
fn libclang_is_here() -> bool {
    if let Some(place) = std::env::var_os("LIBCLANG_PATH") {
        return Path::new(&place).exists();
    }
    let mut folders = vec!["/usr/lib".into(), "/usr/lib64".into(), "/usr/local/lib".into()];
    folders.push(Path::new("/usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH)));
    for entry in std::fs::read_dir("/usr/lib").into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("llvm") {
            folders.push(entry.path().join("lib"));
            folders.push(entry.path().join("lib64"));
        }
    }
    folders.iter().any(|folder| holds_libclang(folder))
}

fn holds_libclang(folder: &Path) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // `libclang-cpp.so` is another library.
        ["libclang.so", "libclang-1", "libclang-2"].iter().any(|start| name.starts_with(start))
            && entry.path().exists()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demo_needs_no_peers_and_test_needs_no_qemu() {
        let names =
            |level| wanted(Platform::Debian, level).map(|need| need.name).collect::<Vec<_>>();
        assert!(names(Level::Demo).contains(&"nasm"));
        assert!(!names(Level::Demo).contains(&"ffmpeg"));
        assert!(names(Level::Test).contains(&"nasm") && names(Level::Test).contains(&"ffmpeg"));
        assert!(!names(Level::Test).iter().any(|name| name.contains("QEMU")));
        assert!(names(Level::Lab).iter().any(|name| name.contains("QEMU")));
    }

    #[test]
    fn other_platforms_are_checked_without_what_building_for_this_one_needs() {
        let names = wanted(Platform::Debian, Level::Platforms).map(|need| need.name);
        assert_eq!(
            names.collect::<Vec<_>>(),
            ["clippy for other platforms", "dlltool for Windows"]
        );
    }

    #[test]
    fn every_need_has_a_package_on_the_systems_where_setup_installs() {
        for need in NEEDS {
            for platform in [Platform::Debian, Platform::Ubuntu] {
                let brought = need.package(platform).or(need.component());
                assert!(brought.is_some(), "{} on {platform:?}", need.name);
            }
        }
    }

    #[test]
    fn what_only_linux_needs_is_not_asked_for_elsewhere() {
        let on_mac = wanted(Platform::MacOs, Level::Test).map(|need| need.name).collect::<Vec<_>>();
        assert!(on_mac.contains(&"nasm") && !on_mac.contains(&"ALSA headers"));
    }

    #[test]
    fn a_program_that_is_not_there_is_missing() {
        assert!(!Probe::Program(&["no-such-program-anywhere"]).finds_it());
        assert!(Probe::Program(&["no-such-program-anywhere", "cargo"]).finds_it());
        assert!(!Probe::CargoCommand("no-such-cargo-command").finds_it());
        assert!(!Probe::TargetOrProgram("m68k-unknown-linux-gnu", "no-such-program").finds_it());
        assert!(Probe::TargetOrProgram("m68k-unknown-linux-gnu", "cargo").finds_it());
    }
}

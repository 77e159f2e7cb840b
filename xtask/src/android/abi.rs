//! The kinds of processors, and what builds the Rust library for them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::elf;
use crate::failure::{Context, Failure};
use crate::{process, setup, workspace};

/// A kind of processor, as Android calls it.
#[derive(Debug)]
pub(super) struct Abi {
    pub(super) name: &'static str,
    /// As Rust calls it.
    pub(super) target: &'static str,
    /// As the NDK's compiler does, before the number of the API.
    clang: &'static str,
    /// Whether it is built for without being asked.
    pub(super) is_usual: bool,
    /// Whether its systems may have pages of 16 KB.
    has_large_pages: bool,
}

pub(super) const ABIS: &[Abi] = &[
    Abi {
        name: "arm64-v8a",
        target: "aarch64-linux-android",
        clang: "aarch64-linux-android",
        is_usual: true,
        has_large_pages: true,
    },
    Abi {
        name: "x86_64",
        target: "x86_64-linux-android",
        clang: "x86_64-linux-android",
        is_usual: true,
        has_large_pages: true,
    },
    Abi {
        name: "armeabi-v7a",
        target: "armv7-linux-androideabi",
        clang: "armv7a-linux-androideabi",
        is_usual: false,
        has_large_pages: false,
    },
];

/// The oldest system that is built for: what `android/pom.xml` says, too.
pub(super) const MINIMUM_SDK: u32 = 29;

/// What Google Play asks of libraries for systems with pages of 16 KB.
const PAGE: u64 = 16_384;

/// Android's compilers and linkers.
#[derive(Debug)]
pub(super) struct Ndk {
    programs: PathBuf,
}

impl Ndk {
    /// The NDK, and Rust's standard libraries, or a sentence that says which of them is missing.
    pub(super) fn ready(abis: &[&Abi]) -> Result<Self, Failure> {
        let variables = ["ANDROID_NDK_HOME", "ANDROID_NDK_ROOT"];
        let named = variables.iter().find_map(std::env::var_os).map(PathBuf::from);
        Self::looked_for(abis, named, setup::library_is_installed)
    }

    fn looked_for(
        abis: &[&Abi],
        named: Option<PathBuf>,
        is_installed: impl Fn(&str) -> bool,
    ) -> Result<Self, Failure> {
        let mut missing = Vec::new();
        let programs = named.as_deref().and_then(programs);
        if programs.is_none() {
            let looked = match &named {
                Some(folder) => {
                    format!("ANDROID_NDK_HOME names {}, which holds none", folder.display())
                }
                None => "ANDROID_NDK_HOME is not set".into(),
            };
            missing.push(format!(
                "Android's NDK ({looked}): install r28 or later with Android Studio's SDK manager or \
                 `sdkmanager \"ndk;28.2.13676358\"`, and set ANDROID_NDK_HOME to its folder"
            ));
        }
        let absent: Vec<_> =
            abis.iter().map(|abi| abi.target).filter(|target| !is_installed(target)).collect();
        if !absent.is_empty() {
            let targets = absent.join(" ");
            missing.push(format!(
                "Rust's standard library for {}: `rustup target add {targets}` brings it",
                absent.join(" and ")
            ));
        }
        match programs {
            Some(programs) if missing.is_empty() => Ok(Self { programs }),
            _ => Err(Failure::missing(format!(
                "the library for Android cannot be built here. Missing:\n  {}\n`cargo xtask android \
                 --without-library` packs the rest",
                missing.join("\n  ")
            ))),
        }
    }

    /// Builds the library as an app carries it; answers where it lies.
    pub(super) fn build(&self, abi: &Abi) -> Result<PathBuf, Failure> {
        process::run(&mut self.cargo(abi))?;
        let library = workspace::target().join(abi.target).join("phone").join("libgolive_ffi.so");
        let bytes = std::fs::read(&library).context("the library was not built")?;
        let alignment = elf::least_alignment(&bytes);
        if abi.has_large_pages && alignment.is_none_or(|least| least < PAGE) {
            return Err(Failure::failed(format!(
                "{} does not fit into pages of 16 KB: is RUSTFLAGS set, which takes the place of what \
                 .cargo/config.toml tells the linker?",
                library.display()
            )));
        }
        Ok(library)
    }

    fn cargo(&self, abi: &Abi) -> Command {
        let mut build = process::cargo();
        build.args(["build", "--package", "golive-ffi", "--lib", "--profile", "phone"]);
        build.args(["--target", abi.target]);
        let variable = abi.target.replace('-', "_");
        let clang = self.program(&format!("{}{MINIMUM_SDK}-clang", abi.clang));
        build.env(format!("CARGO_TARGET_{}_LINKER", variable.to_uppercase()), &clang);
        // For what is written in C.
        build.env(format!("CC_{variable}"), &clang);
        build.env(format!("AR_{variable}"), self.program("llvm-ar"));
        build
    }

    fn program(&self, name: &str) -> PathBuf {
        let suffix = match (cfg!(windows), name.ends_with("-clang")) {
            (true, true) => ".cmd",
            (true, false) => ".exe",
            (false, _) => "",
        };
        self.programs.join(format!("{name}{suffix}"))
    }
}

/// The folder with the compilers in an NDK; its name says on what they run.
fn programs(ndk: &Path) -> Option<PathBuf> {
    let hosts = std::fs::read_dir(ndk.join("toolchains/llvm/prebuilt")).ok()?;
    hosts.flatten().map(|host| host.path().join("bin")).find(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_missing_is_named_at_once_with_how_to_get_it() {
        let abis: Vec<_> = ABIS.iter().filter(|abi| abi.is_usual).collect();
        let failure = Ndk::looked_for(&abis, None, |_| false).unwrap_err();
        assert_eq!(failure.exit_code(), 3);
        let message = failure.to_string();
        assert!(message.contains("ANDROID_NDK_HOME is not set"), "{message}");
        let command = "rustup target add aarch64-linux-android x86_64-linux-android";
        assert!(message.contains(command), "{message}");
        let elsewhere = Ndk::looked_for(&abis, Some("/no/such/ndk".into()), |_| true).unwrap_err();
        assert!(elsewhere.to_string().contains("names /no/such/ndk, which holds none"));
        assert!(!elsewhere.to_string().contains("rustup"));
    }

    #[test]
    fn an_installed_ndk_is_found_whatever_it_runs_on() {
        let ndk = std::env::temp_dir().join(format!("golive-ndk-{}", std::process::id()));
        let folder = ndk.join("toolchains/llvm/prebuilt/some-host/bin");
        std::fs::create_dir_all(&folder).unwrap();
        let found = Ndk::looked_for(&[&ABIS[0]], Some(ndk.clone()), |_| true);
        std::fs::remove_dir_all(&ndk).unwrap();
        let clang = found.unwrap().program("aarch64-linux-android29-clang");
        assert!(clang.starts_with(folder), "{}", clang.display());
    }

    #[test]
    fn each_processor_is_linked_for_the_oldest_system_that_is_promised() {
        let ndk = Ndk { programs: "/ndk/bin".into() };
        for abi in ABIS {
            let command = ndk.cargo(abi);
            assert!(process::shown(&command).contains(&format!("--target {}", abi.target)));
            let variable = abi.target.replace('-', "_").to_uppercase();
            let linker = format!("CARGO_TARGET_{variable}_LINKER");
            let set = command.get_envs().find(|(name, _)| *name == linker.as_str());
            let program = set.and_then(|(_, value)| value).unwrap().to_string_lossy();
            assert!(program.contains(&format!("{}{MINIMUM_SDK}-clang", abi.clang)), "{program}");
        }
    }
}

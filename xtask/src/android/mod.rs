//! `cargo xtask android`: the library for Android apps, packed without Gradle.
//!
//! Gradle and the NDK are a developer's to have or not; what an AAR is made of is only files in a ZIP
//! archive: classes that Maven compiled, the library that cargo built for each processor, rules for
//! R8 and a manifest. Where the NDK is missing, the rest can still be packed and looked at.

mod aar;
mod abi;
mod elf;
mod pom;

use std::path::PathBuf;

use crate::arguments::Arguments;
use crate::failure::{Context, Failure};
use crate::setup::{self, Level};
use crate::{bindings, kotlin, process, terminal, workspace};
use aar::Aar;
use abi::{ABIS, Abi, Ndk};
use pom::Pom;

pub(crate) const SUMMARY: &str = "pack the library for Android apps (AAR)";

pub(crate) const HELP: &str = "\
Packs what an Android app depends on into target/android/aar: the AAR, its sources and its POM. In it
are the Kotlin layer and what calls Android, compiled by Maven against Android's framework; the rules
that R8 needs; and the Rust library, without software codecs, optimized for size, for each kind of
processor. Gradle is not needed. What is packed is looked at again, down to the pages of 16 KB that the
libraries have to fit.

The Rust library needs Android's NDK (r28 or later; ANDROID_NDK_HOME names its folder) and Rust's
standard library for each processor (`rustup target add`). Both are looked for before anything is built.

Usage: cargo xtask android [--abi ABI]... [--without-library] [--yes]

  --abi ABI           arm64-v8a, x86_64 or armeabi-v7a; the first two if nothing is said
  --without-library   everything but the Rust library, which an app then has to bring: to see that
                      the rest is right where there is no NDK
  --yes               install missing system packages without asking

Exit codes: 0 it is packed, 1 something failed, 3 something has to be installed first.";

/// Where Maven leaves what it compiles, and this command what it packs.
fn folder() -> PathBuf {
    workspace::target().join("android")
}

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let yes = arguments.flag("--yes");
    let is_without = arguments.flag("--without-library");
    let abis = chosen(&mut arguments)?;
    arguments.finish()?;
    let ndk = if is_without { None } else { Some(Ndk::ready(&abis)?) };
    setup::ensure(Level::Demo, yes)?;
    for need in [setup::JDK, setup::MAVEN] {
        setup::ensure_one(need, yes)?;
    }
    terminal::announce("writing the generated half of the Kotlin layer");
    bindings::build(&[])?;
    terminal::announce("compiling the Kotlin sources");
    // A class whose source is gone would be packed as well.
    for module in aar::MODULES {
        workspace::clear(&folder().join(module).join("classes"))?;
    }
    process::run(&mut kotlin::maven("compile", "debug")?)?;
    let mut libraries = Vec::new();
    if let Some(ndk) = &ndk {
        for abi in abis {
            terminal::announce(&format!("building the library for {}", abi.name));
            libraries.push((abi, ndk.build(abi)?));
        }
    }
    let aar = pack(&libraries)?;
    let bytes = std::fs::metadata(&aar).context("cannot look at the AAR")?.len();
    terminal::announce(&format!("packed {}, {:.1} MB", aar.display(), bytes as f64 / 1e6));
    if is_without {
        println!(
            "It has no library for any processor: an app that uses it brings libgolive_ffi.so."
        );
    }
    Ok(())
}

/// Packs what Maven has compiled, without the Rust library, and looks at it: for the tests.
pub(crate) fn prove() -> Result<(), Failure> {
    pack(&[]).map(|_| ())
}

fn pack(libraries: &[(&Abi, PathBuf)]) -> Result<PathBuf, Failure> {
    let pom = Pom::of_the_repository()?;
    let generated = workspace::target().join("bindings").join("kotlin");
    let aar = Aar { classes: folder(), generated, place: folder().join("aar"), pom };
    aar.pack(libraries)
}

/// The ABIs that were named; the usual ones, if none was.
fn chosen(arguments: &mut Arguments) -> Result<Vec<&'static Abi>, Failure> {
    let mut chosen = Vec::new();
    while let Some(name) = arguments.option("--abi")? {
        let known = ABIS.iter().find(|abi| abi.name == name);
        let abi = known.ok_or_else(|| {
            let names: Vec<_> = ABIS.iter().map(|abi| abi.name).collect();
            Failure::usage(format!("`{name}` is no ABI of these: {}", names.join(", ")))
        })?;
        chosen.push(abi);
    }
    if chosen.is_empty() {
        chosen = ABIS.iter().filter(|abi| abi.is_usual).collect();
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen_by(line: &str) -> Result<Vec<&'static str>, Failure> {
        let words = line.split_whitespace().map(str::to_owned).collect();
        let abis = chosen(&mut Arguments::new("android", words))?;
        Ok(abis.iter().map(|abi| abi.name).collect())
    }

    #[test]
    fn phones_and_the_emulator_are_built_for_unless_told_otherwise() {
        assert_eq!(chosen_by("").unwrap(), ["arm64-v8a", "x86_64"]);
        assert_eq!(chosen_by("--abi armeabi-v7a").unwrap(), ["armeabi-v7a"]);
    }

    #[test]
    fn a_processor_that_no_phone_has_is_a_usage_error() {
        let failure = chosen_by("--abi mips").unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        assert!(failure.to_string().contains("arm64-v8a"), "{failure}");
    }
}

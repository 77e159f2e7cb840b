//! `cargo xtask ios`: the XCFramework that an app for iPhones and iPads links.
//!
//! A static library of Rust's is linked by Xcode when an app is, so nothing here needs Apple's
//! linker or SDK: an XCFramework is made on whatever machine has Rust's libraries for Apple's
//! systems, and Xcode is needed to use it.

mod framework;
mod symbols;
mod universal;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments::Arguments;
use crate::failure::{Context, Failure};
use crate::platforms::{Compiler, Toolchain};
use crate::setup::{self, Level};
use crate::{bindings, process, terminal, workspace};
use framework::{Platform, Slice};
use universal::Processor;

pub(crate) const SUMMARY: &str = "build the XCFramework for iPhones, iPads and the simulator";

pub(crate) const HELP: &str = "\
Builds the library for iPhones and iPads, and for the simulator on Macs of both kinds, with capture and
encoders built in, puts the generated header beside it, and writes target/ios/Golive.xcframework, which
ios/Package.swift takes. The generated Swift goes to ios/Generated. That every function of the header
is in every library is checked, and with lipo and plutil, where they are, that Apple's tools read it.

It needs Rust's standard library for each of aarch64-apple-ios, aarch64-apple-ios-sim and
x86_64-apple-ios: `rustup target add` brings it. Where rustup has its sources instead (rust-src), it is
built along. Xcode is not needed, but for the app.

Usage: cargo xtask ios [--macos] [--check] [--yes]

  --macos   for apps on Macs as well: aarch64-apple-darwin and x86_64-apple-darwin; on a Mac only, as
            there are software codecs in it
  --check   only say what is missing
  --yes     install missing system packages without asking

Exit codes: 0 all is well, 1 a build failed, 3 something is missing.";

/// What the library for a phone is built with.
const FEATURES: &str = "golive-ffi/media";

/// The oldest system that an app may run on, as Package.swift says.
const OLDEST: [(&str, &str); 2] =
    [("IPHONEOS_DEPLOYMENT_TARGET", "16.0"), ("MACOSX_DEPLOYMENT_TARGET", "13.0")];

/// A platform as rustc knows it.
struct Target {
    triple: &'static str,
    platform: Platform,
    processor: Processor,
}

const TARGETS: [Target; 5] = [
    Target { triple: "aarch64-apple-ios", platform: Platform::Phone, processor: Processor::Arm64 },
    Target {
        triple: "aarch64-apple-ios-sim",
        platform: Platform::Simulator,
        processor: Processor::Arm64,
    },
    Target {
        triple: "x86_64-apple-ios",
        platform: Platform::Simulator,
        processor: Processor::X86_64,
    },
    Target { triple: "aarch64-apple-darwin", platform: Platform::Mac, processor: Processor::Arm64 },
    Target { triple: "x86_64-apple-darwin", platform: Platform::Mac, processor: Processor::X86_64 },
];

pub(crate) fn run(mut arguments: Arguments) -> Result<(), Failure> {
    let with_mac = arguments.flag("--macos");
    let only_check = arguments.flag("--check");
    let yes = arguments.flag("--yes");
    arguments.finish()?;
    if only_check {
        require(with_mac)?;
        println!("Rust has what the XCFramework needs.");
        return Ok(());
    }
    let folder = xcframework(with_mac, yes)?;
    terminal::announce(&format!("written to {}", folder.display()));
    Ok(())
}

/// Builds the XCFramework; answers where it is.
pub(crate) fn xcframework(with_mac: bool, yes: bool) -> Result<PathBuf, Failure> {
    let compiler = require(with_mac)?;
    setup::ensure(Level::Demo, yes)?;
    terminal::announce("building the library for this machine, and the Swift that calls it");
    bindings::build(&[])?;
    let generated = bindings::generate("swift", "debug")?;
    let header = generated.join(format!("{}.h", framework::MODULE));
    let header = std::fs::read_to_string(&header).context("cannot read the generated header")?;

    let mut slices: Vec<Slice> = Vec::new();
    for target in wanted(with_mac) {
        terminal::announce(&format!("building the library for {}", target.triple));
        let library = library(&Toolchain::of(&compiler, target.triple)?, target.triple)?;
        let library = std::fs::read(&library).context("the library was not built")?;
        symbols::check(&header, &library, target.triple)?;
        let library = (target.processor, library);
        match slices.iter_mut().find(|slice| slice.platform == target.platform) {
            Some(slice) => slice.libraries.push(library),
            None => {
                slices.push(Slice { platform: target.platform, libraries: vec![library] });
            }
        }
    }
    let folder = workspace::target().join("ios").join("Golive.xcframework");
    framework::write(&folder, &slices, &generated)?;
    have_apple_read(&folder, &slices)?;
    Ok(folder)
}

fn wanted(with_mac: bool) -> impl Iterator<Item = &'static Target> {
    TARGETS.iter().filter(move |target| with_mac || target.platform != Platform::Mac)
}

/// Finds everything that is missing, before anything is built.
fn require(with_mac: bool) -> Result<Compiler, Failure> {
    let compiler = Compiler::here()?;
    let missing: Vec<_> = wanted(with_mac)
        .map(|target| target.triple)
        .filter(|triple| !Toolchain::can_build(&compiler, triple))
        .collect();
    if missing.is_empty() {
        return Ok(compiler);
    }
    Err(Failure::missing(format!(
        "Rust {} has no standard library for {}, and not its sources.\nrustup brings it: rustup \
         target add {}",
        compiler.release,
        missing.join(", "),
        missing.join(" ")
    )))
}

/// Builds the static library for one platform; answers where it is.
fn library(toolchain: &Toolchain, triple: &str) -> Result<PathBuf, Failure> {
    process::run(&mut build(toolchain, triple))?;
    Ok(built().join(triple).join("phone").join(framework::LIBRARY))
}

fn build(toolchain: &Toolchain, triple: &str) -> Command {
    let mut command = toolchain.cargo("rustc");
    // Apart from what is built for this machine: a standard library that is built along would have
    // everything built anew each time.
    command.env("CARGO_TARGET_DIR", built()).envs(OLDEST);
    command.args(["--package", "golive-ffi", "--lib", "--features", FEATURES]);
    command.args(["--crate-type", "staticlib", "--profile", "phone", "--target", triple]);
    command
}

fn built() -> PathBuf {
    workspace::target().join("ios").join("build")
}

/// Has Apple's own tools look at it, where they are.
fn have_apple_read(folder: &Path, slices: &[Slice]) -> Result<(), Failure> {
    if let Some(plutil) = process::find("plutil") {
        process::run(Command::new(plutil).arg("-lint").arg(folder.join("Info.plist")))?;
    }
    let Some(lipo) = process::find("lipo") else { return Ok(()) };
    for slice in slices {
        let library = folder.join(slice.identifier()).join(framework::LIBRARY);
        let processors = slice.libraries.iter().map(|(processor, _)| processor.name());
        process::run(Command::new(&lipo).arg(library).arg("-verify_arch").args(processors))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_and_both_simulators_are_always_built_for_and_macs_when_asked() {
        let triples = |with_mac| wanted(with_mac).map(|it| it.triple).collect::<Vec<_>>();
        let phones = ["aarch64-apple-ios", "aarch64-apple-ios-sim", "x86_64-apple-ios"];
        assert_eq!(triples(false), phones);
        assert_eq!(triples(true).len(), 5);
    }

    #[test]
    fn the_library_is_built_static_and_small_with_capture_built_in() {
        let shown = process::shown(&build(&Toolchain::Installed, "aarch64-apple-ios"));
        for words in ["--crate-type staticlib", "--profile phone", "--features golive-ffi/media"] {
            assert!(shown.contains(words), "{shown}");
        }
    }

    #[test]
    fn what_nobody_knows_is_a_usage_error() {
        let failure = run(Arguments::new("ios", vec!["--windows".into()])).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
    }

    #[test]
    fn the_oldest_system_is_the_one_that_the_package_names() {
        let root = workspace::root();
        let package = std::fs::read_to_string(root.join("ios/Package.swift")).unwrap();
        assert!(package.contains("platforms: [.iOS(.v16), .macOS(.v13)]"), "{package}");
    }
}

//! `cargo xtask size`: what an app on a phone gets to carry.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::arguments::Arguments;
use crate::failure::{Context, Failure};
use crate::{process, terminal, workspace};

pub(crate) const SUMMARY: &str =
    "measure the library that apps carry, and fail if it has grown too large";

pub(crate) const HELP: &str = "\
Builds the shared library as a phone gets it: every transport, no software codecs, optimized for
size, stripped. Prints its size, and compressed as an app store delivers it (deflate), and fails above
the bound. Built for this machine, as a stand-in for arm64; what JNA adds in Kotlin is named apart.

Usage: cargo xtask size";

/// Compressed; in bytes.
const BOUND: u64 = 2_500_000;

/// What Kotlin needs beside it, compressed, as its AAR for Android holds it: the library for arm64,
/// and classes before R8 takes out what is not used.
const JNA: Jna = Jna { version: "5.19.1", library: 43_204, classes: 205_779 };

struct Jna {
    version: &'static str,
    library: u64,
    classes: u64,
}

pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    arguments.finish()?;
    if process::find("gzip").is_none() {
        return Err(Failure::missing("gzip, which compresses as an app store does"));
    }
    process::run(process::cargo().args([
        "build",
        "--package",
        "golive-ffi",
        "--profile",
        "phone",
    ]))?;
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let library = workspace::target().join("phone").join(format!("{prefix}golive_ffi{suffix}"));
    let size = std::fs::metadata(&library).context("the library was not built")?.len();
    let compressed = compressed(&library)?;
    println!("{}", terminal::bold("What an app carries"));
    println!("  library          {}, compressed {}", megabytes(size), megabytes(compressed));
    println!(
        "  JNA {} beside it, in Kotlin: {} of library, {} of classes, compressed",
        JNA.version,
        megabytes(JNA.library),
        megabytes(JNA.classes)
    );
    if compressed > BOUND {
        let (is, may) = (megabytes(compressed), megabytes(BOUND));
        let message = format!("the library takes {is} compressed, of {may} that it may");
        return Err(Failure::failed(message));
    }
    Ok(())
}

fn compressed(file: &Path) -> Result<u64, Failure> {
    let output = Command::new("gzip")
        .args(["-9", "--stdout"])
        .arg(file)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start gzip")?;
    if !output.status.success() || output.stdout.is_empty() {
        return Err(Failure::failed(format!("gzip ended with {}", output.status)));
    }
    Ok(output.stdout.len() as u64)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_of_jna_is_of_the_version_that_is_used() {
        let pom = std::fs::read_to_string(workspace::root().join("android/pom.xml")).unwrap();
        assert!(pom.contains(&format!("<jna.version>{}</jna.version>", JNA.version)));
    }
}

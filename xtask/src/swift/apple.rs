//! The Swift that calls Apple's frameworks: the compiler reads it as it would for an iPhone. Without the
//! frameworks it cannot know whether what is called is there, so this finds errors of syntax alone.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::{process, terminal, workspace};

/// Where such files lie; the sample's model is compiled everywhere.
const FOLDERS: [&str; 2] = ["ios/Sources/Golive/Apple/", "ios/Sample/GoliveSample.swiftpm/"];

/// Has `compiler` read them, which sees the repository in that folder.
pub(super) fn check(mut compiler: Command, repository: &Path) -> Result<(), Failure> {
    let all = workspace::files()?;
    let files = concerned(&all);
    if files.is_empty() {
        return Err(Failure::failed("there is no Swift file for Apple's systems: did it move?"));
    }
    terminal::announce(&format!("reading {} Swift files for Apple's systems", files.len()));
    compiler.args(["-frontend", "-parse", "-swift-version", "6"]);
    compiler.args(["-target", "arm64-apple-ios16.0"]);
    compiler.args(files.iter().map(|file| repository.join(file)));
    process::run(&mut compiler)
        .map_err(|_| Failure::failed("Swift cannot read these files: what it said stands above"))
}

fn concerned(files: &[String]) -> Vec<&str> {
    let lies_there = |path: &&str| FOLDERS.iter().any(|folder| path.starts_with(folder));
    let paths = files.iter().map(String::as_str);
    paths.filter(|path| path.ends_with(".swift")).filter(lies_there).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_on_apple_systems_alone_is_read() {
        let all = workspace::files().unwrap();
        let files = concerned(&all).join(" ");
        for name in ["CameraPreview.swift", "PhoneNotifications.swift", "SampleApp.swift"] {
            assert!(files.contains(name), "{files}");
        }
        assert!(!files.contains("Sample/Model/"), "{files}");
    }
}

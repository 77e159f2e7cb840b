//! Where unsafe code may stand.

use super::code;
use super::tree::{Finding, Tree};

pub(super) const KEEPS: &str = "unsafe code stands only in the files that are named for it";

/// The files at a language boundary, each with what it has to cross.
const NAMED: &[(&str, &str)] = &[
    ("sdk-core/golive/src/net/android.rs", "Android's networks, which a socket is bound to by C"),
    ("sdk-core/media/src/encode/options.rs", "openh264's options that take a C pointer"),
    ("sdk-core/media/src/encode/fdk.rs", "fdk-aac's encoder, whose bitrate changes while it runs"),
    ("sdk-core/media/src/encode/video_toolbox.rs", "VideoToolbox's encoder"),
    ("sdk-core/media/src/encode/audio_toolbox.rs", "AudioToolbox's encoder"),
    ("sdk-core/media/src/apple/pixel_buffer.rs", "the samples of Core Video's pixel buffers"),
    ("sdk-core/media/src/apple/pixel_transfer.rs", "VideoToolbox's scaling"),
    ("sdk-core/media/src/apple/permission.rs", "AVFoundation's question to the person"),
    ("sdk-core/media/src/camera/av_foundation/device.rs", "AVFoundation's cameras"),
    ("sdk-core/media/src/camera/av_foundation/horizon.rs", "AVFoundation's rotation of pictures"),
    ("sdk-core/media/src/camera/av_foundation/session.rs", "AVFoundation's capture session"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_with(tree, NAMED)
}

fn check_with(tree: &Tree, named: &[(&str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.with_extension("rs") {
        let mut places = code::words(&file.code, "unsafe").peekable();
        if named.iter().any(|(path, _)| *path == file.path) {
            if places.peek().is_none() {
                let message = "holds no unsafe code any more: take it off the list in tidy";
                findings.push(file.finding(1, message));
            }
            continue;
        }
        let message = "unsafe code: find a safe way, or name this file and its reason in \
                       xtask/src/tidy/unsafety.rs";
        findings.extend(places.map(|at| file.finding_at(at, message)));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_code_is_found_outside_the_named_files() {
        let text = "// unsafe in words\n#![forbid(unsafe_code)]\nfn f() {\n    unsafe { g() }\n}\n";
        let tree = Tree::of(&[("a.rs", text)]);
        assert_eq!(check_with(&tree, &[])[0].line, 4);
        assert!(check_with(&tree, &[("a.rs", "calls C")]).is_empty());
    }

    #[test]
    fn a_named_file_without_unsafe_code_is_found() {
        let tree = Tree::of(&[("a.rs", "fn f() {}\n")]);
        assert_eq!(check_with(&tree, &[("a.rs", "called C")]).len(), 1);
    }
}
